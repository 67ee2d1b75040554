import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreContext } from '@tessera/matrix';
import type { Places } from '../input/places.ts';
import { entriesOf, type OperandName, type Operands } from './request.ts';

/** Where each matrix ended up: paths on this machine, URLs of a bucket. */
export type Outputs = Operands<string> & { readonly C: string };

/** What bringing results home needs to know. */
export interface Homecoming {
  readonly places: Places;
  readonly jobId: string;
  /** Where each operand is, or null for one that the job made. */
  readonly given: Operands<string | null>;
  readonly context: StoreContext;
  readonly signal: AbortSignal;
}

/**
 * Puts a verified result where it was asked for. Everything is written beside its place first and renamed, so that a
 * path never holds half a result.
 */
export async function bringHome(home: Homecoming): Promise<Outputs> {
  const { places, given } = home;
  const operands: [string, string][] = [];
  for (const [name, place] of entriesOf(given)) operands.push([name, place ?? (await operandHome(home, name))]);
  const outputs = {
    ...(Object.fromEntries(operands) as unknown as Operands<string>),
    C: await resultHome(home, places),
  };
  if (places.folder !== undefined)
    await tidy(
      places.folder,
      Object.values(outputs).filter((path) => path !== undefined),
    );
  return outputs;
}

/** Removes what the job needed on its way and nobody asked for: copies of CSV operands, projections, partial products. */
async function tidy(folder: string, outputs: readonly string[]): Promise<void> {
  const made = await readdir(folder);
  const spare = made.filter((name) => /^[A-Z][A-Za-z0-9]*\.(zarr|npy|csv)$/.test(name));
  for (const name of spare) {
    const path = join(folder, name);
    if (!outputs.includes(path)) await rm(path, { recursive: true, force: true });
  }
}

/** Removes a workspace that holds nothing, and the folder of workspaces if it was the last. */
export async function removeEmpty(folder: string): Promise<void> {
  for (const path of [folder, dirname(folder)]) {
    const gone = await rmdir(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    );
    if (!gone) return;
  }
}

/** Paths that an unfinished homecoming may leave: removed when a job fails. */
export function partialPaths({ places, jobId }: Pick<Homecoming, 'places' | 'jobId'>): string[] {
  const { delivery } = places;
  if (delivery.kind === 'stay') return [];
  if (delivery.kind === 'rename') return [delivery.from];
  const path = partial(delivery.to, jobId);
  return path === undefined ? [] : [path];
}

async function operandHome(home: Homecoming, name: OperandName): Promise<string> {
  const { places } = home;
  // In a bucket the array is the result; parts of text there would have to be joined somewhere else.
  if (!places.asCsv || places.folder === undefined) return plain(places.random[name]);
  const to = join(places.folder, `${name}.csv`);
  const joined = join(places.folder, `.${name}.csv.partial`);
  await joinParts(home, name, joined);
  // The parts are in a folder of that name.
  await rm(to, { recursive: true, force: true });
  await rename(joined, to);
  return to;
}

async function resultHome(home: Homecoming, { delivery, c }: Places): Promise<string> {
  switch (delivery.kind) {
    case 'stay':
      return plain(c);
    case 'rename':
      await replace(delivery.from, delivery.to);
      return delivery.to;
    case 'join': {
      await joinParts(home, 'C', delivery.to, partial(delivery.to, home.jobId));
      return delivery.to;
    }
    case 'copy': {
      await copy(home, c, delivery.to);
      return delivery.to;
    }
  }
}

/** A name beside the place, with the extension that tells the format; none in a bucket, where nothing is seen before it is whole. */
function partial(to: string, jobId: string): string | undefined {
  if (to.startsWith('s3:')) return undefined;
  const extension = /\.(csv\.gz|[a-z]+)$/i.exec(to)?.[1] ?? 'tmp';
  return join(dirname(to), `.${basename(to)}.${jobId}.partial.${extension}`);
}

/** Renames over what is there; a folder can't be renamed over another, so an older one steps aside first. */
async function replace(from: string, to: string): Promise<void> {
  const aside = `${from}.old`;
  const hadOlder =
    to.toLowerCase().endsWith('.zarr') &&
    (await rename(to, aside).then(
      () => true,
      () => false,
    ));
  await rename(from, to);
  if (hadOlder) await rm(aside, { recursive: true, force: true });
}

async function joinParts(home: Homecoming, name: string, to: string, temporary?: string): Promise<void> {
  const { joinCsv, openStore } = await import('@tessera/matrix');
  const { context, places, signal } = home;
  const store = await openStore(places.workspace, context);
  await joinCsv(store, `${name}.csv`, to, { ...context, signal, temporary });
}

async function copy({ context, signal, jobId }: Homecoming, from: string, to: string): Promise<void> {
  const { copyArray, openArray, writeNpy } = await import('@tessera/matrix');
  const source = await openArray(from, context);
  const options = { ...context, signal, temporary: partial(to, jobId) };
  try {
    if (to.toLowerCase().endsWith('.npy')) await writeNpy(source, to, options);
    else await copyArray(source, to, options);
  } finally {
    await source.close();
  }
}

/** A path for what is on this machine, else the URL. */
function plain(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

/** Makes the workspace. */
export async function makeWorkspace(places: Places): Promise<void> {
  if (places.folder !== undefined) await mkdir(places.folder, { recursive: true });
}
