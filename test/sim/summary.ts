import type { RunOutcome } from './simulate.ts';
import type { FaultKind } from './world/faults.ts';

/** What is told of a run when it is over. */
export type RunFigures = Omit<RunOutcome, 'jobs'> & {
  readonly jobs: readonly Pick<RunOutcome['jobs'][number], 'status' | 'error' | 'packages'>[];
};

export function figuresOf(outcome: RunOutcome): RunFigures {
  return { ...outcome, jobs: outcome.jobs.map(({ status, error, packages }) => ({ status, error, packages })) };
}

/** What many runs came to. */
export class Summary {
  runs = 0;
  jobs = 0;
  readonly failing: number[] = [];
  readonly endings = new Map<string, number>();
  readonly faults = new Map<FaultKind, number>();
  virtualMs = 0;
  events = 0;
  packages = 0;
  masters = 0;
  workers = 0;

  add(outcome: RunFigures): void {
    this.runs++;
    if (outcome.violations.length > 0) this.failing.push(outcome.seed);
    for (const { status, error, packages } of outcome.jobs) {
      this.jobs++;
      this.packages += packages;
      const reason = /\((\w+)\)$/.exec(error?.message ?? '')?.[1];
      const ending = [status, error?.tag, reason].filter(Boolean).join(' ');
      this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1);
    }
    for (const [kind, count] of Object.entries(outcome.faults) as [FaultKind, number][]) {
      this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
    }
    this.virtualMs += outcome.virtualMs;
    this.events += outcome.events;
    this.masters += outcome.masters;
    this.workers += outcome.workers;
  }
}

/** Lines for people. */
export function formatSummary(summary: Summary, wallSeconds: number): string {
  const list = (counts: Map<string, number>) =>
    [...counts]
      .sort(([, one], [, other]) => other - one)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    `${summary.runs} runs, ${summary.failing.length} failures${summary.failing.length > 0 ? `: seeds ${summary.failing.slice(0, 20).join(' ')}` : ''}`,
    `endings: ${list(summary.endings)}`,
    `faults: ${list(summary.faults)}`,
    `jobs ${summary.jobs}, packages ${summary.packages}, masters started ${summary.masters}, workers started ${summary.workers}, events ${summary.events}`,
    `virtual time ${(summary.virtualMs / 3_600_000).toFixed(1)} h, wall time ${wallSeconds.toFixed(1)} s, ` +
      `${Math.round((summary.runs / wallSeconds) * 60)} runs per minute`,
  ].join('\n');
}
