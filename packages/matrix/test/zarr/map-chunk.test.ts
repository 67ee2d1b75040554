import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as zarrita from 'zarrita';
import { CorruptTileError, createArray, fileStore, openArray, RegionError, wholeRegion } from '../../src/index.ts';
import type { DType, MatrixArray, Shape } from '../../src/index.ts';
import { pretendedMapping } from '../mapping.ts';
import { dtypes, numbered, part, regionsIn, shapes } from '../matrices.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
let made = 0;

/** Arrays of the same numbers: ours, one of v3 without checksums, and one of v2. */
const writers: Record<string, (url: string, shape: Shape, chunk: Shape, dtype: DType) => Promise<void>> = {
  async ours(url, shape, chunk, dtype) {
    const array = await createArray(url, { shape, dtype, chunk });
    await array.write(wholeRegion(shape), numbered(dtype, ...shape));
  },
  async v3(url, shape, chunk, dtype) {
    const store = fileStore(url);
    const array = await zarrita.create(
      { get: (path) => store.get(path.slice(1)), set: (path, value) => store.set(path.slice(1), value) },
      {
        shape: [...shape],
        chunkShape: [...chunk],
        dtype,
        codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
      },
    );
    const { data } = numbered(dtype, ...shape);
    await zarrita.set(array, null, { data: data as never, shape: [...shape], stride: [shape[1], 1] });
  },
  async v2(url, shape, chunk, dtype) {
    const store = fileStore(url);
    const whole = numbered(dtype, ...shape);
    const document = {
      zarr_format: 2,
      shape,
      chunks: chunk,
      dtype: dtype === 'float64' ? '<f8' : '<f4',
      order: 'C',
      compressor: null,
      filters: null,
      fill_value: 7,
    };
    await store.set('.zarray', new TextEncoder().encode(JSON.stringify(document)));
    for (let r = 0; r * chunk[0] < shape[0]; r++) {
      for (let c = 0; c * chunk[1] < shape[1]; c++) {
        const padded = numbered(dtype, ...chunk).data.fill(-1);
        for (let i = 0; i < chunk[0] && r * chunk[0] + i < shape[0]; i++) {
          const row = (r * chunk[0] + i) * shape[1];
          const [from, to] = [c * chunk[1], Math.min(shape[1], (c + 1) * chunk[1])];
          padded.set(whole.data.subarray(row + from, row + to), i * chunk[1]);
        }
        await store.set(`${r}.${c}`, new Uint8Array(padded.buffer, padded.byteOffset, padded.byteLength));
      }
    }
  },
};

async function written(name: string, shape: Shape, chunk: Shape, dtype: DType = 'float64'): Promise<string> {
  const url = at(`${made++}.zarr`);
  await writers[name]!(url, shape, chunk, dtype);
  return url;
}

/** Arrays, and a region in each. */
const cases = fc
  .record({ shape: shapes(14), chunk: shapes(9), dtype: dtypes })
  .chain((spec) => fc.record({ spec: fc.constant(spec), region: regionsIn(spec.shape) }));

const first = (array: MatrixArray) => array.map!({ row: 0, col: 0, rows: 4, cols: 5 }, Infinity);

describe.each(Object.keys(writers))('a chunk of a file of %s', (name) => {
  it('shows any region inside it as reading it does, at the edges too', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ spec: { shape, chunk, dtype }, region }) => {
        const mapping = pretendedMapping();
        const url = await written(name, shape, chunk, dtype);
        const array = await openArray(url, mapping);
        const mapped = await array.map!(region, Infinity);
        const inOne = (start: number, length: number, side: number) =>
          Math.floor(start / side) === Math.floor((start + length - 1) / side);
        expect(mapped !== undefined).toBe(
          inOne(region.row, region.rows, chunk[0]) && inOne(region.col, region.cols, chunk[1]),
        );
        if (mapped) {
          const { rows, cols, stride, data } = mapped;
          expect([rows, cols, mapped.dtype]).toEqual([region.rows, region.cols, dtype]);
          expect(data.length).toBe((rows - 1) * stride + cols);
          const shown = Array.from({ length: rows * cols }, (_, i) => data[Math.floor(i / cols) * stride + (i % cols)]);
          expect(shown).toEqual(part(numbered(dtype, ...shape), region));
          expect(mapping.shown()).toBe(1);
          mapped.unmap();
        }
        expect(mapping.shown()).toBe(0);
        await rm(url, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it('is read from where it lies, whatever the region, as it is read from a copy', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ spec: { shape, chunk, dtype }, region }) => {
        const mapping = pretendedMapping();
        const url = await written(name, shape, chunk, dtype);
        const told: unknown[][] = [[], []];
        const [direct, copied] = await Promise.all(
          [mapping, {}].map(async (context, which) =>
            (await openArray(url, context)).read(region, { checksum: (...found) => told[which]!.push(found) }),
          ),
        );
        expect(direct).toEqual(copied);
        expect([...direct!.data]).toEqual(part(numbered(dtype, ...shape), region));
        expect(told[0]!.toSorted()).toEqual(told[1]!.toSorted());
        expect(mapping.shown()).toBe(0);
        await rm(url, { recursive: true });
      }),
      { numRuns: 40 },
    );
  });

  it('that is missing or cut short is the same error, or fill value, where others are mapped', async () => {
    const url = await written(name, [8, 10], [4, 5]);
    const path = `${url}/${{ ours: 'c/1/0', v3: 'c/1/0', v2: '1.0' }[name]}`;
    const outcomes = () =>
      Promise.all(
        [pretendedMapping(), {}].map(async (context) =>
          (await openArray(url, context)).read(wholeRegion([8, 10])).catch((error: unknown) => String(error)),
        ),
      );
    await truncate(path, 80);
    const [direct, copied] = await outcomes();
    expect(direct).toMatch(/Chunk 1,0 of .* is corrupt|its chunks can't be read/);
    expect(direct).toEqual(copied);
    await rm(path);
    const [without, copiedWithout] = await outcomes();
    expect(without).toEqual(copiedWithout);
  });

  it('is not shown where it takes more than the caller allows, or the array is not mapped at all', async () => {
    const url = await written(name, [8, 10], [4, 5]);
    const array = await openArray(url, pretendedMapping());
    const region = { row: 4, col: 5, rows: 4, cols: 5 };
    expect(await array.map!(region, 8 * 4 * 5 - 1)).toBeUndefined();
    expect(await array.map!(region, 8 * 4 * 5)).toBeDefined();
    await expect(array.map!({ ...region, rows: 5 }, Infinity)).rejects.toThrow(RegionError);
    expect((await openArray(url)).map).toBeUndefined();
  });

  it('is not shown where it is missing or of another length', async () => {
    const mapping = pretendedMapping();
    const url = await written(name, [8, 10], [4, 5]);
    const array = await openArray(url, mapping);
    const path = `${url}/${{ ours: 'c/0/0', v3: 'c/0/0', v2: '0.0' }[name]}`;
    const whole = await readFile(path);
    await writeFile(path, Buffer.concat([whole, Buffer.alloc(1)]));
    expect(await first(array)).toBeUndefined();
    await truncate(path, whole.length - 8);
    expect(await first(array)).toBeUndefined();
    await rm(path);
    expect(await first(array)).toBeUndefined();
    expect(mapping.shown()).toBe(0);
    expect(array.traffic.bytesRead).toBe(0);
  });
});

describe('a mapped chunk with a checksum', () => {
  it('counts as a whole, and tells its checksum as reading does', async () => {
    const url = await written('ours', [8, 10], [4, 5]);
    const array = await openArray(url, pretendedMapping());
    const region = { row: 4, col: 5, rows: 4, cols: 5 };
    const told: unknown[][] = [[], []];
    const traffic = { bytesRead: 0, bytesWritten: 0 };
    await array.map!(region, Infinity, { traffic, checksum: (...found) => told[0]!.push(found) });
    expect(traffic.bytesRead).toBe(8 * 4 * 5 + 4);
    await array.read(region, { checksum: (...found) => told[1]!.push(found) });
    expect(told[0]).toHaveLength(1);
    expect(told[0]).toEqual(told[1]);
    expect(await array.map!({ ...region, rows: 1, cols: 1 }, 8 * 4 * 5 - 1)).toBeUndefined();
  });

  it('is not shown once any bit was flipped: reading says so', async () => {
    const mapping = pretendedMapping();
    const url = await written('ours', [8, 10], [4, 5]);
    const array = await openArray(url, mapping);
    const path = `${url}/c/0/0`;
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * whole.length - 1), async (bit) => {
        const damaged = Buffer.from(whole);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        await writeFile(path, damaged);
        expect(await first(array)).toBeUndefined();
        expect(mapping.shown()).toBe(0);
      }),
      { numRuns: 40 },
    );
    await expect(array.read({ row: 0, col: 0, rows: 4, cols: 5 })).rejects.toThrow(CorruptTileError);
    await expect(array.read(wholeRegion([8, 10]))).rejects.toThrow(CorruptTileError);
    expect(mapping.shown()).toBe(0);
    await writeFile(path, whole);
    expect(await first(array)).toBeDefined();
  });
});
