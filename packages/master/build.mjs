import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';

await bundle({
  entry: join(import.meta.dirname, 'src/entry/main.ts'),
  out: join(import.meta.dirname, 'dist/master.mjs'),
  matrices: true,
});
