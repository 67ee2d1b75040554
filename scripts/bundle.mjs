// Bundles one program of the workspace into a single ES module that Node runs with nothing installed beside it.
import { build } from 'esbuild';

/**
 * @param {{ entry: string, out: string, external?: string[], plugins?: import('esbuild').Plugin[] }} program
 */
export async function bundle({ entry, out, external = [], plugins = [] }) {
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
    plugins,
    // CommonJS parts of dependencies ask for Node's own modules through `require`.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  });
}
