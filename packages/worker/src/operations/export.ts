import { csvPieces, recycle } from '@tessera/matrix';
import type { Execute } from './context.ts';

/** Writes rows of an array as CSV text, one part of the whole: `<workspace>/<name>.csv/<part>`. */
export const exportRows: Execute<'export'> = async ({ source, text, part }, context) => {
  const array = await context.job.array(source);
  const tile = await context.read(source, array.dtype);
  const workspace = await context.job.workspace();
  const key = `${text}.csv/${String(part).padStart(6, '0')}`;
  const { signal } = context;
  const isHere = workspace.localPath !== undefined;
  await context.writing(() => workspace.setFrom(key, context.making(csvPieces(tile), isHere), { signal }));
  recycle(tile);
  return {};
};
