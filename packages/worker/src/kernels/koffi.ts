import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The part of koffi (https://koffi.dev) that Tessera uses. */
export interface Koffi {
  readonly version: string;
  /** `null` stands for what the process has loaded already, the C library among it. */
  load(path: string | null): KoffiLibrary;
  /** Memory that a pointer returned by a function points to, without a copy. */
  view(pointer: unknown, bytes: number): ArrayBuffer;
}

export interface KoffiLibrary {
  /** @throws when the library lacks the symbol */
  func(prototype: string): KoffiFunction;
  unload(): void;
}

export interface KoffiFunction {
  (...args: unknown[]): unknown;
  /** Runs on libuv's pool; the last argument is called with `(error, result)`. Argument buffers are kept alive. */
  async(...args: unknown[]): void;
}

/** File names of koffi's native module for a platform, best first: the C library in use is not known before loading. */
export const koffiFileNames = (platform: NodeJS.Platform, arch: string): readonly string[] =>
  platform === 'linux' ? [`koffi-linux_${arch}.node`, `koffi-musl_${arch}.node`] : [`koffi-${platform}_${arch}.node`];

/**
 * Loads koffi: the native module that the build put beside the bundle, else the installed package.
 *
 * koffi's own loader looks for `@koromix/koffi-<platform>-<arch>/<platform>_<abi>/koffi.node` relative to its own file, which
 * no bundle has. The native module is the whole library (the package's JavaScript only adds deprecation warnings), so it
 * is required directly.
 * @param besideUrl the `import.meta.url` of the bundle, in whose folder `koffiFileNames` are looked for
 * @throws when neither can be loaded; the message has every reason
 */
export async function loadKoffi(besideUrl: string | URL): Promise<Koffi> {
  const require = createRequire(besideUrl);
  const reasons: string[] = [];
  for (const name of koffiFileNames(process.platform, process.arch)) {
    try {
      return require(fileURLToPath(new URL(name, besideUrl))) as Koffi;
    } catch (cause) {
      reasons.push(`${name}: ${firstLine(cause)}`);
    }
  }
  try {
    return require('koffi') as Koffi;
  } catch (cause) {
    reasons.push(`koffi: ${firstLine(cause)}`);
  }
  throw new Error(`koffi could not be loaded (${reasons.join('; ')})`);
}

const firstLine = (cause: unknown): string =>
  String(cause instanceof Error ? cause.message : cause).split('\n', 1)[0] ?? '';
