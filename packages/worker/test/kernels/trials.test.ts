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

  /** Leaves what a process leaves that died in the library's first call so long ago: the file that it had written. */
  const crashed = (path: string, pid: number, secondsAgo: number): void => {
    let file = '';
    new Trials(folder, pid, () => true).attempt(path, () => {
      file = join(
        folder,
        readdirSync(folder).find((name) => name.endsWith(`-${pid}`))!,
      );
    });
    writeFileSync(file, path);
    const at = Date.now() / 1000 - secondsAgo;
    utimesSync(file, at, at);
  };
  /** Three crashes, as of a worker that is started again and again. */
  const crashedThrice = (path: string, secondsAgo = 0) => {
    for (const i of [1, 2, 3]) crashed(path, 999_999_000 + i, secondsAgo + 2 * i);
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

  it('tries again after two crashes, which may have been kills, and believes so when that ends well', () => {
    crashed('libx.so', 999_999_001, 20);
    crashed('libx.so', 999_999_002, 10);
    expect(new Trials(folder).attempt('libx.so', () => true)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('skips a library that ended three processes in a row, and no other', () => {
    crashedThrice('libx.so');
    expect(new Trials(folder).attempt('libx.so', () => true)).toBeUndefined();
    expect(new Trials(folder).attempt('liby.so', () => true)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('counts workers that died together, as when a fleet is ended, once', () => {
    for (const i of [0, 1, 2, 3]) crashed('libx.so', 999_999_000 + i, 10 + i / 5);
    expect(new Trials(folder).attempt('libx.so', () => true)).toBe(true);
  });

  it('does not mistake workers that are trying right now for crashed ones', () => {
    crashedThrice('libx.so');
    const everyoneLives = new Trials(folder, process.pid, () => true);
    expect(everyoneLives.attempt('libx.so', () => true)).toBe(true);
  });

  it('forgets after a day', () => {
    crashedThrice('libx.so', 25 * 3600);
    expect(new Trials(folder).attempt('libx.so', () => true)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does without a folder that cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(new Trials(join(folder, 'file', 'below')).attempt('libx.so', () => true)).toBe(true);
  });

  it('go on without a folder where none can be made', () => {
    for (const place of ['/proc/1', '/dev/null/x'])
      expect(new Trials(join(place, 'tessera')).attempt('/lib/x.so', () => 'loaded')).toBe('loaded');
  });
});
