import { gridOf, overlaps } from '../chunk-grid.ts';
import type { Crc32c } from '../crc32c.ts';
import { bytesOf, elementBytes } from '../tile.ts';
import type { DType, Region, Shape, Tile } from '../tile.ts';

/**
 * Takes the CRC-32C of chunks of a matrix from pieces of it, which need not be cut as the chunks are: whole rows of chunks,
 * from the first to the last, are enough. What comes in another order, or cuts through rows of chunks, is left out.
 * A chunk at the edge counts as padded with zeros to its full size.
 */
export class RunningChecksums {
  readonly #shape: Shape;
  readonly #chunk: Shape;
  readonly #crc32c: Crc32c;
  readonly #itemBytes: number;
  readonly #gridCols: number;
  /** Of chunks that are begun: rows so far, and their checksum. */
  readonly #begun = new Map<number, { rows: number; crc: number }>();

  constructor({ shape, dtype }: { shape: Shape; dtype: DType }, chunk: Shape, crc32c: Crc32c) {
    this.#shape = shape;
    this.#chunk = chunk;
    this.#crc32c = crc32c;
    this.#itemBytes = elementBytes(dtype);
    this.#gridCols = gridOf(shape, chunk)[1];
  }

  /** Takes a piece. @param found told the number and the checksum of each chunk that it completes */
  add(region: Region, tile: Tile, found: (index: number, crc32c: number) => void): void {
    const [chunkRows, chunkCols] = this.#chunk;
    for (const { r, c, region: part } of overlaps(region, this.#chunk)) {
      const width = Math.min(chunkCols, this.#shape[1] - c * chunkCols);
      const height = Math.min(chunkRows, this.#shape[0] - r * chunkRows);
      const index = r * this.#gridCols + c;
      const begun = this.#begun.get(index) ?? { rows: 0, crc: 0 };
      if (part.cols !== width || part.row - r * chunkRows !== begun.rows) continue;
      begun.crc = this.#rows(begun.crc, tile, { ...part, row: part.row - region.row, col: part.col - region.col });
      begun.rows += part.rows;
      if (begun.rows < height) {
        this.#begun.set(index, begun);
        continue;
      }
      this.#begun.delete(index);
      found(index, this.#zeros(begun.crc, (chunkRows - height) * chunkCols));
    }
  }

  #rows(crc: number, tile: Tile, { row, col, rows, cols }: Region): number {
    const padding = this.#chunk[1] - cols;
    if (padding === 0 && cols === tile.cols) {
      return this.#crc32c(bytesOf(tile.data.subarray(row * cols, (row + rows) * cols)), crc);
    }
    let running = crc;
    for (let from = row * tile.cols + col, end = from + rows * tile.cols; from < end; from += tile.cols) {
      running = this.#zeros(this.#crc32c(bytesOf(tile.data.subarray(from, from + cols)), running), padding);
    }
    return running;
  }

  #zeros(crc: number, elements: number): number {
    let running = crc;
    for (let left = elements * this.#itemBytes; left > 0; left -= ZEROS.length) {
      running = this.#crc32c(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS, running);
    }
    return running;
  }
}

const ZEROS = new Uint8Array(4096);
