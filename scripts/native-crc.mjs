// A bundle has no node_modules beside it, so the native CRC-32C travels as a file of its own next to the bundle. Where its
// platform's file is missing, importing fails and @tessera/matrix falls back to its table.
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const PREFIX = 'crc32-';

/** Native files of the installed platforms: `crc32-linux-x64-gnu.node`. */
function nativeFiles() {
  const require = createRequire(join(import.meta.dirname, '../packages/matrix/package.json'));
  const scope = join(dirname(require.resolve('@node-rs/crc32')), '..');
  return readdirSync(scope)
    .filter((name) => name.startsWith(PREFIX))
    .flatMap((name) => {
      const platform = name.slice(PREFIX.length);
      const path = join(scope, name, `crc32.${platform}.node`);
      return existsSync(path) ? [{ name: `${PREFIX}${platform}.node`, path }] : [];
    });
}

/** Copies the native files into the folder of a bundle. */
export function shipNativeCrc(folder) {
  for (const { name, path } of nativeFiles()) copyFileSync(path, join(folder, name));
}

const SHIM = `
import { createRequire } from 'node:module';
const load = createRequire(import.meta.url);
const names = { linux: ['-gnu', '-musl'], darwin: [''] }[process.platform] ?? [];
let native;
for (const abi of names) {
  try { native = load('./${PREFIX}' + process.platform + '-' + process.arch + abi + '.node'); break; } catch {}
}
if (!native) throw new Error('no native CRC-32C beside the bundle');
export const crc32c = native.crc32c;
export default native;
`;

/** Resolves `@node-rs/crc32` to the file beside the bundle. */
export const nativeCrcPlugin = {
  name: 'native-crc',
  setup(build) {
    build.onResolve({ filter: /^@node-rs\/crc32$/ }, () => ({ path: 'native-crc', namespace: 'native-crc' }));
    build.onLoad({ filter: /.*/, namespace: 'native-crc' }, () => ({ contents: SHIM, loader: 'js' }));
  },
};
