import type { StoreContext } from '@tessera/matrix';
import type { ClusterName, JobId, JobSpec } from '@tessera/protocol';
import type { Cloud } from '../cloud/cloud.ts';
import { bucketPlaces, localPlaces, type Places } from '../input/places.ts';
import { sizeFor, type FleetSize } from './fleet-size.ts';
import type { Job } from './job.ts';
import { givenFiles } from './record.ts';
import type { JobRequest } from './request.ts';
import { makeSpec } from './spec.ts';

/** What makes a request a job. */
export interface NewJob {
  readonly request: JobRequest;
  readonly id: JobId;
  readonly cluster: ClusterName;
  readonly cloud: Cloud['kind'];
  /** Where the workspace is made, on this machine. */
  readonly cwd: string;
  /** The fleet that is foreseen. */
  readonly size: FleetSize;
}

/** The specification that a plan can be made of before there is a fleet. On AWS the bucket's name is still made up. */
export function foreseenSpec({ request, id, cluster, cloud, cwd, size }: NewJob): JobSpec {
  const places = cloud === 'local' ? localPlaces(cwd, id, request.out) : bucketPlaces('bucket', id, request.out);
  return makeSpec(request, places, size, { jobId: id, cluster });
}

/** A job that nobody has begun. @param context for operands that have to be uploaded */
export function newJob(job: NewJob, context: () => StoreContext, signal: AbortSignal): Job {
  const { request, id, cluster, cloud, cwd, size } = job;
  const places = cloud === 'local' ? localPlaces(cwd, id, request.out) : undefined;
  return {
    id,
    workers: size.workers,
    kernel: request.options.kernel,
    places,
    resumed: undefined,
    async submission({ bucket, workers }) {
      const there = places ?? bucketPlaces(bucket, id, request.out);
      const given = await givenFiles(request.operands);
      const operands = places === undefined ? await uploaded(there) : request.operands;
      const spec = makeSpec({ ...request, operands }, there, sizeFor(size, workers), { jobId: id, cluster });
      return { record: { ...spec, home: { out: request.out?.path ?? null, given } }, places: there };
    },
  };

  async function uploaded(there: Places): Promise<JobRequest['operands']> {
    const { uploadOperands } = await import('./upload.ts');
    return uploadOperands(request, there, context(), signal);
  }
}
