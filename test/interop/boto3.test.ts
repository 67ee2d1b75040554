import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientEnvironment, cloudAndFolder, missing, run } from './client-process.ts';

const reason = missing('python3', '-c', 'import boto3');
if (reason !== undefined) process.stderr.write(`the tests with boto3 are skipped: ${reason}\n`);

test.skipIf(reason !== undefined)(
  'the notebook flow runs with boto3: a fleet, a command, its log followed to the end, a cancel',
  async () => {
    const { cloud, folder } = await cloudAndFolder();
    const script = join(import.meta.dirname, 'notebook_flow.py');
    const printed = await run('python3', [script], { env: clientEnvironment(cloud, folder), cwd: folder });
    expect(JSON.parse(printed)).toEqual({
      queues: ['JobToWorker', 'ResultToMaster'],
      workers: 3,
      found_again: true,
      restarted: true,
      followed: [
        'The operation has been decomposed into 24 work packages',
        'All the results have been received',
        'Done!',
      ],
      master: 'Success',
      workers_after_cancel: ['Cancelled', 'Cancelled', 'Cancelled'],
      result: 'C',
      paged: 7,
      error: 'InvalidInstanceID.NotFound',
    });
  },
);
