import { createHash } from 'node:crypto';
import type { Artifact } from './artifact.ts';

/** Artifacts that are installed together, in one directory, so that a program finds its native files beside it. */
export interface Bundle {
  /** Sha256 over the artifacts' hashes and names, sorted: names the directory `$HOME/tessera/bundles/<hash>`. */
  readonly hash: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** The bundle that these artifacts make. Their order does not matter. */
export function bundleOf(artifacts: readonly Artifact[]): Bundle {
  const files = artifacts.map(({ name, sha256 }) => ({ name, sha256 }));
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return { hash: createHash('sha256').update(lines.join('')).digest('hex'), files };
}

/** Where an artifact is in the fleet's bucket. */
export function artifactKey(file: { readonly name: string; readonly sha256: string }): string {
  return `bundles/${file.sha256}/${file.name}`;
}
