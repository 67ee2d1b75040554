import type { create as createGpu } from 'webgpu';

/** A WebGPU adapter and a device on it, shared by the kernels that compute on it. */
export interface ComputeDevice {
  readonly device: GPUDevice;
  readonly adapter: GPUAdapter;
  /** The adapter's name for people: the device, and the driver's version. */
  readonly name: string;
  /** True for a GPU that the CPU plays. */
  readonly software: boolean;
  /** Gives the device back; the last one to do so destroys it. */
  release(): void;
}

/**
 * The entry object of the native library. It must stay reachable for as long as the process runs: when it is collected
 * while a device lives, the process aborts (seen with webgpu 0.6.2). So it is made once and never let go.
 */
let entry: ReturnType<typeof createGpu> | undefined;

let shared: Promise<Omit<ComputeDevice, 'release'> | string> | undefined;
let users = 0;

/**
 * Opens WebGPU's default adapter through the package `webgpu` (Dawn).
 * @returns the reason, as a sentence, when there is no adapter or the package can't be loaded
 */
export async function openDevice(): Promise<ComputeDevice | string> {
  users++;
  shared ??= requestDevice();
  const opened = await shared;
  if (typeof opened === 'string') {
    release();
    return opened;
  }
  let released = false;
  return {
    ...opened,
    release() {
      if (!released) release();
      released = true;
    },
  };
}

function release(): void {
  if (--users > 0) return;
  const last = shared;
  shared = undefined;
  if (last) void destroyed(last);
}

async function destroyed(last: NonNullable<typeof shared>): Promise<void> {
  const opened = await last;
  if (typeof opened !== 'string') opened.device.destroy();
}

async function requestDevice(): Promise<Omit<ComputeDevice, 'release'> | string> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    entry ??= create([]);
    const adapter = await entry.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return 'no WebGPU adapter found (no GPU, or no Vulkan, Metal or D3D12 driver for it)';
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    const device = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
    const { description, device: model, vendor, isFallbackAdapter } = adapter.info;
    const name = [model || vendor, description && `(${description})`].filter(Boolean).join(' ');
    return { device, adapter, name, software: isFallbackAdapter === true };
  } catch (cause) {
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    return `WebGPU can't be used: ${why}`;
  }
}

/** Makes this device the one that libraries find through `navigator.gpu`, as they would in a browser. */
export function offerToLibraries({ adapter, device }: ComputeDevice): void {
  const { limits, info, features } = adapter;
  const offered = { limits, info, features, requestDevice: () => Promise.resolve(device) };
  const gpu = { requestAdapter: () => Promise.resolve(offered) };
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true, writable: true });
}
