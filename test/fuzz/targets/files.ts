import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  createZarrIn,
  inspectCsv,
  memoryStore,
  openArray,
  openZarrIn,
  streamCsv,
  type MatrixArray,
} from '@tessera/matrix';
import * as fc from 'fast-check';
import { mutatedDocuments } from '../documents.ts';
import { mutatedBytes } from '../mutations.ts';
import { hasTag, target } from '../target.ts';

let folder: string | undefined;

/** A file of that name in a folder that is made when it is first asked for. */
function fileAt(name: string, bytes: Uint8Array): string {
  folder ??= mkdtempSync(join(tmpdir(), 'tessera-fuzz-'));
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function close(): Promise<void> {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/** Reads what a matrix of any claimed size has in its first corner. */
async function readCorner(array: MatrixArray): Promise<void> {
  const [rows, cols] = array.shape;
  await array.read({ row: 0, col: 0, rows: Math.min(rows, 3), cols: Math.min(cols, 3) });
}

function npy(dictionary: string, version: readonly number[] = [1, 0], elements = 96): Uint8Array {
  const text = Buffer.from(`${dictionary}\n`);
  const length = Buffer.alloc(version[0] === 1 ? 2 : 4);
  if (version[0] === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from(version),
    length,
    text,
    Buffer.alloc(elements, 1),
  ]);
}

const npyFiles = target({
  name: '.npy file',
  inputs: mutatedBytes([
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }"),
    npy("{'descr': '>i2', 'fortran_order': True, 'shape': (3, 4), }", [2, 0]),
    npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3, 4), }", [3, 0]),
    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999, 9999999), }"),
    npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3L, 4L), }"),
    new Uint8Array(0),
  ]),
  async feed(bytes) {
    const array = await openArray(fileAt('a.npy', bytes));
    try {
      await readCorner(array);
    } finally {
      await array.close();
    }
  },
  isOwn: hasTag,
  close,
});

const zarrDocuments = [
  {
    shape: [4, 6],
    chunk_shape: [2, 3],
    data_type: 'float64',
    codecs: ['bytes', 'crc32c'],
    attributes: { tessera: { v: 1 } },
  },
  { shape: [4, 6], chunk_shape: [2, 3], data_type: 'int64', codecs: ['bytes'], attributes: {} },
  { shape: [4, 6], chunk_shape: [4, 6], data_type: 'float32', codecs: ['transpose', 'bytes', 'gzip'], attributes: {} },
].map(({ shape, chunk_shape, data_type, codecs, attributes }) =>
  JSON.stringify({
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type,
    chunk_grid: { name: 'regular', configuration: { chunk_shape } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    fill_value: data_type === 'int64' ? 0 : 'NaN',
    codecs: codecs.map((name) => {
      const configuration = { bytes: { endian: 'little' }, transpose: { order: [1, 0] }, gzip: { level: 1 } }[name];
      return { name, ...(configuration ? { configuration } : {}) };
    }),
    attributes,
  }),
);
const v2 = JSON.stringify({
  zarr_format: 2,
  shape: [4, 6],
  chunks: [2, 3],
  dtype: '<f8',
  compressor: null,
  fill_value: 0,
  order: 'C',
  filters: null,
});

const chunks = mutatedBytes([Buffer.alloc(52, 1), Buffer.alloc(48, 7), gzipSync(Buffer.alloc(96)), new Uint8Array(0)]);

const zarrArrays = target({
  name: 'zarr array',
  inputs: fc.record({
    key: fc.constantFrom('zarr.json', 'zarr.json', '.zarray'),
    document: mutatedDocuments([...zarrDocuments, v2]),
    chunk: fc.option(chunks, { nil: undefined }),
  }),
  async feed({ key, document, chunk }) {
    const store = memoryStore();
    await store.set(key, new TextEncoder().encode(document));
    for (const name of ['c/0/0', '0.0', 'c.0.0', '0/0']) if (chunk) await store.set(name, chunk);
    await readCorner(await openZarrIn(store, 'x.zarr'));
  },
  isOwn: hasTag,
});

const texts = [
  '1,2,3\n4,5,6\n',
  'a,b\n1;2\n',
  '# from here\nx\ty\n1\t2\n3\t4\n',
  '1.5e3 nan inf\n-2 0x10 7\n',
  '"1","2"\n"3,5","4"\n',
  '\ufeff1,2\r\n3,4\r\n\r\n',
].map((text) => Buffer.from(text));

const csvTexts = target({
  name: 'csv text',
  inputs: fc.record({
    bytes: mutatedBytes(texts),
    packed: fc.constantFrom('no', 'yes', 'broken'),
    damage: fc.nat(40),
  }),
  async feed({ bytes, packed, damage }) {
    const stored = packed === 'no' ? bytes : gzipSync(bytes);
    if (packed === 'broken') stored[damage % stored.length]! ^= 1 + damage;
    const path = fileAt(packed === 'no' ? 'a.csv' : 'a.csv.gz', stored);
    const { rows, cols, ...text } = await inspectCsv(path);
    const array = await createZarrIn(memoryStore(), 'a', { shape: [rows, cols], dtype: 'float64', chunk: [1, cols] });
    let row = 0;
    for await (const tile of streamCsv(text, { cols, dtype: 'float64', rowsPerTile: 1 })) {
      await array.write({ row: row++, col: 0, rows: 1, cols }, tile);
    }
    if (row !== rows) throw new Error(`${rows} rows were promised, ${row} were read`);
  },
  isOwn: hasTag,
  close,
});

export const files = [npyFiles, zarrArrays, csvTexts];
