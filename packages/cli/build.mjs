import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';

/**
 * Puts what is imported lazily into files of its own, so that a command loads only what it uses.
 * @type {import('esbuild').Plugin}
 */
const lazyParts = {
  name: 'lazy-parts',
  setup({ initialOptions }) {
    initialOptions.outdir = dirname(initialOptions.outfile);
    delete initialOptions.outfile;
    initialOptions.splitting = true;
    initialOptions.outExtension = { '.js': '.mjs' };
    initialOptions.chunkNames = 'parts/[name]-[hash]';
  },
};

const dist = join(import.meta.dirname, 'dist');
// Parts are named by their content, so those of an earlier build would stay for ever.
rmSync(dist, { recursive: true, force: true });
await bundle({
  entry: join(import.meta.dirname, 'src/cli.ts'),
  out: join(dist, 'cli.mjs'),
  matrices: true,
  plugins: [lazyParts],
});
