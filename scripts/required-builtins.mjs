// Node's own modules through `require`: importing one reads every export that it has, the lazy ones included. node:http
// then loads undici's WebSocket, 20 to 30 ms of each program's start, and node:crypto all of Web Crypto.
import { builtinModules, createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
/** Where a module that is imported in a statement is, and one that is imported when it is needed. */
const namespaces = { 'import-statement': 'required-builtin', 'dynamic-import': 'required-builtin-part' };

/** @type {import('esbuild').Plugin} */
export const requiredBuiltinsPlugin = {
  name: 'required-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, kind }) =>
      kind in namespaces && names.has(path) ? { path, namespace: namespaces[kind] } : undefined,
    );
    onLoad({ filter: /.*/, namespace: namespaces['import-statement'] }, ({ path }) => ({
      contents: `module.exports = ${required(path)};`,
    }));
    // A part of a bundle that is split has the exports that are written in it.
    onLoad({ filter: /.*/, namespace: namespaces['dynamic-import'] }, ({ path }) => ({
      contents: `const all = ${required(path)}; export default all; export const { ${exportsOf(path).join(', ')} } = all;`,
    }));
  },
};

const required = (path) => `require(${JSON.stringify(path)})`;

/** Exports that are made when they are first looked at, and cost a program's start much. */
const COSTLY = new Set(['CloseEvent', 'EventSource', 'MessageEvent', 'WebSocket', 'subtle', 'webcrypto']);

/** Names of a module's exports, but for the costly ones. */
function exportsOf(path) {
  return Object.keys(require(path)).filter((name) => name !== 'default' && !COSTLY.has(name));
}
