import { existsSync } from 'node:fs';

/** Device files of Linux's GPU drivers: Mesa's, AMD's, NVIDIA's, and the one of Windows below WSL. */
export const gpuDeviceFiles = ['/dev/dri/renderD128', '/dev/kfd', '/dev/nvidia0', '/dev/dxg'] as const;

/** Whether a real GPU may be there, from device files alone: asking Dawn costs 300 ms and prints what it misses. */
export const mayHaveGpu = (platform: NodeJS.Platform = process.platform): boolean =>
  platform !== 'linux' || gpuDeviceFiles.some((file) => existsSync(file));
