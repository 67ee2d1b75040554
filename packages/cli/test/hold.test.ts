import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTime } from '@tessera/local-cloud/lifecycle';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdJob, isHoldFile } from '../src/job/hold.ts';

const JOB = '20260102-030405-abcde';
let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tessera hold-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What another process would have left in the folder. */
function leave(pid: number, facts: Partial<{ startTime: string; host: string }> = {}): void {
  const holder = { pid, startTime: startTime(pid), host: hostname(), ...facts };
  writeFileSync(join(folder, `.held-by-${pid}`), JSON.stringify(holder));
}

/** Another process, while `work` is done. */
async function withOther(work: (pid: number) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  try {
    await once(child, 'spawn');
    await work(child.pid!);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

test('a folder is made, held and left as it was', async () => {
  const place = join(folder, 'job');
  const hold = await holdJob(place, JOB);
  expect(readdirSync(place).every(isHoldFile)).toBe(true);
  await hold.release();
  await hold.release();
  expect(readdirSync(place)).toEqual([]);
});

test('nobody holds what a process that lives holds, and that one keeps it', async () => {
  await withOther(async (pid) => {
    leave(pid);
    await expect(holdJob(folder, JOB)).rejects.toThrow(`job ${JOB} is at work already, by process ${pid}; wait`);
    expect(readdirSync(folder)).toEqual([`.held-by-${pid}`]);
  });
  // It is dead now, without having released anything.
  await holdJob(folder, JOB);
  expect(readdirSync(folder)).toEqual([`.held-by-${process.pid}`]);
});

test('a pid that was given to another process since holds nothing', async () => {
  await withOther(async (pid) => {
    leave(pid, { startTime: 'long ago' });
    await holdJob(folder, JOB);
    expect(readdirSync(folder)).toEqual([`.held-by-${process.pid}`]);
  });
});

test('of another machine it is not known who lives', async () => {
  leave(1, { host: 'elsewhere' });
  await expect(holdJob(folder, JOB)).rejects.toThrow(/on elsewhere \(if it is not, remove .*held-by-1\)/);
});

test('what nobody of us wrote holds nothing', async () => {
  writeFileSync(join(folder, '.held-by-1'), '{"pid":');
  await holdJob(folder, JOB);
  expect(readdirSync(folder)).toEqual([`.held-by-${process.pid}`]);
});
