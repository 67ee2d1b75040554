import type { Random } from '@tessera/protocol';
import { awsCode, awsStatus } from './aws-code.ts';
import { explainAwsError } from './explain.ts';
import type { World } from './world.ts';

/** How an AWS code is tried again: after `firstMs`, then twice as long each time up to `maxMs`, `attempts` times in all. */
export interface RetryRule {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly attempts: number;
}

const BUSY: RetryRule = { firstMs: 400, maxMs: 8_000, attempts: 8 };
const BROKEN: RetryRule = { firstMs: 200, maxMs: 4_000, attempts: 5 };
/** What was made a moment ago and is not yet known everywhere. */
const FRESH: RetryRule = { firstMs: 300, maxMs: 4_000, attempts: 10 };

/**
 * What is worth another try, by AWS's own code. The SDK (mode `standard`) has by then tried three times within about a
 * second; this table carries on where a fleet's set-up can afford to wait. Anything not listed fails at once.
 */
export const RETRY_TABLE: Readonly<Record<string, RetryRule>> = {
  RequestLimitExceeded: BUSY,
  SlowDown: BUSY,
  Throttling: BUSY,
  ThrottlingException: BUSY,
  TooManyRequestsException: BUSY,
  TooManyUpdates: BUSY,
  RequestThrottled: BUSY,
  InternalError: BROKEN,
  InternalFailure: BROKEN,
  InternalServerError: BROKEN,
  ServiceUnavailable: BROKEN,
  Unavailable: BROKEN,
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  ETIMEDOUT: BROKEN,
  EAI_AGAIN: BROKEN,
  TimeoutError: BROKEN,
  'InvalidInstanceID.NotFound': FRESH,
  NoSuchBucket: FRESH,
  OperationAborted: FRESH,
  ConditionalRequestConflict: FRESH,
  /** A queue's name is free again 60 s after it was deleted (SQS API reference, CreateQueue). */
  'AWS.SimpleQueueService.QueueDeletedRecently': { firstMs: 5_000, maxMs: 10_000, attempts: 9 },
  QueueDeletedRecently: { firstMs: 5_000, maxMs: 10_000, attempts: 9 },
};

/** Milliseconds before try number `attempt` + 1 of a call that failed `attempt` times: half of it chance, so that many don't come back at once. */
export function retryDelayMs(rule: RetryRule, attempt: number, random: Random): number {
  const full = Math.min(rule.maxMs, rule.firstMs * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * random();
}

/** The rule for an error, or undefined where another try would be pointless: 501 says that there is no such action. */
export function retryRule(error: unknown): RetryRule | undefined {
  const status = awsStatus(error) ?? 0;
  return RETRY_TABLE[awsCode(error)] ?? (status >= 500 && status !== 501 ? BROKEN : undefined);
}

/** Options of the SDK's `send`: a call ends when its caller wants to stop. */
export type SendOptions = { readonly abortSignal?: AbortSignal };

/**
 * Makes an AWS call, tries again by the table, and throws what is left explained.
 * @param expected codes that the caller deals with itself: they are thrown at once, still explained, with their `code`
 * @throws AwsError, or the signal's reason when it was aborted
 */
export async function callAws<T>(
  world: World,
  call: (options: SendOptions) => Promise<T>,
  expected: readonly string[] = [],
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    world.signal?.throwIfAborted();
    try {
      return await call(world.signal === undefined ? {} : { abortSignal: world.signal });
    } catch (error) {
      world.signal?.throwIfAborted();
      const rule = expected.includes(awsCode(error)) ? undefined : retryRule(error);
      if (rule === undefined || attempt >= rule.attempts) throw explainAwsError(error);
      await world.clock.sleep(retryDelayMs(rule, attempt, world.random), world.signal);
    }
  }
}
