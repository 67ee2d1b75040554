import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StoreContext } from '@tessera/matrix';
import type { Operand } from '../input/operand.ts';
import type { Places } from '../input/places.ts';
import { entriesOf, mapOperands, type JobRequest, type OperandName } from './request.ts';

/** Bytes of text that are read at once. */
const READ = 1 << 20;
/** 8 MiB of float64. */
const CHUNK_SIDE = 1024;

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
  const { copyArray, evenChunk, openArray, openStore } = await import('@tessera/matrix');
  if (operand.kind === 'array') {
    if (!operand.url.startsWith('file:')) return operand;
    const url = `${workspace}/${name}.zarr`;
    const source = await openArray(operand.url);
    const [rows, cols] = source.shape;
    const chunk = [evenChunk(rows, CHUNK_SIDE), evenChunk(cols, CHUNK_SIDE)] as const;
    try {
      await copyArray(source, url, { ...context, signal, chunk });
    } finally {
      await source.close();
    }
    return { ...operand, url, chunk };
  }
  if (!operand.csv.url.startsWith('file:')) return operand;
  const key = operand.csv.gzip ? `${name}.csv.gz` : `${name}.csv`;
  const store = await openStore(workspace, context);
  await store.setFrom(key, createReadStream(fileURLToPath(operand.csv.url), { highWaterMark: READ }), { signal });
  return { ...operand, csv: { ...operand.csv, url: `${workspace}/${key}` } };
}
