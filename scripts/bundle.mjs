// Bundles one program of the workspace so that Node runs it with nothing installed beside it but the files of the same
// folder.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { KEPT, scriptOptions, writeLoader } from './code-cache.mjs';
import { foreignCodecsPlugin, shipForeignCodecs } from './foreign-codecs.mjs';
import { lateHttpsPlugin } from './late-https.mjs';
import { leanSchemasPlugin } from './lean-schemas.mjs';
import { leanZodPlugin } from './lean-zod.mjs';
import { nativeCrcPlugin, shipNativeCrc } from './native-crc.mjs';
import { requiredBuiltinsPlugin } from './required-builtins.mjs';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** Leaves what is not in `folder` to Node, under the name that it has. */
const onlyPartsOf = (folder) => ({
  name: 'only-parts',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ path, resolveDir }) =>
      path.startsWith(folder) || existsSync(join(resolveDir, path)) ? undefined : { path, external: true },
    );
  },
});

/**
 * - `out`: the program's loader; the bundle lies beside it.
 * - `matrices`: the program reads and writes arrays, so what these may need is put beside it.
 * - `shipped`: it runs on instances, from whatever folder its files come to.
 * @param {{ entry: string, out: string, external?: string[], plugins?: import('esbuild').Plugin[], matrices?: boolean, shipped?: boolean }} program
 */
export async function bundle({ entry, out, external = [], plugins = [], matrices = false, shipped = false }) {
  const folder = resolve(dirname(out));
  const name = basename(out, '.mjs');
  const parts = mkdtempSync(join(tmpdir(), 'tessera-build-'));
  try {
    // Each piece that is imported when it is needed, with what is used of it; in one step esbuild would keep all of it.
    await build({
      ...common,
      entryPoints: [entry],
      outdir: parts,
      entryNames: name,
      format: 'esm',
      splitting: true,
      external,
      // ES modules where a package has both: of CommonJS esbuild can't leave out what isn't used.
      mainFields: ['module', 'main'],
      plugins: [
        nativeCrcPlugin,
        foreignCodecsPlugin,
        leanSchemasPlugin,
        lateHttpsPlugin,
        leanZodPlugin,
        requiredBuiltinsPlugin,
        ...plugins,
      ],
    });
    await build({
      ...common,
      ...scriptOptions,
      // Its path is nobody's business, and another one each time.
      absWorkingDir: parts,
      entryPoints: [`${name}.js`],
      outfile: join(folder, `${name}.js`),
      plugins: [onlyPartsOf(parts)],
    });
  } finally {
    rmSync(parts, { recursive: true, force: true });
  }
  if (matrices) {
    shipNativeCrc(folder);
    await shipForeignCodecs(folder);
  }
  // What an earlier build left there is of no use any more.
  rmSync(join(folder, KEPT), { recursive: true, force: true });
  writeLoader(folder, name, { shipped });
}
