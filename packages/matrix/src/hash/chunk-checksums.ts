import { createHash } from 'node:crypto';
import { gridOf } from '../chunk-grid.ts';
import type { Shape } from '../tile.ts';

/**
 * CRC-32C of a matrix's chunks, by their number from left to right and then downwards, as they become known; of all
 * together they make the matrix's hash: see `MatrixHash` of the protocol.
 */
export class ChunkChecksums {
  readonly #crcs: Uint32Array;
  readonly #known: Uint8Array;
  #missing: number;

  constructor(shape: Shape, chunk: Shape) {
    const [rows, cols] = gridOf(shape, chunk);
    this.#crcs = new Uint32Array(rows * cols);
    this.#known = new Uint8Array(rows * cols);
    this.#missing = rows * cols;
  }

  /** @returns false when the chunk has another checksum already, and so was changed, or is not in the grid */
  set(index: number, crc32c: number): boolean {
    if (index >= this.#crcs.length) return false;
    if (this.#known[index] === 1) return this.#crcs[index] === crc32c;
    this.#known[index] = 1;
    this.#crcs[index] = crc32c;
    this.#missing--;
    return true;
  }

  /** The hash in hexadecimal, or undefined while a chunk is missing. */
  sha256(): string | undefined {
    if (this.#missing > 0) return undefined;
    const bytes = new Uint8Array(4 * this.#crcs.length);
    const view = new DataView(bytes.buffer);
    for (const [index, crc] of this.#crcs.entries()) view.setUint32(4 * index, crc, true);
    return createHash('sha256').update(bytes).digest('hex');
  }
}
