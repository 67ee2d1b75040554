import { memoryStore } from '@tessera/matrix';
import { expect, it } from 'vitest';
import { OpenJob, PackageContext } from '../../src/index.ts';
import { Turn } from '../../src/loop/turn.ts';

/** Two packages of one worker, and what its clock says: each piece that is made takes a second. */
function packages() {
  let seconds = 0;
  const turn = new Turn();
  const job = new OpenJob(
    {
      v: 1,
      jobId: 'test-1',
      op: 'add',
      dtype: 'float64',
      kernel: 'loops',
      workspace: 'file:///w',
      arrays: {},
      texts: {},
    },
    {
      objects: memoryStore(),
      openArray: () => Promise.reject(new Error('no array')),
      openWorkspace: async () => memoryStore(),
      context: {},
    },
  );
  const clock = { now: () => seconds * 1000, sleep: async () => undefined };
  const kernel = () => Promise.reject(new Error('no kernel'));
  const signal = new AbortController().signal;
  const next = () => new PackageContext({ job, signal, clock, turn, kernel });
  const pass = (more: number) => void (seconds += more);
  function* pieces(told: string[], name: string, count: number): Generator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      told.push(`${name}${i}`);
      pass(1);
      yield new Uint8Array(10);
    }
  }
  return { one: next(), other: next(), pass, pieces };
}

it('makes all pieces of one package before the first of another, which waits while they are written', async () => {
  const { one, other, pass, pieces } = packages();
  const told: string[] = [];
  const written = async (context: PackageContext, name: string) =>
    context.writing(async () => {
      for await (const { byteLength } of context.making(pieces(told, name, 2), true)) {
        expect(byteLength).toBe(10);
        await new Promise((resolve) => setImmediate(resolve));
        told.push(`wrote ${name}`);
        pass(5);
      }
    });
  await Promise.all([written(one, 'a'), written(other, 'b')]);
  expect(told).toEqual(['a0', 'wrote a', 'a1', 'wrote a', 'b0', 'wrote b', 'b1', 'wrote b']);
  for (const { seconds, traffic } of [one, other]) {
    expect(seconds).toEqual({ read: 0, compute: 2, write: 10 });
    expect(traffic.bytesWritten).toBe(20);
  }
});

it('lets others have their turn when the pieces are given up, or not even asked for', async () => {
  const { one, other, pieces } = packages();
  one.making(pieces([], 'never', 1), true);
  const failing = async () => {
    for await (const _ of one.making(pieces([], 'a', 2), true)) throw new Error('the disk is full');
  };
  await expect(failing()).rejects.toThrow('the disk is full');
  const told: string[] = [];
  for await (const _ of other.making(pieces(told, 'b', 1), true));
  expect(told).toEqual(['b0']);
});

it('lets others have their turn between two pieces where storing them is waiting', async () => {
  const { one, other, pieces } = packages();
  const told: string[] = [];
  const written = async (context: PackageContext, name: string) => {
    for await (const _ of context.making(pieces(told, name, 2), false)) await new Promise((go) => setImmediate(go));
  };
  await Promise.all([written(one, 'a'), written(other, 'b')]);
  expect(told).toEqual(['a0', 'b0', 'a1', 'b1']);
});
