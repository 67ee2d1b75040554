import { chmod, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArrayExistsError,
  createArray,
  EmptyFileError,
  InexactIntegerError,
  NoPermissionError,
  NoSpaceError,
  NotAFileError,
  NotFoundError,
  openArray,
  ReadOnlyArrayError,
  TruncatedFileError,
  UnsupportedUrlError,
  wholeRegion,
  WrongFormatError,
} from '../../src/index.ts';
import type { Shape } from '../../src/index.ts';
import { formatHeader } from '../../src/npy/header.ts';
import { dtypes, numbered, part, regionsIn, shapes } from '../matrices.ts';
import { localS3 } from '../s3.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
const s3 = localS3();
let made = 0;

function npy(descr: string, fortran: boolean, shape: Shape, data: ArrayBufferView): Buffer {
  const text =
    `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}), }`.padEnd(
      117,
    );
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  return Buffer.concat([start, Buffer.from(`${text}\n`), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

describe('an .npy file', () => {
  it('gives back any region of what was written in any regions', async () => {
    const cases = fc
      .record({
        shape: shapes(40),
        dtype: dtypes,
        split: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      })
      .chain((spec) => fc.record({ spec: fc.constant(spec), region: regionsIn(spec.shape) }));
    await fc.assert(
      fc.asyncProperty(cases, async ({ spec: { shape, dtype, split }, region }) => {
        const path = at(`regions-${made++}.npy`);
        const array = await createArray(path, { shape, dtype });
        const whole = numbered(dtype, ...shape);
        for (let row = 0; row < shape[0]; row += split[0]) {
          for (let col = 0; col < shape[1]; col += split[1]) {
            const piece = {
              row,
              col,
              rows: Math.min(split[0], shape[0] - row),
              cols: Math.min(split[1], shape[1] - col),
            };
            const tile = numbered(dtype, piece.rows, piece.cols);
            tile.data.set(part(whole, piece));
            await array.write(piece, tile);
          }
        }
        const reopened = await openArray(`file://${encodeURI(path)}`);
        expect(reopened).toMatchObject({ format: 'npy', shape, dtype });
        const tile = await reopened.read(region);
        expect([...tile.data]).toEqual(part(whole, region));
        expect([...(await array.read(wholeRegion(shape))).data]).toEqual([...whole.data]);
        await array.close();
        await reopened.close();
      }),
      { numRuns: 40 },
    );
  });

  it('is read row by row where a narrow strip of a wide matrix is wanted', async () => {
    const array = await createArray(at('wide.npy'), { shape: [300, 5000], dtype: 'float64' });
    const strip = { row: 3, col: 4990, rows: 290, cols: 3 };
    const tile = numbered('float64', 290, 3);
    await array.write(strip, tile);
    const traffic = { bytesRead: 0, bytesWritten: 0 };
    expect((await array.read(strip, { traffic })).data).toEqual(tile.data);
    expect(traffic.bytesRead).toBe(290 * 3 * 8);
    await array.close();
  });

  it('reads integers, booleans, halves, both byte orders and Fortran order', async () => {
    const shape: Shape = [2, 3];
    const swapped = new Uint8Array(Float64Array.of(1, -2, 3.5, NaN, 5, 6).buffer).toReversed();
    const cases: [string, boolean, ArrayBufferView, number[]][] = [
      ['|i1', false, Int8Array.of(-128, 127, 1, 2, 3, 4), [-128, 127, 1, 2, 3, 4]],
      ['|u1', true, Uint8Array.of(1, 2, 3, 4, 5, 255), [1, 3, 5, 2, 4, 255]],
      ['<u4', false, Uint32Array.of(0xffffffff, 1, 2, 3, 4, 5), [0xffffffff, 1, 2, 3, 4, 5]],
      [
        '<i8',
        false,
        BigInt64Array.of(-(2n ** 53n), 2n ** 62n, -1n, 0n, 4n, -(2n ** 63n)),
        [-(2 ** 53), 2 ** 62, -1, 0, 4, -(2 ** 63)],
      ],
      ['<u8', false, BigUint64Array.of(2n ** 63n, 1n, 2n, 3n, 4n, 5n), [2 ** 63, 1, 2, 3, 4, 5]],
      ['|b1', false, Uint8Array.of(0, 1, 2, 0, 1, 0), [0, 1, 1, 0, 1, 0]],
      [
        '<f2',
        false,
        Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001, 0x8000, 0x3555),
        [1, -2, Infinity, 2 ** -24, -0, 0.333251953125],
      ],
      ['>f8', false, swapped, [6, 5, NaN, 3.5, -2, 1]],
      ['<f4', true, Float32Array.of(1, 2, 3, 4, 5, 6), [1, 3, 5, 2, 4, 6]],
    ];
    for (const [descr, fortran, data, expected] of cases) {
      const path = at(`kinds-${made++}.npy`);
      await writeFile(path, npy(descr, fortran, shape, data));
      const array = await openArray(path);
      expect([descr, ...(await array.read(wholeRegion(shape))).data]).toEqual([descr, ...expected]);
      expect([...(await array.read({ row: 1, col: 1, rows: 1, cols: 2 })).data]).toEqual(expected.slice(4));
      await array.close();
    }
  });

  it('refuses a 64-bit integer that float64 cannot hold, and says where it is', async () => {
    const path = at('inexact.npy');
    await writeFile(path, npy('<i8', true, [2, 2], BigInt64Array.of(1n, 2n, 2n ** 53n + 1n, 4n)));
    const array = await openArray(path);
    const failed = await array.read(wholeRegion([2, 2])).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(InexactIntegerError);
    expect(String(failed)).toContain('9007199254740993 in row 0, column 1');
    await array.close();
  });

  it('on S3 is read by ranges, and not written', async () => {
    const whole = numbered('float64', 20, 30);
    const Body = Buffer.concat([formatHeader([20, 30], 'float64'), new Uint8Array(whole.data.slice().buffer)]);
    await s3.client().send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'in/A.npy', Body }));
    const context = { s3: () => s3.client() };
    const array = await openArray(`s3://${s3.bucket}/in/A.npy`, context);
    const region = { row: 3, col: 4, rows: 5, cols: 6 };
    expect([...(await array.read(region)).data]).toEqual(part(whole, region));
    await expect(array.write(region, numbered('float64', 5, 6))).rejects.toThrow(ReadOnlyArrayError);
    await expect(openArray(`s3://${s3.bucket}/in/B.npy`, context)).rejects.toThrow(NotFoundError);
    await expect(createArray(`s3://${s3.bucket}/C.npy`, { shape: [1, 1], dtype: 'float64' }, context)).rejects.toThrow(
      UnsupportedUrlError,
    );
  });

  it('is created once: again with the same shape is harmless, with another refused, and nothing lies beside it', async () => {
    await mkdir(at('once'));
    const path = at('once/C.npy');
    const first = await createArray(path, { shape: [2, 2], dtype: 'float32' });
    await first.write(wholeRegion([2, 2]), numbered('float32', 2, 2));
    const second = await createArray(path, { shape: [2, 2], dtype: 'float32' });
    expect((await second.read(wholeRegion([2, 2]))).data[0]).toBe(0.5);
    await expect(createArray(path, { shape: [2, 3], dtype: 'float32' })).rejects.toThrow(ArrayExistsError);
    expect(await readdir(at('once'))).toEqual(['C.npy']);
    expect((await stat(path)).size).toBe(128 + 16);
    await first.close();
    await second.close();
  });

  it('is not created where it would not fit on the disk', async () => {
    const failed = await createArray(at('huge.npy'), { shape: [2 ** 24, 2 ** 24], dtype: 'float64' }).catch(
      (e: unknown) => e,
    );
    expect(failed).toBeInstanceOf(NoSpaceError);
    await expect(stat(at('huge.npy'))).rejects.toThrow('ENOENT');
  });

  it('fails clearly when it is missing, empty, truncated, a folder, unreadable or something else', async () => {
    await expect(openArray(at('missing.npy'))).rejects.toThrow(NotFoundError);
    await writeFile(at('empty.npy'), '');
    await expect(openArray(at('empty.npy'))).rejects.toThrow(EmptyFileError);
    await mkdir(at('folder.npy'));
    await expect(openArray(at('folder.npy'))).rejects.toThrow(NotAFileError);
    await writeFile(at('text.npy'), '1,2\n3,4\n');
    await expect(openArray(at('text.npy'))).rejects.toThrow(WrongFormatError);
    await (await createArray(at('cut.npy'), { shape: [10, 10], dtype: 'float64' })).close();
    await truncate(at('cut.npy'), 500);
    await expect(openArray(at('cut.npy'))).rejects.toThrow('expected 928 bytes, found 500');
    await writeFile(at('stub.npy'), Buffer.from([0x93, 0x4e, 0x55]));
    await expect(openArray(at('stub.npy'))).rejects.toThrow(TruncatedFileError);
    if (process.getuid?.() === 0) return;
    await chmod(at('text.npy'), 0);
    await expect(openArray(at('text.npy'))).rejects.toThrow(NoPermissionError);
  });
});
