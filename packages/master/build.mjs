import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';

// Everything in the folder is shipped to instances, so nothing of an earlier build may stay.
const dist = join(import.meta.dirname, 'dist');
rmSync(dist, { recursive: true, force: true });
await bundle({
  entry: join(import.meta.dirname, 'src/entry/main.ts'),
  out: join(dist, 'master.mjs'),
  matrices: true,
  shipped: true,
});
