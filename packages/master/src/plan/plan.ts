import type { ArrayDeclaration, CsvText, PackageBody, Phase } from '@tessera/protocol';
import type { BoundName } from './lower-bound.ts';

/**
 * One phase of a job: packages that may run in any order, all of which end before the next phase begins, if that does not
 * run beside this one. Packages are made one at a time from their number, so that a plan of a million takes no more memory
 * than a plan of one.
 */
export interface PhasePlan {
  readonly phase: Phase;
  readonly packages: number;
  /**
   * Whether its packages may be sent before the phase before it ends, each when what it reads is there, for workers that have
   * nothing else to do. A worker may have one of each at once, and the plan's memory must allow for it: see `beside.ts`.
   */
  readonly beside?: boolean;
  /** Pure: the same number gives the same package. @param index 0 <= index < packages */
  at(index: number): PackageBody;
  /** Whether its packages have run before and count as retries. */
  readonly again?: boolean;
  /** For a check: the packages of the compute phase whose output it looks at, by number. */
  checks?(index: number): Iterable<number>;
  /** What all its packages together should cost. */
  readonly cost?: PhaseCost;
}

/** What a phase is expected to move and to take. */
export interface PhaseCost {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Wall seconds on the whole fleet, from the rates that the plan was given or assumes. */
  readonly seconds: number;
  /** Largest resident size that a worker should reach in it; missing where the operation's figures count it. */
  readonly workerBytes?: number;
  /** Of that, what one package takes beside the base; missing where it is half of the rest. */
  readonly packageBytes?: number;
  /** For blocks of a product: what a package of another phase may take beside one. */
  readonly besideBytes?: number;
}

/** What an operation's own phases are expected to hold and move, in bytes, and how good that is. */
export interface OperationFigures {
  /** Largest resident size that a worker should reach, operand pieces that it keeps included; of a whole job, in any phase. */
  readonly peakWorkerBytes: number;
  /** Read and written by the compute and reduce phases: what the bound speaks of. */
  readonly movedBytes: number;
  /** What no schedule of the kind that `bound` names moves less than; see `lower-bound.ts`. */
  readonly lowerBoundBytes: number;
  readonly bound: BoundName;
  /** movedBytes / lowerBoundBytes. */
  readonly ratio: number;
  /** Why the ratio is above 1.25, where it is. */
  readonly reason?: string;
  /** Operation count of the compute phase. */
  readonly flops: number;
}

/** What a plan expects of a whole job, for people, reports and tests. */
export interface PlanFigures extends OperationFigures {
  readonly packages: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Wall seconds of all phases. */
  readonly seconds: number;
}

/** How a job is done: a value, made of shapes and budgets alone, that can be printed, stored and checked. */
export interface Plan {
  readonly arrays: Readonly<Record<string, ArrayDeclaration>>;
  /** Arrays that the master makes before it sends anything; the others exist. */
  readonly created: readonly string[];
  readonly texts: Readonly<Record<string, CsvText>>;
  readonly phases: readonly PhasePlan[];
  /** Whether the tiles are small enough to travel inside the messages. */
  readonly inline: boolean;
  readonly figures: PlanFigures;
  /** One line for people: '4 blocks of 500x500, k in 1 step of 1000'. */
  readonly summary: string;
}

/** What an operation's planner decides; operands, texts and exports are the same for all and are added by `planJob`. */
export interface OperationPlan {
  /** Chunk shapes of A, B and C; those of A and B as stored. */
  readonly chunks: {
    readonly A: readonly [number, number];
    readonly B: readonly [number, number];
    readonly C: readonly [number, number];
  };
  /** Further arrays of the job, stored in its workspace. */
  readonly extra: Readonly<Record<string, Omit<ArrayDeclaration, 'url'>>>;
  readonly phases: readonly PhasePlan[];
  readonly figures: OperationFigures;
  readonly summary: string;
}
