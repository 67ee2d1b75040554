import { systemClock } from '@tessera/protocol/system-clock';
import { describe, expect, it } from 'vitest';
import { memoryQueues, QueueGoneError } from '../src/index.ts';

const receive = { max: 10, waitSeconds: 0, visibilitySeconds: 30 };

async function made() {
  const queues = memoryQueues(systemClock);
  queues.create('q');
  return { queues, queue: await queues.open('q') };
}

describe('a queue in memory', () => {
  it('hides a received message until it is deleted or released', async () => {
    const { queue } = await made();
    await queue.send(['one']);
    const [message] = await queue.receive(receive);
    expect(await queue.receive(receive)).toEqual([]);
    await queue.extend([message!.receipt], 0);
    const [again] = await queue.receive(receive);
    expect(again).toMatchObject({ body: 'one', receiveCount: 2 });
    await queue.delete([again!.receipt]);
    expect(await queue.receive(receive)).toEqual([]);
  });

  it('wakes a receiver that waits', async () => {
    const { queue } = await made();
    const waiting = queue.receive({ ...receive, waitSeconds: 20 });
    await queue.send(['late']);
    expect(await waiting).toMatchObject([{ body: 'late' }]);
  });

  it('ends the wait of a receiver that gives up', async () => {
    const { queue } = await made();
    const stop = new AbortController();
    const waiting = queue.receive({ ...receive, waitSeconds: 20, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('is gone once it is removed, for those too who hold it', async () => {
    const { queues, queue } = await made();
    queues.remove('q');
    await expect(queue.send(['x'])).rejects.toThrow(QueueGoneError);
    await expect(queues.open('q')).rejects.toThrow(QueueGoneError);
  });
});
