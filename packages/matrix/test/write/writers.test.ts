import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkSpace,
  checkWritable,
  copyArray,
  createArray,
  createZarrIn,
  formatCsvBand,
  fileStore,
  inspectCsv,
  ingestCsv,
  joinCsv,
  memoryStore,
  MissingTextPartError,
  MissingTileError,
  NoSpaceError,
  NotWritableError,
  openArray,
  openStore,
  UnknownExtensionError,
  wholeRegion,
  writeCsv,
  writeNpy,
} from '../../src/index.ts';
import type { DType, MatrixArray, Shape, Store } from '../../src/index.ts';
import { dtypes, numbered, shapes } from '../matrices.ts';
import { numpyMissing, python } from '../python.ts';
import { localS3 } from '../s3.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
const s3 = localS3();
let made = 0;

async function stored(shape: Shape, dtype: DType, chunk: Shape): Promise<MatrixArray> {
  const array = await createZarrIn(memoryStore(), 'A', { shape, dtype, chunk });
  await array.write(wholeRegion(shape), numbered(dtype, ...shape));
  return array;
}

/** An array whose last rows were never stored. */
async function unfinished(): Promise<MatrixArray> {
  const array = await createZarrIn(memoryStore(), 'A', { shape: [4, 2], dtype: 'float64', chunk: [2, 2] });
  await array.write({ row: 0, col: 0, rows: 2, cols: 2 }, numbered('float64', 2, 2));
  return array;
}

describe('writers', () => {
  it('write a matrix that reads back the same, as .npy, .csv, .csv.gz and .zarr', async () => {
    await fc.assert(
      fc.asyncProperty(shapes(20), shapes(9), dtypes, async (shape, chunk, dtype) => {
        const array = await stored(shape, dtype, chunk);
        const expected = [...numbered(dtype, ...shape).data];
        const name = at(`same ${made++}`);

        await writeNpy(array, `${name}.npy`);
        const npy = await openArray(`${name}.npy`);
        expect([...(await npy.read(wholeRegion(shape))).data]).toEqual(expected);
        await npy.close();

        for (const extension of ['.csv', '.csv.gz']) {
          await writeCsv(array, name + extension);
          const info = await inspectCsv(name + extension);
          const target = await createZarrIn(memoryStore(), 'B', { shape, dtype, chunk: [chunk[0], shape[1]] });
          const { byteStart: start } = info.bands[0]!;
          const { byteEnd: end } = info.bands.at(-1)!;
          await ingestCsv(
            info,
            { bytes: { start, end }, firstRow: 0, skipRows: 0, region: wholeRegion(shape) },
            target,
          );
          expect([...(await target.read(wholeRegion(shape))).data]).toEqual(expected);
        }

        await copyArray(array, `${name}.zarr`);
        const copy = await openArray(`${name}.zarr`);
        expect([...(await copy.read(wholeRegion(shape))).data]).toEqual(expected);
        expect(copy.chunk).toEqual(chunk);
      }),
      { numRuns: 12 },
    );
  });

  it('copy to S3 with zarr.json last', async () => {
    const array = await stored([6, 5], 'float32', [4, 4]);
    const context = { s3: () => s3.client() };
    const url = `s3://${s3.bucket}/out/C.zarr`;
    await copyArray(array, url, context);
    expect([...(await (await openArray(url, context)).read(wholeRegion([6, 5]))).data]).toEqual([
      ...numbered('float32', 6, 5).data,
    ]);
    await expect(copyArray(await unfinished(), url, context)).rejects.toThrow(MissingTileError);
    const left = [];
    for await (const { key } of (await openStore(url, context)).list('')) left.push(key);
    expect(left).toEqual([]);
  });

  it('put into a bucket what they write here, and nothing when they fail', async () => {
    const array = await stored([600, 500], 'float64', [256, 256]);
    const context = { s3: () => s3.client() };
    const store = await openStore(`s3://${s3.bucket}/written`, context);
    for (const [name, write] of Object.entries({ 'C.npy': writeNpy, 'C.csv': writeCsv, 'C.csv.gz': writeCsv })) {
      await write(array, at(name));
      await write(array, `s3://${s3.bucket}/written/${name}`, context);
      expect(Buffer.compare((await store.get(name))!, await readFile(at(name)))).toBe(0);
      await expect(write(await unfinished(), `s3://${s3.bucket}/failed/${name}`, context)).rejects.toThrow(
        MissingTileError,
      );
      expect(await (await openStore(`s3://${s3.bucket}/failed`, context)).has(name)).toBe(false);
    }
  });

  it('replace what was there, and leave it alone when they fail or are aborted', async () => {
    const folder = at('replaced');
    await mkdir(folder);
    const array = await stored([3, 3], 'float64', [2, 2]);
    const writers = {
      'C.npy': writeNpy,
      'C.csv': writeCsv,
      'C.csv.gz': writeCsv,
      'C.zarr': copyArray as typeof writeNpy,
    };
    for (const [name, write] of Object.entries(writers)) {
      const path = `${folder}/${name}`;
      await write(array, path);
      await write(await stored([2, 2], 'float64', [2, 2]), path);
      const before = name === 'C.zarr' ? (await openArray(path)).shape : await readFile(path);
      await expect(write(await unfinished(), path)).rejects.toThrow(MissingTileError);
      const stop = new AbortController();
      const aborting = write(
        { ...array, read: async (...args) => (stop.abort(new Error('stopped')), array.read(...args)) },
        path,
        { signal: stop.signal },
      );
      await expect(aborting).rejects.toThrow(/stopped|aborted/);
      expect(name === 'C.zarr' ? (await openArray(path)).shape : await readFile(path)).toEqual(before);
    }
    expect((await readdir(folder)).sort()).toEqual(Object.keys(writers).sort());
  });

  it('begin anew where one who was killed left half of it under the name that both were given', async () => {
    const folder = at('begun');
    await mkdir(join(folder, '.C.zarr.partial/c'), { recursive: true });
    await writeFile(join(folder, '.C.zarr.partial/zarr.json'), '{');
    await writeFile(join(folder, '.C.npy.partial'), 'half');
    await writeFile(join(folder, '.C.csv.partial'), 'half');
    const array = await stored([3, 3], 'float64', [2, 2]);
    const writers = { 'C.npy': writeNpy, 'C.csv': writeCsv, 'C.zarr': copyArray as typeof writeNpy };
    for (const [name, write] of Object.entries(writers)) {
      await write(array, join(folder, name), { temporary: join(folder, `.${name}.partial`) });
    }
    expect((await readdir(folder)).toSorted()).toEqual(['C.csv', 'C.npy', 'C.zarr']);
    expect(await readFile(join(folder, 'C.csv'), 'utf8')).toBe(
      new TextDecoder().decode(formatCsvBand(numbered('float64', 3, 3))),
    );
  });

  it('refuse a result that would not fit on the disk, before writing', async () => {
    const huge = { ...(await stored([1, 1], 'float64', [1, 1])), shape: [2 ** 25, 2 ** 25] as const };
    await mkdir(at('full'));
    await expect(writeNpy(huge, at('full/C.npy'))).rejects.toThrow(NoSpaceError);
    await expect(copyArray(huge, at('full/C.zarr'))).rejects.toThrow(NoSpaceError);
    await expect(checkSpace(at('full/deeper/C.csv'), 2 ** 60)).rejects.toThrow(
      /needs 1.0 EiB, but its disk has [\d.]+ \w+ free/,
    );
    expect(await readdir(at('full'))).toEqual([]);
  });

  it('join the texts that workers stored, in order, and miss none', async () => {
    for (const store of [fileStore(at('workspace')), memoryStore()]) await joins(store);
  });

  async function joins(store: Store): Promise<void> {
    const tiles = [numbered('float64', 400_000, 3), numbered('float64', 1, 3)];
    await store.set('C.csv/000001', formatCsvBand(tiles[1]!));
    await store.set('C.csv/000000', formatCsvBand(tiles[0]!));
    await joinCsv(store, 'C.csv', at('joined.csv'));
    const expected = Buffer.concat(tiles.map(formatCsvBand));
    expect(expected.length).toBeGreaterThan(2 ** 23);
    expect(Buffer.compare(await readFile(at('joined.csv')), expected)).toBe(0);
    if (store.localPath) {
      await joinCsv(store, 'C.csv', at('joined.csv.gz'));
      expect(Buffer.compare(gunzipSync(await readFile(at('joined.csv.gz'))), expected)).toBe(0);
    }
    await store.delete('C.csv/000000');
    await expect(joinCsv(store, 'C.csv', at('joined2.csv'))).rejects.toThrow(MissingTextPartError);
    await expect(joinCsv(store, 'D.csv', at('joined2.csv'))).rejects.toThrow(MissingTextPartError);
  }

  it.skipIf(numpyMissing)('write what numpy reads as the same matrix', async () => {
    const array = await stored([7, 5], 'float64', [3, 5]);
    await writeNpy(array, at('n.npy'));
    await writeCsv(array, at('n.csv'));
    await writeCsv(array, at('n.csv.gz'));
    const printed = python(
      `import numpy as np
a = np.load('n.npy')
for n in ('n.csv', 'n.csv.gz'): print(np.array_equal(a, np.loadtxt(n, delimiter=','), equal_nan=True))
print(a.shape)`,
      at(''),
    );
    expect(printed.trim().split('\n')).toEqual(['True', 'True', '(7, 5)']);
  });

  it.skipIf(numpyMissing)('and ingest what numpy.savetxt writes, in any format, to the same bits', async () => {
    python(
      `import numpy as np
a = np.random.default_rng(3).normal(size=(50, 6)) * 10.0 ** np.arange(-9, 9, 3)
a[3, 2] = np.nan; a[4, 0] = -np.inf
np.save('a.npy', a)
np.savetxt('full.csv', a, delimiter=',')
np.savetxt('blanks.csv', a, header='six columns')
np.savetxt('repr.csv', a, fmt='%.17g', delimiter=';', header='a;b;c;d;e;f', comments='')`,
      at(''),
    );
    const npy = await openArray(at('a.npy'));
    const expected = [...(await npy.read(wholeRegion([50, 6]))).data];
    await npy.close();
    for (const [name, header] of [
      ['full.csv', false],
      ['blanks.csv', false],
      ['repr.csv', true],
    ] as const) {
      const info = await inspectCsv(at(name));
      expect(info).toMatchObject({ rows: 50, cols: 6, header });
      const target = await createZarrIn(memoryStore(), 'B', { shape: [50, 6], dtype: 'float64' });
      const [band] = info.bands;
      const part = {
        bytes: { start: band!.byteStart, end: band!.byteEnd },
        firstRow: 0,
        skipRows: 0,
        region: wholeRegion([50, 6]),
      };
      await ingestCsv(info, part, target);
      expect([...(await target.read(wholeRegion([50, 6]))).data]).toEqual(expected);
    }
  });
});

describe('checkWritable', () => {
  it('accepts a new place and one that may be replaced', async () => {
    await mkdir(at('out'));
    for (const name of ['C.npy', 'C.csv', 'C.csv.gz', 'C.zarr']) {
      expect(await checkWritable(at(`out/${name}`))).toMatchObject({ format: name.slice(2) });
    }
    await writeFile(at('out/C.npy'), 'old');
    await checkWritable(at('out/C.npy'));
    await createArray(at('out/C.zarr'), { shape: [1, 1], dtype: 'float64' });
    await checkWritable(at('out/C.zarr'));
    expect(await checkWritable('s3://bucket/C.zarr')).toEqual({ url: 's3://bucket/C.zarr', format: 'zarr' });
  });

  it('refuses every other place, and says why', async () => {
    await mkdir(at('out2/C.npy'), { recursive: true });
    await mkdir(at('out2/other.zarr'));
    await writeFile(at('out2/file.zarr'), '');
    await expect(checkWritable(at('out2/C.txt'))).rejects.toThrow(UnknownExtensionError);
    for (const [path, reason] of [
      [at('none/C.npy'), "doesn't exist"],
      [at('out2/file.zarr/C.npy'), 'is a file, not a folder'],
      [at('out2/C.npy'), 'it is a folder'],
      [at('out2/file.zarr'), 'it is a file, and a Zarr array is a folder'],
      [at('out2/other.zarr'), 'holds no Zarr array'],
    ] as const) {
      await expect(checkWritable(path)).rejects.toThrow(NotWritableError);
      await expect(checkWritable(path)).rejects.toThrow(reason);
    }
    if (process.getuid?.() !== 0) await expect(checkWritable('/C.npy')).rejects.toThrow(NotWritableError);
  });
});
