import type { Phase } from '@tessera/protocol';
import type { PhaseOutcome } from './phase-track.ts';

/** Where the time of a job went, as its report says it. Where phases ran beside each other, that time is the first one's. */
export class JobSeconds {
  plan = 0;
  send = 0;
  compute = 0;
  collect = 0;
  verify = 0;
  finish = 0;

  /** A phase is over. */
  add(phase: Phase, { ownSeconds, sendSeconds }: PhaseOutcome): void {
    if (isCheck(phase)) this.verify += ownSeconds;
    else if (phase === 'export') this.finish += ownSeconds;
    else {
      this.send += sendSeconds;
      this.collect += ownSeconds - sendSeconds;
      this.compute += ownSeconds;
    }
  }
}

/** Whether a phase is a part of the check. */
export function isCheck(phase: Phase): boolean {
  return phase === 'project' || phase === 'verify';
}
