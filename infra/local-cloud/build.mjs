// Bundles the cloud's program, so that starting it reads one file: `node build.mjs [FILE]`.
import { bundle } from '../../scripts/bundle.mjs';

/**
 * An `import` of one of Node's own modules reads all its exports, the lazy ones included: `node:http` then loads the
 * WebSocket client of undici, `node:crypto` all of Web Crypto, together 50 ms of every start. Taken as an object,
 * a module loads no more than what is used.
 *
 * @type {import('esbuild').Plugin}
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

/**
 * What fastify loads at its start and this cloud never calls: JSON Schema validation and serialisation (no route of
 * fauxqs has a schema) and the logger (it is off). Loading them would take longer than all the rest.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutUnused = {
  name: 'without-unused',
  setup(build) {
    const filter = /^(@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler|pino)$/;
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'unused' }));
    build.onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({
      contents: `module.exports = () => () => { throw new Error(${JSON.stringify(`${path} was left out of this bundle`)}); };`,
      loader: 'js',
    }));
  },
};

const out = process.argv[2] ?? 'dist/local-cloud.mjs';
await bundle({ entry: 'src/main.ts', out, plugins: [lazyBuiltins, withoutUnused] });
