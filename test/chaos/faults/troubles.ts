import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../chance.ts';
import { VISIBILITY_SECONDS, type ChaosCommand } from '../run/command.ts';
import { groupOf, signal, startOf, type Role } from '../run/processes.ts';
import type { Fate } from './proxy.ts';

/** Something that goes wrong around a running command. @returns what was done, for the log; undefined when it came too late */
export type Trouble = (command: ChaosCommand, chance: Chance) => Promise<string | undefined>;

/** A program dies, as it does when memory runs out. */
export const kill =
  (role: Role, how: 'one' | 'all' = 'one', name: NodeJS.Signals = 'SIGKILL'): Trouble =>
  async (command, chance) => {
    const found = command.processes(role);
    const chosen = how === 'all' ? found : found.length === 0 ? [] : [chance.pick(found)];
    const hit = chosen.filter((pid) => signal(pid, name));
    return hit.length === 0 ? undefined : `${name} to ${role} ${hit.join(', ')}`;
  };

/** A program stands still and goes on as if nothing had been: a laptop that sleeps, a machine that swaps. */
export const freeze =
  (role: Role, ms: number): Trouble =>
  async (command, chance) => {
    const found = command.processes(role);
    const pid = found.length === 0 ? undefined : chance.pick(found);
    if (pid === undefined || !signal(pid, 'SIGSTOP')) return undefined;
    await sleep(ms);
    signal(pid, 'SIGCONT');
    return `${role} ${pid} stood still for ${ms} ms`;
  };

/** Long enough that the package it holds goes to another. */
export const freezeWorker = freeze('worker', VISIBILITY_SECONDS * 1000 + 1200);

/** A worker and the shell that would start it again die: the instance is lost. */
export const loseInstance: Trouble = async (command, chance) => {
  const found = command.processes('worker');
  const group = found.length === 0 ? undefined : groupOf(chance.pick(found));
  return group !== undefined && signal(-group, 'SIGKILL') ? `lost instance of group ${group}` : undefined;
};

/** The same worker once more, on the same instance, with the same name and environment. */
export const startTwice: Trouble = async (command) => {
  const [pid] = command.processes('worker');
  const start = pid === undefined ? undefined : startOf(pid);
  if (start === undefined || start.args.length === 0) return undefined;
  const [program, ...args] = start.args;
  const child = spawn(program!, args, { cwd: start.cwd, env: start.env, stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
  return `worker ${pid} started again as ${child.pid}`;
};

/** For a while requests meet another fate, each with a probability. */
export const disturb =
  (fate: Fate, share: number, ms: number): Trouble =>
  async ({ proxy }, chance) => {
    const decide = () => (chance.next() < share ? fate : undefined);
    proxy.deciders.add(decide);
    await sleep(ms);
    proxy.deciders.delete(decide);
    return `${fate.kind} for ${ms} ms, ${Math.round(share * 100)} % of requests`;
  };

/** What is sent into queues arrives twice, to the end of the run. */
export const sendTwice: Trouble = async ({ proxy }) => {
  proxy.deciders.add((exchange) => (exchange.sent.length > 0 ? { kind: 'twice' } : undefined));
  return 'all messages twice';
};

/** For a while nothing can be stored. */
export const fillDisk =
  (ms: number): Trouble =>
  async (command) => {
    command.fillDisk(true);
    await sleep(ms);
    command.fillDisk(false);
    return `disk full for ${ms} ms`;
  };

/** One bit of a stored chunk is not what it was. */
export const flipBit =
  (arrays: readonly string[]): Trouble =>
  async (command, chance) => {
    const files = arrays.flatMap((name) => chunkFiles(command, name));
    if (files.length === 0) return undefined;
    const path = chance.pick(files);
    const bytes = readFileSync(path);
    const at = chance.between(0, bytes.length - 1);
    bytes[at]! ^= 1 << chance.between(0, 7);
    // In place, as a disk does it: neither time nor name of the file is of interest to anybody.
    writeFileSync(path, bytes);
    return `flipped a bit of byte ${at} of ${path.slice(path.indexOf('.zarr') - 1)}`;
  };

/** Paths of an array's stored chunks. */
export function chunkFiles(command: ChaosCommand, name: string): string[] {
  const folder = command.array(name);
  if (folder === undefined) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\d+$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The person at the keyboard gives up, politely or not. */
export const endCommand =
  (name: NodeJS.Signals): Trouble =>
  async (command) =>
    signal(command.pid, name) ? `${name} to the command` : undefined;
