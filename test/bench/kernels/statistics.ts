export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Seconds that each contestant took in each round; a round is skipped by a contestant that has had enough of them. */
export type Rounds = Map<string, (number | undefined)[]>;

/**
 * Runs contestants in turn, round after round: such machines run at half speed for minutes, and only what was measured in
 * the same round may be compared. The first round warms up and counts for nothing.
 */
export async function interleaved(
  contestants: readonly { readonly name: string; readonly rounds?: number; run(): Promise<number> }[],
  rounds: number,
): Promise<Rounds> {
  const seconds: Rounds = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const { name, run, rounds: most = rounds } of contestants) {
      if (round > most) {
        seconds.get(name)!.push(undefined);
        continue;
      }
      const taken = await run();
      if (round > 0) seconds.get(name)!.push(taken);
    }
  return seconds;
}

export interface Rate {
  readonly median: number;
  readonly best: number;
  /** Median over rounds of this contestant's rate as a share of another's in the same round. */
  share(other: string): number | undefined;
}

/** Rates in units of `work` per second. */
export function rateOf(rounds: Rounds, name: string, work: number): Rate {
  const own = rounds.get(name)!;
  const counted = own.filter((taken) => taken !== undefined);
  return {
    median: work / median(counted),
    best: work / Math.min(...counted),
    share(other) {
      const others = rounds.get(other);
      if (!others) return undefined;
      const shares = own.flatMap((taken, round) => {
        const against = others[round];
        return taken === undefined || against === undefined ? [] : [against / taken];
      });
      return shares.length > 0 ? median(shares) : undefined;
    },
  };
}
