import { readFile, truncate, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as zarrita from 'zarrita';
import {
  ArrayExistsError,
  copyRegion,
  CorruptTileError,
  createArray,
  createZarrIn,
  isChunked,
  memoryStore,
  MissingTileError,
  NotFoundError,
  openArray,
  openZarrIn,
  PartialChunkError,
  RegionError,
  wholeRegion,
} from '../../src/index.ts';
import type { Region } from '../../src/index.ts';
import { dtypes, numbered, part, regionsIn, shapes } from '../matrices.ts';
import { localS3 } from '../s3.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
const s3 = localS3();

describe('a Zarr array of ours', () => {
  it('gives back any region of what was written, whatever the chunks', async () => {
    const cases = fc
      .record({ shape: shapes(30), chunk: shapes(12), dtype: dtypes })
      .chain((spec) => fc.record({ spec: fc.constant(spec), region: regionsIn(spec.shape) }));
    await fc.assert(
      fc.asyncProperty(cases, async ({ spec, region }) => {
        const store = memoryStore();
        const array = await createZarrIn(store, 'A', spec);
        const whole = numbered(spec.dtype, ...spec.shape);
        await array.write(wholeRegion(spec.shape), whole);
        const reopened = await openZarrIn(store, 'A');
        const tile = await reopened.read(region);
        expect([tile.rows, tile.cols, tile.dtype]).toEqual([region.rows, region.cols, spec.dtype]);
        expect([...tile.data]).toEqual(part(whole, region));
        expect(tile.data.buffer).toBeInstanceOf(SharedArrayBuffer);
      }),
      { numRuns: 60 },
    );
  });

  it('can be written chunk by chunk or region by region, and counts the bytes', async () => {
    const array = await createArray(at('counted.zarr'), { shape: [5, 7], dtype: 'float64', chunk: [3, 4] });
    if (!isChunked(array)) throw new Error('expected chunks');
    const whole = numbered('float64', 5, 7);
    const corner: Region = { row: 3, col: 4, rows: 2, cols: 3 };
    const tile = numbered('float64', 2, 3);
    copyRegion(whole, corner, tile, { row: 0, col: 0 });
    const traffic = { bytesRead: 0, bytesWritten: 0 };
    await array.writeChunk(1, 1, tile, { traffic });
    // Padded to the whole chunk, and a checksum.
    expect(traffic).toEqual({ bytesRead: 0, bytesWritten: 3 * 4 * 8 + 4 });
    expect([...(await array.readChunk(1, 1, { traffic }))!.data]).toEqual(part(whole, corner));
    expect(traffic.bytesRead).toBe(100);
    expect(await array.readChunk(0, 0)).toBeUndefined();
    await expect(array.read({ row: 2, col: 4, rows: 2, cols: 1 })).rejects.toThrow(MissingTileError);
    expect(array.traffic.bytesRead).toBeGreaterThanOrEqual(100);
  });

  it('refuses a write that cuts through a chunk, a wrong tile and a region outside', async () => {
    const array = await createZarrIn(memoryStore(), 'A', { shape: [6, 6], dtype: 'float32', chunk: [4, 4] });
    const region = { row: 0, col: 0, rows: 4, cols: 3 };
    await expect(array.write(region, numbered('float32', 4, 3))).rejects.toThrow(PartialChunkError);
    const edge = { row: 4, col: 4, rows: 2, cols: 2 };
    await expect(array.write(edge, numbered('float64', 2, 2))).rejects.toThrow(RegionError);
    await expect(array.write(edge, numbered('float32', 2, 1))).rejects.toThrow(RegionError);
    await expect(array.writeChunk(2, 0, numbered('float32', 2, 2))).rejects.toThrow(RegionError);
    await expect(array.read({ ...edge, rows: 3 })).rejects.toThrow(RegionError);
    await array.write(edge, numbered('float32', 2, 2));
  });

  it('never returns numbers from a chunk whose bytes changed or are cut short', async () => {
    const url = at('corrupt.zarr');
    const array = await createArray(url, { shape: [4, 4], dtype: 'float64', chunk: [2, 4] });
    await array.write(wholeRegion([4, 4]), numbered('float64', 4, 4));
    const path = at('corrupt.zarr/c/1/0');
    const bytes = await readFile(path);
    bytes[17]! ^= 4;
    await writeFile(path, bytes);
    const failed = await array.read(wholeRegion([4, 4])).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(CorruptTileError);
    expect(failed).toMatchObject({ _tag: 'CorruptTileError', chunk: [1, 0] });
    expect(String(failed)).toMatch(/Chunk 1,0 of .*corrupt\.zarr is corrupt: its checksum is/);
    await truncate(path, 40);
    await expect(array.read(wholeRegion([4, 4]))).rejects.toThrow('expected 68 bytes, found 40');
  });

  it('is created once: again with the same shape is harmless, with another refused', async () => {
    const url = at('twice.zarr');
    const first = await createArray(url, { shape: [2, 2], dtype: 'float64' });
    await first.write(wholeRegion([2, 2]), numbered('float64', 2, 2));
    const second = await createArray(url, { shape: [2, 2], dtype: 'float64' });
    expect((await second.read(wholeRegion([2, 2]))).data[0]).toBe(0.5);
    await expect(createArray(url, { shape: [3, 2], dtype: 'float64' })).rejects.toThrow(ArrayExistsError);
  });

  it('says so when no array is there', async () => {
    await expect(openArray(at('nothing.zarr'))).rejects.toThrow(NotFoundError);
  });

  it('lives on S3 as well', async () => {
    const url = `s3://${s3.bucket}/jobs/1/C.zarr`;
    const context = { s3: () => s3.client() };
    const array = await createArray(url, { shape: [9, 5], dtype: 'float32', chunk: [4, 5] }, context);
    const whole = numbered('float32', 9, 5);
    await array.write(wholeRegion([9, 5]), whole);
    const again = await openArray(url, context);
    expect([...(await again.read({ row: 3, col: 1, rows: 4, cols: 3 })).data]).toEqual(
      part(whole, { row: 3, col: 1, rows: 4, cols: 3 }),
    );
    expect(again.url).toBe(url);
  });

  it('opens with zarrita as it is, padding, checksums and all', async () => {
    await fc.assert(
      fc.asyncProperty(shapes(12), shapes(7), dtypes, async (shape, chunk, dtype) => {
        const store = memoryStore();
        const array = await createZarrIn(store, 'A', { shape, dtype, chunk });
        const whole = numbered(dtype, ...shape);
        await array.write(wholeRegion(shape), whole);
        const get = async (path: string) => {
          const bytes = await store.get(path.slice(1));
          return bytes && new Uint8Array(bytes);
        };
        const opened = await zarrita.open({ get }, { kind: 'array' });
        const { data, shape: found } = await zarrita.get(opened, [null, null]);
        expect(found).toEqual([...shape]);
        expect([...(data as Float64Array)]).toEqual([...whole.data]);
      }),
      { numRuns: 15 },
    );
  });
});
