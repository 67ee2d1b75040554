import { describe, expect, it } from 'vitest';
import {
  CapacityError,
  CredentialsError,
  DeadlineError,
  describeFleet,
  InstanceLostError,
  PermissionError,
  provisionFleet,
  QuotaError,
  SettingError,
  SpecError,
  startMaster,
  type Step,
  stopFleet,
  terminateFleet,
} from '../src/index.ts';
import { awsError, FakeCloud } from './support/fake-cloud.ts';
import { fleetSpec } from './support/spec.ts';

const random = () => 0.5;

function up(cloud: FakeCloud, spec = fleetSpec(), onStep?: (step: Step) => void) {
  return provisionFleet(cloud.clients, spec, { clock: cloud.clock, random, onStep });
}

describe('a fleet', () => {
  it('is made from nothing, and each resource is told as it begins and ends', async () => {
    const cloud = new FakeCloud();
    const heard: Step[] = [];
    const fleet = await up(cloud, fleetSpec(), (step) => heard.push(step));

    expect(fleet.workers).toHaveLength(2);
    expect(fleet.master.state).toBe('running');
    expect(fleet.bucket).toBe('tessera-default-88888888');
    expect(fleet.workerCommandIds).toEqual(['command-1']);
    const outcomes = Object.fromEntries(fleet.steps.map(({ resource, outcome }) => [resource, outcome]));
    expect(outcomes).toEqual({
      bucket: 'created',
      bundles: 'uploaded',
      queues: 'created',
      master: 'created',
      workers: 'created',
      online: 'online',
      start: 'started',
    });
    expect(heard.filter(({ state }) => state === 'begun')).toHaveLength(7);
    expect(heard.filter(({ state }) => state === 'ended')).toEqual(fleet.steps);
    const workers = fleet.steps.find(({ resource }) => resource === 'workers')!;
    expect(workers.seconds).toBeGreaterThanOrEqual(8);
    expect(cloud.queues.get('JobToWorker')!['RedrivePolicy']).toContain('JobToWorker-dead');
    expect(
      [...cloud.buckets.get(fleet.bucket)!.keys()].every((key) => /^bundles\/[0-9a-f]{64}\/[\w.]+$/.test(key)),
    ).toBe(true);
  });

  it('is found whole the second time: nothing is created, started or sent', async () => {
    const cloud = new FakeCloud();
    const first = await up(cloud);
    cloud.calls.length = 0;
    const second = await up(cloud);
    expect(second.steps.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'online')).toEqual(
      Array.from({ length: 6 }, () => 'found'),
    );
    expect(second.workerCommandIds).toEqual(first.workerCommandIds);
    expect(second.bucket).toBe(first.bucket);
    for (const action of [
      'RunInstances',
      'StartInstances',
      'SendCommand',
      'CreateQueue',
      'CreateBucket',
      'PutObject',
    ]) {
      expect([action, cloud.count(action)]).toEqual([action, 0]);
    }
  });

  it('uses what runs, starts what is stopped or stopping, and creates the rest', async () => {
    const cloud = new FakeCloud();
    cloud.add('Master', 'stopping');
    const running = cloud.add('Worker', 'running');
    const stopped = cloud.add('Worker', 'stopped');
    const other = cloud.add('Worker', 'running', 'another');
    const fleet = await up(cloud, fleetSpec({ workers: 3 }));
    const outcomes = new Map(fleet.steps.map(({ resource, outcome, detail }) => [resource, `${outcome}: ${detail}`]));
    expect(outcomes.get('master')).toBe('started: 1 started');
    expect(outcomes.get('workers')).toBe('mixed: 1 found, 1 started, 1 created');
    expect(fleet.workers.map(({ id }) => id)).toEqual(expect.arrayContaining([running, stopped]));
    expect(fleet.workers.map(({ id }) => id)).not.toContain(other);
    expect(fleet.workers.every(({ state }) => state === 'running')).toBe(true);
  });

  it('leaves more workers than asked as they are', async () => {
    const cloud = new FakeCloud();
    await up(cloud, fleetSpec({ workers: 4 }));
    const fleet = await up(cloud, fleetSpec({ workers: 1 }));
    expect(fleet.workers).toHaveLength(4);
    expect(cloud.count('TerminateInstances') + cloud.count('StopInstances')).toBe(0);
  });

  it('completes a set-up that broke off after any of its calls', async () => {
    const whole = new FakeCloud();
    await up(whole);
    const changing =
      /^(RunInstances|CreateQueue|CreateBucket|PutObject|SendCommand|DescribeInstances|GetQueueAttributes)$/;
    const actions = [...new Set(whole.calls.map(({ action }) => action))].filter((action) => changing.test(action));
    for (const action of actions) {
      for (let nth = 0; nth < whole.count(action); nth++) {
        const cloud = new FakeCloud();
        cloud.failures.set(action, [...Array.from({ length: nth }, () => undefined), awsError('AccessDenied', 'no')]);
        await expect(up(cloud), `${action} number ${nth + 1}`).rejects.toBeInstanceOf(PermissionError);
        cloud.failures.clear();
        const fleet = await up(cloud);
        expect(fleet.workers).toHaveLength(2);
        expect(cloud.buckets.size).toBe(1);
        expect(cloud.instances.size, `${action} number ${nth + 1}`).toBeLessThanOrEqual(3);
      }
    }
  });

  it('sends commands to at most 50 instances a call', async () => {
    const cloud = new FakeCloud();
    const fleet = await up(cloud, fleetSpec({ workers: 120 }));
    expect(fleet.workerCommandIds).toHaveLength(3);
    expect(cloud.commands.map(({ ids }) => ids.length).sort()).toEqual([20, 50, 50]);
  });

  it('takes InvalidInstanceId of an instance that just came online for not yet', async () => {
    const cloud = new FakeCloud();
    cloud.fail('SendCommand', ...Array.from({ length: 5 }, () => awsError('InvalidInstanceId', 'not yet')));
    await up(cloud);
    expect(cloud.count('SendCommand')).toBe(6);
  });

  it('replaces a worker program by another version on the same instances', async () => {
    const cloud = new FakeCloud();
    await up(cloud);
    const fleet = await up(cloud, fleetSpec({ worker: { kernel: 'loops' } }));
    expect(fleet.steps.at(-1)).toMatchObject({ resource: 'start', outcome: 'refreshed' });
    expect(fleet.workerCommandIds).toEqual(['command-2']);
    expect(cloud.commands[1]!.lines.join('\n')).toContain("--kernel 'loops'");
  });

  it('runs a master under a command whose output can be followed', async () => {
    const cloud = new FakeCloud();
    const fleet = await up(cloud);
    const started = await startMaster(cloud.clients, fleet, {
      jobId: '20260102-030405-abcde',
      clock: cloud.clock,
      random,
    });
    expect(started).toEqual({
      commandId: 'command-2',
      instanceId: fleet.master.id,
      logGroup: '/aws/ssm/AWS-RunShellScript',
      logStream: `command-2/${fleet.master.id}/aws-runShellScript/stdout`,
    });
    await expect(startMaster(cloud.clients, fleet, { jobId: "x'; rm -rf /" })).rejects.toBeInstanceOf(SpecError);
    const status = await describeFleet(cloud.clients, 'default', { clock: cloud.clock, random });
    expect(
      status.commands.map(({ program, subject }) => `${program} ${subject.length > 12 ? subject : 'stamp'}`),
    ).toEqual(['worker stamp', 'worker stamp', 'master 20260102-030405-abcde']);
    expect(status.instances.map(({ role, online }) => [role, online])).toEqual([
      ['Master', true],
      ['Worker', true],
      ['Worker', true],
    ]);
    expect(status.queues.map(({ name }) => name)).toEqual(['JobToWorker', 'JobToWorker-dead']);
  });
});

describe('a wait', () => {
  it('for an agent that never reports ends with what was waited for, on which instance, and its last state', async () => {
    const cloud = new FakeCloud();
    const deaf = cloud.add('Worker', 'running');
    cloud.deaf.add(deaf);
    const error = await up(cloud).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error).toMatchObject({ ids: [deaf], lastState: '1 unknown to SSM' });
    expect((error as DeadlineError).message).toMatch(/^waited 300 s for instances to come online in SSM/);
  });

  it('for an instance that ends instead ends at once with the reason', async () => {
    const cloud = new FakeCloud();
    const lost = cloud.add('Worker', 'pending');
    cloud.clock.after(1_000, () => (cloud.instances.get(lost)!.state = 'terminated'));
    await expect(up(cloud)).rejects.toBeInstanceOf(InstanceLostError);
  });

  it('ends when its caller wants to stop, with the reason given, and nothing goes on', async () => {
    const cloud = new FakeCloud();
    const stop = new AbortController();
    cloud.clock.after(3_000, () => stop.abort(new Error('interrupted')));
    const running = provisionFleet(cloud.clients, fleetSpec(), { clock: cloud.clock, random, signal: stop.signal });
    await expect(running).rejects.toThrow('interrupted');
    const calls = cloud.calls.length;
    await cloud.clock.sleep(60_000);
    expect(cloud.calls).toHaveLength(calls);
  });
});

describe('a refusal', () => {
  it.each([
    ['RunInstances', 'VcpuLimitExceeded', QuotaError],
    ['RunInstances', 'InsufficientInstanceCapacity', CapacityError],
    ['RunInstances', 'UnauthorizedOperation', PermissionError],
    ['RunInstances', 'InvalidAMIID.NotFound', SettingError],
    ['DescribeInstances', 'AuthFailure', CredentialsError],
    ['ListBuckets', 'ExpiredToken', CredentialsError],
  ])('of %s by %s is a %o that says what to do', async (action, code, Kind) => {
    const cloud = new FakeCloud();
    cloud.fail(action, awsError(code, 'said AWS'));
    const error = await up(cloud).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Kind);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toContain('\n');
  });

  it('that passes is tried again by the table', async () => {
    const cloud = new FakeCloud();
    cloud.fail('RunInstances', awsError('RequestLimitExceeded', 'slow down'), awsError('InternalError', 'oops', 500));
    cloud.fail('CreateQueue', awsError('AWS.SimpleQueueService.QueueDeletedRecently', 'wait'));
    const fleet = await up(cloud);
    expect(fleet.workers).toHaveLength(2);
    expect(cloud.instances.size).toBe(3);
  });

  it('of a wrong specification comes before any call', async () => {
    const cloud = new FakeCloud();
    for (const part of [{ workers: 0 }, { workers: 1.5 }, { workerType: 't3; reboot' }, { cluster: 'A b' }]) {
      await expect(up(cloud, fleetSpec(part))).rejects.toBeInstanceOf(SpecError);
    }
    expect(cloud.calls).toHaveLength(0);
  });
});

describe('ending a fleet', () => {
  it('stops what runs, waits for what has hardly begun, and leaves other fleets alone', async () => {
    const cloud = new FakeCloud();
    const ids = [cloud.add('Master', 'running'), cloud.add('Worker', 'pending'), cloud.add('Worker', 'stopping')];
    const other = cloud.add('Worker', 'running', 'another');
    const { instanceIds } = await stopFleet(cloud.clients, 'default', { clock: cloud.clock, random });
    expect(instanceIds).toEqual(ids.slice(0, 2));
    expect(ids.map((id) => cloud.instances.get(id)!.state)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(cloud.instances.get(other)!.state).toBe('running');
  });

  it('terminates everything, also of a set-up that broke off, and deletes queues; the bucket only when asked', async () => {
    const cloud = new FakeCloud();
    cloud.fail('PutObject', awsError('AccessDenied', 'no'));
    await expect(up(cloud)).rejects.toBeInstanceOf(PermissionError);
    await terminateFleet(cloud.clients, 'default', { clock: cloud.clock, random });
    expect([...cloud.instances.values()].every(({ state }) => state === 'terminated')).toBe(true);
    expect(cloud.queues.size).toBe(0);
    expect(cloud.buckets.size).toBe(1);
    const again = await terminateFleet(cloud.clients, 'default', { deleteBucket: true, clock: cloud.clock, random });
    expect(again.instanceIds).toEqual([]);
    expect(again.deletedBucket).toMatch(/^tessera-default-[0-9a-f]{8}$/);
    expect(cloud.buckets.size).toBe(0);
  });

  it('ends what another program starts meanwhile', async () => {
    const cloud = new FakeCloud();
    cloud.add('Worker', 'running');
    cloud.clock.after(5_000, () => void cloud.add('Worker', 'pending'));
    await stopFleet(cloud.clients, 'default', { clock: cloud.clock, random });
    expect([...cloud.instances.values()].map(({ state }) => state)).toEqual(['stopped', 'stopped']);
  });
});
