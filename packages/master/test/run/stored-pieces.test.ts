import { allocateTile, createZarrIn, memoryStore, type MatrixArray, type Store } from '@tessera/matrix';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piece } from '../../src/plan/grid.ts';
import { StoredPieces } from '../../src/run/stored-pieces.ts';

/** A store that says what it was asked for. */
function watched(): { store: Store; asked: string[] } {
  const asked: string[] = [];
  const store = memoryStore();
  return {
    asked,
    store: {
      ...store,
      list: (prefix, options) => (asked.push(`list ${prefix}`), store.list(prefix, options)),
      get: async (key, options) => (asked.push(`get ${key}`), store.get(key, options)),
    },
  };
}

describe('the pieces that an earlier run left', () => {
  it('are those whose chunks are all there, by one listing and without reading one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ rows: fc.integer({ min: 1, max: 5 }), cols: fc.integer({ min: 1, max: 5 }) }),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        async ({ rows, cols }, there) => {
          const { store, asked } = watched();
          // Ragged: the last chunk of a row and of a column is cut.
          const shape = [rows * 3 - 1, cols * 2 - 1] as const;
          const array = await createZarrIn(store, 'C', { shape, dtype: 'float64', chunk: [3, 2] });
          for (let r = 0; r < rows; r++) {
            for (let c = 0; c < cols; c++) {
              const tile = allocateTile('float64', Math.min(3, shape[0] - 3 * r), Math.min(2, shape[1] - 2 * c));
              if (there[r * cols + c]) await array.writeChunk(r, c, tile);
            }
          }
          asked.length = 0;
          const left = new StoredPieces(async () => array);
          for (let r = 0; r < rows; r++) {
            const row = { row: 3 * r, col: 0, rows: Math.min(3, shape[0] - 3 * r), cols: shape[1] };
            expect(await left.has(piece('C', row))).toBe(there.slice(r * cols, (r + 1) * cols).every(Boolean));
          }
          const all = { row: 0, col: 0, rows: shape[0], cols: shape[1] };
          expect(await left.has(piece('C', all))).toBe(there.slice(0, rows * cols).every(Boolean));
          expect(asked).toEqual(['list c']);
        },
      ),
    );
  });

  it('are not those of the wrong size, nor files of another name', async () => {
    const { store } = watched();
    const array = await createZarrIn(store, 'C', { shape: [4, 2], dtype: 'float64', chunk: [2, 2] });
    await array.writeChunk(0, 0, allocateTile('float64', 2, 2));
    await store.set('c/1/0', (await store.get('c/0/0'))!.subarray(0, 20));
    await store.set('c/1/0.partial', (await store.get('c/0/0'))!);
    const left = new StoredPieces(async () => array);
    expect(await left.has(piece('C', { row: 0, col: 0, rows: 2, cols: 2 }))).toBe(true);
    expect(await left.has(piece('C', { row: 2, col: 0, rows: 2, cols: 2 }))).toBe(false);
  });

  it('are none of an array that has no chunks to list', async () => {
    const npy = { shape: [4, 2], dtype: 'float64' } as unknown as MatrixArray;
    const left = new StoredPieces(async () => npy);
    expect(await left.has(piece('C', { row: 0, col: 0, rows: 2, cols: 2 }))).toBe(false);
  });

  it('are listed anew after the store failed to answer', async () => {
    const { store } = watched();
    const array = await createZarrIn(store, 'C', { shape: [1, 1], dtype: 'float64', chunk: [1, 1] });
    await array.writeChunk(0, 0, allocateTile('float64', 1, 1));
    let failures = 1;
    const flaky = {
      ...array,
      async *storedChunks() {
        if (failures-- > 0) throw new Error('503');
        yield* array.storedChunks();
      },
    };
    const left = new StoredPieces(async () => flaky);
    const whole = piece('C', { row: 0, col: 0, rows: 1, cols: 1 });
    await expect(left.has(whole)).rejects.toThrow('503');
    expect(await left.has(whole)).toBe(true);
  });
});
