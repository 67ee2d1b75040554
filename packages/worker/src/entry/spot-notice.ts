import type { Clock } from '@tessera/protocol';
import { askMetadata } from './metadata.ts';

const INTERVAL_MS = 5_000;

/**
 * Watches the instance's metadata for the notice that a spot instance will be taken away, two minutes ahead
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html), so that the worker can
 * finish or release its packages: aborts `stop` then. Ends quietly when `stop` is aborted or there is no metadata service.
 */
export async function spotNotice(endpoint: string, clock: Clock, stop: AbortController): Promise<void> {
  const { signal } = stop;
  try {
    for (;;) {
      await clock.sleep(INTERVAL_MS, signal);
      const notice = await askMetadata(endpoint, '/latest/meta-data/spot/instance-action', signal);
      if (notice !== undefined) stop.abort(new Error('the spot instance is about to be taken away'));
    }
  } catch {
    // Told to stop, or nothing to ask: either way there is nothing more to watch.
  }
}
