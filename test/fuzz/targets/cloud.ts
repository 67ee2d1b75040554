import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud, type LocalCloud } from '@tessera/local-cloud';
import * as fc from 'fast-check';
import { raw, signed } from '../../../infra/local-cloud/test/raw-request.ts';
import { mutatedDocuments } from '../documents.ts';
import { mutatedText } from '../mutations.ts';
import { target } from '../target.ts';

let folder: string | undefined;
let running: Promise<LocalCloud> | undefined;

/** Started when it is first asked for. */
function cloud(): Promise<LocalCloud> {
  folder ??= mkdtempSync(join(tmpdir(), 'tessera-fuzz-cloud-'));
  return (running ??= startLocalCloud({ stateDir: folder }));
}

async function close(): Promise<void> {
  await (await running)?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  running = folder = undefined;
}

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
const json = (name: string, version = '1.1') => ({
  'content-type': `application/x-amz-json-${version}`,
  'x-amz-target': name,
});

/** Requests that start nothing, with bodies that are nearly right. */
const requests = fc.oneof(
  fc.record({
    service: fc.constant('ec2'),
    headers: fc.constant(form),
    body: mutatedText([
      'Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=W*r&MaxResults=5',
      'Action=CreateTags&Version=2016-11-15&ResourceId.1=i-0123456789abcdef0&Tag.1.Key=a&Tag.1.Value=b',
      'Action=DescribeImages&Version=2016-11-15&Owner.1=amazon&Filter.1.Name=name&Filter.1.Value.1=al2023-*',
      'Action=DescribeInstanceTypes&Version=2016-11-15&InstanceType.1=t3.large&NextToken=x',
      'Action=DescribeTags&Version=2016-11-15&Filter.1.Name=key&Filter.1.Value.1=%5C%2A',
      'Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-0123456789abcdef0',
    ]),
  }),
  ...Object.entries({
    'AmazonSSM.ListCommands': '{"MaxResults":5,"NextToken":"x","Filters":[{"key":"Status","value":"Success"}]}',
    'AmazonSSM.GetCommandInvocation':
      '{"CommandId":"01234567-0123-0123-0123-0123456789ab","InstanceId":"i-0123456789abcdef0"}',
    'AmazonSSM.DescribeInstanceInformation': '{"Filters":[{"Key":"InstanceIds","Values":["i-0"]}],"MaxResults":50}',
    'AmazonSSM.GetParameters': '{"Names":["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"]}',
    'AmazonSSM.CancelCommand': '{"CommandId":"01234567-0123-0123-0123-0123456789ab","InstanceIds":["i-0"]}',
    'Logs_20140328.CreateLogGroup': '{"logGroupName":"g"}',
    'Logs_20140328.PutLogEvents':
      '{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1767322800000,"message":"hello"}]}',
    'Logs_20140328.FilterLogEvents': '{"logGroupName":"g","filterPattern":"hello","limit":10,"startTime":0}',
    'Logs_20140328.GetLogEvents': '{"logGroupName":"g","logStreamName":"s","nextToken":"f/0","startFromHead":true}',
  }).map(([name, sample]) =>
    fc.record({
      service: fc.constant(name.startsWith('AmazonSSM') ? 'ssm' : 'logs'),
      headers: fc.constant(json(name)),
      body: mutatedDocuments([sample]),
    }),
  ),
);

/** The running cloud, by requests that are signed: it answers each, and never that it failed inside. */
export const cloudRequests = target({
  name: 'signed request to the cloud',
  inputs: requests,
  async feed({ service, headers, body }) {
    const here = await cloud();
    const answer = await raw(here.endpoint, { body, headers: await signed(here, { service, headers, body }) });
    if (answer.status >= 500) throw new Error(`status ${answer.status}: ${answer.body.slice(0, 200)}`);
  },
  isOwn: () => false,
  close,
});
