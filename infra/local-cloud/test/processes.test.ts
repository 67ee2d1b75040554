import { existsSync } from 'node:fs';
import {
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceStopped,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { CancelCommandCommand } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { cloudForTest, eventually, finished, online, onlineInstances, runOn, send } from './cloud.ts';
import { allGone, pidsIn } from './pids.ts';

/** Everything that must not survive: a child, a grandchild, one that ignores SIGTERM, and one that left the group. */
const family = [
  'sleep 600 & echo $! >> pids',
  '(sh -c "sleep 600 & echo \\$! >> pids; wait") & echo $! >> pids',
  `sh -c "trap '' TERM; while :; do sleep 0.1; done" & echo $! >> pids`,
  'echo $$ >> pids',
];
const stranger = "setsid sh -c 'echo $$ >> strangers; echo $$ >> pids; exec sleep 600' < /dev/null > /dev/null 2>&1 &";
const waiter = (ec2: Parameters<typeof waitUntilInstanceStopped>[0]['client']) => ({
  client: ec2,
  maxWaitTime: 10,
  minDelay: 0.01,
  maxDelay: 0.05,
});

async function withFamily(expected: number, ...more: string[]) {
  const cloud = await cloudForTest({ cancelGraceMs: 100, stopGraceMs: 100 });
  const [id] = await onlineInstances(cloud);
  const directory = `${cloud.stateDir}/instances/${id}`;
  const commandId = await send(cloud, id!, [...family, ...more, 'wait']);
  const pids = await eventually(() => {
    const found = pidsIn(`${directory}/pids`);
    return found.length === expected ? found : undefined;
  }, 'the whole family runs');
  return { ...cloud, id: id!, directory, commandId, pids };
}

describe('a cancelled command', () => {
  test('dies with all its children, also those that ignore SIGTERM', async () => {
    const cloud = await withFamily(5);
    await cloud.ssm.send(new CancelCommandCommand({ CommandId: cloud.commandId }));
    expect(await finished(cloud, cloud.commandId, cloud.id)).toMatchObject({
      Status: 'Cancelled',
      StatusDetails: 'Cancelled',
    });
    expect(allGone(cloud.pids)).toBe(true);
    expect(await runOn(cloud, cloud.id, 'echo next')).toMatchObject({ Status: 'Success' });
  });

  test('may end in its own way within the grace', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const commandId = await send(cloud, id!, [
      'trap "echo released; exit 0" TERM',
      'echo ready > ready',
      'while :; do sleep 0.05; done',
    ]);
    await eventually(() => existsSync(`${cloud.stateDir}/instances/${id}/ready`) || undefined, 'the command is ready');
    await cloud.ssm.send(new CancelCommandCommand({ CommandId: commandId, InstanceIds: [id!] }));
    expect(await finished(cloud, commandId, id!)).toMatchObject({
      Status: 'Cancelled',
      StandardOutputContent: 'released\n',
    });
  });

  test('stays as it is when it was over already', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const commandId = await send(cloud, id!, ['true']);
    await finished(cloud, commandId, id!);
    await cloud.ssm.send(new CancelCommandCommand({ CommandId: commandId }));
    expect(await finished(cloud, commandId, id!)).toMatchObject({ Status: 'Success' });
    await expect(
      cloud.ssm.send(new CancelCommandCommand({ CommandId: 'a0b1c2d3-0000-4000-8000-000000000000' })),
    ).rejects.toMatchObject({ name: 'InvalidCommandId' });
  });
});

describe('an instance', () => {
  test('that is stopped keeps its directory and no process, not even one that left its session', async () => {
    const cloud = await withFamily(6, stranger);
    await cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [cloud.id] }));
    await waitUntilInstanceStopped(waiter(cloud.ec2), { InstanceIds: [cloud.id] });
    expect(allGone(cloud.pids)).toBe(true);
    expect(existsSync(`${cloud.directory}/pids`)).toBe(true);
    expect(await finished(cloud, cloud.commandId, cloud.id)).toMatchObject({ Status: 'Failed' });
    await cloud.ec2.send(new StartInstancesCommand({ InstanceIds: [cloud.id] }));
    await online(cloud, [cloud.id]);
    expect((await runOn(cloud, cloud.id, 'wc -l < strangers')).StandardOutputContent!.trim()).toBe('1');
  });

  test('that is terminated leaves neither process nor directory', async () => {
    const cloud = await withFamily(6, stranger);
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id] }));
    await waitUntilInstanceTerminated(waiter(cloud.ec2), { InstanceIds: [cloud.id] });
    expect(allGone(cloud.pids)).toBe(true);
    expect(existsSync(cloud.directory)).toBe(false);
  });

  test('ends alone: others keep their processes', async () => {
    const cloud = await withFamily(5);
    const [other] = await onlineInstances(cloud);
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [other!] }));
    await waitUntilInstanceTerminated(waiter(cloud.ec2), { InstanceIds: [other!] });
    expect(cloud.pids.some((pid) => allGone([pid]))).toBe(false);
  });
});

test('a cloud that is closed leaves neither process nor directory', async () => {
  const cloud = await withFamily(6, stranger);
  await cloud.cloud.close();
  expect(allGone(cloud.pids)).toBe(true);
  expect(existsSync(cloud.stateDir)).toBe(false);
});
