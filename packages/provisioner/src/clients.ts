import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SSMClient } from '@aws-sdk/client-ssm';

/**
 * The AWS clients, made once at the entry point. Fields may be getters: each is read only when a call needs it, so a
 * program pays for the services that it uses.
 */
export interface Clients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly logs: CloudWatchLogsClient;
}

/** Settings of the clients that `openClients` makes; what is absent comes from the SDK's own standard configuration. */
export interface ClientSettings {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/**
 * Loads the five clients side by side. S3 is addressed by path where an endpoint is set: `bucket.127.0.0.1` is no host.
 * The set of clients can be destroyed to close their sockets.
 */
export async function openClients(settings: ClientSettings = {}): Promise<Clients & { destroy(): void }> {
  const [{ EC2Client }, { SSMClient }, { SQSClient }, { S3Client }, { CloudWatchLogsClient }] = await Promise.all([
    import('./aws/ec2.ts'),
    import('./aws/ssm.ts'),
    import('./aws/sqs.ts'),
    import('./aws/s3.ts'),
    import('./aws/logs.ts'),
  ]);
  const s3Settings = settings.endpoint === undefined ? settings : { ...settings, forcePathStyle: true };
  const clients = {
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
    sqs: new SQSClient(settings),
    s3: new S3Client(s3Settings),
    logs: new CloudWatchLogsClient(settings),
  };
  return {
    ...clients,
    destroy() {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}
