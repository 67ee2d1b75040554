import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { inspectOperand, openArray, wholeRegion } from '../../src/index.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();

/** Debian's zarr belongs to the system's Python, which need not be the shell's. */
const zarrPython = ['python3', '/usr/bin/python3'].find((path) => {
  try {
    execFileSync(path, ['-c', 'import zarr, numcodecs'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** Layouts of Zarr version 2: name, shape, chunks, and what else `zarr.create` is given. */
const layouts = [
  ['as zarr-python chooses it', [70, 50], [32, 16], "dtype='<f8'"],
  ['not compressed, in Fortran order', [70, 50], [70, 7], "dtype='<f8', compressor=None, order='F'"],
  [
    'with chunks in folders',
    [9, 40],
    [4, 11],
    "dtype='<f4', compressor=numcodecs.Zstd(level=3), dimension_separator='/'",
  ],
  ['of the other byte order, gzipped', [33, 3], [8, 2], "dtype='>f8', compressor=numcodecs.GZip(level=1)"],
  [
    'of Blosc with Zstandard and shuffled bits',
    [64, 64],
    [33, 64],
    "dtype='<f8', compressor=numcodecs.Blosc(cname='zstd', shuffle=2)",
  ],
  ['of LZ4', [5, 200], [5, 64], "dtype='<f4', compressor=numcodecs.LZ4()"],
  ['of zlib over integers', [31, 17], [10, 10], "dtype='<i4', compressor=numcodecs.Zlib()"],
  ['in one chunk, of booleans', [6, 7], [6, 7], "dtype='|b1'"],
] as const;

// Skipped tests are printed with their reasons at the end of a run.
describe.skipIf(zarrPython === undefined)(
  `arrays that zarr-python wrote${zarrPython ? '' : ' (skipped: no Python with zarr here)'}`,
  () => {
    it.each(layouts)('%s are read as they are', async (name, shape, chunks, options) => {
      const path = at(`${name}.zarr`);
      const script = `
import sys, json, numpy as np, zarr, numcodecs
shape, chunks = ${JSON.stringify(shape)}, ${JSON.stringify(chunks)}
a = zarr.create(tuple(shape), chunks=tuple(chunks), store=sys.argv[1], overwrite=True, ${options})
x = np.random.default_rng(5).integers(-99, 99, size=shape) / (1 if a.dtype.kind in 'ib' else 8)
a[:] = x.astype(a.dtype)
print(json.dumps(np.asarray(a[:]).astype('f8').ravel().tolist()))
`;
      const printed = execFileSync(zarrPython!, ['-c', script, path], { encoding: 'utf8' });
      const expected = JSON.parse(printed) as number[];
      expect(await inspectOperand(path)).toMatchObject({ shape, chunk: chunks });
      const array = await openArray(path);
      expect([...(await array.read(wholeRegion(array.shape))).data]).toEqual(expected);
      // A region that cuts through chunks on every side.
      const [rows, cols] = shape;
      const region = { row: 1, col: 1, rows: rows - 2, cols: cols - 2 };
      const inner = expected.filter((_, i) => {
        const [row, col] = [Math.floor(i / cols), i % cols];
        return row >= 1 && row < rows - 1 && col >= 1 && col < cols - 1;
      });
      expect([...(await array.read(region)).data]).toEqual(inner);
    });
  },
);
