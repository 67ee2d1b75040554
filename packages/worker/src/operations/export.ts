import { formatCsvBand, recycle } from '@tessera/matrix';
import type { Execute } from './context.ts';

/** Writes rows of an array as CSV text, as one part of the whole: `<workspace>/<name>.csv/<part>`. */
export const exportRows: Execute<'export'> = async ({ source, text, part }, context) => {
  const array = await context.job.array(source);
  const tile = await context.read(source, array.dtype);
  const bytes = await context.compute(async () => formatCsvBand(tile));
  recycle(tile);
  await context.writing(async () => {
    const workspace = await context.job.workspace();
    await workspace.set(`${text}.csv/${String(part).padStart(6, '0')}`, bytes, { signal: context.signal });
  });
  context.traffic.bytesWritten += bytes.byteLength;
  return {};
};
