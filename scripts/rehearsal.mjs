// The first job of a build, done before anybody waits for one: all four programs then have left what V8 compiled of them,
// for the starts to come.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KEPT } from './code-cache.mjs';

/** A job that takes longer hangs, and starts are then slower than they could be. */
const LONGEST_MS = 60_000;

/** A worker that is ended before it has left its code leaves it the next time. */
const MOST_TIMES = 3;

/** Does jobs through the CLI's loader `cli` until master and worker have left their code in its folder. It never fails. */
export async function rehearse(cli) {
  const caches = join(dirname(cli), KEPT);
  for (let times = 0; times < MOST_TIMES; times++) {
    await addFiles(cli, caches);
    const left = await readdir(caches).catch(() => []);
    if (['master-', 'worker-'].every((start) => left.some((name) => name.startsWith(start)))) return;
  }
}

/** Adds two matrices, one of them from a file, the result into another. */
async function addFiles(cli, caches) {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-build-'));
  const [rows, cols] = [300, 200];
  const row = Array.from({ length: cols }, (_, col) => (col / 7).toFixed(6)).join(',');
  await writeFile(join(folder, 'A.csv'), `${row}\n`.repeat(rows));
  // Whatever the caller has set for the real AWS is not meant here.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const job = ['add', 'A.csv', `${rows}x${cols}`, '--out', 'C.csv', '--workers', '1'];
  const program = spawn(process.execPath, [cli, ...job], {
    cwd: folder,
    env: {
      ...Object.fromEntries(others),
      INIT_CWD: folder,
      TESSERA_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      TESSERA_CODE_CACHES: caches,
    },
    stdio: 'ignore',
  });
  const late = setTimeout(() => program.kill('SIGKILL'), LONGEST_MS);
  await once(program, 'exit').catch(() => undefined);
  clearTimeout(late);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
