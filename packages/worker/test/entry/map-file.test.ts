import { mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocateTile, createArray, openArray, wholeRegion, type MapFile } from '@tessera/matrix';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileMapper } from '../../src/entry/map-file.ts';
import { loadKoffi } from '../../src/kernels/index.ts';

const shape = [301, 257] as const;
let folder: string;
let mapFile: MapFile;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-map-'));
  path = join(folder, 'A.npy');
  mapFile = (await openFileMapper(() => loadKoffi(import.meta.url)))!;
  const array = await createArray(path, { shape, dtype: 'float64' });
  const tile = allocateTile('float64', ...shape);
  for (let index = 0; index < tile.data.length; index++) tile.data[index] = Math.sin(index);
  await array.write(wholeRegion(shape), tile);
  await array.close();
});
afterAll(() => rm(folder, { recursive: true }));

describe('a mapped .npy', () => {
  it('shows any region as reading it does', async () => {
    const array = await openArray(path, { mapFile });
    const edge = (size: number) =>
      fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).map((pair) => pair.toSorted((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(edge(shape[0]), edge(shape[1]), async ([top, bottom], [left, right]) => {
        const region = { row: top!, col: left!, rows: bottom! - top! + 1, cols: right! - left! + 1 };
        const read = await array.read(region);
        const mapped = (await array.map!(region, Infinity))!;
        for (let row = 0; row < region.rows; row++) {
          const shown = mapped.data.subarray(row * mapped.stride, row * mapped.stride + region.cols);
          expect(shown).toEqual(read.data.subarray(row * region.cols, (row + 1) * region.cols));
        }
        mapped.unmap();
        mapped.unmap();
      }),
    );
    await array.close();
  });

  it('is not mapped beyond what the caller allows', async () => {
    const array = await openArray(path, { mapFile });
    const bytes = 8 * (257 + 3);
    const region = { row: 4, col: 0, rows: 2, cols: 3 };
    expect(await array.map!(region, bytes - 1)).toBeUndefined();
    (await array.map!(region, bytes))!.unmap();
    await array.close();
  });

  it('is not mapped where the file ends before, which would end the process', async () => {
    const short = join(folder, 'short.npy');
    await (await createArray(short, { shape, dtype: 'float64' })).close();
    const array = await openArray(short, { mapFile });
    await truncate(short, 4096);
    expect(await array.map!(wholeRegion(shape), Infinity)).toBeUndefined();
    await array.close();
  });

  it('is read where nothing can be mapped', async () => {
    const array = await openArray(path);
    expect(array.map).toBeUndefined();
    await array.close();
  });
});

describe('mapping', () => {
  it('gives nothing for what the system refuses', () => {
    expect(mapFile(-1, 0, 4096)).toBeUndefined();
  });

  it.each(['the space that all share', 'a space of its own'])('can be had again and again, in %s', async (where) => {
    const isShared = where === 'the space that all share';
    // Nothing but the first page fits here, which stays taken.
    const map = isShared ? mapFile : (await openFileMapper(() => loadKoffi(import.meta.url), 65_536))!;
    const file = await open(path);
    const first = map(file.fd, 0, 128)!;
    let sum = 0;
    for (let round = 0; round < 2000; round++) {
      const mapped = map(file.fd, 0, 128)!;
      sum += mapped.bytes[0]!;
      mapped.unmap();
    }
    expect(sum).toBe(2000 * 0x93);
    expect(first.bytes[0]).toBe(0x93);
    first.unmap();
    await file.close();
  });
});
