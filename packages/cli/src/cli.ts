import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';

// The entry of the bundle. Compiling what a job loads takes longer than running it, so V8 keeps it for the next time;
// this has to be said before anything else is loaded.
const loadedAfter = performance.now();
const root = join(import.meta.dirname, '..', '..', '..');
if (getCompileCacheDir() === undefined) enableCompileCache(join(root, 'node_modules', '.cache', 'tessera', 'v8'));
const { runProcess } = await import('./process.ts');
await runProcess(root, loadedAfter);
