import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as zarrita from 'zarrita';
import { gzipSync } from 'node:zlib';
import {
  CorruptTileError,
  InexactIntegerError,
  MalformedHeaderError,
  MatrixError,
  memoryStore,
  openZarrIn,
  ReadOnlyArrayError,
  UnsupportedDtypeError,
  UnsupportedShapeError,
  WrongFormatError,
} from '../../src/index.ts';
import type { Store } from '../../src/index.ts';
import { crc32cTable } from '../../src/crc32c.ts';
import { regionsIn, shapes } from '../matrices.ts';

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

function metadata(shape: number[], chunk: number[], dataType: string, codecs: unknown[], fill: unknown = 0) {
  return {
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: dataType,
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunk } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: fill,
    codecs,
    attributes: {},
  };
}

const bytes = (endian: string) => ({ name: 'bytes', configuration: { endian } });

/** A store as zarrita sees it, so that zarrita can write what we then read. */
function writable(store: Store) {
  return {
    get: (path: string) => store.get(path.slice(1)),
    set: (path: string, value: Uint8Array) => store.set(path.slice(1), value),
  };
}

describe('a Zarr array that somebody else wrote', () => {
  it('reads the same through any chunking, dtype and byte order', async () => {
    const types = {
      float64: Float64Array,
      float32: Float32Array,
      int16: Int16Array,
      uint32: Uint32Array,
      int8: Int8Array,
    };
    const cases = fc
      .record({
        shape: shapes(14),
        chunk: shapes(9),
        type: fc.constantFrom(...(Object.keys(types) as (keyof typeof types)[])),
        endian: fc.constantFrom('little', 'big'),
      })
      .chain((spec) => fc.record({ spec: fc.constant(spec), region: regionsIn(spec.shape) }));
    await fc.assert(
      fc.asyncProperty(cases, async ({ spec: { shape, chunk, type, endian }, region }) => {
        const store = memoryStore();
        const array = await zarrita.create(writable(store), {
          shape,
          chunkShape: chunk,
          dtype: type,
          codecs: [bytes(endian)],
        });
        const data = Float64Array.from({ length: shape[0] * shape[1] }, (_, i) => (i * 37) % 127);
        await zarrita.set(array, null, { data: types[type].from(data) as never, shape, stride: [shape[1], 1] });
        const opened = await openZarrIn(store, 'F');
        const tile = await opened.read(region);
        const expected = Array.from({ length: region.rows * region.cols }, (_, i) => {
          const row = region.row + Math.floor(i / region.cols);
          return data[row * shape[1] + region.col + (i % region.cols)];
        });
        expect([...tile.data]).toEqual(expected);
        expect(opened.dtype).toBe(type === 'float32' ? 'float32' : 'float64');
      }),
      { numRuns: 25 },
    );
  });

  it('reads gzip, and the fill value where a chunk is missing', async () => {
    const store = memoryStore();
    await store.set(
      'zarr.json',
      json(metadata([2, 4], [2, 2], 'float64', [bytes('little'), { name: 'gzip', configuration: { level: 5 } }], 7)),
    );
    await store.set('c/0/1', gzipSync(new Uint8Array(Float64Array.of(1, 2, 3, 4).buffer)));
    const tile = await (await openZarrIn(store, 'F')).read({ row: 0, col: 1, rows: 2, cols: 3 });
    expect([...tile.data]).toEqual([7, 1, 2, 7, 3, 4]);
  });

  it('checks the checksums that zarrita itself drops', async () => {
    const store = memoryStore();
    await store.set('zarr.json', json(metadata([1, 2], [1, 2], 'float64', [bytes('big'), { name: 'crc32c' }])));
    const payload = new Uint8Array(16);
    const stored = new Uint8Array(20);
    new DataView(stored.buffer).setUint32(16, crc32cTable(payload), true);
    await store.set('c/0/0', stored);
    const array = await openZarrIn(store, 'F');
    const region = { row: 0, col: 0, rows: 1, cols: 2 };
    expect([...(await array.read(region)).data]).toEqual([0, 0]);
    stored[3] = 1;
    await store.set('c/0/0', stored);
    await expect(array.read(region)).rejects.toThrow(CorruptTileError);
  });

  it('refuses a chunk cut short, which would read as zeros', async () => {
    const store = memoryStore();
    await store.set('zarr.json', json(metadata([2, 2], [2, 2], 'float64', [bytes('little')])));
    await store.set('c/0/0', new Uint8Array(24));
    const array = await openZarrIn(store, 'F');
    await expect(array.read({ row: 0, col: 0, rows: 1, cols: 1 })).rejects.toThrow('expected 4 elements, found 3');
  });

  it('reads booleans and 64-bit integers, and refuses one that float64 cannot hold', async () => {
    const store = memoryStore();
    await store.set('zarr.json', json(metadata([1, 2], [1, 2], 'int64', [bytes('little')])));
    await store.set('c/0/0', new Uint8Array(BigInt64Array.of(-5n, 1n << 60n).buffer));
    const region = { row: 0, col: 0, rows: 1, cols: 2 };
    expect([...(await (await openZarrIn(store, 'F')).read(region)).data]).toEqual([-5, 2 ** 60]);
    await store.set('c/0/0', new Uint8Array(BigInt64Array.of(-5n, 2n ** 53n + 1n).buffer));
    await expect((await openZarrIn(store, 'F')).read(region)).rejects.toThrow(InexactIntegerError);
    await store.set('zarr.json', json(metadata([1, 2], [1, 2], 'bool', [bytes('little')], false)));
    await store.set('c/0/0', Uint8Array.of(0, 1));
    expect([...(await (await openZarrIn(store, 'F')).read(region)).data]).toEqual([0, 1]);
  });

  it('reads Zarr version 2', async () => {
    const store = memoryStore();
    await store.set(
      '.zarray',
      json({
        zarr_format: 2,
        shape: [2, 2],
        chunks: [2, 2],
        dtype: '<f8',
        compressor: null,
        fill_value: 0,
        order: 'F',
        filters: null,
      }),
    );
    await store.set('0.0', new Uint8Array(Float64Array.of(1, 2, 3, 4).buffer));
    const tile = await (await openZarrIn(store, 'F')).read({ row: 0, col: 0, rows: 2, cols: 2 });
    expect([...tile.data]).toEqual([1, 3, 2, 4]);
  });

  it('can only be read', async () => {
    const store = memoryStore();
    await store.set('zarr.json', json(metadata([1, 1], [1, 1], 'float64', [bytes('little')])));
    const array = await openZarrIn(store, 'F');
    const tile = { dtype: 'float64' as const, rows: 1, cols: 1, data: new Float64Array(1) };
    await expect(array.write({ row: 0, col: 0, rows: 1, cols: 1 }, tile)).rejects.toThrow(ReadOnlyArrayError);
  });

  it.each([
    ['no JSON', '{', MalformedHeaderError],
    ['a group', { zarr_format: 3, node_type: 'group' }, WrongFormatError],
    ['complex elements', metadata([1, 1], [1, 1], 'complex128', []), UnsupportedDtypeError],
    ['three dimensions', metadata([1, 1, 1], [1, 1, 1], 'float64', []), UnsupportedShapeError],
    ['no elements', metadata([0, 4], [1, 1], 'float64', []), UnsupportedShapeError],
    ['no shape', { zarr_format: 3, node_type: 'array' }, MalformedHeaderError],
    ['version 4', { ...metadata([1, 1], [1, 1], 'float64', []), zarr_format: 4 }, MalformedHeaderError],
    [
      'another grid',
      { ...metadata([1, 1], [1, 1], 'float64', []), chunk_grid: { name: 'rectangular' } },
      MalformedHeaderError,
    ],
  ])('is refused when its metadata has %s', async (_, document, error) => {
    const store = memoryStore();
    await store.set('zarr.json', typeof document === 'string' ? new TextEncoder().encode(document) : json(document));
    await expect(openZarrIn(store, 'F')).rejects.toThrow(error);
  });

  it('is refused when it is opened when its codec is unknown', async () => {
    const store = memoryStore();
    await store.set(
      'zarr.json',
      json(metadata([1, 1], [1, 1], 'float64', [bytes('little'), { name: 'acme', configuration: {} }])),
    );
    await store.set('c/0/0', new Uint8Array(8));
    await expect(openZarrIn(store, 'F')).rejects.toThrow('codec acme is unknown');
  });

  // What fuzzing found: each of these ended in an error that was none of ours, or ended the process.
  const good = metadata([4, 6], [2, 3], 'float64', [bytes('little')]) as Record<string, unknown>;
  const grid = (configuration: unknown) => ({ ...good, chunk_grid: { name: 'regular', configuration } });
  it.each<[string, unknown]>([
    ['a chunk grid without chunks', grid(0)],
    ['chunks that are an object', grid({ chunk_shape: {} })],
    ['chunks of no rows', grid({ chunk_shape: [0, 3] })],
    ['chunks of three sides', grid({ chunk_shape: [2, 3, 1] })],
    ['chunks that no memory holds, none of them stored', grid({ chunk_shape: [1e9, 1e9] })],
    ['a codec that is null', { ...good, codecs: [null] }],
    ['two codecs that nobody knows', { ...good, codecs: [{ name: 'acme' }, { name: 'emca' }] }],
    [
      'two codecs that nobody knows inside a shard',
      {
        ...good,
        codecs: [
          {
            name: 'sharding_indexed',
            configuration: { chunk_shape: [1, 1], codecs: [{ name: 'acme' }, { name: 'emca' }], index_codecs: [] },
          },
        ],
      },
    ],
    ['an element type without a text', { ...good, data_type: { toString: 1, valueOf: 1 } }],
    ['no fill value', { ...good, fill_value: undefined }],
    ['keys in a way of its own', { ...good, chunk_key_encoding: { name: 'default', configuration: null } }],
    ['two thousand sides', { ...good, shape: Array.from({ length: 2000 }, () => 0) }],
  ])('that claims %s is refused in one line, or read', async (_, document) => {
    const store = memoryStore();
    await store.set('zarr.json', json(document));
    const opened = await openZarrIn(store, 'F')
      .then((array) => array.read({ row: 0, col: 0, rows: 1, cols: 1 }))
      .catch((error: unknown) => error);
    if (opened instanceof Error) {
      expect(opened).toBeInstanceOf(MatrixError);
      expect(opened.message).toMatch(/^.{1,400}$/);
    }
  });

  it('is refused when its element type is nested deeper than a stack', async () => {
    const store = memoryStore();
    const text = new TextDecoder().decode(json({ ...good, data_type: '@' }));
    await store.set(
      'zarr.json',
      new TextEncoder().encode(text.replace('"@"', '['.repeat(50_000) + ']'.repeat(50_000))),
    );
    await expect(openZarrIn(store, 'F')).rejects.toBeInstanceOf(MatrixError);
  });

  it('lets errors of the store through as they are', async () => {
    const store = memoryStore();
    await store.set('zarr.json', json(good));
    const broken = new Error('the disk is gone');
    const get: Store['get'] = (key) => (key === 'zarr.json' ? store.get(key) : Promise.reject(broken));
    const reading = openZarrIn({ ...store, get }, 'F').then((array) =>
      array.read({ row: 0, col: 0, rows: 1, cols: 1 }),
    );
    await expect(reading).rejects.toBe(broken);
  });
});
