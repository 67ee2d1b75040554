import type { Report } from '@tessera/protocol';
import { lastWords, type Fleet, type LastWords } from '@tessera/provisioner';
import { printable } from '../view/printable.ts';
import type { JobRun } from './job-run.ts';

/** Workers whose lines a person is shown, and lines of each; all of them are in the log. */
const SHOWN_WORKERS = 3;
const SHOWN_LINES = 6;
/** They are worth so much of a person's time. */
const PATIENCE_MS = 10_000;
/** Clocks of machines differ by less. */
const SKEW_MS = 60_000;

/**
 * Shows what the workers wrote last, where a job failed because they died or fell silent, and puts it into the log. A
 * cloud that does not tell is no reason to say anything else than why the job failed.
 * @param sinceMs milliseconds since 1970 when the job began
 */
export async function tellLastWords(
  { cloud, signal, reporter }: JobRun,
  fleet: Fleet,
  { error }: Report,
  sinceMs: number,
  log: string[],
): Promise<void> {
  if (!error || !isAboutWorkers(error)) return;
  const workers = {
    commandIds: fleet.workerCommandIds,
    instanceIds: fleet.workers.map(({ id }) => id),
    since: sinceMs - SKEW_MS,
  };
  let words: LastWords[];
  try {
    words = await lastWords(cloud.clients, workers, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
  } catch (failure) {
    signal.throwIfAborted();
    reporter.detail(`what the workers wrote last can't be read: ${printable(String(failure))}`);
    return;
  }
  const died = words.filter(({ deaths }) => deaths > 0);
  const telling = (died.length > 0 ? died : words).filter(({ lines }) => lines.length > 0);
  for (const { instanceId, lines } of telling) log.push(...lines.map((line) => `${instanceId}: ${line}`));
  for (const { instanceId, deaths, lines } of telling.slice(0, SHOWN_WORKERS)) {
    const what = deaths === 0 ? 'wrote last' : `died ${deaths === 1 ? 'once' : `${deaths} times`}, and wrote last`;
    reporter.paragraph(`worker ${instanceId} ${what}:`);
    for (const line of lines.slice(-SHOWN_LINES)) reporter.paragraph(`  ${printable(readable(line))}`);
  }
}

function isAboutWorkers({ tag, message }: NonNullable<Report['error']>): boolean {
  return tag === 'NoWorkerError' || tag === 'NoAnswerError' || message.endsWith('(PoisonPackageError)');
}

/** A worker's own lines are JSON: what of it a person wants to read. */
export function readable(line: string): string {
  try {
    const { msg, time, packageId, error } = JSON.parse(line) as Record<string, unknown>;
    const { message } = (error ?? {}) as { message?: unknown };
    const told = [time, msg, packageId, message].filter((part) => typeof part === 'string');
    return told.length === 0 ? line : told.join(' ');
  } catch {
    return line;
  }
}
