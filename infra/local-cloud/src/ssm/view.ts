import { commandStatus, finalStatuses } from './command.ts';
import type { Command, Invocation } from './command.ts';

/** Dates of the JSON protocol are seconds since the Unix epoch. */
export function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

/** What the list of invocations shows of an output (type CommandPlugin of the API reference). */
const listedOutputCharacters = 2500;

/** The API reference's type Command. */
export function commandView(command: Command): object {
  const invocations = [...command.invocations.values()];
  const { status, details } = commandStatus(command);
  return {
    CommandId: command.id,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    Comment: command.comment,
    ExpiresAfter: seconds(command.requestedAt + command.timeoutSeconds * 1000 + command.executionTimeoutMs),
    Parameters: command.parameters,
    InstanceIds: command.instanceIds,
    Targets: command.targets,
    RequestedDateTime: seconds(command.requestedAt),
    Status: status,
    StatusDetails: details,
    OutputS3Region: '',
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
    MaxConcurrency: command.maxConcurrency,
    MaxErrors: command.maxErrors,
    TargetCount: invocations.length,
    CompletedCount: invocations.filter((invocation) => finalStatuses.has(invocation.status)).length,
    ErrorCount: invocations.filter((invocation) => invocation.status === 'Failed' || invocation.status === 'TimedOut')
      .length,
    DeliveryTimedOutCount: 0,
    ServiceRole: '',
    NotificationConfig: { NotificationArn: '', NotificationEvents: [], NotificationType: '' },
    CloudWatchOutputConfig: cloudWatchView(command),
    TimeoutSeconds: command.timeoutSeconds,
  };
}

/** The API reference's type CommandInvocation. */
export function invocationView(invocation: Invocation, details: boolean): object {
  const { command, instance } = invocation;
  return {
    CommandId: command.id,
    InstanceId: instance.id,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: seconds(command.requestedAt),
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: details ? [pluginView(invocation)] : [],
    ServiceRole: '',
    NotificationConfig: { NotificationArn: '', NotificationEvents: [], NotificationType: '' },
    CloudWatchOutputConfig: cloudWatchView(command),
  };
}

export function cloudWatchView({ logGroup }: Command): object {
  return { CloudWatchLogGroupName: logGroup ?? '', CloudWatchOutputEnabled: logGroup !== undefined };
}

function pluginView(invocation: Invocation): object {
  const error = invocation.stderr.content(listedOutputCharacters);
  return {
    Name: 'aws:runShellScript',
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    ResponseCode: invocation.responseCode,
    ...(invocation.startedAt === undefined ? {} : { ResponseStartDateTime: seconds(invocation.startedAt) }),
    ...(invocation.endedAt === undefined ? {} : { ResponseFinishDateTime: seconds(invocation.endedAt) }),
    Output:
      invocation.stdout.content(listedOutputCharacters) + (error === '' ? '' : `\n----------ERROR-------\n${error}`),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    OutputS3Region: '',
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
  };
}
