import type { Clock } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { errorTag, isPassingError, patiently, QueueGoneError } from '../src/index.ts';

function fakeClock(): Clock & { slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
}

const throttled = Object.assign(new Error('slow down'), { name: 'SlowDown' });

describe('an error passes by itself', () => {
  it('by its name, its code, the status of the answer, or what caused it', () => {
    const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(isPassingError(throttled)).toBe(true);
    expect(isPassingError(reset)).toBe(true);
    expect(isPassingError(Object.assign(new Error('x'), { $metadata: { httpStatusCode: 503 } }))).toBe(true);
    expect(isPassingError(new Error('wrapped', { cause: reset }))).toBe(true);
  });

  it('only if it is known to: anything else is trouble', () => {
    expect(isPassingError(new TypeError('x is not a function'))).toBe(false);
    expect(isPassingError(new QueueGoneError('q'))).toBe(false);
    expect(isPassingError(Object.assign(new Error('x'), { $metadata: { httpStatusCode: 403 } }))).toBe(false);
    expect(isPassingError('ECONNRESET')).toBe(false);
  });

  it('and is called by its own name in messages', () => {
    expect(errorTag(new QueueGoneError('q'))).toBe('QueueGoneError');
    expect(errorTag(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe('ENOSPC');
    expect(errorTag(7)).toBe('Error');
  });
});

describe('patience', () => {
  it('tries again, later and later, until it works', async () => {
    const clock = fakeClock();
    let failures = 8;
    const work = async () => {
      if (failures-- > 0) throw throttled;
      return 'done';
    };
    expect(await patiently(work, { clock, forMs: 600_000 })).toBe('done');
    expect(clock.slept).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800]);
  });

  it('ends with the last error after its time', async () => {
    const clock = fakeClock();
    await expect(patiently(() => Promise.reject(throttled), { clock, forMs: 60_000 })).rejects.toBe(throttled);
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
    expect(clock.now()).toBeLessThan(90_000);
  });

  it('is not spent on what does not pass', async () => {
    const clock = fakeClock();
    const gone = new QueueGoneError('q');
    await expect(patiently(() => Promise.reject(gone), { clock, forMs: 60_000 })).rejects.toBe(gone);
    expect(clock.slept).toEqual([]);
  });

  it('ends at once when its owner stops', async () => {
    const stop = new AbortController();
    const work = () => {
      stop.abort(new Error('enough'));
      return Promise.reject(throttled);
    };
    await expect(patiently(work, { clock: fakeClock(), forMs: 60_000, signal: stop.signal })).rejects.toBe(throttled);
  });
});
