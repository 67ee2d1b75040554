import { checkedReads, type MatrixArray, type Tile } from '@tessera/matrix';
import type { ArrayDeclaration, ArrayPiece } from '@tessera/protocol';

/** How a job's arrays are made and opened. */
export interface ArrayWorld {
  createArray(array: ArrayDeclaration): Promise<MatrixArray>;
  openArray(array: ArrayDeclaration): Promise<MatrixArray>;
}

/** The arrays of a job by name, each opened once. */
export class JobArrays {
  readonly #declared: Readonly<Record<string, ArrayDeclaration>>;
  readonly #world: ArrayWorld;
  readonly #open = new Map<string, Promise<MatrixArray>>();

  constructor(declared: Readonly<Record<string, ArrayDeclaration>>, world: ArrayWorld) {
    this.#declared = declared;
    this.#world = world;
  }

  create(name: string): Promise<MatrixArray> {
    return this.#once(name, () => this.#world.createArray(this.#declared[name]!));
  }

  open(name: string): Promise<MatrixArray> {
    return this.#once(name, () => this.#world.openArray(this.#declared[name]!));
  }

  async read(piece: ArrayPiece): Promise<Tile> {
    return (await this.open(piece.array)).read(piece);
  }

  /** Reads a piece, and notes the checksums of the chunks that its array's hash is taken of. */
  async readNoting(piece: ArrayPiece, note: (index: number, crc32c: number) => void): Promise<Tile> {
    const { chunk, hashChunk = chunk } = this.#declared[piece.array]!;
    return checkedReads(await this.open(piece.array), hashChunk, note).read(piece);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#open.values()].map(async (array) => (await array).close()));
  }

  /** A failure to open it is not remembered: the store may answer the next time. */
  #once(name: string, open: () => Promise<MatrixArray>): Promise<MatrixArray> {
    let array = this.#open.get(name);
    if (!array) {
      array = open();
      this.#open.set(name, array);
      array.catch(() => this.#open.delete(name));
    }
    return array;
  }
}
