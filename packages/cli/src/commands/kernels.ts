import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { programFolder } from '../cloud/programs.ts';
import { threeDigits } from '../view/format.ts';

/** What a worker says about one of its kernels on this machine. */
const Diagnosis = z.object({
  kernel: z.string(),
  available: z.boolean(),
  detail: z.string().optional(),
  reason: z.string().optional(),
  remedy: z.string().optional(),
  gain: z.object({ from: z.number(), to: z.number() }).optional(),
  rates: z.array(z.object({ op: z.string(), dtype: z.string(), rate: z.number(), unit: z.string() })),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

const LONGEST_MS = 60_000;

/** Asks the worker program for its kernels and their rates here. Undefined where it can't say. */
export function diagnoseKernels(root: string, signal: AbortSignal): Promise<Diagnosis[] | undefined> {
  const worker = join(programFolder(root, 'worker'), 'worker.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [worker, '--diagnose'], { timeout: LONGEST_MS, signal }, (error, stdout) => {
      if (error !== null) return resolve(undefined);
      try {
        resolve(z.array(Diagnosis).parse(JSON.parse(stdout)));
      } catch {
        resolve(undefined);
      }
    });
  });
}

/** A kernel in one line: its rates, or why it can't be had and what to do about it. */
export function kernelText({ available, detail, reason, remedy, gain, rates }: Diagnosis): string {
  if (available) {
    const texts = rates.map(
      ({ op, dtype, rate, unit }) => `${op} ${dtype} ${threeDigits(rate)} ${unit.replace('gflops', 'GFLOPS')}`,
    );
    return [texts.join(', '), detail === undefined ? '' : `(${detail})`].filter(Boolean).join(' ');
  }
  const more =
    gain === undefined ? '' : `, for about ${threeDigits(gain.to)} GFLOPS instead of ${threeDigits(gain.from)}`;
  return [reason ?? 'not here', remedy === undefined ? '' : `${remedy}${more}`].filter(Boolean).join('; ');
}
