import type { OperationName } from '@tessera/protocol';
import type { IntegerRange } from './numbers.ts';

/** What a person asked for, checked as far as the text alone allows. */
export type Command =
  | RunCommand
  | { readonly name: 'ask'; readonly fleet: FleetOptions; readonly job: JobOptions; readonly say: SayOptions }
  /** Goes on with a job. */
  | { readonly name: 'resume'; readonly jobId: string; readonly fleet: FleetOptions; readonly say: SayOptions }
  | { readonly name: 'up'; readonly fleet: FleetOptions; readonly say: SayOptions }
  | {
      readonly name: 'down';
      readonly how: 'terminate' | 'stop';
      readonly fleet: FleetOptions;
      readonly say: SayOptions;
    }
  | { readonly name: 'status'; readonly fleet: FleetOptions; readonly say: SayOptions }
  /** Compares a result with its certificate. */
  | {
      readonly name: 'check';
      /** As typed, like the operands, which may be fewer than the job had. */
      readonly result: string;
      readonly operands: readonly string[];
      readonly certificate: string | undefined;
      readonly fleet: FleetOptions;
      readonly say: SayOptions;
    }
  | { readonly name: 'env'; readonly say: SayOptions }
  | { readonly name: 'doctor'; readonly fleet: FleetOptions; readonly say: SayOptions }
  /** `--help` and `--version`: nothing but a text. */
  | { readonly name: 'print'; readonly text: string };

export interface RunCommand {
  readonly name: 'run';
  readonly op: OperationName;
  /** As typed: shapes, paths and URLs; one for `add SHAPE` and `gram`, otherwise two. */
  readonly operands: readonly string[];
  readonly fleet: FleetOptions;
  readonly job: JobOptions;
  readonly say: SayOptions;
  /** Whether only the plan is wanted. */
  readonly plan: boolean;
}

/** Which fleet, and where. */
export interface FleetOptions {
  readonly cloud: 'local' | 'aws';
  readonly cluster: string;
  readonly region: string | undefined;
  readonly workers: number | undefined;
  readonly instanceType: string | undefined;
}

/** How to compute. */
export interface JobOptions {
  readonly out: string | undefined;
  readonly dtype: 'float64' | 'float32' | undefined;
  readonly seed: string | undefined;
  readonly integers: IntegerRange | undefined;
  readonly memoryBytes: number | undefined;
  readonly kernel: Kernel;
  readonly verifyRounds: number;
  /** Operands that are taken transposed: what is typed, stored or made is the other way round. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number | undefined;
  readonly beta: number | undefined;
  /** What is added to a product, as typed. */
  readonly add: string | undefined;
}

/** How to talk about it. */
export interface SayOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

export const KERNELS = ['auto', 'loops', 'wasm', 'blas', 'gpu', 'wgsl'] as const;
export type Kernel = (typeof KERNELS)[number];
