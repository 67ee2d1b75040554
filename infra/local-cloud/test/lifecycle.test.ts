import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findRunningCloud, spawnLocalCloud, sweepDeadClouds } from '../src/lifecycle/index.ts';
import type { CloudHandle } from '../src/lifecycle/index.ts';
import { readCloudFile } from '../src/lifecycle/cloud-file.ts';
import { startTime } from '../src/processes/start-time.ts';
import { clientsFor, eventually, onlineInstances, runOn, scratch, send } from './cloud.ts';
import { allGone, pidsIn } from './pids.ts';

const packageDir = join(import.meta.dirname, '..');
const nodePath = process.execPath;
// Built for this file alone: other tests may be running the one in dist.
const buildDir = mkdtempSync(join(tmpdir(), 'tessera-cloud-build-'));
const script = join(buildDir, 'local-cloud.mjs');

beforeAll(async () => {
  const built = spawn(nodePath, ['build.mjs', script], { cwd: packageDir, stdio: 'inherit' });
  const [code] = (await once(built, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the bundle could not be built: exit code ${code}`);
});
afterAll(() => rmSync(buildDir, { recursive: true, force: true }));

const stranger = "setsid sh -c 'echo $$ >> pids; exec sleep 600' < /dev/null > /dev/null 2>&1 &";

/** A cloud in a process of its own, and processes of one instance, one of them out of its session. */
async function withProcesses(handle: CloudHandle) {
  onTestFinished(() => handle.stop());
  const clients = clientsFor(handle);
  const [id] = await onlineInstances(clients);
  const file = join(handle.stateDir, 'instances', id!, 'pids');
  await send(clients, id!, ['sleep 600 & echo $! >> pids', 'echo $$ >> pids', stranger, 'wait']);
  const pids = await eventually(() => (pidsIn(file).length === 3 ? pidsIn(file) : undefined), 'all processes run');
  return { ...clients, id: id!, pids };
}

/** What a cloud leaves that died without cleaning up. */
function fake(stateRoot: string, process: { pid: number; startTime: string }): string {
  const stateDir = join(stateRoot, 'cloud-fake');
  mkdirSync(join(stateDir, 'groups'), { recursive: true });
  const text = {
    v: 1,
    endpoint: 'http://127.0.0.1:1',
    region: 'r',
    accessKeyId: 'a',
    secretAccessKey: 's',
    cloudId: 'c',
    detached: true,
    process,
  };
  writeFileSync(join(stateDir, 'cloud.json'), JSON.stringify(text));
  return stateDir;
}

/** Permissions. */
const mode = (path: string): number => statSync(path).mode & 0o777;

const started = (stateRoot: string, detached: boolean) => spawnLocalCloud({ stateRoot, script, nodePath, detached });

/** The watchdog of a cloud: the only other process whose command line names the directory. */
function watchdogOf(stateDir: string): number {
  const found = readdirSync('/proc').find((entry) => {
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      return line.includes('tessera-watchdog') && line.includes(stateDir);
    } catch {
      return false;
    }
  });
  return Number(found);
}

describe('a cloud in its own process', () => {
  test('keeps its state for its owner only, and leaves nothing when it is stopped', async () => {
    const stateRoot = join(scratch(), 'a folder with spaces');
    const handle = await started(stateRoot, false);
    const { pids } = await withProcesses(handle);
    expect(mode(stateRoot)).toBe(0o700);
    expect(mode(handle.stateDir)).toBe(0o700);
    expect(mode(join(handle.stateDir, 'cloud.json'))).toBe(0o600);
    expect(readCloudFile(handle.stateDir)).toMatchObject({
      endpoint: handle.endpoint,
      process: { pid: handle.pid },
      detached: false,
    });
    expect(await findRunningCloud(stateRoot)).toBeUndefined();
    expect(await sweepDeadClouds(stateRoot)).toEqual([]);
    await handle.stop();
    expect(allGone([handle.pid, ...pids])).toBe(true);
    expect(readdirSync(stateRoot)).toEqual([]);
  });

  test('is found by later commands when it was started to stay, and stopped by them', async () => {
    const stateRoot = scratch();
    const handle = await started(stateRoot, true);
    const found = await findRunningCloud(stateRoot);
    expect(found).toMatchObject({
      endpoint: handle.endpoint,
      secretAccessKey: handle.secretAccessKey,
      pid: handle.pid,
      detached: true,
    });
    const clients = clientsFor(found!);
    const [id] = await onlineInstances(clients);
    expect(await runOn(clients, id!, 'echo $0')).toMatchObject({ Status: 'Success' });
    await found!.stop();
    expect(allGone([handle.pid])).toBe(true);
    expect(readdirSync(stateRoot)).toEqual([]);
    expect(await findRunningCloud(stateRoot)).toBeUndefined();
  });

  test('ends with its parent, even when that is killed with -9', async () => {
    const stateRoot = scratch();
    const lifecycle = join(packageDir, 'src', 'lifecycle', 'index.ts');
    const code = `const { spawnLocalCloud } = await import(${JSON.stringify(lifecycle)});
      const handle = await spawnLocalCloud(${JSON.stringify({ stateRoot, script, nodePath, detached: false })});
      process.stdout.write(JSON.stringify({ ...handle, stop: undefined }) + '\\n');
      setInterval(() => {}, 1000);`;
    const parent = spawn(nodePath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const line = await new Promise<string>((resolve) =>
      parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    const handle = JSON.parse(line) as CloudHandle;
    const { pids } = await withProcesses({ ...handle, stop: async () => undefined });
    parent.kill('SIGKILL');
    await eventually(() => (existsSync(handle.stateDir) ? undefined : true), 'the directory is removed');
    await eventually(() => allGone([handle.pid, ...pids]) || undefined, 'every process has ended');
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('tears everything down on %s', async (signal) => {
    const stateRoot = scratch();
    const handle = await started(stateRoot, true);
    const { pids } = await withProcesses(handle);
    process.kill(handle.pid, signal);
    await eventually(() => (existsSync(handle.stateDir) ? undefined : true), 'the directory is removed');
    await eventually(() => allGone([handle.pid, ...pids]) || undefined, 'every process has ended');
  });

  test('leaves nothing when it is killed with -9: its watchdog cleans up', async () => {
    const stateRoot = scratch();
    const handle = await started(stateRoot, true);
    const { pids } = await withProcesses(handle);
    const watchdog = watchdogOf(handle.stateDir);
    expect(watchdog).toBeGreaterThan(1);
    process.kill(handle.pid, 'SIGKILL');
    await eventually(() => (existsSync(handle.stateDir) ? undefined : true), 'the directory is removed');
    expect(allGone([handle.pid, ...pids])).toBe(true);
    await eventually(() => allGone([watchdog]) || undefined, 'the watchdog has ended');
  });

  test('is cleaned up after by the next start when its watchdog was killed too', async () => {
    const stateRoot = scratch();
    const handle = await started(stateRoot, true);
    const { pids } = await withProcesses(handle);
    process.kill(watchdogOf(handle.stateDir), 'SIGKILL');
    process.kill(handle.pid, 'SIGKILL');
    await eventually(() => allGone([handle.pid]) || undefined, 'the cloud is dead');
    expect(allGone(pids)).toBe(false);
    expect(await sweepDeadClouds(stateRoot)).toEqual([handle.stateDir]);
    expect(allGone(pids)).toBe(true);
    expect(existsSync(handle.stateDir)).toBe(false);
  });

  test('says what was wrong when it could not start, and leaves nothing', async () => {
    const stateRoot = scratch();
    const broken = join(scratch(), 'broken.mjs');
    writeFileSync(broken, 'throw new Error("out of cheese");');
    await expect(spawnLocalCloud({ stateRoot, script: broken, nodePath, detached: false })).rejects.toMatchObject({
      _tag: 'CloudStartError',
      message: expect.stringContaining('out of cheese'),
    });
    const stop = new AbortController();
    const starting = spawnLocalCloud({ stateRoot, script, nodePath, detached: false, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(starting).rejects.toThrow('enough');
    await eventually(() => (readdirSync(stateRoot).length === 0 ? true : undefined), 'no directory is left');
  });
});

describe('the sweep', () => {
  test('kills no process that was given the pid of a dead one', async () => {
    const stateRoot = scratch();
    const innocent = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void innocent.kill('SIGKILL'));
    const stateDir = fake(stateRoot, { pid: innocent.pid!, startTime: '1' });
    writeFileSync(join(stateDir, 'groups', String(innocent.pid)), '1');
    expect(await findRunningCloud(stateRoot)).toBeUndefined();
    expect(await sweepDeadClouds(stateRoot)).toEqual([stateDir]);
    expect(startTime(innocent.pid!)).toBeDefined();
  });

  test('takes the address of a dead cloud for nobody, when somebody else answers there', async () => {
    const stateRoot = scratch();
    const handle = await started(scratch(), true);
    onTestFinished(() => handle.stop());
    const stateDir = fake(stateRoot, { pid: process.pid, startTime: startTime(process.pid)! });
    const text = readFileSync(join(stateDir, 'cloud.json'), 'utf8');
    writeFileSync(join(stateDir, 'cloud.json'), text.replace('http://127.0.0.1:1', handle.endpoint));
    expect(await findRunningCloud(stateRoot)).toBeUndefined();
  });

  test('leaves alone what is just being started, and takes away what never became a cloud', async () => {
    const stateRoot = scratch();
    const young = join(stateRoot, 'cloud-young');
    const old = join(stateRoot, 'cloud-old');
    mkdirSync(young);
    mkdirSync(old);
    mkdirSync(join(stateRoot, 'something-else'));
    utimesSync(old, 1000, 1000);
    expect(await sweepDeadClouds(stateRoot)).toEqual([old]);
    expect(readdirSync(stateRoot).sort()).toEqual(['cloud-young', 'something-else']);
    expect(await sweepDeadClouds(join(stateRoot, 'missing'))).toEqual([]);
  });
});

test('the lifecycle loads nothing but modules of Node', async () => {
  const entry = join(packageDir, 'src', 'lifecycle', 'index.ts');
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    outdir: 'x',
  });
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'))).toEqual([]);
  expect(outputFiles[0]!.text.length).toBeLessThan(40_000);
});
