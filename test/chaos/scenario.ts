import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from './chance.ts';
import type { Exchange } from './faults/exchange.ts';
import type { Trouble } from './faults/troubles.ts';
import { ChaosCommand, type CommandOptions, type Ended } from './run/command.ts';
import { judge, type Verdict } from './run/verdict.ts';

/** When something goes wrong. */
export type Moment =
  /** While the first request waits that hands such packages to the queue. */
  | { readonly before: (exchange: Exchange) => boolean }
  /** So long after the first request that hands such packages to the queue. */
  | { readonly after: (exchange: Exchange) => boolean; readonly ms: number }
  /** So long after the master was first seen. */
  | { readonly masterMs: number };

/** A job and what goes wrong meanwhile. */
export interface Scenario extends CommandOptions {
  readonly seed: number;
  readonly troubles: readonly { readonly at: Moment; readonly trouble: Trouble }[];
}

/** How a scenario ended. */
export interface Played extends Verdict {
  readonly ended: Ended;
  /** What was really done; a trouble that came too late is not among it. */
  readonly done: readonly string[];
  /** For each trouble of the scenario whether it came in time. */
  readonly hit: readonly boolean[];
}

/** Packages of a kind are on their way to the workers. */
export const sends =
  (kind: string) =>
  (exchange: Exchange): boolean =>
    exchange.sent.some((sent) => sent.kind === kind);

/** Steps of the check that read C. Others need its operands only, and run while it is computed. */
const COMPARISONS = new Set(['elements', 'product', 'total']);

/** The first comparisons of C are on their way to the workers: all of it was stored by then. */
export const sendsComparison = (exchange: Exchange): boolean =>
  exchange.sent.some(({ check }) => check?.step !== undefined && COMPARISONS.has(check.step));

/** A result is on its way to the master. */
export const answers =
  (phase: string) =>
  (exchange: Exchange): boolean =>
    exchange.sent.some((sent) => sent.status !== undefined && sent.packageId.startsWith(phase));

/** Plays a scenario on real processes and judges what comes of it. */
export async function play(scenario: Scenario): Promise<Played> {
  await using command = await ChaosCommand.open(scenario);
  const chance = chanceOf(scenario.seed);
  const done: string[] = [];
  const under: Promise<void>[] = [];
  const hit = scenario.troubles.map(() => false);
  for (const [index, { at, trouble }] of scenario.troubles.entries()) {
    const act = async () => {
      const what = command.ended ? undefined : await trouble(command, chance);
      if (what === undefined) return;
      done.push(what);
      hit[index] = true;
    };
    if ('before' in at) command.proxy.once(at.before, act);
    else if ('after' in at) command.proxy.once(at.after, () => void under.push(sleep(at.ms).then(act)));
    else under.push(onceMasterRuns(command, at.masterMs).then(act));
  }
  const ended = await command.run();
  await Promise.all(under);
  return { ...(await judge(scenario.job, ended)), ended, done, hit };
}

async function onceMasterRuns(command: ChaosCommand, ms: number): Promise<void> {
  await command.awaitProcesses('master');
  if (!command.ended) await sleep(ms);
}
