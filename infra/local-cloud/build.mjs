// Bundles the cloud's program, so that starting it reads one file.
import { bundle } from '../../scripts/bundle.mjs';

/**
 * What fastify loads at its start and this cloud never calls: JSON Schema validation and serialisation (no route of
 * fauxqs has a schema) and the logger (it is off). Loading them would take longer than all the rest.
 */
const unused = {
  '@fastify/ajv-compiler': 'module.exports = () => () => { throw new Error("no schemas here"); };',
  '@fastify/fast-json-stringify-compiler': 'module.exports = () => () => { throw new Error("no schemas here"); };',
  pino: 'module.exports = () => { throw new Error("no logger here"); };',
  'light-my-request': undefined,
};

/** @type {import('esbuild').Plugin} */
const withoutUnused = {
  name: 'without-unused',
  setup(build) {
    const filter = /^(@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler|pino)$/;
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'unused' }));
    build.onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({ contents: unused[path], loader: 'js' }));
  },
};

await bundle({ entry: 'src/main.ts', out: 'dist/local-cloud.mjs', plugins: [withoutUnused] });
