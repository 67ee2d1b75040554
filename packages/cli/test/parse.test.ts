import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest, parseArguments } from '../src/arguments/parse.ts';
import { parseSize } from '../src/arguments/size.ts';

const parse = (line: string) => parseArguments(line.split(' ').filter(Boolean), '1.2.3');
const refusal = (line: string): string => {
  try {
    parse(line);
  } catch (error) {
    expect(error).toMatchObject({ _tag: 'UsageError', exitCode: 2 });
    return (error as Error).message;
  }
  throw new Error(`accepted: ${line}`);
};

describe('commands', () => {
  test('check takes a result, maybe its operands, and a certificate from elsewhere', () => {
    expect(parse('check C.npy A.npy --certificate x.json')).toMatchObject({
      name: 'check',
      result: 'C.npy',
      operands: ['A.npy'],
      certificate: 'x.json',
    });
    expect(parse('check C.npy')).toMatchObject({ operands: [], certificate: undefined });
  });

  test('add takes its operands as typed and fills in what was not said', () => {
    expect(parse('add 10x20')).toEqual({
      name: 'run',
      op: 'add',
      operands: ['10x20'],
      fleet: { cloud: 'local', cluster: 'default', region: undefined, workers: undefined, instanceType: undefined },
      job: {
        out: undefined,
        dtype: undefined,
        seed: undefined,
        integers: undefined,
        memoryBytes: undefined,
        kernel: 'auto',
        verifyRounds: 2,
        transposeA: false,
        transposeB: false,
        alpha: undefined,
        beta: undefined,
        add: undefined,
      },
      say: { json: false, verbose: false },
      plan: false,
    });
  });

  test('options may stand before and after the operands', () => {
    const line = '--json --out C.npy --workers 3 --memory 900MiB --seed 007 --integers -5..5 --verify rounds=4';
    for (const text of [`multiply ${line} 2x3 3x2`, `multiply 2x3 3x2 ${line}`, `multiply 2x3 ${line} 3x2`]) {
      expect(parse(text)).toMatchObject({
        operands: ['2x3', '3x2'],
        fleet: { workers: 3 },
        job: { out: 'C.npy', memoryBytes: 900 * 1024 ** 2, seed: '7', integers: { low: -5, high: 5 }, verifyRounds: 4 },
        say: { json: true },
      });
    }
  });

  test('without a command it asks, with the options that were given', () => {
    expect(parse('')).toMatchObject({ name: 'ask' });
    expect(parse('--workers 2')).toMatchObject({ name: 'ask', fleet: { workers: 2 } });
  });

  test('resume takes a job, as a command and as an option, and no options that the job has its own of', () => {
    const job = '20261123-014458-hh65g';
    const resume = { name: 'resume', jobId: job, fleet: { workers: 3 }, say: { json: true, verbose: false } };
    expect(parse(`resume ${job} --workers 3 --json`)).toMatchObject(resume);
    expect(parse(`--resume ${job} --workers 3 --json`)).toMatchObject(resume);
    for (const spelling of [`--resume ${job}`, `resume ${job}`])
      for (const option of ['--out C.npy', '--memory 1GiB', '--kernel wasm', '--seed 1', '--verify off'])
        expect(refusal(`${spelling} ${option}`)).toBe(
          `a job goes on as it was begun; leave ${option.split(' ')[0]} out`,
        );
    expect(parse('resume --help')).toMatchObject({ text: expect.not.stringContaining('--memory') as string });
    expect(refusal('resume ../secret')).toContain("'../secret' is not the id of a job");
    expect(refusal('resume')).toContain('missing required argument');
  });

  test('--plan wants the plan only', () => {
    expect(parse('gram 10x20 --plan')).toMatchObject({ name: 'run', op: 'gram', plan: true });
  });

  test('down terminates unless it is told to stop', () => {
    expect(parse('down')).toMatchObject({ how: 'terminate' });
    expect(parse('down --stop --cloud aws')).toMatchObject({ how: 'stop', fleet: { cloud: 'aws' } });
    expect(refusal('down --stop --terminate')).toContain('not both');
  });

  test('help and version are texts with exit code 0', () => {
    expect(parse('--version')).toEqual({ name: 'print', text: 'tessera 1.2.3\n' });
    const help = parse('--help');
    expect(help).toMatchObject({ name: 'print', text: expect.stringContaining('tessera add 1000x1000') });
    expect(parse('add --help')).toMatchObject({ name: 'print', text: expect.stringContaining('--integers') });
    for (const line of parse('add --help').name === 'print'
      ? (parse('add --help') as { text: string }).text.split('\n')
      : [])
      expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('refusals', () => {
  test.each([
    ['ad 10x10', /unknown command 'ad'\. Did you mean add\?/],
    ['mulitply 1x1 1x1', /Did you mean multiply\?/],
    ['statsu', /Did you mean status\?/],
    ['10x10', /unknown command '10x10'/],
    ['add -1x4', /'-1x4' is not a shape/],
    ['add 1x1 --wokers 3', /unknown option '--wokers'.*--workers/],
    ['add 1x1 --workers', /argument missing/],
    ['add 1x1 --workers 0', /--workers must be a whole number from 1/],
    ['add 1x1 --workers two', /but is 'two'/],
    ['add 1x1 --memory 0', /--memory must be an amount/],
    ['add 1x1 --memory lots', /such as 900MiB/],
    ['add 1x1 --memory 900', /has no unit; write 900GiB or 900MiB/],
    ['add 1x1 --alpha 2', /unknown option '--alpha'/],
    ['gram 1x1 --transpose-b', /unknown option '--transpose-b'/],
    ['multiply 1x1 1x1 --alpha x', /--alpha must be a number such as 2/],
    ['multiply 1x1 1x1 --beta 2', /--beta scales the matrix of --add/],
    ['add 1x1 --dtype int8', /--dtype must be one of float64, float32, but is 'int8'/],
    ['add 1x1 --kernel cuda', /--kernel must be one of auto, loops/],
    ['add 1x1 --seed -3', /--seed|argument missing/],
    ['add 1x1 --seed 18446744073709551616', /--seed must be/],
    ['add 1x1 --integers 9..0', /LOW\.\.HIGH/],
    ['add 1x1 --verify rounds=0', /--verify must be/],
    ['add 1x1 --cloud moon', /local, aws/],
    ['add 1x1 --cluster Me!', /--cluster must be/],
    ['up 3', /too many arguments/],
    ['check', /missing required argument 'result'/],
  ])('%s is refused in one line', (line, expected) => {
    const message = refusal(line);
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
  });

  test('nothing typed makes it throw anything but a usage error', () => {
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('add', 'multiply', '--out', '--json', '3x4', '-1x4', '--', '-', '--memory', 'up', '\0', '--=x'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        try {
          parseArguments(args, '0');
        } catch (error) {
          expect(error).toMatchObject({ _tag: 'UsageError' });
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('sizes are read in decimal and binary units', () => {
  expect(parseSize('--memory', '900MiB')).toBe(943_718_400);
  expect(parseSize('--memory', '1.5 GiB')).toBe(1.5 * 1024 ** 3);
  expect(parseSize('--memory', '500MB')).toBe(5e8);
  expect(parseSize('--memory', '943718400')).toBe(943_718_400);
  expect(() => parseSize('--memory', '3')).toThrow('--memory 3 has no unit; write 3GiB or 3MiB');
});

test('a typo names the nearest command, and nonsense names none', () => {
  expect(nearest('dwon', ['up', 'down'])).toBe('down');
  expect(nearest('pu', ['up', 'down'])).toBe('up');
  expect(nearest('xyz', ['up', 'down'])).toBeUndefined();
});
