import type { Execute } from './context.ts';

export const ingest: Execute<'ingest'> = async () => {
  throw new Error('CSV operands are still to come');
};
