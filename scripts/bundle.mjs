// Bundles one program of the workspace into a single ES module that Node runs with nothing installed beside it but the
// native files of the same folder.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { foreignCodecsPlugin, shipForeignCodecs } from './foreign-codecs.mjs';
import { nativeCrcPlugin, shipNativeCrc } from './native-crc.mjs';

/** zod brings its messages in some fifty languages; a third of a program's start would go into reading them. */
const englishOnly = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/**
 * `matrices`: the program reads and writes arrays, so what these may need is put beside it.
 * @param {{ entry: string, out: string, external?: string[], plugins?: import('esbuild').Plugin[], matrices?: boolean }} program
 */
export async function bundle({ entry, out, external = [], plugins = [], matrices = false }) {
  await build({
    entryPoints: [entry],
    outfile: out,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    external,
    plugins: [nativeCrcPlugin, foreignCodecsPlugin, englishOnly, ...plugins],
    // CommonJS parts of dependencies ask for Node's own modules through `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  if (!matrices) return;
  mkdirSync(dirname(out), { recursive: true });
  shipNativeCrc(dirname(out));
  await shipForeignCodecs(dirname(out));
}
