import type { Plan } from '@tessera/master';
import {
  BUNDLE_VERSION,
  PROTOCOL_VERSION,
  type ArrayPiece,
  type JobSpec,
  type MessageQueue,
  type OpenQueue,
  type Result,
  type WorkPackage,
} from '@tessera/protocol';

const SIDE = 8;
/** Chunks beside each other. */
const ACROSS = 1000;

/** A sum of as many tiny tiles as there shall be packages. */
export function tinyJob(packages: number): { job: JobSpec; plan: Plan } {
  const shape = [Math.ceil(packages / ACROSS) * SIDE, ACROSS * SIDE] as const;
  const array = (name: string) => ({
    url: `s3://fleet/w/${name}.zarr`,
    shape,
    dtype: 'float64' as const,
    chunk: [SIDE, SIDE] as const,
  });
  const operand = (name: string) => ({ kind: 'array' as const, ...array(name) });
  const piece = (name: string, index: number): ArrayPiece => ({
    kind: 'array',
    array: name,
    row: Math.floor(index / ACROSS) * SIDE,
    col: (index % ACROSS) * SIDE,
    rows: SIDE,
    cols: SIDE,
  });
  const job: JobSpec = {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: 'packages-1',
    cluster: 'default',
    op: 'add',
    operands: { A: operand('A'), B: operand('B') },
    dtype: 'float64',
    kernel: 'auto',
    fleet: { workers: 100, memoryBytes: 1 << 30, cores: 2 },
    workspace: 's3://fleet/w',
    output: { url: 's3://fleet/w/C.zarr' },
    exports: [],
    verify: { rounds: 0 },
  };
  const tileBytes = packages * SIDE * SIDE * 8;
  const plan: Plan = {
    arrays: { A: array('A'), B: array('B'), C: array('C') },
    created: [],
    texts: {},
    inline: false,
    phases: [
      {
        phase: 'compute',
        packages,
        at: (index) => ({ kind: 'add', a: piece('A', index), b: piece('B', index), c: piece('C', index) }),
      },
    ],
    figures: {
      packages,
      peakWorkerBytes: 0,
      bytesRead: 2 * tileBytes,
      bytesWritten: tileBytes,
      movedBytes: 3 * tileBytes,
      lowerBoundBytes: 3 * tileBytes,
      bound: 'compulsory',
      ratio: 1,
      flops: tileBytes / 8,
      seconds: 0,
    },
    summary: `${packages} packages`,
  };
  return { job, plan };
}

/** Workers that take packages ten at a time and say at once that they are done. */
export async function answer(
  jobs: MessageQueue,
  openQueue: OpenQueue,
  lanes: number,
  stop: AbortSignal,
): Promise<void> {
  const replies = new Map<string, Promise<MessageQueue>>();
  const lane = async (_: unknown, number: number) => {
    while (!stop.aborted) {
      const received = await jobs
        .receive({ max: 10, waitSeconds: 20, visibilitySeconds: 600, signal: stop })
        .catch(() => []);
      if (received.length === 0) continue;
      const works = received.map(({ body }) => JSON.parse(body) as WorkPackage);
      const { replyTo } = works[0]!;
      if (!replies.has(replyTo)) replies.set(replyTo, openQueue(replyTo));
      await (await replies.get(replyTo)!).send(works.map((work) => JSON.stringify(resultOf(work, number))));
      await jobs.delete(received.map(({ receipt }) => receipt));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function resultOf(work: WorkPackage, worker: number): Result {
  const bytes = SIDE * SIDE * 8;
  return {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: work.jobId,
    packageId: work.packageId,
    attempt: work.attempt,
    worker: `i-${worker}/1`,
    status: 'done',
    seconds: { read: 0.001, compute: 0.001, write: 0.001 },
    bytes: { read: 2 * bytes, written: bytes },
  };
}
