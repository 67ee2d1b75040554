import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allocateTile, createArray, wholeRegion, type MapFile } from '@tessera/matrix';
import type { ArrayPiece, PackageBody } from '@tessera/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileMapper } from '../../src/entry/map-file.ts';
import { loadKoffi } from '../../src/kernels/index.ts';
import { openLoops } from '../../src/kernels/loops.ts';
import { doPackages, squares } from './job-in-files.ts';

/** Matrices of 48 x 48 in .npy files; whole rows, so that checks map them too. */
const N = 48;
let folder: string;
let mapFile: MapFile;
const loops = { ...openLoops({ threads: 1 }), takesAnyMemory: async () => true };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-mapped-'));
  mapFile = (await openFileMapper(() => loadKoffi(import.meta.url)))!;
  for (const [number, name] of ['A', 'B'].entries()) {
    const tile = allocateTile('float64', N, N);
    for (let index = 0; index < tile.data.length; index++) tile.data[index] = Math.sin(index + 7 * number);
    await write(name, tile);
  }
});
afterAll(async () => {
  await loops.close();
  await rm(folder, { recursive: true });
});

const urlOf = (name: string) => pathToFileURL(join(folder, `${name}.npy`)).href;

async function write(name: string, tile: ReturnType<typeof allocateTile>): Promise<void> {
  const array = await createArray(urlOf(name), { shape: [N, N], dtype: 'float64' });
  await array.write(wholeRegion([N, N]), tile);
  await array.close();
}

/** Does packages one after another, mapping or not. */
function run(bodies: readonly PackageBody[], mapping: boolean) {
  const arrays = squares(urlOf, N, N);
  return doPackages(bodies, { arrays, made: ['C', 'Y'], kernel: loops, mapFile: mapping ? mapFile : undefined });
}

const piece = (array: string, row: number, col: number, rows: number, cols: number): ArrayPiece => ({
  kind: 'array',
  array,
  row,
  col,
  rows,
  cols,
});
const whole = (array: string) => piece(array, 0, 0, N, N);
const vectors = { seed: '7', rounds: 2 };
const checks: PackageBody[] = [
  { kind: 'verify', check: { step: 'project', b: whole('B'), vectors, y: piece('Y', 0, 0, N, 3) } },
  { kind: 'verify', check: { step: 'product', a: whole('A'), c: whole('C'), vectors, y: piece('Y', 0, 0, N, 3) } },
];

describe('operands that are mapped', () => {
  it.each([{}, { transA: true }, { transB: true }, { transA: true, transB: true, alpha: -2 }])(
    'give a product the same bits as operands that are read (%o)',
    async (options) => {
      const blocks: PackageBody[] = [0, 24].map((row) => ({
        kind: 'multiply',
        a: options.transA ? piece('A', 0, row, N, 24) : piece('A', row, 0, 24, N),
        b: whole('B'),
        c: piece('C', row, 0, 24, N),
        kStep: 20,
        mapBytes: 1 << 20,
        ...options,
      }));
      const mapped = await run(blocks, true);
      const copied = await run(blocks, false);
      expect(mapped.data).toEqual(copied.data);
      expect(mapped.data.some((element) => element !== 0)).toBe(true);
      expect(mapped.read).toEqual([]);
      expect(copied.read).toEqual(['A', 'B']);
    },
  );

  it('are read where they take more address space than the plan has for them, but for rows that lie together', async () => {
    const block: PackageBody = {
      kind: 'multiply',
      a: whole('A'),
      b: whole('B'),
      c: whole('C'),
      kStep: 20,
      mapBytes: 2 * 8 * N * N - 1,
    };
    expect((await run([block], true)).read).toEqual(['A']);
    const narrow = { ...block, b: piece('B', 0, 0, N, 24), c: piece('C', 0, 0, N, 24), mapBytes: 8 * N * N };
    expect((await run([narrow], true)).read).toEqual(['A', 'B']);
  });

  it('give a sum the same bits, and leave their files as they are', async () => {
    const bodies: PackageBody[] = [
      { kind: 'add', a: whole('A'), b: whole('B'), c: whole('C') },
      { kind: 'verify', check: { step: 'elements', a: whole('A'), b: whole('B'), c: whole('C') } },
    ];
    const before = await run(bodies, false);
    const mapped = await run(bodies, true);
    expect(mapped.data).toEqual(before.data);
    expect(mapped.read).toEqual([]);
    expect(mapped.outcomes[1]!.check).toEqual({ ...before.outcomes[1]!.check, ok: true });
    expect((await run(bodies, false)).data).toEqual(before.data);
  });

  it('are checked like those that are read, and noted by the same checksums', async () => {
    const bodies: PackageBody[] = [
      { kind: 'multiply', a: whole('A'), b: whole('B'), c: whole('C'), kStep: 48, mapBytes: 1 << 20 },
      ...checks,
    ];
    const mapped = await run(bodies, true);
    const copied = await run(bodies, false);
    expect(mapped.outcomes.map(({ check, checksums }) => ({ check, checksums }))).toEqual(
      copied.outcomes.map(({ check, checksums }) => ({ check, checksums })),
    );
    expect(mapped.outcomes[2]!.check!.ok).toBe(true);
    expect(mapped.outcomes[2]!.checksums!.map(({ array }) => array).toSorted()).toEqual(['A', 'C']);
    expect(mapped.read).toEqual(['Y']);
  });
});
