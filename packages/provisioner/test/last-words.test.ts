import { describe, expect, it } from 'vitest';
import { lastWords, type Clients } from '../src/index.ts';

interface Page {
  readonly logStreamName: string;
  readonly startTime: number;
}

/** CloudWatch Logs with these streams and nothing else. */
function logsWith(streams: Record<string, { timestamp: number; message: string }[]>): Clients {
  const send = async ({ input }: { input: Page }) => {
    const events = streams[input.logStreamName];
    if (!events) throw Object.assign(new Error('no stream'), { name: 'ResourceNotFoundException' });
    if (!Number.isInteger(input.startTime)) throw new Error('startTime is no integer');
    return { events: events.filter(({ timestamp }) => timestamp >= input.startTime) };
  };
  return { logs: { send } } as unknown as Clients;
}

const stream = (instance: string, output: string) => `c-1/${instance}/aws-runShellScript/${output}`;
const workers = { commandIds: ['c-0', 'c-1'], instanceIds: ['i-1', 'i-2', 'i-3'], since: 1_000.5 };

describe('the last words of workers', () => {
  it('are both streams in the order of time up to the last death, those first that died', async () => {
    const clients = logsWith({
      [stream('i-1', 'stdout')]: [{ timestamp: 1_100, message: 'ready' }],
      [stream('i-2', 'stdout')]: [
        { timestamp: 900, message: 'of another job' },
        { timestamp: 1_010, message: 'ready' },
        { timestamp: 1_500, message: 'ready again' },
      ],
      [stream('i-2', 'stderr')]: [
        { timestamp: 1_400, message: 'Killed\ntessera: ended with 137, starting again in 1 s\n' },
      ],
    });
    expect(await lastWords(clients, workers)).toEqual([
      { instanceId: 'i-2', deaths: 1, lines: ['ready', 'Killed', 'tessera: ended with 137, starting again in 1 s'] },
      { instanceId: 'i-1', deaths: 0, lines: ['ready'] },
      { instanceId: 'i-3', deaths: 0, lines: [] },
    ]);
  });
});
