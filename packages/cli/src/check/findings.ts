import type { Certificate, CheckOutcome } from '@tessera/protocol';
import type { Found } from './matrices.ts';

/** One thing that a certificate says, compared with what is there: `ok` is null where that could not be told. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean | null;
  readonly found: string;
}

/** A matrix against its hash. @param sha256 what was found, where all of it was read */
export function hashFinding(
  name: string,
  certified: Certificate['C'],
  found: Found,
  sha256: string | undefined,
): Finding {
  if (found.array === undefined) return { name, ok: found.missing ? null : false, found: found.why };
  if (certified.hash === null)
    return { name, ok: null, found: `${found.from}; the certificate has no hash of ${name}` };
  const role = name === 'C' ? 'what was verified' : 'what was computed with';
  if (sha256 === certified.hash.sha256) return { name, ok: true, found: `${found.from}: ${role}` };
  const hashes = `its hash is ${short(sha256 ?? '')}, the certificate says ${short(certified.hash.sha256)}`;
  return { name, ok: false, found: `${found.from} is not ${role}: ${hashes}` };
}

/** The operation itself, checked again. @param how the check in words */
export function checkFinding(name: string, how: string, { ok, worst, where, nonFinite }: CheckOutcome): Finding {
  if (nonFinite) {
    return { name, ok: null, found: 'an operand holds NaN or infinities, which random vectors can’t see through' };
  }
  if (!ok) {
    const place = where === null ? '' : ` in row ${where.row}${where.col === null ? '' : `, column ${where.col}`}`;
    const size =
      worst === null || worst <= 1 ? '' : `; the residual is ${worst.toPrecision(3)} times what rounding allows`;
    return { name, ok: false, found: `${how} does not hold: wrong numbers, the first${place}${size}` };
  }
  const share = worst ? `; the largest residual is ${(100 * worst).toPrecision(2)} % of what rounding allows` : '';
  return { name, ok: true, found: `${how}${share}` };
}

function short(hash: string): string {
  return `${hash.slice(0, 12)}…`;
}
