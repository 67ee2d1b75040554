import type { S3Client } from '@aws-sdk/client-s3';
import type { FleetOptions } from '../arguments/command.ts';
import type { Cloud } from '../cloud/cloud.ts';
import { UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { openCloud } from './open-cloud.ts';

/** Looks into buckets: a cloud that is there is asked, none is started for it. */
export function bucketReader(
  fleet: FleetOptions,
  context: CommandContext,
): { s3(): Promise<S3Client>; close(): Promise<void> } {
  let cloud: Cloud | undefined;
  return {
    async s3() {
      if (fleet.cloud === 'local') {
        const { findLasting } = await import('../cloud/local.ts');
        if ((await findLasting(context.settings.stateRoot)) === undefined) {
          throw new UsageError('s3:// operands and results need AWS (--cloud aws) or a local cloud that stays (`up`)');
        }
      }
      cloud ??= await openCloud(fleet, context);
      return cloud.clients.s3;
    },
    async close() {
      await cloud?.close();
    },
  };
}
