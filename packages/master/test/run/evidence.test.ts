import type { Result } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { MatrixChangedError } from '../../src/run/errors.ts';
import { Evidence } from '../../src/run/evidence.ts';

const declared = { url: 'file:///A.zarr', shape: [4, 6] as const, dtype: 'float64' as const, chunk: [2, 3] as const };

function result(packageId: string, first: number, ...crcs: number[]): Extract<Result, { status: 'done' }> {
  const bytes = Buffer.alloc(4 * crcs.length);
  for (const [at, crc] of crcs.entries()) bytes.writeUInt32LE(crc, 4 * at);
  return {
    v: 1,
    bundle: 'b',
    jobId: 'job-1',
    packageId,
    attempt: 1,
    worker: 'w',
    status: 'done',
    seconds: { read: 0, compute: 0, write: 0 },
    bytes: { read: 0, written: 0 },
    checksums: [{ array: 'A', first, crc32c: bytes.toString('base64') }],
  };
}

function hashOf(...results: ReturnType<typeof result>[]): string | undefined {
  const evidence = new Evidence();
  for (const one of results) evidence.add(one);
  return evidence.sha256('A', declared);
}

describe('evidence of what was checked', () => {
  it('gives one hash whatever the order of the answers and however the chunks are shared', () => {
    const whole = hashOf(result('verify-0', 0, 1, 2, 3, 4));
    expect(whole).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(result('verify-1', 2, 3, 4), result('verify-0', 0, 1, 2))).toBe(whole);
    expect(hashOf(result('verify-0', 0, 1, 2, 3), result('verify-1', 1, 2, 3, 4))).toBe(whole);
    expect(hashOf(result('verify-0', 0, 1, 2, 3, 5))).not.toBe(whole);
  });

  it('gives none while a chunk is missing', () => {
    expect(hashOf(result('verify-0', 0, 1, 2), result('verify-1', 3, 4))).toBeUndefined();
    expect(hashOf()).toBeUndefined();
  });

  it('refuses two readings of a chunk that differ, and chunks that there are not', () => {
    expect(() => hashOf(result('verify-0', 0, 1, 2, 3, 4), result('verify-1', 3, 5))).toThrow(MatrixChangedError);
    expect(() => hashOf(result('verify-0', 0, 1, 2, 3, 4, 5))).toThrow(MatrixChangedError);
  });
});
