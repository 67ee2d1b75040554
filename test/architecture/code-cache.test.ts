import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

describe('a loader', () => {
  let folder: string;
  let caches: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-loader-'));
    caches = join(folder, 'caches');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Writes a bundle that prints what it was given, and its loader. */
  const write = (shipped: boolean, said = 'hello', lives = 500) => {
    const body = `require('node:fs').writeSync(1, ${JSON.stringify(said)} + ' ' + url); setTimeout(() => {}, ${lives});`;
    writeFileSync(join(folder, 'program.js'), `(function (require, url) {${body}})`);
    const script = `(await import(${JSON.stringify(join(root, 'scripts/code-cache.mjs'))})).writeLoader(process.argv[1], 'program', { shipped: ${shipped} });`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script, folder]);
  };
  const start = (env: Record<string, string> = {}) =>
    execFileSync(process.execPath, [join(folder, 'program.mjs')], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...env },
    });
  const kept = () => readdirSync(join(folder, '.code-cache'));

  it('gives a program `require` and its own URL', () => {
    write(false);
    expect(start()).toMatch(/^hello file:\/\/.*\/program\.mjs$/);
  });

  it('keeps the code of a first run of some length, one file for each bundle', () => {
    write(false, 'one');
    start();
    expect(kept()).toEqual([expect.stringMatching(new RegExp(`^program-[0-9a-f]{12}-${process.version}-\\w+\\.v8$`))]);
    const [file] = kept();
    const code = readFileSync(join(folder, '.code-cache', file!));
    expect(start()).toMatch(/^one /);
    expect(readFileSync(join(folder, '.code-cache', file!)).equals(code)).toBe(true);
    // As long as the other, which is all that V8 looks at.
    write(false, 'two');
    expect(start()).toMatch(/^two /);
    expect(kept()).toHaveLength(2);
  });

  it('keeps nothing of a run that ended at once', () => {
    write(false, 'hello', 0);
    start();
    expect(kept).toThrow('ENOENT');
  });

  it.each([
    ['flipped', (code: Buffer) => code.map((byte, at) => (at % 97 === 60 ? byte ^ 8 : byte))],
    ['flipped once', (code: Buffer) => code.map((byte, at) => (at === code.length >> 1 ? byte ^ 1 : byte))],
    ['zeroed', (code: Buffer) => code.fill(0, code.length >> 1)],
    ['cut short', (code: Buffer) => code.subarray(0, code.length - 9)],
    ['empty', () => Buffer.alloc(0)],
    ['other bytes', () => Buffer.from('no code')],
  ])('starts a program whose code is damaged (%s), and keeps it anew', (_, damage) => {
    write(false);
    start();
    const place = join(folder, '.code-cache', kept()[0]!);
    const { length } = readFileSync(place);
    writeFileSync(place, damage(readFileSync(place)));
    const damaged = readFileSync(place);
    expect(start()).toMatch(/^hello /);
    expect(readFileSync(place).equals(damaged)).toBe(false);
    expect(readFileSync(place)).toHaveLength(length);
  });

  it('keeps anew what V8 does not take', () => {
    write(false);
    start();
    const place = join(folder, '.code-cache', kept()[0]!);
    // Of the right sum, and no code.
    const code = Buffer.from('no code');
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(code));
    writeFileSync(place, Buffer.concat([code, sum]));
    expect(start()).toMatch(/^hello /);
    expect(readFileSync(place).length).toBeGreaterThan(100);
  });

  it('starts a shipped program whose code is damaged', () => {
    write(true);
    mkdirSync(caches);
    start({ TESSERA_CODE_CACHES: caches });
    const code = readFileSync(join(caches, readdirSync(caches)[0]!));
    writeFileSync(
      join(folder, 'program.v8'),
      code.map((byte, at) => (at % 97 === 60 ? byte ^ 8 : byte)),
    );
    expect(start()).toMatch(/^hello /);
  });

  it('starts a program that can keep nothing', () => {
    write(false);
    writeFileSync(join(folder, '.code-cache'), 'no folder');
    expect(start()).toMatch(/^hello /);
  });

  it('leaves the code of a shipped program only where it is told to', () => {
    write(true);
    start();
    expect(readdirSync(folder).toSorted()).toEqual(['program.js', 'program.mjs']);
    mkdirSync(caches);
    start({ TESSERA_CODE_CACHES: caches });
    expect(readdirSync(caches)).toEqual([expect.stringMatching(/^program-[0-9a-f]{12}\.v8$/)]);
    // Shipped under the name that the loader looks for.
    writeFileSync(join(folder, 'program.v8'), readFileSync(join(caches, readdirSync(caches)[0]!)));
    expect(start()).toMatch(/^hello /);
  });
});
