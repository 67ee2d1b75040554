import { createZarrIn, hashMatrix, memoryStore, wholeRegion, type Tile } from '@tessera/matrix';
import { Certificate, parseMessage } from '@tessera/protocol';

/** Why a certificate does not tell of this C, or undefined when it does. All operands' hashes must be known too. */
export async function wrongCertificate(bytes: Uint8Array | undefined, c: Tile): Promise<string | undefined> {
  if (!bytes) return 'a verified job has no certificate';
  const { C, operands, verification } = parseMessage(Certificate, 'certificate', new TextDecoder().decode(bytes));
  const { A, B = A, C0 = A } = operands;
  if ([A, B, C0, C].some(({ hash }) => hash === null)) return 'the certificate has not the hashes of all matrices';
  if (!verification.checks.some(({ ok }) => ok)) return 'the certificate names no check that was passed';
  const shape = [c.rows, c.cols] as const;
  const { chunk, sha256 } = C.hash!;
  const array = await createZarrIn(memoryStore(), 'C', { shape, dtype: c.dtype, chunk });
  await array.write(wholeRegion(shape), c);
  return (await hashMatrix(array, chunk)) === sha256 ? undefined : 'the certificate has the hash of another C';
}
