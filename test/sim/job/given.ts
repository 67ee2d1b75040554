import { allocateTile, type Tile } from '@tessera/matrix';
import type { DType, Shape } from '@tessera/protocol';

/** Elements of an operand that is given: sevenths, or with a NaN and an infinity among them. */
export function givenTile(shape: Shape, dtype: DType, nan: boolean): Tile {
  const tile = allocateTile(dtype, shape[0], shape[1]);
  for (let index = 0; index < tile.data.length; index++) tile.data[index] = ((index * 5) % 11) / 7 - 0.5;
  if (nan) {
    tile.data[0] = Infinity;
    tile.data[tile.data.length - 1] = NaN;
  }
  return tile;
}
