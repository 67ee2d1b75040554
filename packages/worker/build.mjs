import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';
import { gpuLibrariesPlugin, shipGpuLibraries } from '../../scripts/gpu-libraries.mjs';
import { nativeFiles } from './src/kernels/native-files.ts';

const dist = join(import.meta.dirname, 'dist');
// Everything in the folder is shipped to instances, so nothing of an earlier build may stay.
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
// Instances have the GNU C library; a build for musl is of use only where this machine has that one.
const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
const natives = nativeFiles().filter(({ name }) => musl || !name.includes('musl'));
for (const { name, path } of natives) copyFileSync(path, join(dist, name));
await bundle({
  entry: join(import.meta.dirname, 'src/entry/main.ts'),
  out: join(dist, 'worker.mjs'),
  external: ['koffi'],
  plugins: [gpuLibrariesPlugin],
  matrices: true,
  shipped: true,
});
await shipGpuLibraries(dist);
