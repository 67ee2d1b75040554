import type { ArrayPiece, PackageBody } from '@tessera/protocol';
import type { PhasePlan } from '../plan/plan.ts';
import { inputsOf, outputsOf, overlap } from './package-pieces.ts';
import type { Repair } from './repairs.ts';

/** Checks to be made again, and the ids of those that they stand for. */
export interface Recheck {
  readonly phase: PhasePlan;
  readonly insteadOf: readonly string[];
}

/**
 * Knows which checks must be made again, because something that they read was made again: another check than the one that
 * found the damage may have been over by then, and none says anything of what is exported later.
 */
export class Rechecks {
  readonly #checks: { readonly phase: PhasePlan; readonly firstNumber: number }[] = [];
  readonly #makers = new Map<string, string>();
  #repaired: ArrayPiece[] = [];

  /** A phase begins; its packages are numbered from here. */
  begun(phase: PhasePlan, firstNumber: number): void {
    if (phase.phase === 'verify') this.#checks.push({ phase, firstNumber });
  }

  /** A package ran again. */
  repaired({ id, body }: Pick<Repair, 'id' | 'body'>, worker: string): void {
    this.#repaired.push(...outputsOf(body));
    this.#makers.set(id, worker);
  }

  /** Who made a package's output last, if it ran again. */
  makerOf(packageId: string): string | undefined {
    return this.#makers.get(packageId);
  }

  /** What must be checked again since the last call. */
  take(): Recheck | undefined {
    const repaired = this.#repaired;
    this.#repaired = [];
    const reads = (body: PackageBody) =>
      inputsOf(body).some((input) => repaired.some((piece) => overlap(input, piece)));
    const touched = this.#checks.flatMap(({ phase, firstNumber }) =>
      Array.from({ length: repaired.length === 0 ? 0 : phase.packages }, (_, index) => index)
        .filter((index) => reads(phase.at(index)))
        .map((index) => ({ id: `${phase.phase}-${firstNumber + index}`, phase, index })),
    );
    if (touched.length === 0) return undefined;
    return {
      insteadOf: touched.map(({ id }) => id),
      phase: {
        phase: 'verify',
        packages: touched.length,
        again: true,
        at: (at) => touched[at]!.phase.at(touched[at]!.index),
        checks: (at) => touched[at]!.phase.checks?.(touched[at]!.index) ?? [],
      },
    };
  }
}
