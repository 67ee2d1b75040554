import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allocateTile, createArray, openArray, streamCsv, inspectCsv, wholeRegion, writeCsv } from '@tessera/matrix';
import { expect, onTestFinished, test } from 'vitest';
import { openDesk } from '../e2e/cli.ts';
import { missing, run } from './client-process.ts';

const reason = missing('aws', '--version');
if (reason !== undefined) process.stderr.write(`the test of matrices that the AWS CLI moves is skipped: ${reason}\n`);

/** What `tessera env` prints. */
function exported(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^export (\w+)='([^']*)'$/gm)].map(([, name, value]) => [name, value]));
}

test.skipIf(reason !== undefined)(
  'operands that the AWS CLI put into a bucket are multiplied, and it fetches the results in every format',
  async () => {
    const desk = openDesk();
    onTestFinished(() => desk[Symbol.asyncDispose]());
    const [m, k, n] = [70, 400, 30];
    // Small integers, so that the product is exact whatever the order of summation.
    const a = allocateTile('float64', m, k);
    const b = allocateTile('float64', k, n);
    a.data.forEach((_, i) => (a.data[i] = (i * 31) % 17));
    b.data.forEach((_, i) => (b.data[i] = ((i * 7) % 23) - 11));
    const expected = Float64Array.from({ length: m * n }, (_, i) => {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a.data[Math.floor(i / n) * k + p]! * b.data[p * n + (i % n)]!;
      return sum;
    });
    for (const [name, tile] of Object.entries({ 'A.npy': a, 'B.npy': b, 'A.zarr': a })) {
      const shape = [tile.rows, tile.cols] as const;
      const array = await createArray(desk.path(name), { shape, dtype: 'float64', chunk: [32, 64] });
      await array.write(wholeRegion(shape), tile);
      if (name === 'B.npy') {
        await writeCsv(array, desk.path('B.csv'));
        await writeCsv(array, desk.path('B.csv.gz'));
      }
      await array.close();
    }

    expect(await desk.run('up', '--workers', '1')).toMatchObject({ code: 0 });
    try {
      const env = { ...process.env, ...exported((await desk.run('env')).stdout), AWS_CONFIG_FILE: desk.path('config') };
      writeFileSync(env.AWS_CONFIG_FILE, '');
      const aws = (...args: string[]) => run('aws', args, { env, cwd: desk.folder });
      const bucket = (await aws('s3', 'ls')).trim().split(/\s+/).at(-1)!;
      const at = (name: string) => `s3://${bucket}/${name}`;
      for (const name of ['A.npy', 'B.csv', 'B.csv.gz']) await aws('s3', 'cp', '--quiet', name, at(name));
      await aws('s3', 'cp', '--quiet', '--recursive', 'A.zarr', at('A.zarr'));

      for (const [first, second, extension] of [
        ['A.npy', 'B.csv', 'npy'],
        ['A.zarr', 'B.csv.gz', 'csv'],
        ['A.npy', 'B.csv', 'csv.gz'],
        ['A.npy', 'B.csv', 'zarr'],
      ] as const) {
        const name = `C.${extension}`;
        const outcome = await desk.json('multiply', at(first), at(second), '--out', at(`out/${name}`));
        expect(outcome).toMatchObject({ verified: { ok: true }, outputs: { C: at(`out/${name}`) } });
        const fetched = join(desk.folder, 'fetched', name);
        const how = extension === 'zarr' ? ['--recursive'] : [];
        await aws('s3', 'cp', '--quiet', ...how, at(`out/${name}`), fetched);
        expect(await numbers(fetched)).toEqual([...expected]);
      }
      await aws('s3', 'cp', '--quiet', 'B.csv', at('taken.zarr/precious.csv'));
      const taken = await desk.run('add', '2x2', '--out', at('taken.zarr'));
      expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a Zarr array') });
      expect(await aws('s3', 'ls', at('taken.zarr/'))).toContain('precious.csv');
      const missingBucket = await desk.run('add', '2x2', '--out', 's3://no-such-bucket/C.npy');
      expect(missingBucket).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such bucket') });
    } finally {
      expect(await desk.run('down')).toMatchObject({ code: 0 });
    }
  },
  120_000,
);

async function numbers(path: string): Promise<number[]> {
  if (!/\.csv(\.gz)?$/.test(path)) {
    const array = await openArray(path);
    return [...(await array.read(wholeRegion(array.shape))).data];
  }
  const { rows, cols, ...text } = await inspectCsv(path);
  for await (const tile of streamCsv(text, { cols, dtype: 'float64', rowsPerTile: rows })) return [...tile.data];
  return [];
}
