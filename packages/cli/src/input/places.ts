import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Output } from './output.ts';

/** Where the arrays of a job lie while it runs, and what becomes of C in the end. */
export interface Places {
  /** Folder or prefix of everything that the job makes, as a URL. */
  readonly workspace: string;
  /** The same as a path, where it is a folder here. */
  readonly folder: string | undefined;
  /** Where random operands are stored. */
  readonly random: { readonly A: string; readonly B: string; readonly C0: string };
  /** Where workers store C. */
  readonly c: string;
  /** Whether random operands and C are also written as CSV. */
  readonly asCsv: boolean;
  readonly delivery: Delivery;
}

/** How C gets to where the person wants it. */
export type Delivery =
  /** It is there already. */
  | { readonly kind: 'stay' }
  /** Written beside its place under a name of its own, then renamed. */
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  /** CSV parts, joined into one text here or in a bucket; compressed where the place ends in `.gz`. */
  | { readonly kind: 'join'; readonly to: string }
  /** Stored where workers reach it, wanted elsewhere: copied as `.npy` or `.zarr`. */
  | { readonly kind: 'copy'; readonly to: string };

/** Whether all of a job lies on this machine, none of it in a bucket. */
export function isHere({ folder, delivery }: Places): boolean {
  return folder !== undefined && !('to' in delivery && delivery.to.startsWith('s3:'));
}

/** The workspace of a job on this machine: a folder of its own where the person called from. */
export function localPlaces(cwd: string, jobId: string, out: Output | undefined): Places {
  const folder = join(cwd, 'tessera-jobs', jobId);
  // Operands in the format that the result is wanted in, so that the same tool reads all three.
  const extension = out?.format === 'npy' ? 'npy' : 'zarr';
  const asCsv = out?.format === 'csv' || out?.format === 'csv.gz';
  const at = (name: string) => urlOf(join(folder, `${name}.${extension}`));
  const random = { A: at('A'), B: at('B'), C0: at('C0') };
  const base = { workspace: urlOf(folder), folder, random, asCsv };
  if (out === undefined) return { ...base, c: urlOf(join(folder, 'C.zarr')), delivery: { kind: 'stay' } };
  if (asCsv) {
    const delivery = { kind: 'join', to: out.path } as const;
    return { ...base, c: urlOf(join(folder, 'C.zarr')), delivery };
  }
  if (out.folder === null)
    return { ...base, c: urlOf(join(folder, 'C.zarr')), delivery: { kind: 'copy', to: out.path } };
  const from = join(out.folder, `.${out.name}.${jobId}.partial.${extension}`);
  return { ...base, c: urlOf(from), delivery: { kind: 'rename', from, to: out.path } };
}

/** The workspace of a job on AWS: a prefix of the fleet's bucket, that all instances reach. */
export function bucketPlaces(bucket: string, jobId: string, out: Output | undefined): Places {
  const workspace = `s3://${bucket}/jobs/${jobId}`;
  const asCsv = out?.format === 'csv' || out?.format === 'csv.gz';
  return {
    workspace,
    folder: undefined,
    random: { A: `${workspace}/A.zarr`, B: `${workspace}/B.zarr`, C0: `${workspace}/C0.zarr` },
    c: `${workspace}/C.zarr`,
    asCsv,
    delivery: bucketDelivery(out),
  };
}

function bucketDelivery(out: Output | undefined): Delivery {
  if (out === undefined) return { kind: 'stay' };
  const { format, path: to } = out;
  if (format === 'csv' || format === 'csv.gz') return { kind: 'join', to };
  return { kind: 'copy', to };
}

function urlOf(path: string): string {
  return pathToFileURL(path).href;
}
