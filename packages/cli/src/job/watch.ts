import type { Store } from '@tessera/matrix';
import { jobKey, type JobId, type Report } from '@tessera/protocol';
import { commandStatus, type StartedMaster } from '@tessera/provisioner';
import { awaitReport } from './await-report.ts';
import { printable } from '../view/printable.ts';
import { followMaster } from './follow.ts';
import { mark, type JobRun } from './job-run.ts';
import { wakeablePause } from './pause.ts';

/** What is still on its way when the report is there is only for people: it gets this long. */
const LAST_EVENTS_MS = 150;

/**
 * Shows how a job goes until its report is there.
 * @param log takes what the master says, line by line
 */
export async function watchJob(
  run: JobRun,
  jobId: JobId,
  master: StartedMaster,
  objects: Store,
  log: string[],
): Promise<Report> {
  const { cloud, signal, reporter } = run;
  const done = new AbortController();
  const { pause, wake } = wakeablePause(signal);
  let heard = false;
  const listener = {
    event(event: Parameters<typeof reporter.event>[0]) {
      if (!heard) mark(run, 'first event');
      heard = true;
      log.push(JSON.stringify(event));
      reporter.event(event);
      if (event.event === 'job:ended') wake();
    },
    line(text: string) {
      log.push(text);
      reporter.detail(printable(text));
    },
  };
  const following = followMaster(cloud.clients, master, listener, { until: done.signal, signal });
  try {
    return await awaitReport(jobId, {
      async read() {
        const bytes = await objects.get(jobKey(jobId, 'report'), { signal });
        return bytes && new TextDecoder().decode(bytes);
      },
      async ended() {
        const status = await commandStatus(cloud.clients, master, { signal });
        if (!status.ended) return undefined;
        log.push(...status.stderr.split('\n').filter(Boolean));
        return status;
      },
      pause,
      now: () => performance.now(),
    });
  } finally {
    done.abort();
    await Promise.race([following, new Promise((resolve) => setTimeout(resolve, LAST_EVENTS_MS))]);
  }
}
