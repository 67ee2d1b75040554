import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chanceOf } from './chance.ts';
import { chunkFiles, kill } from './faults/troubles.ts';
import { ChaosCommand } from './run/command.ts';
import { jobNamed } from './run/jobs.ts';
import { canLook, signal } from './run/processes.ts';
import { judge } from './run/verdict.ts';
import { limit } from './limit.ts';
import { answers, play, sendsComparison } from './scenario.ts';

/** Packages of the job that these tests run, if nothing goes wrong: counted by a run of it. */
const job = jobNamed('product');

/** What tells a chunk that was stored once from one that was stored again, be it with the same bytes: its inode. */
function identities(command: ChaosCommand): Map<string, string> {
  const files = ['A', 'B', 'C'].flatMap((name) => chunkFiles(command, name));
  return new Map(files.map((path) => [path, `${statSync(path).ino} ${statSync(path).mtimeMs}`]));
}

/** Two at a time: they mostly wait. */
const inTurn = limit(2);

describe.runIf(canLook).concurrent('what was stored is not made again', { timeout: 300_000 }, () => {
  it('by a master that was killed and is started again', () =>
    inTurn(async () => {
      const whole = await play({ job, workers: 2, seed: 0, troubles: [] });
      expect(whole).toMatchObject({ outcome: 'verified' });
      const planned = (JSON.parse(whole.ended.stdout) as { packages: number }).packages;

      await using command = await ChaosCommand.open({ job, workers: 2, latencyMs: 15 });
      const chance = chanceOf(1);
      let stored = new Map<string, string>();
      let masters: number[] = [];
      // The first block of C is stored and its answer on the way: the one who waits for it dies.
      command.proxy.once(answers('compute'), async () => {
        masters = command.processes('master');
        await kill('master')(command, chance);
        stored = identities(command);
      });
      // The next master has begun to check: everything was there by then.
      let after: Map<string, string> | undefined;
      let successors: number[] = [];
      command.proxy.once(sendsComparison, () => {
        after = identities(command);
        successors = command.processes('master');
      });
      const ended = await command.run();
      expect(await judge(job, ended)).toMatchObject({ outcome: 'verified' });
      expect(masters).toHaveLength(1);
      expect(successors).toHaveLength(1);
      expect(successors).not.toEqual(masters);
      expect([...stored.keys()].some((path) => path.includes('C.zarr'))).toBe(true);
      for (const [path, identity] of stored) expect(after!.get(path)).toBe(identity);
      // The report is the successor's: what it found in the store it did not send.
      const { packages } = JSON.parse(ended.stdout) as { packages: number };
      expect(packages).toBeLessThan(planned - stored.size / 2);
    }));

  it('by one that is killed four times, which then fails its job and says so', () =>
    inTurn(async () => {
      await using command = await ChaosCommand.open({ job, workers: 2 });
      const hunt = (async () => {
        const killed = new Set<number>();
        while (!command.ended) {
          for (const pid of await command.awaitProcesses('master')) if (signal(pid, 'SIGKILL')) killed.add(pid);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        return killed.size;
      })();
      const ended = await command.run();
      expect(await judge(job, ended)).toMatchObject({
        outcome: 'failed with a reason',
        detail: expect.stringContaining('given up after 4 starts') as string,
      });
      expect(await hunt).toBe(4);
    }));

  it('by a command that was killed with everything under it, and is told to go on', () =>
    inTurn(async () => {
      await using command = await ChaosCommand.open({ job, workers: 2, latencyMs: 15 });
      command.proxy.once(answers('compute'), () => void signal(command.pid, 'SIGKILL'));
      expect(await judge(job, await command.run())).toMatchObject({ outcome: 'interrupted' });
      const stored = identities(command);
      expect([...stored.keys()].some((path) => path.includes('C.zarr'))).toBe(true);

      let after: Map<string, string> | undefined;
      command.proxy.once(sendsComparison, () => void (after = identities(command)));
      const ended = await command.run(['resume', command.jobId!]);
      expect(await judge(job, ended)).toMatchObject({ outcome: 'verified' });
      for (const [path, identity] of stored) expect(after!.get(path)).toBe(identity);
    }));
});
