import { newTraffic, type MatrixArray } from '../array.ts';
import { ReadOnlyArrayError } from '../errors.ts';
import { allocateTile, checkRegion } from '../tile.ts';
import type { DType, Shape } from '../tile.ts';
import { fillRandom, type RandomOperand } from './fill.ts';

/** A random matrix that is stored nowhere: what is read of it is made. `name` is what errors call it. */
export function randomArray(name: string, operand: RandomOperand, shape: Shape, dtype: DType): MatrixArray {
  const traffic = newTraffic();
  return {
    url: name,
    format: 'npy',
    shape,
    dtype,
    traffic,
    async read(region) {
      checkRegion(region, shape, name);
      const tile = allocateTile(dtype, region.rows, region.cols);
      fillRandom(operand, shape, region, tile.data);
      return tile;
    },
    async write() {
      throw new ReadOnlyArrayError(name, 'it is made from its seed');
    },
    async close() {},
  };
}
