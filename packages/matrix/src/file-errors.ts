import type { Stats } from 'node:fs';
import { NoPermissionError, NotAFileError, NotFoundError } from './errors.ts';

/** The typed error for a failed `open` or `stat`, or for something opened that is no file. */
export function openError(path: string, problem: unknown): unknown {
  if (isStats(problem))
    return new NotAFileError(path, problem.isDirectory() ? 'a folder' : 'no regular file', 'a file');
  const code = codeOf(problem);
  if (code === 'ENOENT') return new NotFoundError(path);
  if (code === 'ENOTDIR') return new NotFoundError(path, 'a part of its path is no folder');
  if (code === 'EISDIR') return new NotAFileError(path, 'a folder', 'a file');
  if (code === 'EACCES' || code === 'EPERM') return new NoPermissionError(path, 'read', { cause: problem });
  return problem;
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function isStats(value: unknown): value is Stats {
  return typeof value === 'object' && value !== null && 'isDirectory' in value;
}
