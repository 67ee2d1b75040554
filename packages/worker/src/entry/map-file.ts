import type { MapFile, MappedBytes } from '@tessera/matrix';
import type { Koffi } from '../kernels/index.ts';

/** Linux and macOS agree on these (sys/mman.h), but for the last. */
const PROT_NONE = 0;
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = process.platform === 'darwin' ? 0x1000 : 0x20;
const MADV_WILLNEED = 3;
/** (void *) -1, as koffi gives pointers. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** A multiple of the page sizes in use: 4 KiB on x86-64, up to 64 KiB on ARM. */
const ALIGNMENT = 65_536;
/** Windows are multiples of this, so that one serves regions of nearly the same size. */
const WINDOW_BYTES = 1 << 20;
/** Windows that are kept for the next region; they cost address space, no memory. */
const KEPT = 8;

/** Pages of a region that are looked at, to find out whether it has to be read. */
const SAMPLES = 32;

/** Address space of our own, and the one ArrayBuffer that V8 sees of it. */
interface Window {
  readonly address: unknown;
  readonly length: number;
  readonly buffer: ArrayBuffer;
}

/**
 * Maps files through the C library's own functions; `undefined` where koffi or they can't be had.
 *
 * Files are mapped into windows that are used again: V8 counts each ArrayBuffer as that much new memory, and would collect
 * garbage after every few of them. What was unmapped can't be looked at (PROT_NONE).
 */
export async function openFileMapper(koffi: () => Promise<Koffi>): Promise<MapFile | undefined> {
  if (process.platform === 'win32') return undefined;
  try {
    const { load, view } = await koffi();
    const system = load(null);
    const mmap = system.func('void *mmap(void *, size_t, int, int, int, int64_t)');
    const munmap = system.func('int munmap(void *, size_t)');
    const madvise = system.func('int madvise(void *, size_t, int)');
    const mincore = system.func('int mincore(void *, size_t, _Out_ uint8_t *)');
    const free: Window[] = [];

    const reserve = (length: number): Window | undefined => {
      const address = mmap(null, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (address === null || address === MAP_FAILED) return undefined;
      return { address, length, buffer: view(address, length) };
    };
    const take = (bytes: number): Window | undefined => {
      const length = Math.ceil(bytes / WINDOW_BYTES) * WINDOW_BYTES;
      const at = free.findIndex((window) => window.length === length);
      return at < 0 ? reserve(length) : free.splice(at, 1)[0];
    };
    const giveBack = (window: Window) => {
      const { address, length } = window;
      const empty = mmap(address, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      if (empty !== MAP_FAILED) free.push(window);
      const oldest = free.length > KEPT ? free.shift() : undefined;
      if (oldest) munmap(oldest.address, oldest.length);
    };

    const page = new Uint8Array(1);
    /** Whether the pages looked at are in memory already. Where the system tells nobody (a file of others), it says yes. */
    const isCached = ({ address }: Window, length: number): boolean => {
      const step = Math.max(1, Math.ceil(length / ALIGNMENT / SAMPLES)) * ALIGNMENT;
      for (let at = 0; at < length; at += step)
        if (mincore((address as bigint) + BigInt(at), 1, page) !== 0 || (page[0]! & 1) === 0) return false;
      return true;
    };

    return (fd, position, bytes): MappedBytes | undefined => {
      const before = position % ALIGNMENT;
      const length = before + bytes;
      const window = take(length);
      if (!window) return undefined;
      const mapped = mmap(window.address, length, PROT_READ, MAP_SHARED | MAP_FIXED, fd, position - before);
      if (mapped === MAP_FAILED) {
        giveBack(window);
        return undefined;
      }
      if (!isCached(window, length)) madvise(window.address, length, MADV_WILLNEED);
      let isMapped = true;
      return {
        bytes: new Uint8Array(window.buffer, before, bytes),
        unmap: () => {
          if (isMapped) giveBack(window);
          isMapped = false;
        },
      };
    };
  } catch {
    return undefined;
  }
}
