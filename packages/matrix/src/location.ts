import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UnknownExtensionError, UnsupportedUrlError } from './errors.ts';

export type Format = 'zarr' | 'npy' | 'csv' | 'csv.gz';
export const EXTENSIONS = ['.npy', '.csv', '.csv.gz', '.zarr'] as const;

/** Where a matrix is: a path on this machine, or a key (or prefix) in a bucket. */
export type Location =
  | { readonly scheme: 'file'; readonly url: string; readonly path: string }
  | { readonly scheme: 's3'; readonly url: string; readonly bucket: string; readonly key: string };

/**
 * Reads a URL (`file://`, `s3://`) or a path; a relative path is resolved against the working directory, so callers
 * that know a better one resolve it first.
 * @throws UnsupportedUrlError for another scheme or a URL without a bucket.
 */
export function locate(urlOrPath: string): Location {
  const s3 = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(urlOrPath);
  if (s3) {
    // S3 keys are not percent-encoded in s3:// URLs, so URL would change them.
    const bucket = s3[1] ?? '';
    const key = (s3[2] ?? '').replace(/\/+$/, '');
    if (bucket === '') throw new UnsupportedUrlError(urlOrPath, 'it names no bucket, expected s3://bucket/key');
    return { scheme: 's3', url: `s3://${bucket}/${key}`, bucket, key };
  }
  if (urlOrPath.startsWith('file:')) {
    try {
      return atPath(fileURLToPath(urlOrPath));
    } catch (cause) {
      throw new UnsupportedUrlError(urlOrPath, cause instanceof Error ? cause.message : 'it is no file URL');
    }
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(urlOrPath);
  if (scheme) throw new UnsupportedUrlError(urlOrPath, `${scheme[1]}:// is not served, expected a path or s3://`);
  return atPath(isAbsolute(urlOrPath) ? urlOrPath : resolve(urlOrPath));
}

function atPath(path: string): Location {
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path;
  return { scheme: 'file', url: pathToFileURL(plain).href, path: plain };
}

/** What a person reads in a message: the path for a file, the URL otherwise. */
export function nameOf(location: Location): string {
  return location.scheme === 'file' ? location.path : location.url;
}

/** The format that the extension promises. @throws UnknownExtensionError, which lists those there are. */
export function formatOf(location: Location): Format {
  const name = (location.scheme === 'file' ? location.path : location.key).toLowerCase();
  if (name.endsWith('.csv.gz')) return 'csv.gz';
  if (name.endsWith('.csv')) return 'csv';
  if (name.endsWith('.npy')) return 'npy';
  if (name.endsWith('.zarr')) return 'zarr';
  throw new UnknownExtensionError(nameOf(location), EXTENSIONS);
}

/** The folder (or prefix) that holds the location, and its name there: a store and a key. */
export function parentOf(location: Location): { readonly parent: string; readonly name: string } {
  if (location.scheme === 'file') {
    return { parent: pathToFileURL(dirname(location.path)).href, name: basename(location.path) };
  }
  const cut = location.key.lastIndexOf('/');
  const parent = `s3://${location.bucket}/${cut < 0 ? '' : location.key.slice(0, cut)}`;
  return { parent, name: location.key.slice(cut + 1) };
}
