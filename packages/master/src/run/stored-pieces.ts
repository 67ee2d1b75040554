import { isChunked } from '@tessera/matrix';
import type { ArrayPiece } from '@tessera/protocol';
import { gridOf } from '../plan/grid.ts';
import type { OpenByName } from './inline-tiles.ts';

/**
 * What an earlier run of a job left in the store, by one listing of each array that is asked about. A chunk counts when it
 * has the size of a whole one: it was then written whole. Its checksum is left to those who read it, the checks of the
 * result among them; a chunk that went bad since is then made again.
 */
export class StoredPieces {
  readonly #open: OpenByName;
  /** Whether a chunk is there, by its number, row by row; nothing for arrays without chunks (.npy), which can't tell. */
  readonly #chunks = new Map<string, Promise<Uint8Array | undefined>>();

  constructor(open: OpenByName) {
    this.#open = open;
  }

  /** Whether all chunks of a piece were there when its array was listed. */
  async has({ array: name, row, col, rows, cols }: ArrayPiece): Promise<boolean> {
    const array = await this.#open(name);
    const chunks = await this.#listed(name);
    if (!chunks || !isChunked(array)) return false;
    const [high, wide] = array.chunk;
    const across = gridOf(array.shape, array.chunk).cols;
    for (let r = Math.floor(row / high); r * high < row + rows; r++) {
      for (let c = Math.floor(col / wide); c * wide < col + cols; c++) if (!chunks[r * across + c]) return false;
    }
    return true;
  }

  #listed(name: string): Promise<Uint8Array | undefined> {
    let listed = this.#chunks.get(name);
    if (!listed) {
      listed = this.#list(name);
      this.#chunks.set(name, listed);
      // A failure is not remembered: the store may answer the next time.
      listed.catch(() => this.#chunks.delete(name));
    }
    return listed;
  }

  async #list(name: string): Promise<Uint8Array | undefined> {
    const array = await this.#open(name);
    if (!isChunked(array)) return undefined;
    const { count, cols } = gridOf(array.shape, array.chunk);
    const chunks = new Uint8Array(count);
    for await (const [r, c] of array.storedChunks()) chunks[r * cols + c] = 1;
    return chunks;
  }
}
