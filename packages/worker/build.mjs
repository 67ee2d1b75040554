import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';
import { nativeFiles } from './src/kernels/native-files.ts';

const dist = join(import.meta.dirname, 'dist');
await bundle({
  entry: join(import.meta.dirname, 'src/entry/main.ts'),
  out: join(dist, 'worker.mjs'),
  external: ['koffi', 'gpu.js', 'webgpu'],
  matrices: true,
});
for (const { name, path } of nativeFiles()) copyFileSync(path, join(dist, name));
