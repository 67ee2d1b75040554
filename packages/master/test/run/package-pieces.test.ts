import type { PackageBody } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { expectedMs } from '../../src/run/expected-time.ts';
import { inputsOf, outputsOf, overlap } from '../../src/run/package-pieces.ts';
import { repairsFor } from '../../src/run/repairs.ts';

const piece = (array: string, row: number, col: number, rows = 2, cols = 2) =>
  ({ kind: 'array', array, row, col, rows, cols }) as const;
const recipe = { seed: '1', operand: 0, distribution: { kind: 'uniform' as const } };
const names = (pieces: { array: string }[]) => pieces.map(({ array }) => array);

const multiply: PackageBody = {
  kind: 'multiply',
  a: piece('A', 0, 0, 2, 4),
  b: piece('B', 0, 0, 4, 2),
  c: piece('C', 0, 0),
  kStep: 2,
};

describe('a package', () => {
  it('reads what it names and does not make', () => {
    const reduce: PackageBody = { kind: 'reduce', parts: [piece('P0', 0, 0), piece('P1', 0, 0)], c: piece('C', 0, 0) };
    const project: PackageBody = {
      kind: 'verify',
      check: { step: 'project', b: piece('B', 0, 0), vectors: { seed: '1', rounds: 1 }, y: piece('Y', 0, 0) },
    };
    const product: PackageBody = {
      kind: 'verify',
      check: {
        step: 'product',
        a: piece('A', 0, 0),
        c: piece('C', 0, 0),
        vectors: { seed: '1', rounds: 1 },
        y: piece('Y', 0, 0),
      },
    };
    const generate: PackageBody = { kind: 'generate', recipe, sink: piece('A', 0, 0) };
    const read = [multiply, reduce, project, product, generate].map((body) => names(inputsOf(body)));
    expect(read).toEqual([['A', 'B'], ['P0', 'P1'], ['B'], ['A', 'C', 'Y'], []]);
    const made = [multiply, reduce, project, product, generate].map((body) => names(outputsOf(body)));
    expect(made).toEqual([['C'], ['C'], ['Y'], [], ['A']]);
  });

  it('may take as long as the slowest worker takes for its work', () => {
    const edge = 1000;
    const square = { ...multiply, a: piece('A', 0, 0, edge, edge), b: piece('B', 0, 0, edge, edge) };
    const body: PackageBody = { ...square, c: piece('C', 0, 0, edge, edge) };
    expect(expectedMs(body)).toBeGreaterThan((2 * edge ** 3) / 1e6);
    expect(expectedMs(body, { plannedMs: 7 })).toBe(70);
    expect(expectedMs(body, { plannedMs: 7, medianMs: 100 })).toBe(1000);
    expect(expectedMs(multiply)).toBeLessThan(1);
  });

  it('shares elements with a piece that it overlaps, not with one beside it', () => {
    expect(overlap(piece('A', 0, 0), piece('A', 1, 1))).toBe(true);
    expect(overlap(piece('A', 0, 0), piece('A', 2, 0))).toBe(false);
    expect(overlap(piece('A', 0, 0), piece('B', 0, 0))).toBe(false);
  });
});

describe('what a package needs repaired', () => {
  const generate = {
    phase: 'generate' as const,
    packages: 4,
    at: (index: number): PackageBody => ({ kind: 'generate', recipe, sink: piece('A', 0, 2 * index) }),
  };

  it('is made again by the packages that made it, and by no others', async () => {
    const broken = new Set([0, 4]);
    const repairs = await repairsFor(multiply, [generate], async ({ col }) => broken.has(col));
    expect(repairs.map(({ id }) => id)).toEqual(['generate-0']);
  });

  it('has its own number where two phases have one name', async () => {
    const check = { step: 'apply' as const, a: piece('A', 0, 0), y: piece('Y', 0, 0), z: piece('Z', 0, 0) };
    const project = { phase: 'project' as const, packages: 3, at: () => generate.at(0) };
    const apply = { phase: 'project' as const, packages: 1, at: (): PackageBody => ({ kind: 'verify', check }) };
    const total: PackageBody = {
      kind: 'verify',
      check: { step: 'total', k: 2, c: piece('C', 0, 0), vectors: { seed: '1', rounds: 1 }, z: piece('Z', 0, 0) },
    };
    const repairs = await repairsFor(total, [project, apply], async () => true);
    expect(repairs.map(({ id }) => id)).toEqual(['project-3']);
  });

  it('is nothing when what it reads is whole, or was given', async () => {
    expect(await repairsFor(multiply, [generate], async () => false)).toEqual([]);
    expect(await repairsFor(multiply, [], async () => true)).toEqual([]);
  });
});
