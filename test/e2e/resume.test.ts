import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDesk, type Desk, type Running } from './cli.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(async () => {
  await desk[Symbol.asyncDispose]();
});

const JOB = ['multiply', '700x1500', '1500x700', '--seed', '3', '--kernel', 'loops'];

/** Names of what is stored of the only job here. */
function stored(): string[] {
  return readdirSync(desk.path('tessera-jobs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.zarr\/c\//.test(name),
  );
}

/** A job that computes, and its id. */
async function begun(...more: string[]): Promise<Running & { readonly id: string }> {
  const running = desk.start(...JOB, ...more);
  await running.printed('generate');
  const [id] = readdirSync(desk.path('tessera-jobs'));
  return { ...running, id: id! };
}

it('a job that is at work can not be gone on with, and does not notice who tries', async () => {
  const first = await begun('--verbose', '--json');
  const second = await desk.run('resume', first.id);
  expect(second.stderr).toMatch(
    new RegExp(`^tessera: job ${first.id} is at work already, by process \\d+; wait for its end\n$`),
  );
  expect(second.code).toBe(1);
  const { code, stdout } = await first.finished;
  expect(code).toBe(0);
  const { outputs } = JSON.parse(stdout) as { outputs: { A: string; C: string } };
  for (const path of [outputs.A, outputs.C]) expect(existsSync(path)).toBe(true);
  expect(readdirSync(join(desk.path('tessera-jobs'), first.id), 'utf8').filter((name) => name.startsWith('.'))).toEqual(
    [],
  );
});

it('a resume that is interrupted keeps what it went on with, and the next one ends it', async () => {
  const first = await begun();
  await expect.poll(() => stored().length, { timeout: 20_000 }).toBeGreaterThan(0);
  first.child.kill('SIGKILL');
  await first.finished;
  await expect.poll(() => desk.processes(), { timeout: 20_000 }).toEqual([]);
  const before = stored();

  const second = desk.start('resume', first.id);
  await second.printed('created');
  second.child.kill('SIGINT');
  const { code, stdout } = await second.finished;
  expect(code).toBe(130);
  expect(stdout).toContain(`\`resume ${first.id}\` goes on with it again`);
  expect(stored()).toEqual(expect.arrayContaining(before));

  expect(await desk.json('resume', first.id)).toMatchObject({ verified: { ok: true } });
});
