import type { DeviceBlock } from './device-gemm.ts';
import { deviceKernel } from './device-kernel.ts';
import { Passage } from './device-passage.ts';
import { openDevice } from './device.ts';
import type { Kernel, KernelUnavailable } from './kernel.ts';
import { shaderSource, shaderTile } from './wgsl-shader.ts';

/** A C that fills a buffer, and operands half as large: C stays on the device for all of k. */
const BLOCK = { side: 4096, k: 2048 } as const;

/** Our own tiled shader on WebGPU, float32. */
export async function openWgsl(): Promise<Kernel | KernelUnavailable> {
  const device = await openDevice();
  if (typeof device === 'string') return { _tag: 'KernelUnavailable', kernel: 'wgsl', reason: device };
  const module = device.device.createShaderModule({ code: shaderSource });
  const pipeline = await device.device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'multiply' },
  });
  const passages = { a: new Passage(device.device), b: new Passage(device.device), c: new Passage(device.device) };
  const destroy = () => {
    for (const passage of Object.values(passages)) passage.destroy();
  };
  const compute = computeWith(device.device, pipeline, passages);
  return deviceKernel({
    name: 'wgsl',
    detail: `tiled WGSL on WebGPU, ${device.name}`,
    device,
    block: BLOCK,
    sumsPieces: true,
    compute: (block) =>
      compute(block).catch((cause: unknown) => {
        destroy();
        throw cause;
      }),
    close: () => Promise.resolve(destroy()),
  });
}

/** Bytes of the shader's `Job`. */
const JOB_BYTES = 32;

function computeWith(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  { a, b, c }: Readonly<Record<'a' | 'b' | 'c', Passage>>,
): (block: DeviceBlock) => Promise<void> {
  const job = device.createBuffer({ size: JOB_BYTES, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  return async ({ m, n, alpha, beta, parts, writeC, takeC }) => {
    const result = beta === 0 ? await c.buffer(m * n) : await c.send(m * n, writeC);
    for (const [index, { k, piece, writeA, writeB }] of parts.entries()) {
      const left = await a.send(m * k, writeA);
      const right = await b.send(k * n, writeB);
      const described = new ArrayBuffer(JOB_BYTES);
      new Uint32Array(described).set([m, n, k, piece]);
      new Float32Array(described).set([alpha, index === 0 ? beta : 1], 4);
      device.queue.writeBuffer(job, 0, described);
      const commands = device.createCommandEncoder();
      const pass = commands.beginComputePass();
      pass.setPipeline(pipeline);
      const entries = [left, right, result, job].map((buffer, binding) => ({ binding, resource: { buffer } }));
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(Math.ceil(n / shaderTile.side), Math.ceil(m / shaderTile.side));
      pass.end();
      device.queue.submit([commands.finish()]);
    }
    await c.receive(m * n, takeC);
  };
}
