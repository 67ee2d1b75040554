import type { ArrayDeclaration, CsvText, PackageBody, Phase } from '@tessera/protocol';

/**
 * One phase of a job: packages that may run in any order, all of which end before the next phase begins. Packages are
 * made one at a time from their number, so that a plan of a million takes no more memory than a plan of one.
 */
export interface PhasePlan {
  readonly phase: Phase;
  readonly packages: number;
  /** Pure: the same number gives the same package. @param index 0 <= index < packages */
  at(index: number): PackageBody;
  /** For a check: the packages of the compute phase whose output it looks at, by number. */
  checks?(index: number): Iterable<number>;
}

/** What a plan expects to move and hold, in bytes, for people, reports and tests. */
export interface PlanFigures {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Largest resident size that a worker should reach. */
  readonly peakWorkerBytes: number;
  /** What no schedule could go below, for products. */
  readonly lowerBoundBytes: number;
  /** Operation count of the compute phase. */
  readonly flops: number;
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

/** What an operation decides; operands, texts and exports are the same for all and are added by `planJob`. */
export interface OperationPlan {
  /** Chunk shapes of A, B and C. */
  readonly chunks: {
    readonly A: readonly [number, number];
    readonly B: readonly [number, number];
    readonly C: readonly [number, number];
  };
  /** Further arrays of the job, stored in its workspace. */
  readonly extra: Readonly<Record<string, Omit<ArrayDeclaration, 'url'>>>;
  readonly phases: readonly PhasePlan[];
  readonly figures: PlanFigures;
  readonly summary: string;
}
