import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installScript } from '../../src/shell/install-script.ts';
import { environmentLines, nodeLines } from '../../src/shell/prelude.ts';
import { masterScript, workerScript } from '../../src/shell/program-script.ts';
import { ScriptBench } from '../support/instance.ts';

let bench: ScriptBench;
beforeEach(async () => {
  bench = await ScriptBench.open();
});
afterEach(() => bench.close());

const place = { region: 'us-east-1', cluster: 'default', bucket: 'tessera-default-0123abcd' };

function worker(program: string, extra: Partial<Parameters<typeof workerScript>[0]> = {}) {
  return workerScript({ ...place, install: bench.plan({ 'worker.mjs': program }), kernel: 'auto', ...extra });
}

function master(program: string) {
  return masterScript({ ...place, install: bench.plan({ 'master.mjs': program }), jobId: '20260102-030405-abcde' });
}

const install = (plan: Parameters<typeof installScript>[0]) => [
  ...environmentLines('us-east-1'),
  ...nodeLines(),
  ...installScript(plan),
  'ls -A "$dir"',
];

/** A PATH on which `node` claims a version, and dnf installs node-24 or can't. */
function nodePath(version: string, dnf: string): string {
  const bin = join(bench.home, 'bin');
  mkdirSync(bin);
  const tool = (name: string, text: string) => writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  tool('node', `echo ${version}`);
  tool('dnf', dnf);
  return `${bin}:/usr/bin:/bin`;
}

/** A worker that says when it runs and when it was told to stop. */
const patient = (name: string) =>
  `process.once('SIGTERM', () => { console.log('${name} released'); process.exit(0); }); setInterval(() => {}, 1000); console.log('${name} ready')`;

/**
 * A PATH on which minutes pass at once and shutting down leaves a file. Nothing else is on it: a watch that a broken-off
 * test leaves behind finds no `sleep` and ends, and never finds this machine's own `shutdown`.
 */
function fastPath(): string {
  const bin = join(bench.home, 'bin');
  mkdirSync(bin);
  for (const tool of ['sh', 'mkdir', 'curl', 'sha256sum', 'mv', 'rm', 'ps', 'find', 'setsid']) {
    const found = ['/usr/bin/', '/bin/'].map((folder) => folder + tool).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(bin, tool));
  }
  symlinkSync(process.execPath, join(bin, 'node'));
  writeFileSync(join(bin, 'sleep'), '#!/bin/sh\nexec /bin/sleep 0.02\n', { mode: 0o755 });
  writeFileSync(join(bin, 'shutdown'), '#!/bin/sh\necho "$*" > "$HOME/shut-down"\n', { mode: 0o755 });
  return bin;
}

/** Makes the machine unused for an hour. */
function leaveUnused(): void {
  const then = Date.now() / 1000 - 3600;
  utimesSync(join(bench.home, 'tessera/last-used'), then, then);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('installing a bundle', () => {
  it('puts every file into one directory named by the bundle, once', async () => {
    const plan = bench.plan({ 'worker.mjs': 'program', 'koffi.node': 'native' });
    expect(await bench.run(install(plan))).toEqual({ code: 0, output: 'koffi.node\nworker.mjs\n' });
    expect(readFileSync(join(bench.home, 'tessera/bundles', plan.hash, 'koffi.node'), 'utf8')).toBe('native');
    await bench.run(install(plan));
    expect(bench.requests).toBe(2);
  });

  it('refuses a file whose hash is wrong, says which, and leaves nothing of it', async () => {
    const plan = bench.plan({ 'worker.mjs': 'program', 'koffi.node': 'native' }, 'koffi.node');
    const { code, output } = await bench.run(install(plan));
    expect(code).toBe(1);
    expect(output).toMatch(/tessera: refused: .*sha256[\s\S]*koffi\.node: FAILED/);
    expect(readdirSync(join(bench.home, 'tessera/bundles', plan.hash))).toEqual([]);
  });

  it('says so when a link is no longer good', async () => {
    const plan = bench.plan({ 'worker.mjs': 'program' });
    bench.files.clear();
    const { code, output } = await bench.run(install(plan));
    expect([code, output]).toEqual([1, expect.stringContaining('tessera: download failed; the link may have expired')]);
  });

  it.each(['download', 'hash'])('says that the disk is full where that is why the %s fails', async (what) => {
    const plan = bench.plan({ 'worker.mjs': 'program' }, what === 'hash' ? 'worker.mjs' : undefined);
    if (what === 'download') bench.files.clear();
    const bin = join(bench.home, 'bin');
    mkdirSync(bin);
    const table = 'Filesystem 1024-blocks Used Available Capacity Mounted on\ntmpfs 1024 1024 0 100% /';
    writeFileSync(join(bin, 'df'), `#!/bin/sh\necho '${table}'\n`, { mode: 0o755 });
    const { code, output } = await bench.run(install(plan), { PATH: `${bin}:${process.env['PATH']}` });
    expect([code, output]).toEqual([1, expect.stringContaining(`tessera: the disk of ${bench.home} is full`)]);
    expect(output).not.toMatch(/expired|refused/);
  });

  it('brings back a file that is missing', async () => {
    const plan = bench.plan({ 'worker.mjs': 'program', 'koffi.node': 'native' });
    await bench.run(install(plan));
    execFileSync('rm', [join(bench.home, 'tessera/bundles', plan.hash, 'koffi.node')]);
    expect(await bench.run(install(plan))).toEqual({ code: 0, output: 'koffi.node\nworker.mjs\n' });
  });

  it('works twice at once', async () => {
    const plan = bench.plan({ 'worker.mjs': 'program'.repeat(100_000), 'koffi.node': 'native' });
    const both = await Promise.all([bench.run(install(plan)), bench.run(install(plan))]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(readdirSync(join(bench.home, 'tessera/bundles', plan.hash)).sort()).toEqual(['koffi.node', 'worker.mjs']);
  });

  it('works without curl, openssl and sha256sum', async () => {
    const bin = join(bench.home, 'bin');
    mkdirSync(bin);
    for (const tool of ['sh', 'mkdir', 'mv', 'rm', 'ls', 'shasum', 'perl']) {
      const found = ['/usr/bin/', '/bin/'].map((folder) => folder + tool).find((path) => existsSync(path));
      if (found !== undefined) symlinkSync(found, join(bin, tool));
    }
    symlinkSync(process.execPath, join(bin, 'node'));
    if (!existsSync(join(bin, 'shasum'))) symlinkSync('/usr/bin/sha256sum', join(bin, 'sha256sum'));
    const plan = bench.plan({ 'worker.mjs': 'program', 'koffi.node': 'native' });
    expect(await bench.run(install(plan), { PATH: bin })).toEqual({ code: 0, output: 'koffi.node\nworker.mjs\n' });
  });
});

describe('finding Node', () => {
  const find = [...environmentLines('eu-west-1'), ...nodeLines(), 'echo "$node in $AWS_REGION"'];

  it.each(['v24.0.0', 'v25.3.1', 'v100.0.0'])('takes %s as it is', async (version) => {
    expect(await bench.run(find, { PATH: nodePath(version, 'exit 1') })).toEqual({
      code: 0,
      output: 'node in eu-west-1\n',
    });
  });

  it.each(['v20.20.2', 'v9.0.0', 'v23.11.0'])('installs Node 24 beside %s', async (version) => {
    const dnf = 'echo "#!/bin/sh\necho v24.1.0" > "$HOME/bin/node-24"; chmod 755 "$HOME/bin/node-24"';
    const { code, output } = await bench.run(find, { PATH: nodePath(version, dnf), AWS_REGION: 'us-west-2' });
    // Two pipes, of which either may be read first.
    const lines = output.split('\n').toSorted();
    expect([code, lines]).toEqual([0, ['', 'node-24 in us-west-2', 'tessera: no Node 24 here, installing nodejs24']]);
  });

  it('ends with 69 and what to do where it cannot be installed', async () => {
    const { code, output } = await bench.run(find, { PATH: nodePath('v20.0.0', 'exit 1') });
    expect([code, output]).toEqual([69, expect.stringContaining('use an Amazon Linux 2023 image')]);
  });
});

describe('a worker', () => {
  it('gets its flags, its region and the files beside it', async () => {
    const program = 'console.log(process.argv.slice(2).join(" "), process.env.AWS_REGION, import.meta.filename)';
    const lines = worker(program, { memoryBytes: 943_718_400, threads: 2 });
    const { code, output } = await bench.run(lines);
    expect(code).toBe(0);
    expect(output).toMatch(
      /^--cluster default --bucket tessera-default-0123abcd --kernel auto --memory 943718400 --threads 2 us-east-1 .*\/tessera\/bundles\/[0-9a-f]{64}\/worker\.mjs\n$/,
    );
  });

  it('is started again after a crash, and not after it was told to stop', async () => {
    const program = `
      import { existsSync, writeFileSync } from 'node:fs';
      const again = existsSync('crashed');
      writeFileSync('crashed', '');
      console.log('start');
      if (!again) process.kill(process.pid, 'SIGKILL');
      else process.exit(0);`;
    const { code, output } = await bench.run(worker(program));
    expect([code, output.match(/start\n/g)?.length]).toEqual([0, 2]);
    expect(output).toContain('tessera: ended with 137, starting again in 1 s');
  });

  it('is not started again after an exit code that no other start would change', async () => {
    const { code, output } = await bench.run(worker('console.log("start"); process.exit(78)'));
    expect([code, output]).toEqual([78, 'start\n']);
  });

  it('hears TERM and may finish its work', async () => {
    const program =
      "process.once('SIGTERM', () => setTimeout(() => { console.log('released'); process.exit(0); }, 50)); setInterval(() => {}, 1000); console.log('ready')";
    const running = bench.start(worker(program));
    await running.says(/ready/);
    running.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, output: 'ready\nreleased\n' });
  });

  it('makes room for another version', async () => {
    const first = bench.start(worker(patient('first')));
    await first.says(/first ready/);
    const second = bench.start(worker(patient('second')));
    await second.says(/second ready/);
    expect(await first.ended).toEqual({ code: 0, output: 'first ready\nfirst released\n' });
    second.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });

  it('ends well for the command whose worker died of being replaced, before it could listen', async () => {
    const first = bench.start(worker("console.log('deaf'); setInterval(() => {}, 1000)"));
    await first.says(/deaf/);
    const second = bench.start(worker(patient('second')));
    await second.says(/second ready/);
    expect((await first.ended).code).toBe(0);
    second.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
  });

  it('runs once however many commands for it meet', async () => {
    const lines = worker(patient('worker'));
    const each = [1, 2, 3, 4].map(() => bench.start(lines));
    const alive = new Set(each);
    for (const one of each) void one.ended.then(() => alive.delete(one));
    while (alive.size > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    const [last] = alive;
    await last!.says(/worker ready/);
    expect(await Promise.all(each.filter((one) => one !== last).map(async (one) => (await one.ended).code))).toEqual([
      0, 0, 0,
    ]);
    last!.kill('SIGTERM');
    expect((await last!.ended).code).toBe(0);
  });

  it('leaves a process alone that only has the number of a former worker', async () => {
    mkdirSync(join(bench.home, 'tessera'));
    writeFileSync(join(bench.home, 'tessera/worker.pid'), `${process.pid}\n`);
    expect((await bench.run(worker('process.exit(0)'))).code).toBe(0);
  });

  it('touches last-used and starts one watch only where a time to live is set', async () => {
    const watch = join(bench.home, 'tessera/idle-watch.pid');
    await bench.run(worker('process.exit(0)'));
    expect(existsSync(watch)).toBe(false);
    const environment = { PATH: fastPath() };
    await bench.run(worker('process.exit(0)', { timeToLiveMinutes: 30 }), environment);
    const pid = readFileSync(watch, 'utf8');
    try {
      await bench.run(worker('process.exit(0)', { timeToLiveMinutes: 30 }), environment);
      expect(readFileSync(watch, 'utf8')).toBe(pid);
      expect(existsSync(join(bench.home, 'tessera/last-used'))).toBe(true);
    } finally {
      process.kill(-Number(pid), 'SIGKILL');
    }
  });
});

describe('the idle watch', () => {
  it('shuts a machine down that was not used for its time to live, and not before', async () => {
    const path = fastPath();
    await bench.run(worker('process.exit(0)', { timeToLiveMinutes: 30 }), { PATH: path });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(existsSync(join(bench.home, 'shut-down'))).toBe(false);
    leaveUnused();
    await until(() => existsSync(join(bench.home, 'shut-down')));
    expect(readFileSync(join(bench.home, 'shut-down'), 'utf8')).toBe('-h now\n');
  });

  it('leaves a machine alone on which a master is at work', async () => {
    const path = fastPath();
    const install = bench.plan({
      'master.mjs':
        "console.log('at work'); process.once('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);",
    });
    const lines = masterScript({ ...place, install, jobId: '20260102-030405-abcde', timeToLiveMinutes: 30 });
    const running = bench.start(lines, { PATH: path });
    await running.says(/at work/);
    // The script notes its process a moment after it was started.
    const noted = join(bench.home, 'tessera/master-20260102-030405-abcde.pid');
    await until(() => existsSync(noted) && statSync(noted).size > 0);
    leaveUnused();
    await until(() => Date.now() - statSync(join(bench.home, 'tessera/last-used')).mtimeMs < 60_000);
    expect(existsSync(join(bench.home, 'shut-down'))).toBe(false);
    running.kill('SIGTERM');
    await running.ended;
    await until(() => {
      // Once more each time: the watch may have seen the master a moment before it ended, and mark the machine as used after.
      leaveUnused();
      return existsSync(join(bench.home, 'shut-down'));
    });
  });
});

describe('a master', () => {
  it.each([0, 1, 64, 7])('that ends with %i is not started again', async (exit) => {
    const { code, output } = await bench.run(
      master(`console.log('start', ...process.argv.slice(2)); process.exit(${exit})`),
    );
    expect([code, output]).toEqual([
      exit,
      'start --job 20260102-030405-abcde --bucket tessera-default-0123abcd --cluster default\n',
    ]);
  });

  it('that is killed is started again', async () => {
    const program = `
      import { existsSync, writeFileSync } from 'node:fs';
      const again = existsSync('killed');
      writeFileSync('killed', '');
      console.log('start');
      if (!again) process.kill(process.pid, 'SIGKILL');`;
    const { code, output } = await bench.run(master(program));
    expect([code, output.match(/start\n/g)?.length]).toEqual([0, 2]);
  });
});

it('starts two programs where all is in place: node --version, and the worker itself', async () => {
  if (!existsSync('/usr/bin/strace')) {
    process.stderr.write('skipped: counting processes needs strace\n');
    return;
  }
  const lines = worker('process.exit(0)');
  const trace = join(bench.home, 'trace');
  const programs = async () => {
    const strace = ['strace', '-f', '-qq', '-o', trace, '-e', 'trace=execve', '-z'];
    expect((await bench.start(lines, {}, strace).ended).code).toBe(0);
    const started = readFileSync(trace, 'utf8').matchAll(/execve\("[^"]*\/([^/"]+)"/g);
    return [...started].map(([, name]) => name).slice(1);
  };
  const checks = existsSync('/usr/bin/openssl') ? 'openssl' : 'sha256sum';
  expect(await programs()).toEqual(['mkdir', 'node', 'mkdir', 'curl', checks, 'mv', 'rm', 'node']);
  expect(await programs()).toEqual(['node', 'node']);
});
