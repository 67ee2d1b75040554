import type { ArrayPiece, PackageBody, Phase } from '@tessera/protocol';
import type { PhasePlan } from '../plan/plan.ts';
import { inputsOf, outputsOf, overlap } from './package-pieces.ts';

/** Tags of failures that say: a stored tile is corrupt or gone. */
const DAMAGE: ReadonlySet<string> = new Set(['CorruptTileError', 'MissingTileError']);

/** A package that has to run again, because what it made is damaged. */
export interface Repair {
  readonly id: string;
  readonly phase: Phase;
  readonly body: PackageBody;
}

/** Whether a failure calls for a look at the tiles that the package reads. */
export function isDamage(tag: string): boolean {
  return DAMAGE.has(tag);
}

/**
 * The packages whose output the given one reads and which is no longer whole. Every tile that a job makes can be made again, bit
 * for bit; only operands that were given can't, and for them the list stays empty.
 * @param phases of the job
 * @param isBroken whether a piece is corrupt or missing in the store
 */
export async function repairsFor(
  body: PackageBody,
  phases: readonly PhasePlan[],
  isBroken: (piece: ArrayPiece) => Promise<boolean>,
): Promise<Repair[]> {
  const inputs = inputsOf(body);
  const repairs: Repair[] = [];
  const numbered = new Map<string, number>();
  for (const phase of phases) {
    // Two phases of one name share their numbers.
    const first = numbered.get(phase.phase) ?? 0;
    numbered.set(phase.phase, first + phase.packages);
    for (let index = 0; index < phase.packages; index++) {
      const maker = phase.at(index);
      const read = outputsOf(maker).filter((output) => inputs.some((input) => overlap(input, output)));
      for (const output of read) {
        if (!(await isBroken(output))) continue;
        repairs.push({ id: `${phase.phase}-${first + index}`, phase: phase.phase, body: maker });
        break;
      }
    }
  }
  return repairs;
}
