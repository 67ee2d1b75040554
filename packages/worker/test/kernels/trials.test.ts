import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Trials } from '../../src/kernels/trials.ts';

describe('trials of native code', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-trials-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Leaves what a process leaves that dies in the library's first call: the file that it had written. */
  const crashed = (path: string, pid: number): void => {
    let file = '';
    new Trials(folder, pid, () => true).attempt(path, () => {
      file = readdirSync(folder).find((name) => name.endsWith(`-${pid}`))!;
    });
    writeFileSync(join(folder, file), path);
  };

  it('leaves nothing behind after calls that return or throw', () => {
    const trials = new Trials(folder);
    expect(trials.attempt('libx.so', () => 42)).toBe(42);
    expect(() =>
      trials.attempt('libx.so', () => {
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('tries again after one crash, which may have been somebody’s kill', () => {
    crashed('libx.so', 999_999_001);
    expect(new Trials(folder).attempt('libx.so', () => true)).toBe(true);
  });

  it('skips a library that ended two processes, and no other', () => {
    crashed('libx.so', 999_999_001);
    crashed('libx.so', 999_999_002);
    expect(new Trials(folder).attempt('libx.so', () => true)).toBeUndefined();
    expect(new Trials(folder).attempt('liby.so', () => true)).toBe(true);
  });

  it('does not mistake workers that are trying right now for crashed ones', () => {
    crashed('libx.so', 999_999_001);
    crashed('libx.so', 999_999_002);
    const everyoneLives = new Trials(folder, process.pid, () => true);
    expect(everyoneLives.attempt('libx.so', () => true)).toBe(true);
  });

  it('forgets after a day', () => {
    for (const pid of [999_999_001, 999_999_002]) crashed('libx.so', pid);
    const old = Date.now() / 1000 - 25 * 3600;
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
    expect(new Trials(folder).attempt('libx.so', () => true)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does without a folder that cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(new Trials(join(folder, 'file', 'below')).attempt('libx.so', () => true)).toBe(true);
  });
});
