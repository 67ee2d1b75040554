import {
  BUNDLE_VERSION,
  operations,
  PROTOCOL_VERSION,
  storedShape,
  type ArrayDeclaration,
  type Certificate,
  type CertifiedOperand,
  type JobSpec,
  type MatrixHash,
  type OperandSpec,
  type Report,
} from '@tessera/protocol';
import type { Evidence } from './evidence.ts';

/** What a certificate says beyond the job and the evidence. */
export interface CertificateFacts {
  readonly verified: Report['verified'];
  /** Seed of the check's random vectors. */
  readonly seed: string;
  /** Milliseconds since 1970: the first check sent, the last one answered. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly arrays: Readonly<Record<string, ArrayDeclaration>>;
  /** Hashes of the job's matrices by name; those that are not known are missing. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly node: string | undefined;
}

/** The certificate of a job whose checks were all passed. @throws RangeError for a job that was not verified */
export function certificateOf(job: JobSpec, { checks, workers }: Evidence, facts: CertificateFacts): Certificate {
  const { jobId, op, operands, alpha, beta } = job;
  const { verified, seed, arrays, hashes, node } = facts;
  const { method, rounds } = verified;
  if (method === 'off') throw new RangeError(`job ${jobId} was not verified`);
  const matrix = (name: string) => {
    const { shape, dtype, chunk, hashChunk = chunk } = arrays[name]!;
    const sha256 = hashes.get(name);
    const hash: MatrixHash | null = sha256 === undefined ? null : { chunk: hashChunk, sha256 };
    return { shape, dtype, hash };
  };
  const operand = (name: string, spec: OperandSpec): CertifiedOperand => ({
    ...matrix(name),
    shape: storedShape(spec),
    ...(spec.transposed ? { transposed: true } : {}),
    url: spec.kind === 'csv' ? spec.csv.url : spec.url,
    ...(spec.kind === 'random' ? { recipe: spec.recipe } : {}),
  });
  const { C0 } = operands;
  return {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    ...(node === undefined ? {} : { node }),
    jobId,
    op,
    operands: {
      A: operand('A', operands.A),
      ...(operations[op].operands.includes('B') ? { B: operand('B', operands.B) } : {}),
      ...(C0 && arrays['C0'] ? { C0: operand('C0', C0) } : {}),
    },
    ...(alpha === undefined ? {} : { alpha }),
    ...(beta === undefined ? {} : { beta }),
    C: matrix('C'),
    verification: {
      method,
      rounds,
      ...(method === 'freivalds'
        ? { vectors: { seed, generator: 'philox4x32-10' as const, distribution: 'gaussian' as const } }
        : {}),
      startedAt: new Date(facts.startedAt).toISOString(),
      endedAt: new Date(facts.endedAt).toISOString(),
      checks,
    },
    workers,
  };
}
