import { systemClock } from '@tessera/protocol/system-clock';
import { memoryQueues } from '@tessera/queue';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../../src/run/inbox.ts';

async function made() {
  const queues = memoryQueues(systemClock);
  queues.create('results');
  const queue = await queues.open('results');
  return { queues, queue, inbox: new Inbox(queue, { clock: systemClock, warn: () => undefined }) };
}

/** Reads until `enough` messages came. */
function reading(inbox: Inbox, enough: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const bodies: string[] = [];
    const stop = inbox.read(2, {
      async received(messages) {
        bodies.push(...messages.map(({ body }) => body));
        if (bodies.length < enough) return;
        stop();
        resolve(bodies);
      },
      failed: reject,
    });
  });
}

describe('an inbox', () => {
  it('keeps what comes between two readers for the second', async () => {
    const { queue, inbox } = await made();
    const first = reading(inbox, 1);
    await queue.send(['one']);
    expect(await first).toEqual(['one']);
    // The lanes of the first reader still wait, and take these.
    await queue.send(['two', 'three']);
    expect((await reading(inbox, 2)).sort()).toEqual(['three', 'two']);
    inbox.close();
  });

  it('tells its reader when the queue is gone', async () => {
    const { queues, inbox } = await made();
    const read = reading(inbox, 1);
    queues.remove('results');
    await (await queues.open('results').catch(() => undefined))?.send([]);
    await expect(Promise.race([read, reading(inbox, 1)])).rejects.toMatchObject({ _tag: 'QueueGoneError' });
    inbox.close();
  });
});
