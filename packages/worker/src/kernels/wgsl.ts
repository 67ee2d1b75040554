import type { DeviceProduct } from './device-gemm.ts';
import { deviceKernel } from './device-kernel.ts';
import { openDevice } from './device.ts';
import type { Kernel, KernelUnavailable } from './kernel.ts';
import { shaderSource, shaderTile } from './wgsl-shader.ts';

/** Our own tiled shader on WebGPU, float32. */
export async function openWgsl(): Promise<Kernel | KernelUnavailable> {
  const device = await openDevice();
  if (typeof device === 'string') return { _tag: 'KernelUnavailable', kernel: 'wgsl', reason: device };
  const module = device.device.createShaderModule({ code: shaderSource });
  const pipeline = await device.device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'multiply' },
  });
  return deviceKernel({
    name: 'wgsl',
    detail: `tiled WGSL on WebGPU, ${device.name}`,
    device,
    product: productWith(device.device, pipeline),
    close: () => Promise.resolve(),
  });
}

const productWith =
  (device: GPUDevice, pipeline: GPUComputePipeline): DeviceProduct =>
  async (a, b, m, n, k) => {
    const buffers: GPUBuffer[] = [];
    const buffer = (size: number, usage: number): GPUBuffer => {
      const made = device.createBuffer({ size, usage });
      buffers.push(made);
      return made;
    };
    try {
      device.pushErrorScope('out-of-memory');
      const left = buffer(a.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
      const right = buffer(b.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
      const sizes = buffer(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
      const result = buffer(4 * m * n, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
      const readable = buffer(4 * m * n, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
      const failed = await device.popErrorScope();
      if (failed) throw new Error(failed.message);
      // The types know no shared memory; Dawn copies from it like from any other.
      device.queue.writeBuffer(left, 0, a as Float32Array<ArrayBuffer>);
      device.queue.writeBuffer(right, 0, b as Float32Array<ArrayBuffer>);
      device.queue.writeBuffer(sizes, 0, Uint32Array.of(m, n, k, 0));
      const commands = device.createCommandEncoder();
      const pass = commands.beginComputePass();
      pass.setPipeline(pipeline);
      const entries = [left, right, result, sizes].map((used, binding) => ({ binding, resource: { buffer: used } }));
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(Math.ceil(n / shaderTile.side), Math.ceil(m / shaderTile.side));
      pass.end();
      commands.copyBufferToBuffer(result, 0, readable, 0, 4 * m * n);
      device.queue.submit([commands.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      return new Float32Array(readable.getMappedRange().slice(0));
    } finally {
      for (const made of buffers) made.destroy();
    }
  };
