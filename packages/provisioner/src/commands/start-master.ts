import { JobId } from '@tessera/protocol';
import { presignBundle } from '../bundles/presign.ts';
import type { Clients } from '../clients.ts';
import { SpecError } from '../errors.ts';
import type { Fleet } from '../fleet.ts';
import { SSM_LOG_GROUP } from '../limits.ts';
import { masterScript } from '../shell/program-script.ts';
import { type World, worldOf } from '../world.ts';
import { masterComment } from './running.ts';
import { sendCommand } from './send.ts';

/** A job's master at work, and where its output is. */
export interface StartedMaster {
  readonly commandId: string;
  readonly instanceId: string;
  readonly logGroup: string;
  readonly logStream: string;
}

/**
 * Runs the master of a job that is in the bucket as `jobs/<jobId>/job.json`. It is started again when it dies by a
 * signal, up to four starts.
 * @throws SpecError for an id that is none, DeadlineError, AwsError
 */
export async function startMaster(
  clients: Clients,
  fleet: Pick<Fleet, 'cluster' | 'bucket' | 'bundles' | 'timeToLiveMinutes'> & { master: { id: string } },
  options: { jobId: JobId } & Partial<World>,
): Promise<StartedMaster> {
  const { jobId } = options;
  if (!JobId.safeParse(jobId).success) throw new SpecError('jobId', '3 to 40 of a-z, 0-9 and -', jobId);
  const world = worldOf(options);
  const { cluster, bucket, timeToLiveMinutes } = fleet;
  const [install, region] = await Promise.all([
    presignBundle(clients.s3, world, bucket, fleet.bundles.master),
    clients.ec2.config.region(),
  ]);
  const [commandId] = await sendCommand(clients.ssm, world, {
    instanceIds: [fleet.master.id],
    lines: masterScript({ install, region, cluster, bucket, jobId, timeToLiveMinutes }),
    comment: masterComment(cluster, jobId),
  });
  return {
    commandId: commandId!,
    instanceId: fleet.master.id,
    logGroup: SSM_LOG_GROUP,
    logStream: outputStream(commandId!, fleet.master.id),
  };
}

/** The stream into which SSM's agent writes what a command prints. */
export function outputStream(commandId: string, instanceId: string, output: 'stdout' | 'stderr' = 'stdout'): string {
  return `${commandId}/${instanceId}/aws-runShellScript/${output}`;
}
