import { CorruptTileError } from '@tessera/matrix';
import type { Ended } from './command.ts';
import { readResult, sameBits, type Job } from './jobs.ts';

/** How a run ended. Everything from `wrong` on must never happen. */
export type Outcome =
  | 'verified'
  | 'failed with a reason'
  | 'interrupted'
  /** The result was right and verified; what damaged the stored C afterwards is found by whoever reads it. */
  | 'damaged later, caught by checksum'
  | 'wrong'
  | 'failed without a reason'
  | 'hung'
  | 'left something';

export const FORBIDDEN: readonly Outcome[] = ['wrong', 'failed without a reason', 'hung', 'left something'];

/** A run's outcome and the words or facts that explain it. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly detail: string;
}

/** Judges a run by what a person has in hands afterwards. */
export async function judge(job: Job, ended: Ended): Promise<Verdict> {
  const { code, stdout, stderr, hung, left } = ended;
  if (hung) return { outcome: 'hung', detail: stderr };
  if (left.length > 0) return { outcome: 'left something', detail: left.join(', ') };
  if (code === 0) return judgeResult(job, stdout);
  // Killed from outside: there is nobody left to say anything.
  if (code === undefined || code === 130 || code === 143)
    return { outcome: 'interrupted', detail: `exit code ${code}` };
  const said = stderr.trim();
  const reasoned = code === 1 && /^tessera: \S.{10,}$/.test(said) && !/unexpected|undefined|\[object/.test(said);
  return { outcome: reasoned ? 'failed with a reason' : 'failed without a reason', detail: said };
}

async function judgeResult(job: Job, stdout: string): Promise<Verdict> {
  const report = JSON.parse(stdout) as {
    verified: { ok: boolean };
    outputs: { C: string };
    packages: number;
    retries: number;
  };
  if (!report.verified.ok) return { outcome: 'wrong', detail: 'exit code 0 without verification' };
  try {
    const right = sameBits(await readResult(report.outputs.C), job.reference());
    const detail = `${report.packages} packages, ${report.retries} retries`;
    return right
      ? { outcome: 'verified', detail }
      : { outcome: 'wrong', detail: `C is not what the operands give; ${detail}` };
  } catch (error) {
    if (!(error instanceof CorruptTileError)) throw error;
    return { outcome: 'damaged later, caught by checksum', detail: error.message };
  }
}
