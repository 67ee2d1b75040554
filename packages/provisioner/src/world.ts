import type { Clock, Random } from '@tessera/protocol';
import { systemClock } from '@tessera/protocol/system-clock';

/** Time, chance and the wish to stop, as every function of this package takes them. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
}

/** Fills in what a caller left out: the machine's clock and chance. */
export function worldOf(part: Partial<World> | undefined): World {
  return { clock: part?.clock ?? systemClock, random: part?.random ?? Math.random, signal: part?.signal };
}
