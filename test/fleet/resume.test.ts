import { openStore } from '@tessera/matrix';
import { jobKey, type OperandSpec } from '@tessera/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localS3 } from '../../packages/matrix/test/s3.ts';
import { startInProcessFleet, type InProcessFleet } from './in-process.ts';

const s3 = localS3();
const context = { s3: () => s3.client() };
let fleet: InProcessFleet;
beforeAll(async () => {
  fleet = await startInProcessFleet({ context });
});
afterAll(() => fleet[Symbol.asyncDispose]());

it.each(['file', 's3'])(
  'a job that lost tiles of its result in a %s store makes those, and no others',
  async (scheme) => {
    const workspace = scheme === 's3' ? `s3://${s3.bucket}/resumed` : fleet.url('resumed');
    const operand = (name: string, number: number): OperandSpec => ({
      kind: 'random',
      shape: [1500, 1100],
      recipe: { seed: '7', operand: number, distribution: { kind: 'uniform' } },
      url: `${workspace}/${name}.zarr`,
    });
    const job = {
      jobId: `resumed-${scheme}`,
      op: 'add' as const,
      operands: { A: operand('A', 0), B: operand('B', 1) },
      fleet: { workers: 2, memoryBytes: 1 << 30, cores: 1 },
      workspace,
      output: { url: `${workspace}/C.zarr` },
    };
    const first = await fleet.run(job);
    expect(first.report.error).toBeUndefined();
    const phases = new Map(
      first.events.flatMap((event) =>
        event.event === 'job:planned' ? event.phases.map((p) => [p.phase, p.packages]) : [],
      ),
    );

    const c = await openStore(`${workspace}/C.zarr`, context);
    const tiles = [];
    for await (const { key } of c.list('c')) tiles.push(key);
    expect(tiles.length).toBeGreaterThan(1);
    const wanted = await c.get(tiles[0]!);
    // One is gone, as if its worker had died, and of no other is anything known but its size.
    await c.delete(tiles[0]!);
    await fleet.objects.delete(jobKey(job.jobId, 'report'));

    const again = await fleet.run(job);
    expect(again.report).toMatchObject({ status: 'done', verified: { ok: true } });
    expect(again.report.packages).toBe(1 + phases.get('verify')!);
    expect(await c.get(tiles[0]!)).toEqual(wanted);
  },
);

it('a tile that went bad since is found by the check that reads it, and made again', async () => {
  const workspace = fleet.url('bad');
  const operand = (name: string, number: number): OperandSpec => ({
    kind: 'random',
    shape: [300, 300],
    recipe: { seed: '7', operand: number, distribution: { kind: 'uniform' } },
    url: `${workspace}/${name}.zarr`,
  });
  const job = {
    jobId: 'resumed-bad',
    op: 'add' as const,
    operands: { A: operand('A', 0), B: operand('B', 1) },
    workspace,
    output: { url: `${workspace}/C.zarr` },
  };
  expect((await fleet.run(job)).report.status).toBe('done');
  const c = await openStore(`${workspace}/C.zarr`, context);
  let tile = '';
  for await (const { key } of c.list('c')) tile = key;
  const bytes = (await c.get(tile))!;
  const damaged = new Uint8Array(bytes);
  damaged[100]! ^= 1;
  await c.set(tile, damaged);
  await fleet.objects.delete(jobKey(job.jobId, 'report'));
  expect((await fleet.run(job)).report).toMatchObject({ status: 'done', verified: { ok: true } });
  expect(await c.get(tile)).toEqual(bytes);
});
