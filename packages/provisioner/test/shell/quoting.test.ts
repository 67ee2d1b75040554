import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpecError } from '../../src/errors.ts';
import { idleShutdownUserData } from '../../src/shell/idle-shutdown.ts';
import { masterScript, workerScript } from '../../src/shell/program-script.ts';
import { word, type WordKind } from '../../src/shell/word.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const text = (units: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...units), minLength, maxLength });
const lower = 'abcdefghijklmnopqrstuvwxyz';
const name = fc.tuple(text(lower + '0', 1, 1), text(lower + '0-', 2, 20)).map((parts) => parts.join(''));
const file = fc.tuple(text(lower + 'Z9', 1, 1), text(lower + '._-', 0, 20)).map((parts) => parts.join(''));
const link = fc
  .tuple(text(lower + '.-9', 1, 20), text(lower + '/%._~-', 1, 30), text(lower + '%&=._~-', 1, 60))
  .map(([host, path, query]) => `https://${host}/${path}?${query}`);
const options = fc.record({
  install: fc.record({
    hash: hex(64),
    files: fc.array(fc.record({ name: file, sha256: hex(64), url: link }), { minLength: 1, maxLength: 5 }),
  }),
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1', 'ap-southeast-2'),
  cluster: name,
  bucket: name.map((text) => `tessera-${text}0`),
  kernel: text(lower, 1, 10),
  memoryBytes: fc.nat(),
  threads: fc.nat(),
  timeToLiveMinutes: fc.nat(),
  jobId: name,
});

/** The script with every value that was put into it taken out again. */
function constantPart(script: string): string {
  return script.replaceAll(/'[A-Za-z0-9:/?&=%._~-]*'/g, "''").replace(/AWS_REGION:-[a-z0-9-]+/, 'AWS_REGION:-');
}

describe('a script', () => {
  it('is the same for all values but for words in single quotes of letters, digits and :/?&=%._~-', () => {
    fc.assert(
      fc.property(options, options, (one, other) => {
        const files = other.install.files.slice(0, one.install.files.length);
        fc.pre(files.length === one.install.files.length);
        const alike = { ...other, install: { ...other.install, files } };
        for (const script of [workerScript, masterScript]) {
          expect(constantPart(script(one).join('\n'))).toBe(constantPart(script(alike).join('\n')));
        }
      }),
    );
  });

  it('is understood by sh', () => {
    fc.assert(
      fc.property(options, (one) => {
        for (const lines of [workerScript(one), masterScript(one), [idleShutdownUserData(30)]]) {
          execFileSync('sh', ['-n', '-c', lines.join('\n')]);
        }
      }),
      { numRuns: 5 },
    );
  });

  const hostile = fc.oneof(
    fc.string({ unit: 'binary', minLength: 0, maxLength: 200 }),
    fc
      .tuple(
        name,
        fc.constantFrom("'", '"', '`', '$', '\\', '\n', '\0', ' ', ';', '|', '&&', '(', '*', '<', '!', '#', 'é'),
        name,
      )
      .map((parts) => parts.join('')),
    fc.constantFrom('', '..', '-rf', '../../etc/passwd', "x' 'y", '\n', 'a\n'),
  );
  const kinds: WordKind[] = [
    'bundle hash',
    'sha256',
    'file name',
    'link',
    'cluster',
    'bucket',
    'region',
    'kernel',
    'job id',
    'number',
  ];

  it.each(kinds)('never contains a %s with a character that means anything to a shell', (kind) => {
    fc.assert(
      fc.property(hostile, (value) => {
        let quoted: string;
        try {
          quoted = word(kind, value);
        } catch (error) {
          expect(error).toBeInstanceOf(SpecError);
          return;
        }
        expect(quoted).toBe(`'${value}'`);
        expect(value).toMatch(/^[A-Za-z0-9:/?&=%._~-]+$/);
        expect(value).not.toMatch(/^[.-]/);
      }),
      { numRuns: 500 },
    );
  });
});
