import type { Phase, ProgressEvent } from '@tessera/protocol';

/** How far one phase of a job is. */
export interface PhaseProgress {
  readonly phase: Phase;
  readonly packages: number;
  readonly sent: number;
  readonly received: number;
  readonly state: 'waiting' | 'running' | 'done';
  /** Set when done. */
  readonly seconds: number | undefined;
}

/** How far a job is, as its events told so far. */
export interface Progress {
  readonly summary: string | undefined;
  readonly phases: readonly PhaseProgress[];
  readonly ended: 'done' | 'failed' | 'cancelled' | undefined;
}

export const NO_PROGRESS: Progress = { summary: undefined, phases: [], ended: undefined };

/**
 * Takes in one event. Events come late, twice and out of order, so nothing here goes backwards: counts only grow, a
 * phase that is done stays done.
 */
export function advance(progress: Progress, event: ProgressEvent): Progress {
  switch (event.event) {
    case 'job:planned': {
      const known = new Map(progress.phases.map((phase) => [phase.phase, phase]));
      const planned = event.phases.map(({ phase, packages }) =>
        whole({ ...(known.get(phase) ?? waiting(phase)), packages }),
      );
      const others = progress.phases.filter((phase) => !event.phases.some((plan) => plan.phase === phase.phase));
      return { ...progress, summary: event.summary, phases: [...planned, ...others] };
    }
    case 'phase:started':
      return change(progress, event.phase, (phase) => ({ ...running(phase), packages: event.packages }));
    case 'packages:sent':
      return change(progress, event.phase, (phase) => ({
        ...running(phase),
        packages: event.packages,
        sent: Math.max(phase.sent, event.sent),
      }));
    case 'packages:received':
      return change(progress, event.phase, (phase) => ({
        ...running(phase),
        packages: event.packages,
        received: Math.max(phase.received, event.received),
      }));
    case 'phase:ended':
      return change(progress, event.phase, (phase) => ({
        ...phase,
        state: 'done',
        seconds: event.seconds,
      }));
    case 'package:failed':
    case 'phase:stalled':
      return progress;
    case 'job:ended':
      return { ...progress, ended: event.status };
  }
}

function waiting(phase: Phase): PhaseProgress {
  return { phase, packages: 0, sent: 0, received: 0, state: 'waiting', seconds: undefined };
}

function running(phase: PhaseProgress): PhaseProgress {
  return phase.state === 'waiting' ? { ...phase, state: 'running' } : phase;
}

function change(progress: Progress, name: Phase, by: (phase: PhaseProgress) => PhaseProgress): Progress {
  const known = progress.phases.some((phase) => phase.phase === name);
  const phases = known ? progress.phases : [...progress.phases, waiting(name)];
  return { ...progress, phases: phases.map((phase) => (phase.phase === name ? whole(by(phase)) : phase)) };
}

/** What is done was sent and received whole, also where the events that say so are late or lost. */
function whole(phase: PhaseProgress): PhaseProgress {
  return phase.state === 'done' ? { ...phase, sent: phase.packages, received: phase.packages } : phase;
}
