import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beginCloud, looksLikeLocalJob } from '../src/cloud/begin.ts';

describe('what looks like a job for a local cloud of its own', () => {
  test.each([['add 1000x1000'], ['multiply A.npy B.csv --out C.csv -w 2'], ['gram A.npy --seed 7'], ['subtract']])(
    '%s',
    (line) => expect(looksLikeLocalJob(line.split(' '))).toBe(true),
  );

  test.each([
    [''],
    ['--version'],
    ['up'],
    ['resume 20261123-004330-shzb9'],
    ['toString'],
    ['add 2x2 --plan'],
    ['add --help'],
    ['add 2x2 --cloud aws'],
    ['add 2x2 --cloud=aws'],
  ])('and not %s', (line) => expect(looksLikeLocalJob(line.split(' '))).toBe(false));
});

describe('a cloud that was begun', () => {
  let root: string;
  let stateRoot: string;
  /** Stands for the local cloud: says that it is ready, and goes when its standard input is closed. */
  const program = `
    import { writeFileSync, rmSync } from 'node:fs';
    const dir = process.argv[process.argv.indexOf('--state-dir') + 1];
    const stat = (await import('node:fs')).readFileSync('/proc/self/stat', 'latin1');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const facts = { v: 1, endpoint: 'e', region: 'r', accessKeyId: 'a', secretAccessKey: 's', cloudId: 'c' };
    const cloud = { ...facts, detached: false, process: { pid: process.pid, startTime } };
    writeFileSync(dir + '/cloud.json', JSON.stringify(cloud));
    process.stdin.on('end', () => { rmSync(dir, { recursive: true }); process.exit(); }).resume();
    console.log('ready');
  `;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tessera-begin-'));
    stateRoot = join(root, 'state');
    mkdirSync(join(root, 'infra/local-cloud/dist'), { recursive: true });
    writeFileSync(join(root, 'infra/local-cloud/dist/local-cloud.mjs'), program);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));

  const begin = () => beginCloud(['add', '2x2'], { stateRoot, root })!;
  const left = () => (existsSync(stateRoot) ? readdirSync(stateRoot) : []);

  test.skipIf(process.platform !== 'linux')('is there for the one who takes it, and is then his to end', async () => {
    const begun = begin();
    const cloud = await begun.take(new AbortController().signal);
    expect(cloud.endpoint).toBe('e');
    await begun.abandon();
    expect(left()).toHaveLength(1);
    await cloud.stop();
    expect(left()).toEqual([]);
  });

  test('is gone when nobody took it, while it starts', async () => {
    const begun = begin();
    expect(left()).toHaveLength(1);
    await begun.abandon();
    expect(existsSync(stateRoot)).toBe(false);
  });

  test('is gone when whoever took it wants to stop before it is ready', async () => {
    const stop = new AbortController();
    const taken = begin().take(stop.signal);
    stop.abort(new Error('enough'));
    await expect(taken).rejects.toThrow('enough');
    expect(left()).toEqual([]);
  });

  test('that can not be started says so to the one who takes it, and to nobody else', async () => {
    rmSync(join(root, 'infra'), { recursive: true });
    await begin().abandon();
    await expect(begin().take(new AbortController().signal)).rejects.toThrow('did not start');
  });
});
