import { resolve, sep } from 'node:path';
import { checkKey } from '@tessera/matrix';
import { ArrayName, ClusterName, JobId, PackageId, parseShape } from '@tessera/protocol';
import * as fc from 'fast-check';
import { parseArguments } from '../../../packages/cli/src/arguments/parse.ts';
import { failureOf } from '../../../packages/cli/src/fail.ts';
import { readSettings } from '../../../packages/cli/src/settings.ts';
import { parseMasterArguments } from '../../../packages/master/src/entry/arguments.ts';
import { word, type WordKind } from '../../../packages/provisioner/src/shell/word.ts';
import { parseWorkerArguments } from '../../../packages/worker/src/entry/arguments.ts';
import { mutatedText } from '../mutations.ts';
import { hasTag, target } from '../target.ts';

const keys = target({
  name: 'store key',
  inputs: mutatedText([
    'c/0/0',
    'zarr.json',
    'jobs/20260102-030405-abcde/report.json',
    'a/../../b',
    '/etc/passwd',
    'a//b',
  ]),
  feed(key) {
    checkKey(key);
    const root = resolve('/root/of/store');
    if (!resolve(root, key).startsWith(root + sep)) throw new Error(`${key} leaves its store`);
  },
  isOwn: hasTag,
});

const ids = target({
  name: 'id',
  inputs: mutatedText(['20260102-030405-abcde', 'compute-12', 'default', 'A']),
  feed(text) {
    for (const schema of [JobId, PackageId, ClusterName, ArrayName]) {
      const parsed = schema.safeParse(text);
      if (parsed.success && /[^A-Za-z0-9-]/.test(parsed.data)) throw new Error(`${text} passed as an id`);
    }
  },
  isOwn: hasTag,
});

const kinds: readonly WordKind[] = [
  'bundle hash',
  'file name',
  'link',
  'cluster',
  'bucket',
  'region',
  'kernel',
  'job id',
  'number',
];

const shellWords = target({
  name: 'word of a script',
  inputs: fc.tuple(
    fc.constantFrom(...kinds),
    mutatedText(['worker.mjs', "a'b", 'us-east-1', 'https://h.example:1/b/k?X-Amz-Date=1', '$(id)', 'a\nb', '7']),
  ),
  feed([kind, text]) {
    const quoted = word(kind, text);
    if (!/^'[^'\\\n\r\0]*'$/.test(quoted)) throw new Error(`${quoted} is more than one word`);
  },
  isOwn: hasTag,
});

const KNOWN =
  'add multiply gram check resume up down --json --plan --transpose-a --stop -- --out --seed --memory --workers --verify ' +
  '--integers --alpha --beta --add --cluster --region --instance-type --kernel --dtype --cloud --certificate --resume ' +
  '--help -V';
const VALUES = '10x20 A.npy rounds=2 0..9 900MiB us-east-1 c7i.large 20260102-030405-abcde -1.5e3 7';

const flags = fc.oneof(fc.constantFrom(...KNOWN.split(' ')), mutatedText(VALUES.split(' ')));

const commandLines = target({
  name: 'command line',
  inputs: fc.array(flags, { maxLength: 8 }),
  feed(args) {
    parseArguments(args, '1.0.0');
  },
  isOwn: hasTag,
  shown: (error) => failureOf(error, false).line,
});

const printed = target({
  name: 'error line',
  inputs: mutatedText(['a\u001b[2Jb', 'no such file \u009b31m', 'one\ntwo', '\u202e\u0007']),
  feed(text) {
    const { line } = failureOf(new Error(text), false);
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) throw new Error(`${JSON.stringify(line)} would steer a terminal`);
  },
  isOwn: hasTag,
});

const environments = target({
  name: 'environment',
  inputs: fc.dictionary(
    fc.constantFrom('TESSERA_HOME', 'XDG_STATE_HOME', 'NO_COLOR', 'TERM', 'TESSERA_VISIBILITY_SECONDS'),
    mutatedText(['/home/a', '60', 'dumb', '1e9', '-1']),
  ),
  feed(env) {
    readSettings(env, true);
    parseWorkerArguments(['--cluster', 'default', '--bucket', 'tessera-default'], env);
  },
  isOwn: (error) => error instanceof Error && error.name === 'ZodError',
});

const programArguments = target({
  name: 'arguments of master and worker',
  inputs: fc.array(
    fc.oneof(
      fc.constantFrom('--cluster', '--bucket', '--job', '--kernel', '--threads', '--memory', '--visibility'),
      mutatedText(['default', 'tessera-default-1', '20260102-030405-abcde', 'auto', '4']),
    ),
    { maxLength: 6 },
  ),
  feed(args) {
    for (const parse of [parseMasterArguments, parseWorkerArguments]) {
      try {
        parse(args);
      } catch (error) {
        const code = String((error as { code?: unknown }).code);
        if ((error as Error).name !== 'ZodError' && !code.startsWith('ERR_PARSE_ARGS')) throw error;
      }
    }
  },
  isOwn: () => false,
});

const shapes = target({
  name: 'shape',
  inputs: mutatedText(['10x20', '1000×800', ' 3 X 4 ']),
  feed(text) {
    const [rows, cols] = parseShape(text);
    if (!Number.isSafeInteger(rows * cols) || rows < 1 || cols < 1) throw new Error(`${text} passed as a shape`);
  },
  isOwn: hasTag,
});

export const words = [keys, ids, shellWords, commandLines, printed, environments, programArguments, shapes];
