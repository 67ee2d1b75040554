import type { PackageBody } from '@tessera/protocol';
import { expect } from 'vitest';
import type { Plan } from '../../src/index.ts';

/** All packages of the phases of that name. */
export function packagesOf(plan: Plan, phase: string): PackageBody[] {
  return plan.phases
    .filter((entry) => entry.phase === phase)
    .flatMap((entry) => Array.from({ length: entry.packages }, (_, index) => entry.at(index)));
}

/** How often each chunk of an array is written by packages; checks on the way that only whole chunks are. */
export function coverage(plan: Plan, packages: readonly PackageBody[], array: string): Map<string, number> {
  const { shape, chunk } = plan.arrays[array]!;
  const covered = new Map<string, number>();
  for (const body of packages) {
    const sinks = [
      'c' in body ? body.c : undefined,
      'sink' in body ? body.sink : undefined,
      // A block of the diagonal names itself as its mirror image and is written once.
      'mirror' in body && 'c' in body && body.mirror?.row !== (body.c as { row?: number }).row
        ? body.mirror
        : undefined,
    ];
    for (const sink of sinks) {
      if (sink?.kind !== 'array' || sink.array !== array) continue;
      expect([sink.row % chunk[0], sink.col % chunk[1]]).toEqual([0, 0]);
      expect(sink.row + sink.rows === shape[0] || sink.rows % chunk[0] === 0).toBe(true);
      expect(sink.col + sink.cols === shape[1] || sink.cols % chunk[1] === 0).toBe(true);
      for (let row = sink.row; row < sink.row + sink.rows; row += chunk[0]) {
        for (let col = sink.col; col < sink.col + sink.cols; col += chunk[1]) {
          const key = `${row},${col}`;
          covered.set(key, (covered.get(key) ?? 0) + 1);
        }
      }
    }
  }
  return covered;
}

/** Expects every chunk of an array to be written exactly once. */
export function expectCovered(plan: Plan, packages: readonly PackageBody[], array: string): void {
  const { shape, chunk } = plan.arrays[array]!;
  const covered = coverage(plan, packages, array);
  expect(covered.size).toBe(Math.ceil(shape[0] / chunk[0]) * Math.ceil(shape[1] / chunk[1]));
  expect([...covered.values()].every((times) => times === 1)).toBe(true);
}
