// Bundles the cloud's program, so that starting it reads one file: `node build.mjs [FILE]`.
import { bundle } from '../../scripts/bundle.mjs';

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
await bundle({ entry: 'src/main.ts', out, plugins: [withoutUnused] });
