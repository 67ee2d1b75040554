import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalCloud } from '@tessera/local-cloud';
import { expect, test } from 'vitest';
import { clientEnvironment, cloudAndFolder, missing, run } from './client-process.ts';

const reason = missing('aws', '--version');
if (reason !== undefined) process.stderr.write(`the tests with the AWS CLI are skipped: ${reason}\n`);

/** The AWS CLI in a folder of its own; an answer in JSON, or undefined when it says nothing. */
async function withAws() {
  const { cloud, folder } = await cloudAndFolder();
  const env = { ...clientEnvironment(cloud, folder), AWS_CONFIG_FILE: join(folder, 'config') };
  // Left to itself the CLI presigns for us-east-1 by Signature Version 2, which S3 itself is giving up.
  writeFileSync(env.AWS_CONFIG_FILE, '[default]\ns3 =\n    signature_version = s3v4\n');
  const answer = async (format: string, args: readonly string[]): Promise<string> =>
    run('aws', [...atOurEndpoint(cloud, args), '--output', format], { env, cwd: folder });
  const text = async (...args: string[]): Promise<string> => (await answer('text', args)).trim();
  // oxlint-disable-next-line typescript/no-explicit-any -- the shapes are the CLI's own
  const json = async (...args: string[]): Promise<any> => JSON.parse((await answer('json', args)) || 'null');
  return { folder, text, json };
}

/**
 * Version 1 of the CLI sends `aws sqs` to an old address of the service whatever AWS_ENDPOINT_URL says (its
 * customization overridesslcommonname); only the option on the command line comes before that.
 */
function atOurEndpoint({ endpoint }: LocalCloud, args: readonly string[]): readonly string[] {
  return args[0] === 'sqs' ? ['--endpoint-url', endpoint, ...args] : args;
}

const launch = [
  'ec2',
  'run-instances',
  '--image-id',
  'ami-0b0dcb5067f052a63',
  '--instance-type',
  't2.micro',
  '--key-name',
  'vockey',
];
const sendCommand = ['ssm', 'send-command', '--document-name', 'AWS-RunShellScript'];
const stdout = (commandId: string, instanceId: string) => `${commandId}/${instanceId}/aws-runShellScript/stdout`;

test.skipIf(reason !== undefined)(
  'the AWS CLI launches, finds by tag, sends, follows the log, cancels, stops, starts and terminates',
  async () => {
    const { text, json } = await withAws();
    const [identity, id] = await Promise.all([
      json('sts', 'get-caller-identity'),
      text(
        ...launch,
        '--tag-specifications',
        'ResourceType=instance,Tags=[{Key=Name,Value=Worker}]',
        '--query',
        'Instances[0].InstanceId',
      ),
      text(...launch, '--tag-specifications', 'ResourceType=instance,Tags=[{Key=Name,Value=Master}]'),
    ]);
    expect(identity.Account).toBe('000000000000');
    const filters = ['Name=tag:Name,Values=Worker', 'Name=instance-state-name,Values=pending,running'];
    expect(
      await text(
        'ec2',
        'describe-instances',
        '--filters',
        ...filters,
        '--query',
        'Reservations[].Instances[].InstanceId',
      ),
    ).toBe(id);

    const output = 'CloudWatchOutputEnabled=true,CloudWatchLogGroupName=/tessera';
    const parameters = JSON.stringify({ commands: ['echo "begun on $TESSERA_INSTANCE_ID"', 'sleep 600 & wait'] });
    const parametersOfSend = ['--parameters', parameters, '--cloud-watch-output-config', output];
    const sent = await json(...sendCommand, '--targets', 'Key=tag:Name,Values=Worker', ...parametersOfSend);
    const commandId: string = sent.Command.CommandId;
    expect(sent.Command).toMatchObject({ TargetCount: 1, DocumentName: 'AWS-RunShellScript' });
    const events = [
      'logs',
      'get-log-events',
      '--log-group-name',
      '/tessera',
      '--log-stream-name',
      stdout(commandId, id),
      '--start-from-head',
    ];
    const first = await json(...events);
    expect(first.events.map(({ message }: { message: string }) => message)).toEqual([`begun on ${id}`]);
    const running = await json('ssm', 'get-command-invocation', '--command-id', commandId, '--instance-id', id);
    expect(running.Status).toBe('InProgress');

    await text('ssm', 'cancel-command', '--command-id', commandId);
    await expect
      .poll(
        () =>
          text('ssm', 'list-command-invocations', '--command-id', commandId, '--query', 'CommandInvocations[0].Status'),
        { timeout: 20_000 },
      )
      .toBe('Cancelled');

    await text('ec2', 'stop-instances', '--instance-ids', id);
    await text('ec2', 'wait', 'instance-stopped', '--instance-ids', id);
    await text('ec2', 'start-instances', '--instance-ids', id);
    await text('ec2', 'wait', 'instance-status-ok', '--instance-ids', id);
    const again = await text(
      'ssm',
      'send-command',
      '--document-name',
      'AWS-RunShellScript',
      '--instance-ids',
      id,
      '--parameters',
      'commands=echo again',
      '--query',
      'Command.CommandId',
    );
    await text('ssm', 'wait', 'command-executed', '--command-id', again, '--instance-id', id);
    expect(
      await text(
        'ssm',
        'get-command-invocation',
        '--command-id',
        again,
        '--instance-id',
        id,
        '--query',
        'StandardOutputContent',
      ),
    ).toBe('again');

    await text('ec2', 'terminate-instances', '--instance-ids', id);
    await text('ec2', 'wait', 'instance-terminated', '--instance-ids', id);
  },
);

test.skipIf(reason !== undefined)(
  'the AWS CLI moves messages and objects, and presigns a URL for curl',
  async ({ skip }) => {
    const { folder, text, json } = await withAws();
    const url = await text(
      'sqs',
      'create-queue',
      '--queue-name',
      'JobToWorker',
      '--attributes',
      'VisibilityTimeout=60',
    );
    await text('sqs', 'send-message', '--queue-url', url, '--message-body', '{"v":1,"note":"ä & <b>"}');
    const { Messages } = await json('sqs', 'receive-message', '--queue-url', url, '--wait-time-seconds', '1');
    expect(Messages[0].Body).toBe('{"v":1,"note":"ä & <b>"}');
    await text('sqs', 'delete-message', '--queue-url', url, '--receipt-handle', Messages[0].ReceiptHandle);
    const [left, listed] = await Promise.all([
      json('sqs', 'get-queue-attributes', '--queue-url', url, '--attribute-names', 'All'),
      json('sqs', 'list-queues', '--queue-name-prefix', 'Job'),
      text('s3', 'mb', 's3://tessera-interop'),
    ]);
    expect(left.Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
    expect(listed.QueueUrls).toEqual([url]);

    // More than the CLI's threshold of 8 MiB, so it goes up in parts.
    const bytes = randomBytes(9 * 1024 * 1024);
    writeFileSync(join(folder, 'in.bin'), bytes);
    await text('s3', 'cp', 'in.bin', 's3://tessera-interop/some dir/a+b.bin');
    const [, list, presigned] = await Promise.all([
      text('s3', 'cp', 's3://tessera-interop/some dir/a+b.bin', 'out.bin'),
      text('s3', 'ls', 's3://tessera-interop/some dir/'),
      text('s3', 'presign', 's3://tessera-interop/some dir/a+b.bin'),
    ]);
    expect(readFileSync(join(folder, 'out.bin')).equals(bytes)).toBe(true);
    expect(list).toMatch(/9437184 a\+b\.bin$/);
    if (missing('curl', '--version') !== undefined) skip('curl is not installed here');
    await run('curl', ['-sSf', '-o', 'curl.bin', presigned], { env: process.env, cwd: folder });
    expect(readFileSync(join(folder, 'curl.bin')).equals(bytes)).toBe(true);
  },
);

test.skipIf(reason !== undefined)('the AWS CLI is refused with a wrong secret', async () => {
  const { cloud, folder } = await cloudAndFolder();
  const env = { ...clientEnvironment(cloud, folder), AWS_SECRET_ACCESS_KEY: 'wrong' };
  const refused = (...args: string[]) => expect(run('aws', atOurEndpoint(cloud, args), { env, cwd: folder })).rejects;
  await Promise.all([
    refused('ec2', 'describe-instances').toThrow(/AuthFailure/),
    refused('ssm', 'list-commands').toThrow(/InvalidSignatureException/),
    refused('sqs', 'list-queues').toThrow(/SignatureDoesNotMatch/),
    refused('s3api', 'list-buckets').toThrow(/SignatureDoesNotMatch/),
  ]);
});
