import type { MapFile } from '@tessera/matrix';
import type { Koffi } from '../kernels/index.ts';

/** Linux and macOS agree on these (sys/mman.h). */
const PROT_READ = 1;
const MAP_SHARED = 1;
const MADV_WILLNEED = 3;
/** A multiple of the page sizes in use: 4 KiB on x86-64, up to 64 KiB on ARM. */
const ALIGNMENT = 65_536;
/** (void *) -1, as koffi gives pointers. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** Maps files through the C library's own functions; `undefined` where koffi or they can't be had. */
export async function openFileMapper(koffi: () => Promise<Koffi>): Promise<MapFile | undefined> {
  if (process.platform === 'win32') return undefined;
  try {
    const { load, view } = await koffi();
    const system = load(null);
    const mmap = system.func('void *mmap(void *, size_t, int, int, int, int64_t)');
    const munmap = system.func('int munmap(void *, size_t)');
    const madvise = system.func('int madvise(void *, size_t, int)');
    return (fd, position, bytes) => {
      const before = position % ALIGNMENT;
      const length = before + bytes;
      const at = mmap(null, length, PROT_READ, MAP_SHARED, fd, position - before);
      if (at === null || at === MAP_FAILED) return undefined;
      madvise(at, length, MADV_WILLNEED);
      let isMapped = true;
      return {
        bytes: new Uint8Array(view(at, length), before, bytes),
        unmap: () => {
          if (isMapped) munmap(at, length);
          isMapped = false;
        },
      };
    };
  } catch {
    return undefined;
  }
}
