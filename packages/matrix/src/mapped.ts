import type { RawLayout } from './npy/raw-region.ts';
import { elementBytes, viewElements } from './tile.ts';
import type { DType, Elements, Region } from './tile.ts';

/** Bytes of a file in this process's address space. */
export interface MappedBytes {
  readonly bytes: Uint8Array;
  /** Nobody may look at `bytes` afterwards: the process would end by a signal. Called twice it does nothing. */
  unmap(): void;
}

/**
 * Maps part of an open file for reading (mmap, POSIX.1-2017), so that reading it copies nothing; `undefined` where the
 * system does not do that. A file that gets shorter while it is mapped ends the process that looks past its end.
 */
export type MapFile = (fd: number, position: number, bytes: number) => MappedBytes | undefined;

/** A region of a matrix where it lies in its file: row i starts at element `i * stride` of `data`. Read only. */
export interface MappedTile {
  readonly dtype: DType;
  readonly rows: number;
  readonly cols: number;
  readonly stride: number;
  /** From the region's first element to its last, with what lies between the rows. */
  readonly data: Elements;
  unmap(): void;
}

/** Bytes from a region's first element to its last. */
export function spanBytes({ cols, itemBytes }: RawLayout, region: Region): number {
  return ((region.rows - 1) * cols + region.cols) * itemBytes;
}

/** A region of elements that are stored as tiles hold them; `undefined` where it can't be mapped. */
export function mapRegion(
  map: (position: number, bytes: number) => MappedBytes | undefined,
  dtype: DType,
  layout: RawLayout,
  region: Region,
): MappedTile | undefined {
  const start = layout.dataOffset + (region.row * layout.cols + region.col) * layout.itemBytes;
  // Pages are aligned, so an element is where the file has it.
  if (start % elementBytes(dtype) !== 0) return undefined;
  const mapped = map(start, spanBytes(layout, region));
  if (!mapped) return undefined;
  const { buffer, byteOffset, byteLength } = mapped.bytes;
  return {
    dtype,
    rows: region.rows,
    cols: region.cols,
    stride: layout.cols,
    data: viewElements(dtype, buffer, byteOffset, byteLength / elementBytes(dtype)),
    unmap: () => mapped.unmap(),
  };
}
