export { runWorker, type WorkerLog, type WorkerWorld } from './loop/worker-loop.ts';
export { OpenJob, OpenJobs, type JobAccess } from './jobs/open-jobs.ts';
export { execute, PackageContext, type Outcome } from './operations/index.ts';
export { ReferenceRefusedError, UnknownJobError, WorkerError } from './errors.ts';
export * from './kernels/index.ts';
