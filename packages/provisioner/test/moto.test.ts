import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBucket } from '../src/bucket.ts';
import { systemClock } from '@tessera/protocol/system-clock';
import { type Clients, describeType, openClients, terminateFleet, uploadArtifacts } from '../src/index.ts';
import { ensureInstances } from '../src/instances/ensure.ts';
import { findInstances } from '../src/instances/find.ts';
import { ensureQueues } from '../src/queues.ts';
import { Moto, motoReason } from './support/moto.ts';
import { fleetSpec } from './support/spec.ts';

const reason = motoReason();
if (reason !== undefined) process.stderr.write(`skipped: comparing with moto's AWS, ${reason}\n`);

describe.skipIf(reason !== undefined)('against moto', () => {
  const world = { clock: systemClock, random: Math.random };
  let moto: Moto;
  let clients: Clients & { destroy(): void };
  beforeAll(async () => {
    moto = await Moto.start();
    const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };
    clients = await openClients({ endpoint: moto.endpoint, region: 'us-east-1', credentials });
  }, 60_000);
  afterAll(async () => {
    clients?.destroy();
    await moto?.stop();
  });

  it('instances, queues, bucket and bundles are made once and found the second time', async () => {
    const spec = fleetSpec({ image: 'ami-12c6146b', timeToLiveMinutes: 30 });
    const bring = async () => {
      const known = await findInstances(clients.ec2, world, 'default');
      const [master, workers, queues, bucket] = await Promise.all([
        ensureInstances(clients, world, spec, 'Master', 1, known),
        ensureInstances(clients, world, spec, 'Worker', 2, known),
        ensureQueues(clients, world, 'default'),
        ensureBucket(clients.s3, world, 'default'),
      ]);
      await bucket.settled;
      const uploaded = await uploadArtifacts(clients.s3, world, bucket.bucket, spec.artifacts.worker);
      return { outcomes: [master, workers, queues, bucket].map(({ outcome }) => outcome), uploaded };
    };
    expect(await bring()).toEqual({
      outcomes: ['created', 'created', 'created', 'created'],
      uploaded: ['worker.mjs', 'koffi.node'],
    });
    expect(await bring()).toEqual({ outcomes: ['found', 'found', 'found', 'found'], uploaded: [] });
  });

  it('a fleet is terminated whole', async () => {
    const { instanceIds, deletedBucket } = await terminateFleet(clients, 'default', { deleteBucket: true, ...world });
    expect(instanceIds).toHaveLength(3);
    expect(deletedBucket).toMatch(/^tessera-default-/);
    expect(await findInstances(clients.ec2, world, 'default')).toEqual([]);
  });

  it('instance types are those of AWS', async () => {
    expect(await describeType(clients, 't2.micro')).toMatchObject({ memoryBytes: 2 ** 30, cores: 1 });
  });

  it('the CloudFormation template makes a bucket that is found, a closed group and a profile', async () => {
    const template = join(import.meta.dirname, '../../../infra/cloudformation/tessera.yaml');
    const script = `
import ast, sys, json, boto3
kw = dict(endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='x', aws_secret_access_key='y')
cfn = boto3.client('cloudformation', **kw)
body = open(sys.argv[2]).read()
cfn.create_stack(StackName='tessera-lab', TemplateBody=body, Capabilities=['CAPABILITY_NAMED_IAM'],
                 Parameters=[{'ParameterKey': 'Cluster', 'ParameterValue': 'lab'}])
stack = cfn.describe_stacks(StackName='tessera-lab')['Stacks'][0]
out = {o['OutputKey']: o['OutputValue'] for o in stack['Outputs']}
group = boto3.client('ec2', **kw).describe_security_groups(GroupIds=[out['SecurityGroupId']])['SecurityGroups'][0]
profile = boto3.client('iam', **kw).get_instance_profile(InstanceProfileName=out['InstanceProfileName'])['InstanceProfile']
role = profile['Roles'][0]['RoleName']
policy = boto3.client('iam', **kw).get_role_policy(RoleName=role, PolicyName='tessera')['PolicyDocument']
policy = ast.literal_eval(policy) if isinstance(policy, str) else policy  # moto prints it as Python does
print(json.dumps({'status': stack['StackStatus'], 'bucket': out['BucketName'], 'ingress': group['IpPermissions'], 'policy': policy}))
`;
    const answer = execFileSync('python3', ['-c', script, moto.endpoint, template], { encoding: 'utf8' });
    const made = JSON.parse(answer) as {
      status: string;
      bucket: string;
      ingress: unknown[];
      policy: { Statement: { Action: string[]; Resource: string | string[] }[] };
    };
    expect(made).toMatchObject({ status: 'CREATE_COMPLETE', ingress: [] });
    expect(await ensureBucket(clients.s3, world, 'lab')).toMatchObject({ outcome: 'found', bucket: made.bucket });
    expect(made.policy.Statement, answer).toHaveLength(6);
    for (const { Action, Resource } of made.policy.Statement) {
      expect(Action.some((action) => action.includes('*'))).toBe(false);
      expect([Resource].flat()).not.toContain('*');
    }
    const queues = made.policy.Statement[0]!.Resource;
    expect(queues).toContain('arn:aws:sqs:us-east-1:123456789012:JobToWorker-lab');
  });
});
