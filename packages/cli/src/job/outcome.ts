import type { OperationName, Report, Shape } from '@tessera/protocol';
import type { Outputs } from './bring-home.ts';
import { seedOf, storedShapes, transposedOf, type JobRecord } from './record.ts';
import type { Operands } from './request.ts';

/** A job's end as `--json` prints it. */
export interface Outcome {
  readonly jobId: string;
  readonly op: OperationName;
  /** Of what is at `outputs`: B is missing where the operation has one operand, C0 where nothing was added. */
  readonly shapes: Operands<Shape> & { readonly C: Shape };
  /** These three only where they were asked for. */
  readonly transposed?: { readonly A: boolean; readonly B: boolean };
  readonly alpha?: number;
  readonly beta?: number;
  readonly dtype: Report['dtype'];
  /** A number where JSON's readers keep all its digits, else text; null where no operand was random. */
  readonly seed: number | string | null;
  readonly kernel: string | null;
  readonly workers: number;
  readonly packages: number;
  readonly retries: number;
  readonly seconds: {
    readonly total: number;
    /** Until set-up began: the program's own start, a build included, and reading the input. */
    readonly start: number;
    readonly provision: number;
    readonly plan: number;
    readonly send: number;
    readonly compute: number;
    readonly collect: number;
    readonly verify: number;
    readonly finish: number;
  };
  readonly bytes: { readonly read: number; readonly written: number };
  /** Resident bytes: what a worker was allowed, what the plan counted, and the most that processes had. */
  readonly memory?: {
    readonly budgetBytes: number;
    readonly plannedBytes: number;
    readonly masterPeakBytes?: number | undefined;
    readonly workerPeakBytes: Readonly<Record<string, number>>;
  };
  readonly verified: Report['verified'];
  readonly outputs: Outputs;
  /** Path or URL of what says how C was verified; missing where it was not. */
  readonly certificate?: string;
  /** Packages that a job which went on did not have to do again. */
  readonly kept?: number;
}

/** Seconds that the CLI measured itself. */
export interface OwnSeconds {
  /** From the start of the process. */
  readonly total: number;
  /** Of that, until set-up began. */
  readonly start: number;
  /** From the beginning of set-up until the report was there. */
  readonly reported: number;
  /** From then until the result was in its place: added to the master's `finish`. */
  readonly finish: number;
}

/**
 * Puts the report and what only the CLI knows together. Set-up lasts until the master begins to plan, so what was
 * waited for and is not the master's own time is set-up, and the parts make the whole.
 */
export function makeOutcome(
  record: JobRecord,
  report: Report,
  own: OwnSeconds,
  facts: {
    readonly workers: number;
    readonly outputs: Outputs;
    readonly certificate?: string | undefined;
    readonly planned: number | undefined;
  },
): Outcome {
  const transposed = transposedOf(record);
  const { alpha, beta } = record;
  const { plan, send, compute, collect, verify, finish } = report.seconds;
  return {
    jobId: report.jobId,
    op: record.op,
    shapes: { ...storedShapes(record), C: report.shapes.C },
    ...(transposed.A || transposed.B ? { transposed } : {}),
    ...(alpha === undefined ? {} : { alpha }),
    ...(beta === undefined ? {} : { beta }),
    dtype: report.dtype,
    seed: jsonSeed(seedOf(record)),
    kernel: report.kernel?.name ?? null,
    workers: facts.workers,
    packages: report.packages,
    retries: report.retries,
    seconds: {
      total: rounded(own.total),
      start: rounded(own.start),
      provision: rounded(Math.max(0, own.reported - (plan + compute + verify + finish))),
      plan: rounded(plan),
      send: rounded(send),
      compute: rounded(compute),
      collect: rounded(collect),
      verify: rounded(verify),
      finish: rounded(finish + own.finish),
    },
    bytes: report.bytes,
    ...memoryOf(report),
    verified: report.verified,
    outputs: facts.outputs,
    ...(facts.certificate === undefined ? {} : { certificate: facts.certificate }),
    ...(facts.planned === undefined ? {} : { kept: Math.max(0, facts.planned - report.packages) }),
  };
}

function memoryOf({ memory, byWorker }: Report): Pick<Outcome, 'memory'> {
  if (memory === undefined) return {};
  const peaks = Object.entries(byWorker).flatMap(([worker, { peakBytes }]) =>
    peakBytes === undefined ? [] : [[worker, peakBytes] as const],
  );
  return { memory: { ...memory, workerPeakBytes: Object.fromEntries(peaks) } };
}

/** A number where JSON's readers keep all its digits, else text. */
export function jsonSeed(seed: string | undefined): Outcome['seed'] {
  if (seed === undefined) return null;
  return Number.isSafeInteger(Number(seed)) ? Number(seed) : seed;
}

/** To the tenth of a millisecond: more digits are noise. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1e4) / 1e4;
}
