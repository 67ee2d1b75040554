import { DeadlineError } from './errors.ts';
import type { World } from './world.ts';

/** What a look found: the value that was waited for, or what is still missing. */
export type Look<T> = { readonly done: T } | { readonly state: string; readonly ids: readonly string[] };

/** A look every `firstMs`, then half as long again each time, up to `maxMs`; `deadlineMs` in all. */
export interface Pace {
  readonly deadlineMs: number;
  readonly firstMs?: number;
  readonly maxMs?: number;
}

/**
 * Looks until what is waited for is there. The first look comes at once.
 * @param what completes the sentence "waited for …"
 * @throws DeadlineError naming it, the ids still missing and their last state
 */
export async function waitFor<T>(world: World, what: string, pace: Pace, look: () => Promise<Look<T>>): Promise<T> {
  const began = world.clock.now();
  let delay = pace.firstMs ?? 20;
  for (;;) {
    const found = await look();
    if ('done' in found) return found.done;
    const waited = world.clock.now() - began;
    if (waited >= pace.deadlineMs) throw new DeadlineError(what, found.ids, found.state, waited / 1000);
    await world.clock.sleep(Math.min(delay, pace.deadlineMs - waited), world.signal);
    delay = Math.min(delay * 1.5, pace.maxMs ?? 3_000);
  }
}

/** Counts states for an error's last line: `3 pending, 1 running`. */
export function tally(states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || 'nothing';
}
