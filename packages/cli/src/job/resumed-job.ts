import type { StoreContext } from '@tessera/matrix';
import { PROTOCOL_VERSION, type Manifest } from '@tessera/protocol';
import { planJob, type Plan } from '@tessera/master/plan';
import { UsageError } from '../errors.ts';
import type { Places } from '../input/places.ts';
import type { Job } from './job.ts';
import { look, type JobRecord } from './record.ts';
import { entriesOf } from './request.ts';

/**
 * A job that was begun and not ended: the same specification, so the same plan, over what the store holds.
 * @throws UsageError where its operands or its arrays are not what they were
 */
export async function resumedJob(record: JobRecord, places: Places, context: StoreContext): Promise<Job> {
  const { jobId: id, home, fleet } = record;
  if (places.workspace !== record.workspace) {
    throw new UsageError(
      `job ${id} was begun in ${record.workspace}, and its folder has been moved; begin it anew, or move it back`,
    );
  }
  for (const [name, file] of entriesOf(home.given)) if (file !== null) await checkGiven(id, name, file);
  const plan = planJob(record);
  await checkStored(id, plan, context);
  return {
    id,
    workers: fleet.workers,
    kernel: record.kernel,
    places: places.folder === undefined ? undefined : places,
    resumed: {
      manifest: manifestOf(record, plan),
      packages: plan.phases.reduce((sum, { packages }) => sum + packages, 0),
    },
    submission: async () => ({ record, places }),
  };
}

async function checkGiven(
  id: string,
  name: string,
  file: { place: string; bytes?: number | undefined },
): Promise<void> {
  // What is in a bucket is looked at by the workers.
  if (file.bytes === undefined) return;
  const now = await look(file.place).catch(() => undefined);
  if (now === undefined) throw new UsageError(`job ${id} can't go on: its operand ${name}, ${file.place}, is gone`);
  const same = Object.entries(now).every(([key, value]) => file[key as keyof typeof file] === value);
  if (!same) {
    throw new UsageError(
      `job ${id} can't go on: its operand ${name}, ${file.place}, has changed since it began; begin it anew`,
    );
  }
}

/** Tiles that were cut otherwise, by another version of the planner, can't be gone on with. */
async function checkStored(id: string, plan: Plan, context: StoreContext): Promise<void> {
  const { openArray } = await import('@tessera/matrix');
  for (const name of plan.created) {
    const wanted = plan.arrays[name]!;
    const array = await openArray(wanted.url, context).catch(() => undefined);
    if (array === undefined) continue;
    const { shape, dtype, chunk = wanted.chunk } = array;
    await array.close();
    if (JSON.stringify([shape, dtype, chunk]) !== JSON.stringify([wanted.shape, wanted.dtype, wanted.chunk])) {
      throw new UsageError(`job ${id} was begun by a version of Tessera that cuts it otherwise; begin it anew`);
    }
  }
}

function manifestOf({ jobId, op, dtype, kernel, workspace }: JobRecord, plan: Plan): Manifest {
  const arrays = { ...plan.arrays };
  return { v: PROTOCOL_VERSION, jobId, op, dtype, kernel, workspace, arrays, texts: { ...plan.texts } };
}
