import type { ArrayPiece, PackageBody } from '@tessera/protocol';

/**
 * The pieces of arrays that a package makes, the one that proves the others first: a package stores a mirrored block
 * before the block itself.
 */
export function outputsOf(body: PackageBody): ArrayPiece[] {
  switch (body.kind) {
    case 'generate':
    case 'ingest':
      return [body.sink];
    case 'add':
    case 'multiply':
    case 'reduce':
      return [body.c, (body as { mirror?: unknown }).mirror].filter(isPiece);
    case 'verify':
      if (body.check.step === 'project') return [body.check.y];
      return body.check.step === 'apply' ? [body.check.z] : [];
    case 'export':
      return [];
  }
}

/** The pieces of arrays that a package reads: all that it names and does not make. */
export function inputsOf(body: PackageBody): ArrayPiece[] {
  const outputs = outputsOf(body);
  const named = [body, ...(body.kind === 'verify' ? [body.check] : [])].flatMap((part) => Object.values(part).flat());
  return named.filter((value) => isPiece(value)).filter((piece) => !outputs.includes(piece));
}

/** Whether two pieces have an element in common. */
export function overlap(one: ArrayPiece, other: ArrayPiece): boolean {
  return (
    one.array === other.array &&
    one.row < other.row + other.rows &&
    other.row < one.row + one.rows &&
    one.col < other.col + other.cols &&
    other.col < one.col + one.cols
  );
}

function isPiece(value: unknown): value is ArrayPiece {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'array';
}
