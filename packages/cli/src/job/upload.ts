import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { StoreContext } from '@tessera/matrix';
import type { Operand } from '../input/operand.ts';
import type { Places } from '../input/places.ts';
import { copyArray } from './bring-home.ts';
import type { JobRequest } from './request.ts';

/**
 * Puts operands that are files of this machine where the fleet can read them. On this machine it can anyway.
 */
export async function uploadOperands(
  { operands }: JobRequest,
  places: Places,
  context: StoreContext,
  signal: AbortSignal,
): Promise<JobRequest['operands']> {
  if (!places.workspace.startsWith('s3:')) return operands;
  const [A, B] = await Promise.all([
    upload('A', operands.A, places.workspace, context, signal),
    upload('B', operands.B, places.workspace, context, signal),
  ]);
  return { A, B };
}

async function upload(
  name: 'A' | 'B',
  operand: Operand,
  workspace: string,
  context: StoreContext,
  signal: AbortSignal,
): Promise<Operand> {
  if (operand.kind === 'random') return operand;
  const { createArray, evenChunk, openArray, openStore } = await import('@tessera/matrix');
  if (operand.kind === 'array') {
    if (!operand.url.startsWith('file:')) return operand;
    const url = `${workspace}/${name}.zarr`;
    const source = await openArray(operand.url);
    const { shape, dtype } = source;
    const target = await createArray(
      url,
      { shape, dtype, chunk: [evenChunk(shape[0], 1024), evenChunk(shape[1], 1024)] },
      context,
    );
    await copyArray(source, target, signal);
    await Promise.all([source.close(), target.close()]);
    return { ...operand, url, dtype };
  }
  if (!operand.csv.url.startsWith('file:')) return operand;
  const key = operand.csv.gzip ? `${name}.csv.gz` : `${name}.csv`;
  const store = await openStore(workspace, context);
  await store.set(key, await readFile(fileURLToPath(operand.csv.url)), { signal });
  return { ...operand, csv: { ...operand.csv, url: `${workspace}/${key}` } };
}
