import { describe, expect, it } from 'vitest';
import { Failures } from '../../src/run/failures.ts';

function failed(...tags: string[]): Failures {
  const failures = new Failures();
  for (const tag of tags) failures.add(tag);
  return failures;
}

const times = (tag: string, count: number) => Array.from({ length: count }, () => tag);

describe('a package that failed', () => {
  it('is tried again at once, four times, when the reason is its own', () => {
    expect(failed(...times('ReferenceRefusedError', 4)).areTooMany(5)).toBe(false);
    expect(failed(...times('ReferenceRefusedError', 5)).areTooMany(5)).toBe(true);
    expect(failed('ReferenceRefusedError').delayMs('ReferenceRefusedError')).toBe(0);
  });

  it('waits longer and longer, and is tried more often, when the reason passes by itself', () => {
    expect(failed(...times('SlowDown', 9)).areTooMany(5)).toBe(false);
    expect(failed(...times('SlowDown', 10)).areTooMany(5)).toBe(true);
    const delays = [1, 2, 3, 4, 9].map((count) => failed(...times('ENOSPC', count)).delayMs('ENOSPC'));
    expect(delays).toEqual([500, 2_000, 8_000, 20_000, 20_000]);
  });

  it('is not sent to kill a third set of workers', () => {
    expect(failed('PoisonPackageError', 'SlowDown').areTooMany(5)).toBe(false);
    expect(failed('PoisonPackageError', 'SlowDown', 'PoisonPackageError').areTooMany(5)).toBe(true);
  });
});
