import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { StoreContext } from '@tessera/matrix';
import type { Operand } from '../input/operand.ts';
import type { Places } from '../input/places.ts';
import { copyArray } from './bring-home.ts';
import { entriesOf, mapOperands, type JobRequest, type OperandName } from './request.ts';

/**
 * Puts operands that are files of this machine into the workspace in a bucket, where the fleet can read them.
 */
export async function uploadOperands(
  { operands }: JobRequest,
  places: Places,
  context: StoreContext,
  signal: AbortSignal,
): Promise<JobRequest['operands']> {
  const uploaded = await Promise.all(
    entriesOf(operands).map(async ([name, operand]) => [
      name,
      await upload(name, operand, places.workspace, context, signal),
    ]),
  );
  const byName = Object.fromEntries(uploaded) as Record<OperandName, Operand>;
  return mapOperands(operands, (_operand, name) => byName[name]);
}

async function upload(
  name: OperandName,
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
    const chunk = [evenChunk(shape[0], 1024), evenChunk(shape[1], 1024)] as const;
    const target = await createArray(url, { shape, dtype, chunk }, context);
    await copyArray(source, target, signal);
    await Promise.all([source.close(), target.close()]);
    return { ...operand, url, dtype, chunk };
  }
  if (!operand.csv.url.startsWith('file:')) return operand;
  const key = operand.csv.gzip ? `${name}.csv.gz` : `${name}.csv`;
  const store = await openStore(workspace, context);
  await store.set(key, await readFile(fileURLToPath(operand.csv.url)), { signal });
  return { ...operand, csv: { ...operand.csv, url: `${workspace}/${key}` } };
}
