import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createArray, openArray, wholeRegion } from '@tessera/matrix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk, type Desk } from './cli.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk[Symbol.asyncDispose]());

async function matrix(name: string, shape: readonly [number, number], numbers: readonly number[]): Promise<void> {
  const array = await createArray(desk.path(name), { shape, dtype: 'float64' });
  await array.write(wholeRegion(shape), {
    dtype: 'float64',
    rows: shape[0],
    cols: shape[1],
    data: Float64Array.from(numbers),
  });
  await array.close();
}

/** File names that mean something to a shell, to a terminal, to a URL or to a program's own arguments. */
const NAMES = [
  "a'; touch pwned; '.npy",
  '$(touch pwned).npy',
  '`touch pwned`.npy',
  'a" && touch pwned && ".npy',
  'a\ntouch pwned\n.npy',
  '-rf.npy',
  '%2e%2e%2fa?b#c.npy',
  '\u001b[2J\u0007.npy',
  'ä ｎ \u202e .npy',
];

describe('hostile names', () => {
  it('are names and nothing else: no shell runs what is in them', async () => {
    await matrix('B.npy', [2, 2], [1, 0, 0, 1]);
    for (const [at, name] of NAMES.entries()) {
      await matrix(name, [2, 2], [1, 2, 3, 4 + at]);
      // A name that begins like an option is given as a path, as to any program.
      const { code, stderr } = await desk.run('multiply', `./${name}`, 'B.npy', '--out', `./C-${name}`, '--json');
      expect([name, code, stderr]).toEqual([name, 0, '']);
      const array = await openArray(desk.path(`C-${name}`));
      expect([...(await array.read(wholeRegion([2, 2]))).data]).toEqual([1, 2, 3, 4 + at]);
      await array.close();
      expect((await desk.run('check', `./C-${name}`, '--json')).code).toBe(0);
    }
    expect(existsSync(desk.path('pwned'))).toBe(false);
    expect(readdirSync(desk.folder, { recursive: true }).filter((name) => String(name).includes('pwned')).length).toBe(
      // The files themselves, their results, and the certificates of these.
      3 * NAMES.filter((name) => name.includes('pwned')).length,
    );
  });

  it.each([
    ['--cluster', "x'; touch pwned; '"],
    ['--region', '$(touch pwned)'],
    ['--instance-type', '`touch pwned`.large'],
    ['--kernel', 'auto; touch pwned'],
    ['--seed', '1; touch pwned'],
    ['--resume', '../../etc/passwd'],
  ])('%s refuses %s', async (option, value) => {
    const line = option === '--resume' ? [option, value] : ['add', '2x2', option, value];
    const { code, stdout, stderr } = await desk.run(...line);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^tessera: .+\n$/);
    expect(existsSync(desk.path('pwned'))).toBe(false);
  });
});

describe('hostile files', () => {
  function npy(shape: string): Buffer {
    const dictionary = Buffer.from(
      `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117) + '\n',
    );
    return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), dictionary, Buffer.alloc(72)]);
  }

  function zarr(name: string, shape: readonly number[], chunk: readonly number[], tessera: boolean): void {
    mkdirSync(desk.path(name));
    const document = {
      zarr_format: 3,
      node_type: 'array',
      shape,
      data_type: 'float64',
      chunk_grid: { name: 'regular', configuration: { chunk_shape: chunk } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: 'NaN',
      codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, { name: 'crc32c' }],
      attributes: tessera ? { tessera: { v: 1 } } : {},
    };
    writeFileSync(`${desk.path(name)}/zarr.json`, JSON.stringify(document));
  }

  it('that claim more than they are end in one line, before anything is started', async () => {
    writeFileSync(desk.path('petabyte.npy'), npy('11863283, 11863283'));
    expect(readFileSync(desk.path('petabyte.npy')).byteLength).toBe(200);
    writeFileSync(desk.path('beyond.npy'), npy('9007199254740991, 9007199254740991'));
    zarr('thin.zarr', [1e9, 1], [1, 1], true);
    zarr('vast.zarr', [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], [1000, 1000], false);
    zarr('chunk.zarr', [4, 4], [1e9, 1e9], false);
    mkdirSync(desk.path('deep.zarr'));
    writeFileSync(desk.path('deep.zarr/zarr.json'), '['.repeat(1_000_000));
    // 64 MiB of text in 64 KiB: a number of so many digits, and a quote that never closes.
    writeFileSync(desk.path('long.csv.gz'), gzipSync(Buffer.alloc(64 << 20, 'x')));
    writeFileSync(
      desk.path('quote.csv.gz'),
      gzipSync(Buffer.concat([Buffer.from('1,"'), Buffer.alloc(64 << 20, '1')])),
    );
    const files = readdirSync(desk.folder).filter((name) => /\.(npy|zarr|csv\.gz)$/.test(name));
    expect(files.length).toBe(8);
    for (const file of files) {
      const { code, stdout, stderr } = await desk.run('multiply', file, file, '--transpose-b');
      expect([file, code, stdout]).toEqual([file, 2, '']);
      expect(stderr).toMatch(/^tessera: .{1,1001}\n$/);
    }
    expect(readdirSync(desk.folder)).not.toContain('tessera-jobs');
  });
});
