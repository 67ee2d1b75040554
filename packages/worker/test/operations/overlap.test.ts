import type { ArrayPiece, PackageBody } from '@tessera/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { jobInMemory, type JobInMemory } from './job-in-memory.ts';

let job: JobInMemory;
afterEach(() => job.close());

/** Blocks of 8 x 8 over two steps of k, one below the other. */
function block(number: number, rest: Partial<Extract<PackageBody, { kind: 'multiply' }>> = {}): PackageBody {
  const piece = (array: string, row: number, rows: number, cols: number): ArrayPiece => ({
    kind: 'array',
    array,
    row,
    col: 0,
    rows,
    cols,
  });
  return {
    kind: 'multiply',
    a: piece('A', 8 * number, 8, 16),
    b: piece('B', 0, 16, 8),
    c: piece('C', 8 * number, 8, 8),
    kStep: 8,
    ...rest,
  };
}

/** What two blocks at once do, in order: `read A0/1` is block 0's second step. */
async function eventsOf(rest: Parameters<typeof block>[1] = {}): Promise<string[]> {
  const events: string[] = [];
  job = jobInMemory('float64', (event) => events.push(event));
  await job.array('A', [16, 16], (row, col) => row + col, [8, 8]);
  await job.array('B', [16, 8], (row, col) => row - col, [8, 8]);
  await job.array('C', [16, 8], undefined, [8, 8]);
  events.length = 0;
  await Promise.all([job.run(block(0, rest)), job.run(block(1, rest))]);
  return events;
}

function expectBefore(events: readonly string[], first: string, second: string): void {
  expect(events).toContain(first);
  expect(events.indexOf(first), `${first} before ${second} in ${events.join(', ')}`).toBeLessThan(
    events.indexOf(second),
  );
}

describe('two blocks in one worker', () => {
  it('read the next step while the kernel works on one, and the first of the other block', async () => {
    const events = await eventsOf();
    expectBefore(events, 'read A 0,8', 'computed 0');
    expectBefore(events, 'read A 8,0', 'computed 0');
  });

  it('hold no more than the first step of the block that waits', async () => {
    const events = await eventsOf();
    expectBefore(events, 'computed 1', 'read A 8,8');
  });

  it('are computed one after the other, the first stored while the second is computed', async () => {
    const events = await eventsOf();
    expectBefore(events, 'computed 1', 'computing 2');
    expectBefore(events, 'write C 0,0', 'computed 2');
  });

  it('are stored before the next is computed where the plan has room for one alone', async () => {
    const events = await eventsOf({ alone: true });
    expectBefore(events, 'wrote C 0,0', 'computing 2');
  });
});
