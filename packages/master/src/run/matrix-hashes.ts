import { operations, type ArrayPiece, type JobSpec } from '@tessera/protocol';
import { errorTag } from '@tessera/queue';
import type { Plan } from '../plan/plan.ts';
import type { Evidence } from './evidence.ts';
import { isDamage } from './repairs.ts';

/**
 * Hashes of a job's matrices by name, as its checks read them; those that are not known are missing.
 * @param read reads a piece and adds what it reads to the evidence
 * @throws MatrixChangedError when two reads of one chunk were not the same; what `read` throws
 */
export async function matrixHashes(
  { op }: JobSpec,
  { arrays, inline }: Pick<Plan, 'arrays' | 'inline'>,
  evidence: Evidence,
  read: (piece: ArrayPiece) => Promise<unknown>,
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const name of [...operations[op].operands, 'C0', 'C']) {
    const declared = arrays[name];
    if (!declared) continue;
    let sha256 = evidence.sha256(name, declared);
    if (sha256 === undefined && inline && evidence.checks.length > 0) {
      // A check was answered to the master before this one, which read what travelled with it.
      const [rows, cols] = declared.shape;
      const whole = { kind: 'array', array: name, row: 0, col: 0, rows, cols } as const;
      // What was damaged on its way only is whole the second time.
      await read(whole).catch((error: unknown) => (isDamage(errorTag(error)) ? read(whole) : Promise.reject(error)));
      sha256 = evidence.sha256(name, declared);
    }
    if (sha256 !== undefined) hashes.set(name, sha256);
  }
  return hashes;
}
