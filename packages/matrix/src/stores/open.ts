import type { S3Client } from '@aws-sdk/client-s3';
import { UnsupportedUrlError } from '../errors.ts';
import { locate } from '../location.ts';
import { fileStore } from './file.ts';
import type { Store } from './store.ts';

/** What opening by URL may need. The S3 client is asked for only when an `s3://` URL is opened. */
export interface StoreContext {
  readonly s3?: (() => S3Client | Promise<S3Client>) | undefined;
}

/** The store under a `file://` or `s3://` URL (or a path). A local run never loads the S3 module. */
export async function openStore(url: string, context: StoreContext = {}): Promise<Store> {
  const location = locate(url);
  if (location.scheme === 'file') return fileStore(location.path);
  if (!context.s3) throw new UnsupportedUrlError(url, 'no S3 client was given');
  const [{ s3Store }, client] = await Promise.all([import('./s3.ts'), context.s3()]);
  return s3Store({ client, bucket: location.bucket, prefix: location.key });
}
