import { CorruptTileError, InexactIntegerError } from '../errors.ts';
import type { Region, Shape, Tile } from '../tile.ts';

/** A chunk as zarrita decodes it: elements of any type, in any order. */
export interface ForeignChunk {
  readonly data: unknown;
  /** Elements from one row to the next, and from one column to the next. */
  readonly stride: readonly number[];
}

/** A chunk's place in a grid, and the part of it that is wanted, in the matrix's elements. */
interface Part {
  readonly r: number;
  readonly c: number;
  readonly region: Region;
}

/**
 * Copies the part of a chunk that lies in `region` to its place in the tile of that region.
 * @throws CorruptTileError for a chunk of another length, InexactIntegerError for an integer that float64 can't hold.
 */
export function copyForeign(
  url: string,
  piece: ForeignChunk,
  chunk: Shape,
  { r, c, region: part }: Part,
  region: Region,
  target: Tile,
): void {
  const elements = piece.data as ArrayLike<number | bigint> | { readonly length: number; get(i: number): boolean };
  if (elements.length !== chunk[0] * chunk[1]) {
    throw new CorruptTileError(url, [r, c], `expected ${chunk[0] * chunk[1]} elements, found ${elements.length}`);
  }
  const [down = 0, right = 0] = piece.stride;
  const rowAt = (i: number) => (part.row - r * chunk[0] + i) * down + (part.col - c * chunk[1]) * right;
  const placeOf = (i: number) => (part.row - region.row + i) * region.cols + part.col - region.col;
  if (right === 1 && (elements instanceof Float64Array || elements instanceof Float32Array)) {
    for (let i = 0; i < part.rows; i++) {
      const from = rowAt(i);
      target.data.set(elements.subarray(from, from + part.cols), placeOf(i));
    }
    return;
  }
  const at = 'get' in elements ? (i: number) => elements.get(i) : (i: number) => elements[i]!;
  for (let i = 0; i < part.rows; i++) {
    let from = rowAt(i);
    let to = placeOf(i);
    for (let j = 0; j < part.cols; j++, from += right, to++) {
      const value = at(from);
      const number = Number(value);
      if (typeof value === 'bigint' && BigInt(number) !== value) {
        throw new InexactIntegerError(url, part.row + i, part.col + j, value);
      }
      target.data[to] = number;
    }
  }
}
