import type { ProgressEvent, Report } from '@tessera/protocol';
import type { Step } from '@tessera/provisioner';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../src/job/outcome.ts';
import { bar, progressLines } from '../src/view/bars.ts';
import { formatBytes, formatSeconds, threeDigits } from '../src/view/format.ts';
import { linePainter, terminalPainter } from '../src/view/painter.ts';
import { advance, NO_PROGRESS } from '../src/view/progress.ts';
import { Reporter } from '../src/view/reporter.ts';
import { stepLine } from '../src/view/steps.ts';
import { colorStyle, plainStyle, truncate, visibleLength } from '../src/view/style.ts';
import { summaryLines } from '../src/view/summary.ts';
import { wrapWords } from '../src/view/wrap.ts';
import { fakeOutput, screenOf } from './fake-output.ts';

const header = { v: 1, jobId: '20260102-030405-abcde', at: 0 } as const;
const EVENTS: ProgressEvent[] = [
  {
    ...header,
    event: 'job:planned',
    phases: [
      { phase: 'generate', packages: 4 },
      { phase: 'compute', packages: 24 },
    ],
    summary: '24 blocks of 500x1000',
  },
  { ...header, event: 'phase:started', phase: 'generate', packages: 4 },
  { ...header, event: 'packages:sent', phase: 'generate', sent: 4, packages: 4 },
  { ...header, event: 'packages:received', phase: 'generate', received: 4, packages: 4 },
  { ...header, event: 'phase:ended', phase: 'generate', seconds: 0.1234 },
  { ...header, event: 'phase:started', phase: 'compute', packages: 24 },
  { ...header, event: 'packages:sent', phase: 'compute', sent: 24, packages: 24 },
  { ...header, event: 'packages:received', phase: 'compute', received: 9, packages: 24 },
];
const half = EVENTS.reduce(advance, NO_PROGRESS);

const STEPS: Step[] = [
  { resource: 'bucket', state: 'ended', outcome: 'created', seconds: 0.081, detail: 'tessera-default-0123abcd' },
  { resource: 'bundles', state: 'ended', outcome: 'uploaded', seconds: 0.2, detail: 'worker.mjs, master.mjs' },
  { resource: 'workers', state: 'ended', outcome: 'mixed', seconds: 32.9, detail: '3 found, 5 created' },
];

const OUTCOME: Outcome = {
  jobId: '20260102-030405-abcde',
  op: 'multiply',
  shapes: { A: [2000, 1500], B: [1500, 1000], C: [2000, 1000] },
  dtype: 'float64',
  seed: 7,
  kernel: 'blas',
  workers: 2,
  packages: 24,
  retries: 1,
  seconds: {
    total: 1.62,
    start: 0.248,
    provision: 0.61,
    plan: 0.012,
    send: 0.02,
    compute: 0.3,
    collect: 0.28,
    verify: 0.1,
    finish: 0.05,
  },
  bytes: { read: 48_000_000, written: 24_000_000 },
  verified: { method: 'freivalds', ok: true, rounds: 2 },
  outputs: { A: '/data/tessera-jobs/j/A.npy', B: '/data/tessera-jobs/j/B.npy', C: '/data/C.npy' },
};
const KERNEL: Report['kernel'] = { name: 'blas', detail: 'OpenBLAS 0.3.21, 1 thread', rate: 23.81, unit: 'GFLOPS' };

describe('progress', () => {
  test('a phase that runs has a bar for sending and one for receiving', () => {
    expect(progressLines(half, 80, plainStyle)).toMatchInlineSnapshot(`
      [
        "✓ generate    4 packages    0.123 s",
        "• compute     sending   ████████████████████████████████████████ 100% 24/24",
        "              receiving ███████████████░░░░░░░░░░░░░░░░░░░░░░░░░  37%  9/24",
      ]
    `);
  });

  test('40 columns still show both bars', () => {
    expect(progressLines(half, 40, plainStyle)).toMatchInlineSnapshot(`
      [
        "✓ generate    4 packages    0.123 s",
        "• compute  sending   █████████████ 24/24",
        "           receiving ████▉░░░░░░░░  9/24",
      ]
    `);
  });

  test('no line is wider than the terminal, whatever the width and the counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 200 }), fc.nat(1e6), fc.nat(1e6), (width, received, more) => {
        const packages = received + more;
        const progress = advance(half, { ...header, event: 'packages:received', phase: 'compute', received, packages });
        for (const style of [plainStyle, colorStyle]) {
          for (const line of progressLines(progress, width, style)) {
            expect(visibleLength(line)).toBeLessThanOrEqual(width);
          }
        }
      }),
    );
  });

  test('events in any order, some twice, end in the same state', () => {
    const all: ProgressEvent[] = [...EVENTS, { ...header, event: 'phase:ended', phase: 'compute', seconds: 1 }];
    const expected = all.reduce(advance, NO_PROGRESS);
    const byName = (progress: typeof expected) =>
      Object.fromEntries(progress.phases.map(({ phase, ...rest }) => [phase, rest]));
    const orders = fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2, maxLength: all.length * 2 });
    fc.assert(
      fc.property(orders, (events) => {
        const { generate, compute } = byName(events.reduce(advance, NO_PROGRESS));
        expect({ generate, compute }).toEqual(byName(expected));
      }),
    );
  });

  test('a bar is as wide as asked for at every share', () => {
    for (let share = 0; share <= 1; share += 0.01) expect(visibleLength(bar(share, 17, plainStyle))).toBe(17);
    expect(bar(2, 3, plainStyle)).toBe('███');
  });
});

describe('set-up steps', () => {
  test('say what happened, how long it took and to what', () => {
    expect(STEPS.map((step) => stepLine(step, 80, plainStyle))).toMatchInlineSnapshot(`
      [
        "✓ bucket      created    0.081 s  tessera-default-0123abcd",
        "✓ programs    uploaded   0.200 s  2 files",
        "✓ workers     mixed       32.9 s  3 found, 5 created",
      ]
    `);
    expect(STEPS.map((step) => visibleLength(stepLine(step, 40, plainStyle))).every((length) => length <= 40)).toBe(
      true,
    );
  });
});

describe('summary', () => {
  const hint = 'Next: --help shows the rest.';
  const FACTS = { kernel: KERNEL, hint, buildSeconds: 0.03 };
  test('80 columns', () => {
    expect(summaryLines(OUTCOME, FACTS, 80, plainStyle).join('\n')).toMatchInlineSnapshot(`
      "
      C = A · B: 2000x1500 · 1500x1000 = 2000x1000, float64
        ✓ verified: C·r = A·(B·r) for 2 random vectors, within rounding
        time     1.62 s (start 0.248 s, set-up 0.610 s, plan 0.012 s, compute 0.300 s
                 with send 0.020 s and collect 0.280 s, verify 0.100 s, finish
                 0.050 s)
        packages 24 on 2 workers, 1 package sent again
        kernel   blas, 23.8 GFLOPS (OpenBLAS 0.3.21, 1 thread)
        moved    48 MB read, 24 MB written
        seed     7
        A        /data/tessera-jobs/j/A.npy
        B        /data/tessera-jobs/j/B.npy
        C        /data/C.npy

      Next: --help shows the rest."
    `);
  });

  test('40 columns break between words and never inside a path', () => {
    const lines = summaryLines(OUTCOME, FACTS, 40, plainStyle);
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "
      C = A · B: 2000x1500 · 1500x1000 =
      2000x1000, float64
        ✓ verified: C·r = A·(B·r) for 2 random
        vectors, within rounding
        time     1.62 s (start 0.248 s, set-up
          0.610 s, plan 0.012 s, compute
          0.300 s with send 0.020 s and
          collect 0.280 s, verify 0.100 s,
          finish 0.050 s)
        packages
          24 on 2 workers, 1 package sent
          again
        kernel
          blas, 23.8 GFLOPS (OpenBLAS 0.3.21,
          1 thread)
        moved    48 MB read, 24 MB written
        seed     7
        A        /data/tessera-jobs/j/A.npy
        B        /data/tessera-jobs/j/B.npy
        C        /data/C.npy

      Next: --help shows the rest."
    `);
    expect(lines.every((line) => line.length <= 40 || line.includes('/'))).toBe(true);
  });

  test('a pipe gets no escape code and no line break within a line', () => {
    const lines = summaryLines(OUTCOME, { ...FACTS, hint: undefined }, Number.POSITIVE_INFINITY, plainStyle);
    for (const code of ['\u001B', '\r']) expect(lines.join('\n')).not.toContain(code);
    expect(lines.filter((line) => line.trimStart().startsWith('time'))).toHaveLength(1);
  });

  test('a build is told apart from the run', () => {
    const seconds = { ...OUTCOME.seconds, total: 11.87, start: 10.5 };
    const text = summaryLines({ ...OUTCOME, seconds }, { ...FACTS, buildSeconds: 10.2 }, 200, plainStyle).join('\n');
    expect(text).toContain('11.9 s (build 10.2 s, start 0.300 s, set-up 0.610 s, plan');
  });

  test('a job that went on says what was done before, and one that had ended takes no time', () => {
    const on = summaryLines({ ...OUTCOME, kept: 5 }, FACTS, 200, plainStyle).join('\n');
    expect(on).toContain('24 on 2 workers, 1 package sent again, 5 packages done before');
    const seconds = { ...OUTCOME.seconds, compute: 9 };
    const over = summaryLines({ ...OUTCOME, seconds, kept: 0 }, FACTS, 200, plainStyle).join('\n');
    expect(over).toContain('1.62 s (the job itself had ended before: compute 9.00 s, verify 0.100 s)');
  });

  test('says so when another kernel than the one asked for multiplied', () => {
    const kernel = { name: 'blas', detail: '', rate: 20, unit: 'GFLOPS' } as const;
    const text = (asked: string) => summaryLines(OUTCOME, { ...FACTS, kernel, asked }, 200, plainStyle).join('\n');
    expect(text('gpu')).toContain("blas, 20 GFLOPS; gpu can't be had here, `doctor` says why");
    expect(text('auto')).not.toContain('doctor');
    expect(text('blas')).not.toContain('doctor');
  });

  test('says so when nothing was verified', () => {
    const off = { ...OUTCOME, verified: { method: 'off', ok: false, rounds: 0 } } as const;
    expect(summaryLines(off, { ...FACTS, kernel: null }, 80, plainStyle).join('\n')).toContain('not verified');
  });
});

describe('painters', () => {
  test('a terminal shows lines that stay above those that change, and its cursor again at the end', () => {
    const out = fakeOutput({ isTTY: true, columns: 60 });
    let tick = () => {};
    const painter = terminalPainter(out, (_ms, act) => ((tick = act), () => {}));
    let count = 0;
    painter.print('first');
    painter.live(() => [`count ${count}`, 'below']);
    count = 5;
    tick();
    painter.print('second');
    expect(screenOf(out.text)).toEqual(['first', 'second', 'count 5', 'below']);
    expect(out.text).toContain('\u001B[?25l');
    painter.settle(false);
    expect(screenOf(out.text)).toEqual(['first', 'second']);
    expect(out.text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(out.text.lastIndexOf('\u001B[?25l'));
    painter.settle(false);
    expect(out.text.split('\u001B[?25h')).toHaveLength(2);
  });

  test('what the terminal echoes itself, such as ^C, does not stay in the way', () => {
    const out = fakeOutput({ isTTY: true, columns: 60 });
    const painter = terminalPainter(out, () => () => {});
    painter.live(() => ['a line that changes']);
    out.write('^C');
    painter.settle(false);
    expect(screenOf(out.text)).toEqual([]);
  });

  test('a pipe gets every phase once, in plain lines', () => {
    const out = fakeOutput({ isTTY: false, columns: 80 });
    const options = { width: () => Number.POSITIVE_INFINITY, verbose: false };
    const reporter = new Reporter(linePainter(out), plainStyle, options);
    reporter.start();
    for (const step of STEPS) reporter.step(step);
    for (const event of [...EVENTS, ...EVENTS]) reporter.event(event);
    reporter.event({ ...header, event: 'phase:ended', phase: 'compute', seconds: 1 });
    reporter.settle();
    expect(out.text).toMatchInlineSnapshot(`
      "✓ bucket      created    0.081 s  tessera-default-0123abcd
      ✓ programs    uploaded   0.200 s  2 files
      ✓ workers     mixed       32.9 s  3 found, 5 created
      ✓ generate    4 packages    0.123 s
      ✓ compute     24 packages   1.00 s
      "
    `);
  });

  test('a package that failed is told with its reason and what follows', () => {
    const out = fakeOutput({ isTTY: false, columns: 80 });
    const reporter = new Reporter(linePainter(out), plainStyle, { width: () => 300, verbose: false });
    const failed = { packageId: 'compute-3', attempt: 1, worker: 'i-0abc/71', tag: 'CorruptTileError' };
    const message = 'chunk 0/1 of A: checksum differs';
    reporter.event({ ...header, event: 'package:failed', ...failed, message, retried: true });
    expect(out.text).toBe('✗ compute-3, try 1, on i-0abc/71: chunk 0/1 of A: checksum differs; it is sent again\n');
  });

  test('packages that nobody takes are told, with where to look', () => {
    const out = fakeOutput({ isTTY: false, columns: 80 });
    const reporter = new Reporter(linePainter(out), plainStyle, { width: () => 300, verbose: false });
    reporter.event({ ...header, event: 'phase:stalled', phase: 'compute', waiting: 4, seconds: 60 });
    expect(out.text).toBe(
      '✗ 4 packages wait, and no worker has taken any for 60.0 s; `tessera status` shows what became of the workers\n',
    );
  });
});

test('bytes, seconds and rates have three digits that tell something', () => {
  expect([0, 999, 1000, 999_499, 999_500, 1_234_567, 24e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '999 kB',
    '1 MB',
    '1.23 MB',
    '24 TB',
  ]);
  expect([0.0004, 0.9994, 0.9996, 9.999, 12.34, 99.96, 3599.6, 7260].map(formatSeconds)).toEqual([
    '0.000 s',
    '0.999 s',
    '1.00 s',
    '10.0 s',
    '12.3 s',
    '1 min 40 s',
    '1 h 00 min',
    '2 h 01 min',
  ]);
  expect([0.1234, 1.234, 12.34, 123.4].map(threeDigits)).toEqual(['0.123', '1.23', '12.3', '123']);
});

test('truncation counts what is seen and keeps escape codes whole', () => {
  const text = colorStyle.bold('abcdef') + colorStyle.dim('ghi');
  expect(visibleLength(truncate(text, 5))).toBe(5);
  expect(truncate(text, 9)).toBe(text);
  expect(truncate(text, 5)).toContain('\u001B[22m');
});

test('words wrap to the width and a longer one stays whole', () => {
  expect(wrapWords('one two three-hundred four', 8)).toEqual(['one two', 'three-hundred', 'four']);
});
