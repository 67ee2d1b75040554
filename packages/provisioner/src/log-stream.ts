import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { awsCode } from './aws-code.ts';
import { explainAwsError } from './explain.ts';
import { retryRule } from './retry.ts';
import { type World, worldOf } from './world.ts';

/** One line of a stream. */
export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** Which stream to follow and for how long. */
export interface FollowOptions extends Partial<World> {
  readonly group: string;
  readonly stream: string;
  /** When aborted: read to the end of what is there, then end. Without it the stream is followed until `signal`. */
  readonly until?: AbortSignal | undefined;
}

const BUSY_MS = 25;
const QUIET_MS = 1_000;
/** Once throttled never asked more often than this: an account has some 10 GetLogEvents a second for all. */
const THROTTLED_MS = 250;

/**
 * Follows a log stream from its beginning. Every event comes once and in the stream's order. A stream that does not
 * exist yet is waited for; throttling and passing faults slow it down. What watches a job must not depend on it.
 * @throws AwsError for a refusal that another try won't mend, the signal's reason
 */
export async function* followLogStream(
  logs: CloudWatchLogsClient,
  options: FollowOptions,
): AsyncGenerator<LogEvent, void, undefined> {
  const { GetLogEventsCommand } = await import('./aws/logs.ts');
  const { group, stream, until } = options;
  const { clock, signal } = worldOf(options);
  const woken = until === undefined ? signal : signal === undefined ? until : AbortSignal.any([signal, until]);
  const page = { logGroupName: group, logStreamName: stream, startFromHead: true };
  let token: string | undefined;
  let least = BUSY_MS;
  let delay = least;
  for (;;) {
    signal?.throwIfAborted();
    // Looked at before the request: only a page asked for after the end is known to hold all.
    const last = isAborted(until);
    let more = false;
    try {
      const command = new GetLogEventsCommand(token === undefined ? page : { ...page, nextToken: token });
      const answer = await logs.send(command, signal === undefined ? {} : { abortSignal: signal });
      for (const { timestamp, message } of answer.events ?? [])
        yield { timestamp: timestamp ?? 0, message: message ?? '' };
      // The end of the stream answers with the token that it was given.
      more = (answer.events?.length ?? 0) > 0;
      token = answer.nextForwardToken ?? token;
      delay = more ? least : Math.min(delay * 1.5, QUIET_MS);
    } catch (error) {
      signal?.throwIfAborted();
      if (awsCode(error) !== 'ResourceNotFoundException') {
        if (retryRule(error) === undefined) throw explainAwsError(error);
        least = THROTTLED_MS;
      }
      delay = Math.min(Math.max(delay * 1.5, least), QUIET_MS);
    }
    if (last && !more) return;
    if (last) continue;
    try {
      await clock.sleep(delay, woken);
    } catch (error) {
      if (!isAborted(until) || isAborted(signal)) throw error;
    }
  }
}

/** By a call, for the compiler believes that what it saw once stays so. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
