// A program that starts several times a minute on short-lived instances spends most of its start compiling itself. So its
// bundle is a script with V8's code cache beside it, made when it is built, and a loader that hands both to V8. Another
// version of Node ignores the cache and compiles as ever (https://nodejs.org/api/vm.html#scriptcreatecacheddata).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rehearse } from './rehearsal.mjs';

/** The loader of the program `<name>.js`: the file that is started. */
const loader = (name) => `const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
const { readFileSync, writeFileSync } = require('node:fs');
const { fileURLToPath } = require('node:url');
const { constants, Script } = require('node:vm');
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
let cachedData;
try { cachedData = readFileSync(file('./${name}.v8')); } catch {}
const script = new Script(readFileSync(file('./${name}.js'), 'latin1'), {
  filename: file('./${name}.js'), cachedData, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
if (process.env.TESSERA_WRITE_CODE_CACHE === '${name}') {
  process.once('exit', () => writeFileSync(file('./${name}.v8'), script.createCachedData()));
}
script.runInThisContext()(require, import.meta.url);
`;

/** What the bundle must be for the loader: a function of `require` and the URL that it is started from. */
export const scriptOptions = {
  format: 'iife',
  charset: 'ascii',
  define: { 'import.meta.url': '__bundleUrl' },
  banner: { js: '(function (require, __bundleUrl) {' },
  footer: { js: '})' },
};

/**
 * Writes the loader `<name>.mjs` beside the bundle `<name>.js`, and the code cache `<name>.v8`: what V8 has compiled when
 * the program, started with `args`, has ended its rehearsal.
 */
export async function shipCodeCache(folder, name, args) {
  const program = join(folder, `${name}.mjs`);
  writeFileSync(program, loader(name));
  await rehearse(program, args, { TESSERA_WRITE_CODE_CACHE: name });
}
