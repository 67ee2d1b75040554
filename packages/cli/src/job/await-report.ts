import { parseMessage, Report } from '@tessera/protocol';
import { JobFailedError } from '../errors.ts';

/** What the wait asks, and how it waits. */
export interface ReportSource {
  /** The report's text, or undefined while there is none. */
  read(): Promise<string | undefined>;
  /** How the master's command ended, or undefined while it runs. */
  ended(): Promise<{ readonly detail: string; readonly stderr: string } | undefined>;
  /** Resolves after `ms`, or as soon as there is reason to look; rejects when the run is interrupted. */
  pause(ms: number): Promise<void>;
  now(): number;
}

/** The master's log says when it is there; this is for a log that comes late or not at all. */
const FIRST_MS = 500;
const SLOWEST_MS = 2_000;
/** The command is asked for less often: it only matters when a master ended without a report. */
const COMMAND_EVERY_MS = 2_000;

/**
 * Waits for a job's report, which is the truth about it: events may be late or lost.
 * @throws JobFailedError when the master ended and left none
 */
export async function awaitReport(jobId: string, source: ReportSource): Promise<Report> {
  let delay = FIRST_MS;
  let asked = source.now();
  for (;;) {
    const text = await source.read();
    if (text !== undefined) return parseMessage(Report, 'report', text);
    if (source.now() - asked >= COMMAND_EVERY_MS) {
      asked = source.now();
      const end = await source.ended();
      if (end !== undefined) {
        // The report may have been stored between the two looks.
        const late = await source.read();
        if (late !== undefined) return parseMessage(Report, 'report', late);
        const said = end.stderr.trim().split('\n').at(-1) ?? '';
        throw new JobFailedError(
          jobId,
          `the master ended (${end.detail}) without a report${said === '' ? '' : `: ${said}`}`,
          {},
        );
      }
    }
    await source.pause(delay);
    delay = Math.min(delay * 1.5, SLOWEST_MS);
  }
}
