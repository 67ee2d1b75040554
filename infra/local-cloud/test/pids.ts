import { readFileSync } from 'node:fs';
import { startTime } from '../src/processes/start-time.ts';

/** The process ids that a script wrote into a file, one a line. */
export function pidsIn(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether none of these processes runs any more; a zombie doesn't run. */
export function allGone(pids: readonly number[]): boolean {
  return pids.every((pid) => startTime(pid) === undefined);
}
