import type { ClusterName, JobId } from './ids.ts';

/** Where all masters of a cluster put work packages and all its workers take them. The default cluster has the plain name. */
export function jobQueueName(cluster: ClusterName): string {
  return cluster === 'default' ? 'JobToWorker' : `JobToWorker-${cluster}`;
}

/** Where packages end that were received too often, malformed ones among them. */
export function deadLetterQueueName(cluster: ClusterName): string {
  return `${jobQueueName(cluster)}-dead`;
}

/** Where workers answer one job; its master alone reads it. */
export function resultQueueName(jobId: JobId): string {
  return `ResultToMaster-${jobId}`;
}
