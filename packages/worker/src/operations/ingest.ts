import { ingestCsv } from '@tessera/matrix';
import type { Execute } from './context.ts';

/** Parses rows of a CSV operand into its array. */
export const ingest: Execute<'ingest'> = async ({ text, sink, ...part }, context) => {
  const target = await context.job.array(sink);
  await context.writing(() =>
    ingestCsv(context.job.text(text), { ...part, region: sink }, target, {
      ...context.job.context,
      signal: context.signal,
      traffic: context.traffic,
      parsing: (work) => context.inTurn(work),
    }),
  );
  return {};
};
