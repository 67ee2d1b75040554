import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { followLogStream, PermissionError } from '../src/index.ts';
import { awsError } from './support/fake-cloud.ts';
import { VirtualClock } from './support/virtual-clock.ts';

/** A stream that grows on virtual time; pages of two, forward tokens as CloudWatch gives them. */
class FakeStream {
  readonly clock = new VirtualClock();
  readonly began = this.clock.now();
  readonly polls: number[] = [];
  readonly failures: unknown[] = [];
  messages: string[] | undefined;

  readonly logs = {
    send: async ({ input }: { input: { nextToken?: string; startFromHead?: boolean } }) => {
      this.polls.push(this.clock.now() - this.began);
      const failure = this.failures.shift();
      if (failure !== undefined) throw failure;
      if (this.messages === undefined) throw awsError('ResourceNotFoundException', 'no such stream');
      expect(input.startFromHead).toBe(true);
      const from = Number(input.nextToken ?? 0);
      const page = this.messages.slice(from, from + 2);
      const events = page.map((message, index) => ({ timestamp: from + index, message }));
      return { events, nextForwardToken: String(from + page.length) };
    },
  } as unknown as CloudWatchLogsClient;

  at(ms: number, ...messages: string[]): void {
    this.clock.after(ms, () => (this.messages = [...(this.messages ?? []), ...messages]));
  }

  async follow(part: { until?: AbortSignal; signal?: AbortSignal; take?: number }): Promise<string[]> {
    const heard: string[] = [];
    const options = { group: 'g', stream: 's', clock: this.clock, until: part.until, signal: part.signal };
    for await (const { message } of followLogStream(this.logs, options)) {
      heard.push(message);
      if (heard.length === part.take) break;
    }
    return heard;
  }
}

describe('following a log stream', () => {
  it('waits for a stream that does not exist yet and gives every event once, in order', async () => {
    const stream = new FakeStream();
    stream.at(500, 'a', 'b', 'c');
    stream.at(700, 'd');
    expect(await stream.follow({ take: 4 })).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reads to the end of what is there when told to end, and ends', async () => {
    const stream = new FakeStream();
    const until = new AbortController();
    stream.at(10, 'a');
    stream.clock.after(2_000, () => {
      stream.messages!.push('b', 'c', 'd', 'e', 'last');
      until.abort();
    });
    expect(await stream.follow({ until: until.signal })).toEqual(['a', 'b', 'c', 'd', 'e', 'last']);
  });

  it('asks every 25 ms while there is something, and ever less often up to a second while it is quiet', async () => {
    const stream = new FakeStream();
    const until = new AbortController();
    stream.messages = ['a'];
    stream.clock.after(60_000, () => until.abort());
    await stream.follow({ until: until.signal });
    const pauses = stream.polls.slice(1).map((at, index) => at - stream.polls[index]!);
    expect(pauses[0]).toBe(25);
    expect(Math.max(...pauses)).toBe(1_000);
    expect(stream.polls.length).toBeLessThan(75);
  });

  it('goes on after throttling and faults, more slowly from then on', async () => {
    const stream = new FakeStream();
    stream.failures.push(awsError('ThrottlingException', 'slow down'), awsError('ServiceUnavailable', 'oops', 503));
    stream.messages = ['a', 'b', 'c'];
    expect(await stream.follow({ take: 3 })).toEqual(['a', 'b', 'c']);
    const pauses = stream.polls.slice(1).map((at, index) => at - stream.polls[index]!);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(250);
  });

  it('throws what another try will not mend, explained', async () => {
    const stream = new FakeStream();
    stream.failures.push(awsError('AccessDeniedException', 'no'));
    await expect(stream.follow({})).rejects.toBeInstanceOf(PermissionError);
  });

  it('stops at once when its caller wants to stop', async () => {
    const stream = new FakeStream();
    const stop = new AbortController();
    stream.clock.after(300, () => stop.abort(new Error('interrupted')));
    await expect(stream.follow({ signal: stop.signal })).rejects.toThrow('interrupted');
  });
});
