// A program that starts often spends most of its start compiling itself. So its bundle is a script, and a loader hands it
// to V8 together with the code that V8 made of it before (https://nodejs.org/api/vm.html#scriptcreatecacheddata). Another
// version of Node can't use that and compiles as ever.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where programs that stay on this machine keep their code, beside themselves. */
export const KEPT = '.code-cache';

/** What the bundle must be for the loader: a function of `require` and the URL that it is started from, to its exports. */
export const scriptOptions = {
  format: 'iife',
  globalName: '__bundle',
  charset: 'ascii',
  define: { 'import.meta.url': '__bundleUrl' },
  banner: { js: '(function (require, __bundleUrl) {' },
  footer: { js: 'return __bundle;})' },
  // What lies beside it is taken by `require` too: for scripts, importing is an experimental feature, and Node says so.
  supported: { 'dynamic-import': false },
};

/**
 * Writes the loader `<name>.mjs` of the bundle `<name>.js`: the file that is started, or required for the bundle's exports
 * as its default one. It takes Node's modules without importing them, for reading all exports of node:fs alone takes 6 ms.
 *
 * A program that stays on this machine leaves what V8 had compiled when its first run of some length ended, one file for
 * each version of Node. One that is shipped to instances finds it beside itself, and leaves it in the folder that
 * `TESSERA_CODE_CACHES` names, for those who ship it; machines of another kind don't look at it. Files are named by the
 * bundle's hash, because V8 tells sources apart by their length only. V8 runs damaged code until it crashes, so a file ends
 * with the CRC-32 of what is before it; one that is not whole, or that V8 does not take, is made anew.
 */
export function writeLoader(folder, name, { shipped }) {
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, `${name}.js`)))
    .digest('hex')
    .slice(0, 12);
  const file = JSON.stringify(shipped ? `${name}.v8` : `${KEPT}/${name}-${hash}-`);
  const version = shipped ? '' : " + process.version + '-' + process.arch + '.v8'";
  const leaveIn = shipped
    ? 'process.env.TESSERA_CODE_CACHES'
    : '(cachedData === undefined || script.cachedDataRejected) && dirname(kept)';
  const place = shipped ? `'${name}-${hash}.v8'` : 'basename(kept)';
  // Whoever ends sooner has not shown what others need.
  const tooSoon = shipped ? '' : '\n    if (performance.now() < 400) return;';
  // An instance that ends gives its programs little time.
  const events = shipped ? "['exit', 'SIGTERM']" : "['exit']";
  writeFileSync(
    join(folder, `${name}.mjs`),
    `const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
const fs = require('node:fs');
const { basename, dirname, join } = require('node:path');
const { fileURLToPath } = require('node:url');
const { Script } = require('node:vm');
const { crc32 } = require('node:zlib');
const folder = dirname(fileURLToPath(import.meta.url));
const kept = join(folder, ${file}${version});
const whole = (bytes) => {
  const code = bytes.subarray(0, -4);
  return crc32(code) === bytes.readUInt32LE(code.length) ? code : undefined;
};
let cachedData;
${shipped ? `if (process.platform === '${process.platform}' && process.arch === '${process.arch}') ` : ''}try { cachedData = whole(fs.readFileSync(kept)); } catch {}
const filename = join(folder, '${name}.js');
const script = new Script(fs.readFileSync(filename, 'latin1'), { filename, cachedData });
const leaveIn = ${leaveIn};
if (leaveIn) {
  // Until then V8 keeps the code of functions that ran long ago. Code is of use only with the flags that it was made with.
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--no-flush-bytecode');
  const leave = () => {
    setFlagsFromString('--flush-bytecode');${tooSoon}
    const place = join(leaveIn, ${place});
    try {
      fs.mkdirSync(leaveIn, { recursive: true });
      const code = script.createCachedData();
      const sum = Buffer.alloc(4);
      sum.writeUInt32LE(crc32(code));
      fs.writeFileSync(place + process.pid, Buffer.concat([code, sum]));
      fs.renameSync(place + process.pid, place);
    } catch {}
  };
  for (const event of ${events}) process.once(event, leave);
}
export default script.runInThisContext()(require, import.meta.url);
`,
  );
}
