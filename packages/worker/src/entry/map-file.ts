import type { MapFile, MappedBytes } from '@tessera/matrix';
import type { Koffi } from '../kernels/index.ts';
import { Room } from './room.ts';

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
/** Address space that is reserved once, for all regions that are mapped at a time; it costs no memory. */
const SPACE_BYTES = 4 * 1024 ** 3;

/** Pages of a region that are looked at, to find out whether it has to be read. */
const SAMPLES = 32;

/** Address space of our own, and the one ArrayBuffer that V8 sees of it. */
interface Space {
  readonly address: bigint;
  readonly buffer: ArrayBuffer;
  readonly room: Room;
}

/** Where a region is mapped. */
interface Window {
  readonly space: Space;
  /** From the space's first byte. */
  readonly at: number;
  readonly length: number;
}

/**
 * Maps files through the C library's own functions; `undefined` where koffi or they can't be had.
 *
 * Files are mapped into one reserved space, which is used again: V8 counts each ArrayBuffer as that much new memory, and
 * would collect garbage after every few of them. What was unmapped can't be looked at (PROT_NONE).
 * @param spaceBytes what does not fit into it gets a space of its own
 */
export async function openFileMapper(
  koffi: () => Promise<Koffi>,
  spaceBytes = SPACE_BYTES,
): Promise<MapFile | undefined> {
  if (process.platform === 'win32') return undefined;
  try {
    const { load, view } = await koffi();
    const system = load(null);
    const mmap = system.func('void *mmap(void *, size_t, int, int, int, int64_t)');
    const munmap = system.func('int munmap(void *, size_t)');
    const madvise = system.func('int madvise(void *, size_t, int)');
    const mincore = system.func('int mincore(void *, size_t, _Out_ uint8_t *)');

    const reserve = (length: number): Space | undefined => {
      const address: unknown = mmap(null, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (typeof address !== 'bigint' || address === MAP_FAILED) return undefined;
      return { address, buffer: view(address, length), room: new Room(length) };
    };
    const shared = reserve(spaceBytes);
    const addressOf = ({ space, at }: Window) => space.address + BigInt(at);
    const take = (bytes: number): Window | undefined => {
      const length = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
      const at = shared?.room.take(length);
      if (shared && at !== undefined) return { space: shared, at, length };
      // Larger than the space that is left, or the system gives no process so much.
      const own = reserve(length);
      return own && { space: own, at: 0, length };
    };
    const giveBack = (window: Window) => {
      const { space, at, length } = window;
      if (space !== shared) return void munmap(space.address, length);
      const empty: unknown = mmap(addressOf(window), length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      if (empty !== MAP_FAILED) space.room.giveBack(at, length);
    };

    const page = new Uint8Array(1);
    /** Whether the pages looked at are in memory already. Where the system tells nobody (a file of others), it says yes. */
    const isCached = (window: Window, length: number): boolean => {
      const address = addressOf(window);
      const step = Math.max(1, Math.ceil(length / ALIGNMENT / SAMPLES)) * ALIGNMENT;
      for (let at = 0; at < length; at += step)
        if (mincore(address + BigInt(at), 1, page) !== 0 || (page[0]! & 1) === 0) return false;
      return true;
    };

    return (fd, position, bytes): MappedBytes | undefined => {
      const before = position % ALIGNMENT;
      const length = before + bytes;
      const window = take(length);
      if (!window) return undefined;
      const address = addressOf(window);
      const mapped: unknown = mmap(address, length, PROT_READ, MAP_SHARED | MAP_FIXED, fd, position - before);
      if (mapped === MAP_FAILED) {
        giveBack(window);
        return undefined;
      }
      if (!isCached(window, length)) madvise(address, length, MADV_WILLNEED);
      let isMapped = true;
      return {
        bytes: new Uint8Array(window.space.buffer, window.at + before, bytes),
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
