#!/usr/bin/env node
// `pnpm --filter cli start`: builds what the CLI needs, through turbo's cache, then runs the CLI in this same process.
// A start with nothing to build costs turbo's look at the sources and nothing else, so this file imports little.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'packages', 'cli', 'dist', 'cli.mjs');

/** Node 24 and newer run the sources that builds read; an older one hands over to the Node that the project installed. */
function projectNode() {
  return join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
}

/** turbo's own binary: its JavaScript launcher would start another Node first. */
function turboBinary() {
  const turbo = createRequire(join(root, 'package.json')).resolve('turbo/package.json');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const name = `@turbo/${process.platform}-${process.arch === 'x64' ? '64' : process.arch}/bin/turbo${suffix}`;
  return createRequire(turbo).resolve(name);
}

/** Runs turbo quietly. Resolves to its exit code and what it said, which is shown only when it fails. */
function build() {
  return new Promise((resolve) => {
    let said = '';
    let announced = false;
    const isFirst = !existsSync(cli);
    // turbo looks for a `packageManager` field to tell a workspace from a single package; without one it is told.
    const args = ['--skip-infer', 'run', 'build', '--filter=cli...', '--output-logs=new-only', '--ui=stream'];
    const child = spawn(turboBinary(), args, {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const listen = (chunk) => {
      said += chunk;
      if (announced || !said.includes('cache miss')) return;
      announced = true;
      if (isFirst) process.stderr.write('Building Tessera (first start only)...\n');
      else if (process.stderr.isTTY) process.stderr.write('Building Tessera (its sources changed)...\n');
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    child.on('error', (error) => resolve({ code: 1, said: `${error.message}\n` }));
    child.on('close', (code, signal) => resolve({ code: signal === 'SIGINT' ? 130 : (code ?? 1), said }));
  });
}

/** Runs this file again under the project's Node and ends as that run ends. */
function handOver() {
  const child = spawn(projectNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`tessera: needs Node 24, and the one of the project can't be run: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('close', (code) => (process.exitCode = code ?? 1));
}

if (Number(process.versions.node.split('.')[0]) < 24) {
  handOver();
} else {
  nodeModule.enableCompileCache(join(root, 'node_modules', '.cache', 'tessera', 'v8'));
  const { code, said } = await build();
  if (code === 0) {
    await import(cli);
  } else {
    const why = said.includes('package manager binary')
      ? 'the build needs pnpm on the PATH: `npm install --global pnpm`, or call this by `npx -y pnpm@12 --filter cli start`'
      : 'the build failed, see above';
    if (code !== 130) process.stderr.write(`${said}\ntessera: ${why}\n`);
    process.exitCode = code;
  }
}
