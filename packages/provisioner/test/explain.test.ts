import { describe, expect, it } from 'vitest';
import { EC2Client, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { explainAwsError, RegionError, SettingError, UnreachableError } from '../src/index.ts';
import { awsError } from './support/fake-cloud.ts';

describe('an explanation', () => {
  it.each([
    ['ExpiredToken', 'CredentialsError', 'log in again'],
    ['CredentialsProviderError', 'CredentialsError', 'aws configure'],
    ['UnauthorizedOperation', 'PermissionError', 'ask for the permission'],
    ['VcpuLimitExceeded', 'QuotaError', 'fewer or smaller'],
    ['InsufficientInstanceCapacity', 'CapacityError', 'try again later'],
    ['ThrottlingException', 'ThrottledError', 'wait a minute'],
    ['InvalidKeyPair.NotFound', 'SettingError', 'leave it out'],
    ['Whatever', 'AwsRefusalError', 'Whatever: said AWS'],
  ])('of %s is a %s that says: %s', (code, tag, says) => {
    const cause = awsError(code, 'said\n AWS');
    const error = explainAwsError(cause);
    expect(error).toMatchObject({ _tag: tag, code, cause });
    expect(error.message).toContain(says);
    expect(error.message).not.toContain('\n');
  });

  it('of a wrong instance profile names the template, whatever code it comes under', () => {
    const error = explainAwsError(
      awsError(
        'InvalidParameterValue',
        'Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name',
      ),
    );
    expect(error).toBeInstanceOf(SettingError);
    expect(error.message).toContain('infra/cloudformation/tessera.yaml');
  });

  it('of a missing region, as the SDK throws it, names the variable', async () => {
    const ec2 = new EC2Client({
      region: () => Promise.reject<string>(new Error('Region is missing')),
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    });
    const thrown = await ec2.send(new DescribeInstancesCommand({})).catch((error: unknown) => error);
    expect(explainAwsError(thrown)).toBeInstanceOf(RegionError);
  });

  it('of an endpoint where nothing listens says that the cloud did not answer', async () => {
    const ec2 = new EC2Client({
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:9',
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      maxAttempts: 1,
    });
    const thrown = await ec2.send(new DescribeInstancesCommand({})).catch((error: unknown) => error);
    expect(explainAwsError(thrown)).toBeInstanceOf(UnreachableError);
  });

  it('of an explained error is the same error', () => {
    const error = explainAwsError(awsError('SlowDown', 'x'));
    expect(explainAwsError(error)).toBe(error);
  });
});
