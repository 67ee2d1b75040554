import { tileMemory } from '@tessera/matrix';
import type { WorkPackage } from '@tessera/protocol';
import { add } from './add.ts';
import type { Outcome, PackageContext } from './context.ts';
import { exportRows } from './export.ts';
import { generate } from './generate.ts';
import { ingest } from './ingest.ts';
import { multiply } from './multiply.ts';
import { reduce } from './reduce.ts';
import { verify } from './verify/index.ts';

/** Does a package of any kind. */
export function execute(work: WorkPackage, context: PackageContext): Promise<Outcome> {
  const { memoryBytes } = context.job.manifest;
  if (memoryBytes !== undefined) tileMemory.limit(memoryBytes);
  // Only blocks of a product share operands, and they are nearly over when anything else comes, which may need the memory.
  if (work.kind !== 'multiply') context.dropKept();
  switch (work.kind) {
    case 'generate':
      return generate(work, context);
    case 'ingest':
      return ingest(work, context);
    case 'add':
      return add(work, context);
    case 'multiply':
      return multiply(work, context);
    case 'reduce':
      return reduce(work, context);
    case 'verify':
      return verify(work, context);
    case 'export':
      return exportRows(work, context);
  }
}

export { PackageContext, type Outcome } from './context.ts';
