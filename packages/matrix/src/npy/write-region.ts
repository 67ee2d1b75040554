import { close, open } from 'node:fs';
import { promisify } from 'node:util';
import { forEachBounded } from '../bounded.ts';
import type { Region } from '../tile.ts';
import { writeFully } from './bytes.ts';
import { ranges } from '../ranges.ts';
import type { RawLayout } from './raw-region.ts';

const IN_FLIGHT = 16;
const PIECE = 4 << 20;

export interface RegionWriter {
  /** Returns the bytes written. */
  write(region: Region, bytes: Uint8Array, signal?: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/**
 * Writes regions straight to their place in an existing file, which is opened for writing at the first of them.
 * Regions that don't overlap may be written at once, by several processes too.
 */
export function regionWriter(path: string, { dataOffset, itemBytes, cols }: RawLayout): RegionWriter {
  let opened: Promise<number> | undefined;
  return {
    async write(region, bytes, signal) {
      const fd = await (opened ??= promisify(open)(path, 'r+'));
      const stride = cols * itemBytes;
      const width = region.cols * itemBytes;
      const start = dataOffset + region.row * stride + region.col * itemBytes;
      if (width === stride) {
        await forEachBounded(ranges(bytes.byteLength, PIECE), IN_FLIGHT, ([from, to]) =>
          writeFully(fd, bytes.subarray(from, to), start + from, signal),
        );
      } else {
        await forEachBounded(ranges(region.rows, 1), IN_FLIGHT, ([row]) =>
          writeFully(fd, bytes.subarray(row * width, (row + 1) * width), start + row * stride, signal),
        );
      }
      return bytes.byteLength;
    },
    async close() {
      const closing = opened;
      opened = undefined;
      if (closing) await promisify(close)(await closing);
    },
  };
}
