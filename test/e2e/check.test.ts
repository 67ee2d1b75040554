import {
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { copyArray, openArray, writeNpy } from '@tessera/matrix';
import { Certificate, parseMessage } from '@tessera/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk, type Desk } from './cli.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(() => desk[Symbol.asyncDispose]());

/** What each finding says: true, false, or null where it could not be told. */
async function findings(...args: string[]): Promise<{ code: number | null; ok: unknown; by: Record<string, unknown> }> {
  const { code, stdout } = await desk.run('check', ...args, '--json');
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { name: string; ok: boolean | null }[] };
  return { code, ok, by: Object.fromEntries(findings.map(({ name, ok }) => [name, ok])) };
}

/** Turns one bit of a file round. */
function flipBit(path: string, at: number): void {
  const byte = readFileSync(path)[at]!;
  const file = openSync(path, 'r+');
  writeSync(file, Uint8Array.of(byte ^ 1), 0, 1, at);
}

describe('tessera check', () => {
  it.each(['C.npy', 'C.csv', 'C.zarr'])(
    'finds %s as it was verified, and its operands from their seed',
    async (out) => {
      const { certificate } = await desk.json('multiply', '60x70', '70x50', '--seed', '3', '--out', out);
      expect(parseMessage(Certificate, 'certificate', readFileSync(String(certificate), 'utf8')).op).toBe('multiply');
      expect(await findings(out)).toEqual({ code: 0, ok: true, by: { C: true, A: true, B: true, 'A · B': true } });
    },
  );

  it('finds the same numbers in other chunks, or in a file of another kind', async () => {
    const { certificate } = await desk.json('multiply', '60x70', '70x50', '--seed', '3', '--out', 'C.zarr');
    const original = await openArray(desk.path('C.zarr'));
    await copyArray(original, desk.path('other.zarr'), { chunk: [17, 9] });
    await writeNpy(original, desk.path('other.npy'));
    for (const other of ['other.zarr', 'other.npy']) {
      const { ok, by } = await findings(other, '--certificate', String(certificate));
      expect({ ok, by }).toEqual({ ok: true, by: { C: true, A: true, B: true, 'A · B': true } });
    }
  });

  it('tells the least bit that differs in C or an operand, and whether the product holds all the same', async () => {
    await desk.json('multiply', '60x70', '70x50', '--seed', '3', '--out', 'A.npy');
    await desk.json('multiply', '50x40', '40x30', '--seed', '4', '--out', 'B.npy');
    await desk.json('multiply', 'A.npy', 'B.npy', '--out', 'C.npy');
    const fine = { C: true, A: true, B: true, 'A · B': true };
    expect(await findings('C.npy')).toEqual({ code: 0, ok: true, by: fine });
    // The least bit of an element is below what rounding allows: the product holds, but it is not the same file.
    flipBit(desk.path('C.npy'), 128);
    expect(await findings('C.npy')).toEqual({ code: 1, ok: false, by: { ...fine, C: false } });
    flipBit(desk.path('C.npy'), 128);
    flipBit(desk.path('B.npy'), 128 + 6);
    expect(await findings('C.npy')).toEqual({ code: 1, ok: false, by: { ...fine, B: false, 'A · B': false } });
  });

  it('looks for operands where it is told, and says what it could not check without them', async () => {
    await desk.json('add', '60x70', '--seed', '3', '--out', 'A.npy');
    await desk.json('add', 'A.npy', '60x70', '--seed', '4', '--out', 'C.npy');
    renameSync(desk.path('A.npy'), desk.path('elsewhere.npy'));
    expect(await findings('C.npy')).toEqual({ code: 0, ok: true, by: { C: true, A: null, B: true, 'A + B': null } });
    expect(await findings('C.npy', 'elsewhere.npy')).toEqual({
      code: 0,
      ok: true,
      by: { C: true, A: true, B: true, 'A + B': true },
    });
    writeFileSync(desk.path('A.npy'), 'no matrix');
    expect(await findings('C.npy')).toEqual({ code: 1, ok: false, by: { C: true, A: false, B: true, 'A + B': null } });
    const { code, stdout, stderr } = await desk.run('check', 'C.npy', 'C.npy');
    expect(code).toBe(1);
    expect(stdout).toContain('is not what was computed with');
    expect(stderr).toBe('tessera: not as certified: A, A + B; see above\n');
  });

  it('never leaves the certificate of another result beside one that was not verified', async () => {
    await desk.json('add', '30x30', '--out', 'C.npy');
    expect(existsSync(desk.path('C.npy.certificate.json'))).toBe(true);
    const unverified = await desk.json('add', '30x30', '--out', 'C.npy', '--verify', 'off');
    expect(unverified).not.toHaveProperty('certificate');
    expect(existsSync(desk.path('C.npy.certificate.json'))).toBe(false);
    const { code, stderr } = await desk.run('check', 'C.npy');
    expect(code).toBe(2);
    expect(stderr).toContain('C.npy has no certificate');
  });

  it('refuses what is no certificate, and one of another version', async () => {
    await desk.json('add', '3x3', '--out', 'C.npy');
    const place = desk.path('C.npy.certificate.json');
    const good = readFileSync(place, 'utf8');
    for (const [text, said] of [
      ['{', 'not JSON'],
      ['{"v":1}', 'malformed'],
      [good.replace('"v":1', '"v":2'), 'protocol version 2'],
    ] as const) {
      writeFileSync(place, text);
      const { code, stderr } = await desk.run('check', 'C.npy');
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
    writeFileSync(place, good);
    rmSync(desk.path('C.npy'));
    copyFileSync(place, desk.path('D.npy'));
    const { code, stderr } = await desk.run('check', 'D.npy', '--certificate', place);
    expect([code, stderr]).toEqual([2, expect.stringContaining('D.npy')]);
  });
});
