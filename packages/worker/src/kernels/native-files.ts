import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A native file that the build copies beside the worker's bundle under `name`. */
export interface NativeFile {
  readonly name: string;
  readonly path: string;
}

/**
 * For the build script only: koffi's native modules that are installed, to be shipped beside `worker.mjs`, where
 * `loadKoffi(import.meta.url)` finds them. The package manager installs those of the machine it runs on; others come with its
 * `supportedArchitectures` setting.
 * @param platform keep only this platform's files, as `linux-x64`
 */
export function nativeFiles(platform?: string): NativeFile[] {
  const require = createRequire(import.meta.url);
  const scope = join(dirname(require.resolve('koffi')), '..', '@koromix');
  if (!existsSync(scope)) return [];
  return readdirSync(scope)
    .filter((name) => name.startsWith('koffi-') && (!platform || name === `koffi-${platform}`))
    .flatMap((name) => buildsOf(join(scope, name)));
}

/** A platform's package has one folder per C library or ABI: `linux_x64/koffi.node`, `musl_x64/koffi.node`. */
function buildsOf(folder: string): NativeFile[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'koffi.node')))
    .map((entry) => ({ name: `koffi-${entry.name}.node`, path: join(folder, entry.name, 'koffi.node') }));
}
