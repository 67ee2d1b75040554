import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore, type StoreContext } from '@tessera/matrix';

const NAME = 'certificate.json';

/** Where the certificate of a result lies: inside a `.zarr`, which is a folder, beside any other file. */
export function certificatePath(result: string): string {
  return /\.zarr\/*$/i.test(result) ? join(result, NAME) : `${result}.${NAME}`;
}

/**
 * Puts a certificate there, whole or not at all. Where a result has none, that of whatever was there before goes, so that
 * it never stands beside another result.
 */
export async function bringCertificate(text: Uint8Array | undefined, result: string): Promise<string | undefined> {
  const path = certificatePath(result);
  if (text === undefined) {
    await rm(path, { force: true });
    return undefined;
  }
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return path;
}

/** The certificate of a result in a bucket lies beside its array, in the job's prefix. @returns undefined where there is none */
export async function readCertificate(place: string, context: StoreContext): Promise<string | undefined> {
  const s3 = /^(s3:\/\/.+)\/([^/]+)$/.exec(place);
  if (s3) {
    const store = await openStore(s3[1]!, context);
    const bytes = await store.get(s3[2]!);
    return bytes && new TextDecoder().decode(new Uint8Array(bytes));
  }
  return readFile(place, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}
