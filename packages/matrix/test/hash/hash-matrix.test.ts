import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocateTile,
  bytesOf,
  checkedReads,
  chunkRegion,
  copyRegion,
  createArray,
  createZarrIn,
  gridOf,
  hashMatrix,
  memoryStore,
  wholeRegion,
} from '../../src/index.ts';
import type { Shape, Tile } from '../../src/index.ts';
import { crc32cTable } from '../../src/crc32c.ts';
import { pretendedMapping } from '../mapping.ts';
import { dtypes, numbered, shapes } from '../matrices.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();

/** The definition, word for word. */
function definition(tile: Tile, chunk: Shape): string {
  const shape = [tile.rows, tile.cols] as const;
  const [down, across] = gridOf(shape, chunk);
  const hash = createHash('sha256');
  for (let r = 0; r < down; r++) {
    for (let c = 0; c < across; c++) {
      const padded = allocateTile(tile.dtype, ...chunk);
      copyRegion(tile, chunkRegion(shape, chunk, r, c), { data: padded.data, cols: chunk[1] }, { row: 0, col: 0 });
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32LE(crc32cTable(bytesOf(padded.data)));
      hash.update(checksum);
    }
  }
  return hash.digest('hex');
}

describe('the hash of a matrix', () => {
  it('is what the definition says, however the matrix is stored', async () => {
    let files = 0;
    await fc.assert(
      fc.asyncProperty(dtypes, shapes(12), shapes(13), shapes(13), async (dtype, shape, chunk, stored) => {
        const tile = numbered(dtype, ...shape);
        const expected = definition(tile, chunk);
        const zarr = await createZarrIn(memoryStore(), 'a', { shape, dtype, chunk: stored });
        const own = await createZarrIn(memoryStore(), 'b', { shape, dtype, chunk });
        const npy = await createArray(at(`${files++}.npy`), { shape, dtype });
        for (const array of [zarr, own, npy]) {
          await array.write(wholeRegion(shape), tile);
          expect(await hashMatrix(array, chunk)).toBe(expected);
          await array.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is another after any bit was flipped', async () => {
    await fc.assert(
      fc.asyncProperty(dtypes, shapes(6), shapes(6), fc.nat(), async (dtype, shape, chunk, bit) => {
        const tile = numbered(dtype, ...shape);
        const before = definition(tile, chunk);
        const bytes = bytesOf(tile.data);
        bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
        expect(definition(tile, chunk)).not.toBe(before);
      }),
      { numRuns: 60 },
    );
  });

  it('tells of no chunk that was not read from its first row to its last', async () => {
    const shape = [10, 9] as const;
    const mapping = pretendedMapping();
    const npy = await createArray(at('partly.npy'), { shape, dtype: 'float64' }, mapping);
    await npy.write(wholeRegion(shape), numbered('float64', ...shape));
    const found: number[] = [];
    const { read, map } = checkedReads(npy, [4, 5], (index) => found.push(index));
    await read({ row: 0, col: 0, rows: 3, cols: 9 });
    await read({ row: 4, col: 1, rows: 6, cols: 8 });
    expect(found).toEqual([3, 5]);
    await read({ row: 3, col: 0, rows: 1, cols: 5 });
    expect(found).toEqual([3, 5, 0]);
    const rest = { row: 3, col: 5, rows: 1, cols: 4 };
    // Its rows lie apart.
    expect(await map({ ...rest, row: 2, rows: 2 }, Infinity)).toBeUndefined();
    expect(mapping.shown()).toBe(0);
    await map(rest, Infinity);
    expect(found).toEqual([3, 5, 0, 1]);
    await npy.close();
  });
});
