import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createArray } from '@tessera/matrix';
import { Manifest } from '@tessera/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunCommand } from '../src/arguments/command.ts';
import { parseArguments } from '../src/arguments/parse.ts';
import { readOperand } from '../src/input/operand.ts';
import { localPlaces } from '../src/input/places.ts';
import { givenFiles, keepRecord, parseRecord, recordPath, type JobRecord } from '../src/job/record.ts';
import { makeRequest } from '../src/job/request.ts';
import { resumedJob } from '../src/job/resumed-job.ts';
import { makeSpec } from '../src/job/spec.ts';

const JOB = '20260102-030405-abcde';
const NO_S3 = {
  s3: () => {
    throw new Error('nothing is in a bucket');
  },
};
let folder = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tessera resume-'));
  const a = await createArray(pathToFileURL(join(folder, 'A.npy')).href, { shape: [40, 30], dtype: 'float64' });
  await a.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The record of `multiply A.npy 30x20`, as a run leaves it. */
async function begun(): Promise<JobRecord> {
  const { op, job } = parseArguments(['multiply', 'A.npy', '30x20'], '0') as RunCommand;
  const operands = { A: await readOperand(folder, 'A.npy', NO_S3), B: await readOperand(folder, '30x20', NO_S3) };
  const request = makeRequest(op, operands, job, undefined, () => 0.5);
  const size = { workers: 2, memoryBytes: 1e9, threads: 1 };
  const spec = makeSpec(request, localPlaces(folder, JOB, undefined), size, { jobId: JOB, cluster: 'default' });
  return { ...spec, home: { out: null, given: await givenFiles(operands) } };
}

const goOn = (record: JobRecord, from = folder) => resumedJob(record, localPlaces(from, JOB, undefined), NO_S3);

test('a record says all that is needed to go on', async () => {
  const record = await begun();
  const workspace = join(folder, 'tessera-jobs', JOB);
  mkdirSync(workspace, { recursive: true });
  await keepRecord(record, workspace);
  expect(existsSync(recordPath(workspace))).toBe(true);
  const job = await goOn(parseRecord(JSON.stringify(record)));
  expect(job).toMatchObject({ id: JOB, workers: 2, resumed: { packages: expect.any(Number) } });
  expect(Manifest.parse(job.resumed!.manifest)).toEqual(job.resumed!.manifest);
  expect(await job.submission({ bucket: 'b', workers: 5 })).toMatchObject({ record: { fleet: { workers: 2 } } });
});

test('an operand that is gone or has changed ends it in one line', async () => {
  const record = await begun();
  renameSync(join(folder, 'A.npy'), join(folder, 'elsewhere.npy'));
  await expect(goOn(record)).rejects.toThrow(`job ${JOB} can't go on: its operand A, ${folder}/A.npy, is gone`);
  writeFileSync(join(folder, 'A.npy'), 'other');
  await expect(goOn(record)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('has changed since it began'),
  });
});

test('tiles that were cut otherwise are not gone on with', async () => {
  const record = await begun();
  const url = record.output.url;
  const other = await createArray(url, { shape: [40, 20], dtype: 'float64', chunk: [7, 3] });
  await other.close();
  await expect(goOn(record)).rejects.toThrow('was begun by a version of Tessera that cuts it otherwise');
});

test('a workspace that was moved is not gone on with', async () => {
  await expect(goOn(await begun(), '/elsewhere')).rejects.toThrow('its folder has been moved');
});
