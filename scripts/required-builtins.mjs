// Node's own modules through `require`: importing one reads every export that it has, the lazy ones included. node:http
// then loads undici's WebSocket, 20 to 30 ms of each program's start, and node:crypto all of Web Crypto.
import { builtinModules, createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
/** Where a module is: imported in a statement, and when it is needed; or loaded by whoever uses it first. */
const namespaces = { now: 'required-builtin', later: 'required-builtin-part', used: 'used-builtin' };

/**
 * Modules that most starts load and never use. node:https is the costliest: with node:tls Node reads its root certificates,
 * in all 25 ms of a processor.
 */
const SELDOM_USED = new Set(
  ['child_process', 'dns', 'http2', 'https', 'readline', 'sqlite', 'tls', 'vm', 'worker_threads', 'zlib'].flatMap(
    (name) => [name, `node:${name}`],
  ),
);

/** @type {import('esbuild').Plugin} */
export const requiredBuiltinsPlugin = {
  name: 'required-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, kind, namespace }) => {
      if (!names.has(path) || namespace === namespaces.used) return undefined;
      if (kind === 'dynamic-import') return { path, namespace: namespaces.later };
      if (SELDOM_USED.has(path)) return { path, namespace: namespaces.used };
      return kind === 'import-statement' ? { path, namespace: namespaces.now } : undefined;
    });
    // What nobody uses of it is left out.
    onLoad({ filter: /.*/, namespace: namespaces.now }, ({ path }) => ({
      contents: `const all = ${required(path)}; const pick = (name) => all[name]; export default all;
${exportsOf(path)
  .map((name) => `export const ${name} = /* @__PURE__ */ pick(${JSON.stringify(name)});`)
  .join('\n')}`,
    }));
    // A part of a bundle that is split has the exports that are written in it.
    onLoad({ filter: /.*/, namespace: namespaces.later }, ({ path }) => ({
      contents: `const all = ${required(path)}; export default all; export const { ${exportsOf(path).join(', ')} } = all;`,
    }));
    onLoad({ filter: /.*/, namespace: namespaces.used }, ({ path }) => ({
      contents: `let all;
for (const name of ${JSON.stringify(exportsOf(path))}) {
  Object.defineProperty(module.exports, name, { enumerable: true, get: () => (all ??= ${required(path)})[name] });
}`,
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
