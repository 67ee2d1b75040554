import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allocateTile, createArray, openArray, wholeRegion, type MapFile, type Tile } from '@tessera/matrix';
import type { ArrayPiece, PackageBody } from '@tessera/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFileMapper } from '../../src/entry/map-file.ts';
import { loadKoffi, type Kernel } from '../../src/kernels/index.ts';
import { openLoops } from '../../src/kernels/loops.ts';
import { doPackages, squares } from './job-in-files.ts';

/** Matrices of 48 x 48 in four chunks. */
const N = 48;
const HALF = 24;
let folder: string;
let mapFile: MapFile;
/** Mappings that somebody has. */
let mapped = 0;
const loops = openLoops({ threads: 1 });
const direct: Kernel = { ...loops, takesAnyMemory: async () => true };

beforeAll(async () => {
  const map = (await openFileMapper(() => loadKoffi(import.meta.url)))!;
  mapFile = (...file) => {
    const found = map(...file);
    if (!found) return undefined;
    mapped++;
    let isMapped = true;
    return {
      ...found,
      unmap: () => {
        if (isMapped) mapped--;
        isMapped = false;
        found.unmap();
      },
    };
  };
});
beforeEach(async () => {
  mapped = 0;
  folder = await mkdtemp(join(tmpdir(), 'tessera-mapped-chunks-'));
  return () => rm(folder, { recursive: true });
});
afterAll(() => loops.close());

const pathOf = (name: string) => join(folder, `${name}.zarr`);
const urlOf = (name: string) => pathToFileURL(pathOf(name)).href;

function numbers(seed: number): Tile {
  const tile = allocateTile('float64', N, N);
  for (let index = 0; index < tile.data.length; index++) tile.data[index] = Math.sin(index + 7 * seed);
  return tile;
}

/** How operands are stored. */
const writers = {
  async 'Zarr of our own'(name: string, tile: Tile) {
    const array = await createArray(urlOf(name), { shape: [N, N], dtype: 'float64', chunk: [HALF, HALF] });
    await array.write(wholeRegion([N, N]), tile);
  },
  async 'Zarr v2'(name: string, { data }: Tile) {
    await mkdir(pathOf(name));
    const document = { zarr_format: 2, shape: [N, N], chunks: [HALF, HALF], dtype: '<f8', order: 'C', fill_value: 0 };
    await writeFile(join(pathOf(name), '.zarray'), JSON.stringify({ ...document, compressor: null, filters: null }));
    for (const [r, c] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const chunk = new Float64Array(HALF * HALF);
      for (let row = 0; row < HALF; row++) {
        const from = (r * HALF + row) * N + c * HALF;
        chunk.set(data.subarray(from, from + HALF), row * HALF);
      }
      await writeFile(join(pathOf(name), `${r}.${c}`), chunk);
    }
  },
};

/** Does packages one after another, mapping or not. */
function run(bodies: readonly PackageBody[], mapping: boolean, kernel = direct) {
  const arrays = squares(urlOf, N, HALF);
  return doPackages(bodies, { arrays, made: ['C', 'Y'], kernel, mapFile: mapping ? mapFile : undefined });
}

const piece = (array: string, row: number, col: number, rows: number, cols: number): ArrayPiece => ({
  kind: 'array',
  array,
  row,
  col,
  rows,
  cols,
});
const quarters = [
  [0, 0],
  [0, HALF],
  [HALF, 0],
  [HALF, HALF],
] as const;
const halves = [0, HALF];
const vectors = { seed: '7', rounds: 2 };

/** A product in blocks and steps of whole chunks. */
const blocks = (options: { transA?: boolean; transB?: boolean; alpha?: number; kStep?: number } = {}): PackageBody[] =>
  quarters.map(([row, col]) => ({
    kind: 'multiply',
    a: options.transA ? piece('A', 0, row, N, HALF) : piece('A', row, 0, HALF, N),
    b: options.transB ? piece('B', col, 0, HALF, N) : piece('B', 0, col, N, HALF),
    c: piece('C', row, col, HALF, HALF),
    kStep: HALF,
    ...options,
  }));

describe.each(Object.entries(writers))('chunks of %s', (format, write) => {
  beforeEach(async () => {
    await write('A', numbers(0));
    await write('B', numbers(1));
  });

  it.each([{}, { transA: true }, { transB: true }, { transA: true, transB: true, alpha: -2 }])(
    'give a product the same bits mapped as read (%o)',
    async (options) => {
      const copied = await run(blocks(options), false);
      await rm(pathOf('C'), { recursive: true });
      const direct = await run(blocks(options), true);
      expect(direct.data).toEqual(copied.data);
      expect(direct.data.every((element) => element !== 0)).toBe(true);
      expect(direct.outcomes).toEqual(copied.outcomes);
      expect(copied.read).toEqual(['A', 'B']);
      expect(direct.read).toEqual([]);
      expect(mapped).toBe(0);
    },
  );

  it('are read where a step cuts through them, or the kernel wants memory of its own kind', async () => {
    const expected = await run(blocks({ kStep: 20 }), false);
    const cut = await run(blocks({ kStep: 20 }), true);
    expect(cut.data).toEqual(expected.data);
    expect((await run(blocks(), true, loops)).read).toEqual(['A', 'B']);
    expect(mapped).toBe(0);
  });

  it('give a sum the same bits, and stay as they are', async () => {
    const bodies = quarters.flatMap(([row, col]): PackageBody[] => {
      const at = (array: string) => piece(array, row, col, HALF, HALF);
      const abc = { a: at('A'), b: at('B'), c: at('C') };
      return [
        { kind: 'add', ...abc },
        { kind: 'verify', check: { step: 'elements', ...abc } },
      ];
    });
    const copied = await run(bodies, false);
    await rm(pathOf('C'), { recursive: true });
    const direct = await run(bodies, true);
    expect(direct.data).toEqual(copied.data);
    expect(direct.outcomes).toEqual(copied.outcomes);
    expect(direct.outcomes.filter(({ check }) => check?.ok === true)).toHaveLength(4);
    expect(direct.read).toEqual([]);
    expect((await run([], false)).data).toEqual(copied.data);
    expect((await (await openArray(urlOf('A'))).read(wholeRegion([N, N]))).data).toEqual(numbers(0).data);
    expect(mapped).toBe(0);
  });

  it('are checked alike, and noted by the same checksums', async () => {
    const checks = [
      ...halves.map((row) => ({
        step: 'project' as const,
        b: piece('B', row, 0, HALF, N),
        vectors,
        y: piece('Y', row, 0, HALF, 3),
      })),
      ...halves.map((row) => ({
        step: 'product' as const,
        a: piece('A', row, 0, HALF, N),
        c: piece('C', row, 0, HALF, N),
        vectors,
        y: piece('Y', 0, 0, N, 3),
      })),
      {
        step: 'recompute' as const,
        a: piece('A', 0, 0, HALF, N),
        b: piece('B', 0, 0, N, HALF),
        c: piece('C', 0, 0, HALF, HALF),
        kStep: HALF,
      },
    ];
    const bodies = [...blocks(), ...checks.map((check): PackageBody => ({ kind: 'verify', check }))];
    const copied = await run(bodies, false);
    const direct = await run(bodies, true);
    expect(direct.outcomes).toEqual(copied.outcomes);
    const last = direct.outcomes.slice(-3);
    expect(last.map(({ check }) => check!.ok)).toEqual([true, true, true]);
    expect(last.map(({ checksums }) => [...new Set(checksums!.map(({ array }) => array))].toSorted())).toEqual([
      ['A', 'C'],
      ['A', 'C'],
      ['A', 'B', 'C'],
    ]);
    const sound = await run(bodies.slice(0, -1), true);
    expect(sound.read).toEqual(['Y']);
    expect(mapped).toBe(0);
  });

  it('are let go where the kernel fails, or the next one is damaged', async () => {
    const broken: Kernel = { ...direct, gemm: () => Promise.reject(new Error('broken')) };
    await expect(run(blocks(), true, broken)).rejects.toThrow('broken');
    expect(mapped).toBe(0);
    const path = join(pathOf('A'), format === 'Zarr v2' ? '0.1' : 'c/0/1');
    const bytes = await readFile(path);
    bytes[100]! ^= 1;
    await writeFile(path, format === 'Zarr v2' ? bytes.subarray(8) : bytes);
    await expect(run(blocks(), true)).rejects.toMatchObject({ _tag: 'CorruptTileError', chunk: [0, 1] });
    expect(mapped).toBe(0);
  });
});
