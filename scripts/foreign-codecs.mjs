// Compressors of Zarr arrays that other programs wrote (blosc, lz4, zstd, zlib, gzip) are large and seldom needed: they
// are bundled into a file of their own beside the program, which is loaded when such an array is met.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

export const FOREIGN_CODECS = 'foreign-codecs.mjs';
const NAMES = ['blosc', 'gzip', 'lz4', 'zlib', 'zstd'];

/** Resolves `numcodecs/<name>` to the file beside the bundle, when it is first asked for. */
export const foreignCodecsPlugin = {
  name: 'foreign-codecs',
  setup(build) {
    build.onResolve({ filter: /^numcodecs\// }, ({ path }) => ({
      path: path.slice('numcodecs/'.length),
      namespace: 'foreign',
    }));
    build.onResolve({ filter: new RegExp(FOREIGN_CODECS) }, ({ path }) => ({ path, external: true }));
    build.onLoad({ filter: /.*/, namespace: 'foreign' }, ({ path }) => ({
      // zarrita takes `default` in a promise's then(), so a promise will do, and a script may not await.
      contents: `export default import('./${FOREIGN_CODECS}').then((codecs) => codecs.${path});`,
      loader: 'js',
    }));
  },
};

/** Builds the file of compressors into the folder of a bundle. */
export async function shipForeignCodecs(folder) {
  // numcodecs is zarrita's dependency, so it resolves from where zarrita really lies.
  const zarrita = realpathSync(join(import.meta.dirname, '../packages/matrix/node_modules/zarrita'));
  await build({
    stdin: {
      contents: NAMES.map((name) => `export { default as ${name} } from 'numcodecs/${name}';`).join('\n'),
      resolveDir: zarrita,
    },
    outfile: join(folder, FOREIGN_CODECS),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    logLevel: 'warning',
  });
}
