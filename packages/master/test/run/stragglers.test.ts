import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STRAGGLERS, verdictOn, type FlightState, type PhaseState } from '../../src/index.ts';

const flight: FlightState = { silentMs: 0, workedOnMs: 0, unanswered: 0, backups: 0, expectedMs: 0 };
const phase: PhaseState = { done: 50, packages: 100, medianMs: 4_000 };
const verdict = (one: Partial<FlightState>, other: Partial<PhaseState> = {}) =>
  verdictOn({ ...flight, ...one }, { ...phase, ...other }, STRAGGLERS);

describe('a package gets a backup copy', () => {
  it('when half are done and it takes three times the median', () => {
    expect(verdict({ workedOnMs: 12_000 })).toBe('backup');
    expect(verdict({ workedOnMs: 11_999 })).toBe('wait');
  });

  it('not before half of them are done', () => {
    expect(verdict({ workedOnMs: 100_000 }, { done: 49 })).toBe('wait');
  });

  it('not while too few are done to know the median', () => {
    expect(verdict({ workedOnMs: 100_000 }, { done: 9, packages: 10 })).toBe('wait');
    expect(verdict({ workedOnMs: 100_000 }, { medianMs: undefined })).toBe('wait');
  });

  it('not sooner than two seconds after it was sent, however fast the others are', () => {
    expect(verdict({ workedOnMs: 1_999 }, { medianMs: 1 })).toBe('wait');
    expect(verdict({ workedOnMs: 2_000 }, { medianMs: 1 })).toBe('backup');
  });

  it('twice at most, the second time later', () => {
    expect(verdict({ workedOnMs: 23_999, backups: 1 })).toBe('wait');
    expect(verdict({ workedOnMs: 24_000, backups: 1 })).toBe('backup');
    expect(verdict({ workedOnMs: 100_000, backups: 2 })).toBe('wait');
  });
});

describe('a package counts as lost', () => {
  it('after a long silence of the whole fleet, whatever is known of the others', () => {
    expect(verdict({ silentMs: 120_000 }, { done: 0, medianMs: undefined })).toBe('again');
    expect(verdict({ silentMs: 119_999 }, { done: 0, medianMs: undefined })).toBe('wait');
  });

  it('later when its own work takes long', () => {
    expect(verdict({ silentMs: 520_000, expectedMs: 400_000 })).toBe('again');
    expect(verdict({ silentMs: 520_000, expectedMs: 400_001 }, { medianMs: undefined })).toBe('wait');
  });

  it('with more patience each time, and for good after five sendings without an answer', () => {
    expect(verdict({ silentMs: 479_999, unanswered: 3 }, { medianMs: undefined })).toBe('wait');
    expect(verdict({ silentMs: 480_000, unanswered: 3 })).toBe('again');
    expect(verdict({ silentMs: 600_000, unanswered: 4 })).toBe('give up');
  });
});

describe('verdicts', () => {
  const ms = fc.integer({ min: 0, max: 10_000_000 });
  const anyFlight = fc.record({
    silentMs: ms,
    workedOnMs: ms,
    unanswered: fc.nat(6),
    backups: fc.nat(3),
    expectedMs: ms,
  });
  const anyPhase = fc.record({
    done: fc.nat(1000),
    packages: fc.integer({ min: 1, max: 1000 }),
    medianMs: fc.option(ms, { nil: undefined }),
  });

  it('never give up on a package whose silence could still be work', () => {
    fc.assert(
      fc.property(anyFlight, anyPhase, (one, other) => {
        const gaveUp = verdictOn(one, other, STRAGGLERS) === 'give up';
        expect(gaveUp && one.silentMs < one.expectedMs + STRAGGLERS.patienceMs * STRAGGLERS.attempts).toBe(false);
      }),
    );
  });

  it('give up on every package in the end, so that no job waits forever', () => {
    fc.assert(
      fc.property(anyPhase, ms, (other, expectedMs) => {
        let state = { ...flight, expectedMs };
        for (let sendings = 1; ; sendings++) {
          const silentMs = STRAGGLERS.patienceMs * (state.unanswered + 1) + expectedMs;
          const found = verdictOn({ ...state, silentMs }, other, STRAGGLERS);
          if (found === 'give up') {
            expect(sendings).toBe(STRAGGLERS.attempts);
            return;
          }
          expect(found).toBe('again');
          state = { ...state, unanswered: state.unanswered + 1 };
        }
      }),
    );
  });

  it('only grow with waiting: nobody waits longer and is told to wait when a shorter wait was enough', () => {
    fc.assert(
      fc.property(anyFlight, anyPhase, ms, (one, other, more) => {
        const sooner = verdictOn(one, other, STRAGGLERS);
        const longer = { ...one, silentMs: one.silentMs + more, workedOnMs: one.workedOnMs + more };
        if (sooner !== 'wait') expect(verdictOn(longer, other, STRAGGLERS)).not.toBe('wait');
      }),
    );
  });
});
