import * as z from 'zod';
import { action } from '../../action.ts';
import type { Fleet } from '../../ec2/fleet.ts';
import { instanceFilter } from '../../ec2/filter.ts';
import type { Instance } from '../../ec2/instance.ts';
import { AwsError } from '../../errors.ts';
import { uuid } from '../../random.ts';
import { OutputCapture } from '../capture.ts';
import type { Command, Invocation } from '../command.ts';
import type { SsmContext } from '../context.ts';
import { commandView } from '../view.ts';

/** https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const mostInstanceIds = 50;
const mostTargets = 5;
/** What GetCommandInvocation keeps of each output (its page of the API reference). */
const keptCharacters = 24_000;
const defaultExecutionSeconds = 3600;
const longestExecutionSeconds = 172_800;
const defaultLogGroup = '/aws/ssm/AWS-RunShellScript';

const request = z.object({
  DocumentName: z.string(),
  InstanceIds: z
    .array(z.string())
    .max(mostInstanceIds, `Member must have length less than or equal to ${mostInstanceIds}`)
    .default([]),
  Targets: z
    .array(z.object({ Key: z.string(), Values: z.array(z.string()).max(50) }))
    .max(mostTargets)
    .default([]),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  Comment: z.string().max(100).default(''),
  TimeoutSeconds: z.int().min(30).max(2_592_000).default(3600),
  MaxConcurrency: z
    .string()
    .regex(/^([1-9]\d*|[1-9]\d?%|100%)$/)
    .default('50'),
  MaxErrors: z
    .string()
    .regex(/^(\d+|\d\d?%|100%)$/)
    .default('0'),
  CloudWatchOutputConfig: z
    .object({ CloudWatchLogGroupName: z.string().optional(), CloudWatchOutputEnabled: z.boolean().default(false) })
    .optional(),
});

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
export const sendCommand = action(request, (input, context: SsmContext) => {
  if (
    input.DocumentName !== 'AWS-RunShellScript' &&
    !/^arn:aws[\w-]*:ssm:[^:]*::document\/AWS-RunShellScript$/.test(input.DocumentName)
  ) {
    throw new AwsError(
      'InvalidDocument',
      `The local cloud runs the document AWS-RunShellScript only, not ${input.DocumentName}.`,
    );
  }
  const { commands, workingDirectory, executionTimeout } = readParameters(input.Parameters);
  const instances = chooseInstances(context.fleet, input.InstanceIds, input.Targets);
  const cloudWatch = input.CloudWatchOutputConfig;
  const command: Command = {
    id: uuid(context.random),
    documentName: 'AWS-RunShellScript',
    comment: input.Comment,
    parameters: input.Parameters,
    instanceIds: input.InstanceIds,
    targets: input.Targets,
    requestedAt: context.clock.now(),
    timeoutSeconds: input.TimeoutSeconds,
    maxConcurrency: input.MaxConcurrency,
    maxErrors: input.MaxErrors,
    // The agent joins the array with line feeds and gives it to one shell, so variables and `cd` last.
    script: `${commands.join('\n')}\n`,
    workingDirectory,
    executionTimeoutMs: executionTimeout * 1000,
    logGroup:
      cloudWatch?.CloudWatchOutputEnabled === true ? cloudWatch.CloudWatchLogGroupName || defaultLogGroup : undefined,
    invocations: new Map(),
  };
  for (const instance of instances) command.invocations.set(instance.id, pending(command, instance));
  context.commands.set(command.id, command);
  for (const invocation of command.invocations.values()) context.agent.deliver(invocation);
  return { Command: commandView(command) };
});

function readParameters(parameters: Readonly<Record<string, readonly string[]>>): {
  commands: readonly string[];
  workingDirectory: string | undefined;
  executionTimeout: number;
} {
  const unknown = Object.keys(parameters).find(
    (name) => !['commands', 'workingDirectory', 'executionTimeout'].includes(name),
  );
  if (unknown !== undefined)
    throw new AwsError('InvalidParameters', `Parameter ${unknown} is not supported by document AWS-RunShellScript.`);
  const { commands, workingDirectory, executionTimeout } = parameters;
  if (commands === undefined || commands.length === 0)
    throw new AwsError('InvalidParameters', 'Parameter commands is required by document AWS-RunShellScript.');
  const timeout = executionTimeout?.[0] ?? String(defaultExecutionSeconds);
  if (!/^\d{1,6}$/.test(timeout) || Number(timeout) < 1 || Number(timeout) > longestExecutionSeconds) {
    throw new AwsError(
      'InvalidParameters',
      `Parameter executionTimeout must be a number of seconds between 1 and ${longestExecutionSeconds}, not ${timeout}.`,
    );
  }
  return { commands, workingDirectory: workingDirectory?.[0] || undefined, executionTimeout: Number(timeout) };
}

function chooseInstances(
  fleet: Fleet,
  ids: readonly string[],
  targets: readonly { Key: string; Values: string[] }[],
): Instance[] {
  if (ids.length > 0 && targets.length > 0)
    throw new AwsError('InvalidParameters', 'Specify either InstanceIds or Targets, not both.');
  if (ids.length === 0 && targets.length === 0)
    throw new AwsError('InvalidInstanceId', 'Neither InstanceIds nor Targets name an instance.');
  const named = targets
    .filter(({ Key }) => Key === 'InstanceIds' || Key === 'instanceids')
    .flatMap(({ Values }) => Values);
  for (const id of [...ids, ...named]) {
    // "running" is not "online": until the agent has registered, SSM has never heard of the instance.
    if (fleet.instances.get(id)?.online !== true) {
      throw new AwsError('InvalidInstanceId', `Instances [[${id}]] not in a valid state for account ${fleet.ownerId}`);
    }
  }
  if (ids.length > 0) return [...new Set(ids)].map((id) => fleet.instances.get(id)!);
  const matches = instanceFilter(
    targets.map(({ Key, Values }) => {
      if (Key === 'InstanceIds' || Key === 'instanceids') return { Name: 'instance-id', Value: Values };
      if (!Key.startsWith('tag:') && Key !== 'tag-key')
        throw new AwsError(
          'InvalidTarget',
          `The local cloud knows the targets tag:<key>, tag-key and InstanceIds, not ${Key}.`,
        );
      return { Name: Key, Value: Values };
    }),
  );
  return [...fleet.instances.values()].filter((instance) => instance.online && matches(instance));
}

function pending(command: Command, instance: Instance): Invocation {
  return {
    command,
    instance,
    stdout: new OutputCapture(keptCharacters),
    stderr: new OutputCapture(keptCharacters),
    status: 'Pending',
    statusDetails: 'Pending',
    delivered: false,
    responseCode: -1,
    startedAt: undefined,
    endedAt: undefined,
    interrupt: undefined,
  };
}
