import { chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  checkWritable,
  createArray,
  EmptyFileError,
  IncompleteArrayError,
  InputError,
  inspectOperand,
  MalformedHeaderError,
  NoPermissionError,
  NotAFileError,
  NotANumberError,
  NotFoundError,
  RaggedRowError,
  TruncatedFileError,
  UnknownExtensionError,
  UnsupportedDtypeError,
  UnsupportedShapeError,
  UnsupportedUrlError,
  wholeRegion,
  WrongFormatError,
} from '../src/index.ts';
import { numbered } from './matrices.ts';
import { localS3 } from './s3.ts';
import { temporaryFolder } from './temporary.ts';

const at = temporaryFolder();
const s3 = localS3();

function npy(dictionary: string, data = new Uint8Array(0)): Buffer {
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]),
    Buffer.from(dictionary.padEnd(118)),
    data,
  ]);
}

/** Root may read everything, so a test that runs as root gives that up for a moment. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid!(65_534);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}

async function failure(path: string): Promise<unknown> {
  return inspectOperand(path, { s3: () => s3.client() }).catch((error: unknown) => error);
}

describe('inspectOperand', () => {
  it('knows .npy, .zarr, .csv and .csv.gz', async () => {
    await (await createArray(at('A.npy'), { shape: [3, 4], dtype: 'float32' })).close();
    expect(await inspectOperand(at('A.npy'))).toMatchObject({ format: 'npy', shape: [3, 4], dtype: 'float32' });

    const zarr = await createArray(at('B.zarr'), { shape: [5, 4], dtype: 'float64', chunk: [2, 4] });
    await zarr.write(wholeRegion([5, 4]), numbered('float64', 5, 4));
    const found = await inspectOperand(`${at('B.zarr')}/`);
    expect(found).toMatchObject({ format: 'zarr', shape: [5, 4], dtype: 'float64', chunk: [2, 4] });
    expect(found.url).toMatch(/^file:\/\/.*%20.*\/B\.zarr$/);

    await writeFile(at('C.csv'), '1,2\n3,4\n');
    expect(await inspectOperand(at('C.csv'))).toMatchObject({
      format: 'csv',
      shape: [2, 2],
      dtype: 'float64',
      csv: {
        delimiter: ',',
        header: false,
        quoted: false,
        gzip: false,
        bands: [{ byteStart: 0, byteEnd: 8, firstRow: 0, rows: 2 }],
      },
    });
    await writeFile(at('D.CSV.gz'), gzipSync('1;2\n'));
    expect(await inspectOperand(at('D.CSV.gz'))).toMatchObject({
      format: 'csv.gz',
      shape: [1, 2],
      csv: { gzip: true, delimiter: ';' },
    });
    await symlink(at('C.csv'), at('link.csv'));
    expect((await inspectOperand(at('link.csv'))).shape).toEqual([2, 2]);
  });

  it('reads operands from S3', async () => {
    const context = { s3: () => s3.client() };
    const zarr = await createArray(`s3://${s3.bucket}/in/B.zarr`, { shape: [2, 2], dtype: 'float64' }, context);
    await zarr.write(wholeRegion([2, 2]), numbered('float64', 2, 2));
    expect(await inspectOperand(`s3://${s3.bucket}/in/B.zarr/`, context)).toMatchObject({
      url: `s3://${s3.bucket}/in/B.zarr`,
      shape: [2, 2],
    });
    expect(await failure(`s3://${s3.bucket}/in/none.zarr`)).toBeInstanceOf(NotFoundError);
    expect(await failure(`s3://${s3.bucket}/in/none.npy`)).toBeInstanceOf(NotFoundError);
    expect(await failure(`s3://${s3.bucket}/in/none.csv`)).toBeInstanceOf(NotFoundError);
    expect(await failure('s3://no-such-bucket-here/B.zarr')).toBeInstanceOf(NotFoundError);
    await expect(inspectOperand(`s3://${s3.bucket}/in/B.zarr`)).rejects.toThrow(UnsupportedUrlError);
  });

  it.each<[string, () => Promise<string>, new (...args: never[]) => InputError, string]>([
    ['a missing file', async () => at('missing.npy'), NotFoundError, 'no such file'],
    ['a missing folder', async () => at('missing.zarr'), NotFoundError, 'no such file'],
    ['a missing .csv', async () => at('missing/x.csv'), NotFoundError, 'no such file'],
    [
      'an unknown extension',
      async () => at('x.xlsx'),
      UnknownExtensionError,
      'expected one of .npy, .csv, .csv.gz, .zarr',
    ],
    ['no extension', async () => at('matrix'), UnknownExtensionError, '.npy'],
    ['an unknown scheme', async () => 'https://example.com/A.npy', UnsupportedUrlError, 'https:// is not served'],
    [
      'a folder named .npy',
      async () => (await mkdir(at('d.npy')), at('d.npy')),
      NotAFileError,
      'is a folder, expected a npy file',
    ],
    ['a folder named .csv', async () => (await mkdir(at('d.csv')), at('d.csv')), NotAFileError, 'is a folder'],
    [
      'a file named .zarr',
      async () => (await writeFile(at('f.zarr'), 'x'), at('f.zarr')),
      NotAFileError,
      'is a file, expected a folder',
    ],
    ['an empty .npy', async () => (await writeFile(at('e.npy'), ''), at('e.npy')), EmptyFileError, '0 bytes'],
    ['an empty .csv', async () => (await writeFile(at('e.csv'), ''), at('e.csv')), EmptyFileError, '0 bytes'],
    ['an empty .csv.gz', async () => (await writeFile(at('e.csv.gz'), ''), at('e.csv.gz')), EmptyFileError, '0 bytes'],
    [
      'a gzip of nothing',
      async () => (await writeFile(at('n.csv.gz'), gzipSync('')), at('n.csv.gz')),
      EmptyFileError,
      'no matrix',
    ],
    [
      'an empty folder named .zarr',
      async () => (await mkdir(at('e.zarr')), at('e.zarr')),
      NotFoundError,
      'no Zarr array',
    ],
    [
      'a folder of something else',
      async () => (await mkdir(at('o.zarr')), await writeFile(at('o.zarr/x.txt'), 'x'), at('o.zarr')),
      WrongFormatError,
      'no zarr.json',
    ],
    [
      'broken zarr.json',
      async () => (await mkdir(at('j.zarr')), await writeFile(at('j.zarr/zarr.json'), '{'), at('j.zarr')),
      MalformedHeaderError,
      'no JSON',
    ],
    [
      'text named .npy',
      async () => (await writeFile(at('t.npy'), '1,2\n'), at('t.npy')),
      WrongFormatError,
      'is not an .npy file',
    ],
    [
      'complex elements',
      async () => (
        await writeFile(at('c.npy'), npy("{'descr': '<c16', 'fortran_order': False, 'shape': (2, 2), }")),
        at('c.npy')
      ),
      UnsupportedDtypeError,
      'complex',
    ],
    [
      'objects',
      async () => (
        await writeFile(at('O.npy'), npy("{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }")),
        at('O.npy')
      ),
      UnsupportedDtypeError,
      'object',
    ],
    [
      'one dimension',
      async () => (
        await writeFile(at('v.npy'), npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }")),
        at('v.npy')
      ),
      UnsupportedShapeError,
      '1 dimensions (2)',
    ],
    [
      'no rows',
      async () => (
        await writeFile(at('z.npy'), npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2), }")),
        at('z.npy')
      ),
      UnsupportedShapeError,
      '0x2',
    ],
    [
      'a ragged row',
      async () => (await writeFile(at('r.csv'), '1,2\n3\n'), at('r.csv')),
      RaggedRowError,
      'line 2 has 1 cell, expected 2',
    ],
    [
      'a word',
      async () => (await writeFile(at('w.csv'), '1,2\n3,x\n'), at('w.csv')),
      NotANumberError,
      'line 2, column 2 is not a number: "x"',
    ],
    [
      'an empty cell',
      async () => (await writeFile(at('g.csv'), '1,2\n3,\n'), at('g.csv')),
      NotANumberError,
      'line 2, column 2 is empty',
    ],
    [
      'a claim of a petabyte',
      async () => (
        await writeFile(
          at('p.npy'),
          npy("{'descr': '<f8', 'fortran_order': False, 'shape': (100000000, 1250000), }", new Uint8Array(72)),
        ),
        at('p.npy')
      ),
      TruncatedFileError,
      'found 200',
    ],
  ])('refuses %s in one line', async (_, make, kind, text) => {
    const error = await failure(await make());
    expect(error).toBeInstanceOf(kind);
    expect(error).toBeInstanceOf(InputError);
    const { message } = error as Error;
    expect(message).toContain(text);
    expect(message).not.toContain('\n');
    expect(message.startsWith(at('')) || message.includes(at('')) || message.includes('https:')).toBe(true);
  });

  it('refuses a truncated .npy and a .zarr that lacks chunks', async () => {
    await (await createArray(at('cut.npy'), { shape: [10, 10], dtype: 'float64' })).close();
    await truncate(at('cut.npy'), 900);
    expect(await failure(at('cut.npy'))).toMatchObject({
      _tag: 'TruncatedFileError',
      expectedBytes: 928,
      foundBytes: 900,
    });
    const zarr = await createArray(at('holes.zarr'), { shape: [4, 4], dtype: 'float64', chunk: [2, 2] });
    await zarr.write(wholeRegion([4, 4]), numbered('float64', 4, 4));
    await rm(at('holes.zarr/c/1/0'));
    const error = await failure(at('holes.zarr'));
    expect(error).toBeInstanceOf(IncompleteArrayError);
    expect(String(error)).toContain('3 of its 4 chunks');
  });

  it('refuses what it has no permission to read', async () => {
    await chmod(at(''), 0o755);
    await writeFile(at('secret.csv'), '1\n');
    await mkdir(at('secret.zarr'));
    await mkdir(at('secret.folder'));
    for (const name of ['secret.csv', 'secret.zarr', 'secret.folder']) await chmod(at(name), 0);
    await asOrdinaryUser(async () => {
      for (const name of ['secret.csv', 'secret.zarr', 'secret.folder/A.npy']) {
        const error = await failure(at(name));
        expect(error).toBeInstanceOf(NoPermissionError);
        expect(String(error)).toContain(`No permission to read ${at(name)}`);
      }
      await expect(checkWritable(at('secret.folder/C.npy'))).rejects.toThrow(
        /is not yours to write to|no permission to look there/,
      );
    });
    for (const name of ['secret.csv', 'secret.zarr', 'secret.folder']) await chmod(at(name), 0o700);
  });
});
