import type { Clock, MessageQueue } from '@tessera/protocol';

/** Why the heart stops; made once, for an exception is dear. */
const DONE = new Error('the package is done');

/**
 * Keeps a message invisible to others while `work` runs, by extending it each third of its visibility. A heartbeat that
 * fails is not an error: at worst another worker does the same package, and writes the same bytes. One that hangs holds
 * up nothing either.
 */
export async function withHeartbeat<T>(
  message: { queue: MessageQueue; receipt: string; visibilitySeconds: number; clock: Clock },
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const beat = async () => {
    for (;;) {
      await message.clock.sleep((message.visibilitySeconds * 1000) / 3, ended.signal);
      await message.queue.extend([message.receipt], message.visibilitySeconds).catch(() => undefined);
    }
  };
  beat().catch(() => undefined);
  try {
    return await work();
  } finally {
    ended.abort(DONE);
  }
}
