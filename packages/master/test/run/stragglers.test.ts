import { describe, expect, it } from 'vitest';
import { shouldSendAgain, STRAGGLERS } from '../../src/index.ts';

describe('a package is sent again', () => {
  const state = { waitedMs: 0, done: 50, packages: 100, medianMs: 4_000 };

  it('after a long silence, whatever is known of the others', () => {
    expect(
      shouldSendAgain({ ...state, done: 0, medianMs: undefined, waitedMs: STRAGGLERS.patienceMs }, STRAGGLERS),
    ).toBe(true);
  });

  it('when half are done and it is three times slower than the median', () => {
    expect(shouldSendAgain({ ...state, waitedMs: 12_000 }, STRAGGLERS)).toBe(true);
    expect(shouldSendAgain({ ...state, waitedMs: 11_999 }, STRAGGLERS)).toBe(false);
  });

  it('not before half of them are done', () => {
    expect(shouldSendAgain({ ...state, done: 49, waitedMs: 100_000 }, STRAGGLERS)).toBe(false);
  });

  it('not while too few are done to know the median', () => {
    expect(shouldSendAgain({ ...state, done: 9, packages: 10, waitedMs: 100_000 }, STRAGGLERS)).toBe(false);
  });
});
