// Runs one benchmark of test/bench by its name: `pnpm bench kernels`. Without a name it lists them.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = join(import.meta.dirname, '../test/bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: pnpm bench <name> [--json PATH], with one of: ${names.join(', ')}\n`);
  process.exit(2);
}
const flagErrors = pathToFileURL(join(import.meta.dirname, 'flag-errors.mjs')).href;
const args = ['--import', flagErrors, join(folder, `${name}.ts`), ...rest];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
process.exit(status ?? 1);
