import type { Clock } from '@tessera/protocol';

/** The parts of a fleet's set-up. */
export type Resource = 'bucket' | 'queues' | 'bundles' | 'master' | 'workers' | 'online' | 'start';

/** What happened to a resource; `mixed` where its parts differ, and `detail` says how. */
export type StepOutcome = 'found' | 'started' | 'created' | 'mixed' | 'uploaded' | 'refreshed' | 'online' | 'failed';

/** A part of the set-up as it begins or ends. */
export interface Step {
  readonly resource: Resource;
  readonly state: 'begun' | 'ended';
  readonly outcome?: StepOutcome | undefined;
  /** Since it began; 0 when it begins. Steps run side by side, so they don't add up to the whole. */
  readonly seconds: number;
  readonly detail: string;
}

/** What a step reports when it ends well. */
export interface StepEnd {
  readonly outcome: StepOutcome;
  readonly detail: string;
}

/** Times steps and tells them as they begin and end. */
export function stepRecorder(clock: Clock, onStep: (step: Step) => void) {
  const steps: Step[] = [];
  const step = async <T extends StepEnd>(resource: Resource, detail: string, work: () => Promise<T>): Promise<T> => {
    const began = clock.now();
    const end = (outcome: StepOutcome, detail: string) => {
      const ended: Step = { resource, state: 'ended', outcome, seconds: (clock.now() - began) / 1000, detail };
      steps.push(ended);
      onStep(ended);
    };
    onStep({ resource, state: 'begun', seconds: 0, detail });
    try {
      const result = await work();
      end(result.outcome, result.detail);
      return result;
    } catch (error) {
      end('failed', error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  return { steps, step };
}
