// Bundles one program of the workspace so that Node runs it with nothing installed beside it but the files of the same
// folder.
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { scriptOptions, shipCodeCache } from './code-cache.mjs';
import { foreignCodecsPlugin, shipForeignCodecs } from './foreign-codecs.mjs';
import { lateHttpsPlugin } from './late-https.mjs';
import { leanSchemasPlugin } from './lean-schemas.mjs';
import { nativeCrcPlugin, shipNativeCrc } from './native-crc.mjs';
import { requiredBuiltinsPlugin } from './required-builtins.mjs';

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
 * - `matrices`: the program reads and writes arrays, so what these may need is put beside it.
 * - `rehearsal`: the program is started often from new places, so it gets a code cache, made by a start with these
 *   arguments; `out` is then its loader.
 * @param {{ entry: string, out: string, external?: string[], plugins?: import('esbuild').Plugin[], matrices?: boolean, rehearsal?: string[] }} program
 */
export async function bundle({ entry, out, external = [], plugins = [], matrices = false, rehearsal }) {
  const folder = dirname(out);
  const name = basename(out, '.mjs');
  await build({
    entryPoints: [entry],
    outfile: rehearsal ? join(folder, `${name}.js`) : out,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    external,
    // ES modules where a package has both: of CommonJS esbuild can't leave out what isn't used.
    mainFields: ['module', 'main'],
    plugins: [
      nativeCrcPlugin,
      foreignCodecsPlugin,
      leanSchemasPlugin,
      lateHttpsPlugin,
      englishOnly,
      requiredBuiltinsPlugin,
      ...plugins,
    ],
    // CommonJS parts of dependencies ask for Node's own modules through `require`.
    banner: {
      js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
    },
    ...(rehearsal ? scriptOptions : {}),
  });
  if (matrices) {
    shipNativeCrc(folder);
    await shipForeignCodecs(folder);
  }
  if (rehearsal) await shipCodeCache(folder, name, rehearsal);
}
