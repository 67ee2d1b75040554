// The one command that passes or fails the whole repository: build, types, lint, format, tests. Output of a step appears
// when it fails; the tests' always.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const filters = process.argv.slice(2);
const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };

function step(name, command, args) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (status === 0) return;
  process.stdout.write(`${stdout ?? ''}${stderr ?? ''}`);
  process.exit(1);
}

// turbo looks for a `packageManager` field to tell a workspace from a single package; without one it is told.
step('build', 'turbo', ['--skip-infer', 'run', 'build', '--output-logs=errors-only']);
if (filters.length === 0) {
  step('types', 'turbo', ['--skip-infer', 'run', 'typecheck', '--output-logs=errors-only']);
  step('types of the tests', 'tsc', ['-p', 'test/tsconfig.json']);
  step('lint', 'oxlint', ['--deny-warnings']);
  step('format', 'oxfmt', ['--check']);
}

const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
const report = join(folder, 'report.json');
const { status } = spawnSync(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters],
  { cwd: root, env, stdio: 'inherit' },
);
const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(folder, { recursive: true, force: true });
if (results) {
  const tests = results.testResults.flatMap((file) => file.assertionResults);
  for (const { status: state, fullName } of tests)
    if (state !== 'passed' && state !== 'failed') process.stdout.write(`skipped: ${fullName}\n`);
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = results;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}
process.exit(status ?? 1);
