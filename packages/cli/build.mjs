import { rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
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

/**
 * Node's own modules through `require`: importing one evaluates every export that it has, and one of node:http's is a
 * WebSocket that brings a whole HTTP client of its own.
 * @type {import('esbuild').Plugin}
 */
const requiredBuiltins = {
  name: 'required-builtins',
  setup({ onResolve, onLoad }) {
    const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    const namespace = 'required-builtin';
    onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, kind }) =>
      kind === 'import-statement' && names.has(path) ? { path, namespace } : undefined,
    );
    onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

const dist = join(import.meta.dirname, 'dist');
// Parts are named by their content, so those of an earlier build would stay for ever.
rmSync(dist, { recursive: true, force: true });
await bundle({
  entry: join(import.meta.dirname, 'src/cli.ts'),
  out: join(dist, 'cli.mjs'),
  matrices: true,
  plugins: [lazyParts, requiredBuiltins],
});
