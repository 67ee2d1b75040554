import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterPattern } from '../src/logs/filter-pattern.ts';
import { LineSplitter } from '../src/ssm/lines.ts';
import { cloudForTest, eventually, finished, onlineInstances, send } from './cloud.ts';

const group = '/tessera/test';
const names = { logGroupName: group, logStreamName: 'one/two' };

async function withStream() {
  const cloud = await cloudForTest();
  await cloud.logs.send(new CreateLogGroupCommand({ logGroupName: group }));
  await cloud.logs.send(new CreateLogStreamCommand(names));
  const put = (...messages: string[]) => {
    const timestamp = Date.now();
    return cloud.logs.send(
      new PutLogEventsCommand({ ...names, logEvents: messages.map((message) => ({ timestamp, message })) }),
    );
  };
  return { ...cloud, put };
}

/** As long as four of them fill an answer. */
const long = (letter: string): string => letter.repeat(240_000);
const texts = (events: { message?: string | undefined }[] | undefined): string[] =>
  events!.map(({ message }) => message!);

describe('GetLogEvents', () => {
  test('follows a stream by forward tokens, which repeat at its end', async () => {
    const { logs, put } = await withStream();
    await put('a', 'b', 'c');
    const read = (nextToken?: string) =>
      logs.send(
        new GetLogEventsCommand({
          ...names,
          startFromHead: true,
          limit: 2,
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
    const first = await read();
    expect(texts(first.events)).toEqual(['a', 'b']);
    const second = await read(first.nextForwardToken);
    expect(texts(second.events)).toEqual(['c']);
    const end = await read(second.nextForwardToken);
    expect(end.events).toEqual([]);
    expect(end.nextForwardToken).toBe(second.nextForwardToken);
    await put('d');
    expect(texts((await read(end.nextForwardToken)).events)).toEqual(['d']);
    expect(texts((await read(second.nextBackwardToken)).events)).toEqual(['a', 'b']);
  });

  test('starts at the newest events unless told otherwise, and reads back from there', async () => {
    const { logs, put } = await withStream();
    await put('a', 'b', 'c');
    const last = await logs.send(new GetLogEventsCommand({ ...names, limit: 2 }));
    expect(texts(last.events)).toEqual(['b', 'c']);
    const before = await logs.send(new GetLogEventsCommand({ ...names, limit: 2, nextToken: last.nextBackwardToken! }));
    expect(texts(before.events)).toEqual(['a']);
    await expect(logs.send(new GetLogEventsCommand({ ...names, nextToken: 'x' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  test('answers at most a megabyte at once, and still all of it in the end', async () => {
    const { logs, put } = await withStream();
    await put(long('a'), long('b'), long('c'), long('d'));
    await put(long('e'), long('f'));
    const seen: string[] = [];
    let token: string | undefined;
    for (let answers = 1; ; answers++) {
      const answer = await logs.send(
        new GetLogEventsCommand({
          ...names,
          startFromHead: true,
          ...(token === undefined ? {} : { nextToken: token }),
        }),
      );
      seen.push(...texts(answer.events).map((message) => message[0]!));
      if (answer.nextForwardToken === token) {
        expect(answers).toBeGreaterThan(2);
        break;
      }
      token = answer.nextForwardToken;
    }
    expect(seen.join('')).toBe('abcdef');
  });
});

describe('groups and streams', () => {
  test('are created once, listed by prefix and deleted', async () => {
    const { logs } = await withStream();
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName: group }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await expect(logs.send(new CreateLogStreamCommand(names))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays: 7 }));
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/tess' }));
    expect(logGroups).toMatchObject([{ logGroupName: group, retentionInDays: 7 }]);
    const { logStreams } = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName: group, logStreamNamePrefix: 'one' }),
    );
    expect(logStreams!.map(({ logStreamName }) => logStreamName)).toEqual(['one/two']);
    await logs.send(new DeleteLogGroupCommand({ logGroupName: group }));
    await expect(logs.send(new GetLogEventsCommand(names))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(logs.send(new CreateLogStreamCommand(names))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName: 'a b' }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('refuse events out of order and leave out those that are too old or too new', async () => {
    const { logs } = await withStream();
    const now = Date.now();
    const put = (...offsets: number[]) =>
      logs.send(
        new PutLogEventsCommand({
          ...names,
          logEvents: offsets.map((offset) => ({ timestamp: now + offset, message: String(offset) })),
        }),
      );
    await expect(put(0, -1)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const day = 86_400_000;
    const { rejectedLogEventsInfo } = await put(-15 * day, 0, day);
    expect(rejectedLogEventsInfo).toMatchObject({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
    expect(texts((await logs.send(new GetLogEventsCommand(names))).events)).toEqual(['0']);
  });
});

describe('FilterLogEvents', () => {
  test('searches several streams in the order of time, by terms', async () => {
    const { logs, put } = await withStream();
    await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 'three' }));
    await put('worker ready', 'ERROR no tile');
    await logs.send(
      new PutLogEventsCommand({
        logGroupName: group,
        logStreamName: 'three',
        logEvents: [{ timestamp: Date.now() + 1000, message: 'ERROR full disk' }],
      }),
    );
    const all = await logs.send(new FilterLogEventsCommand({ logGroupName: group, filterPattern: 'ERROR' }));
    expect(all.events!.map(({ logStreamName, message }) => [logStreamName, message])).toEqual([
      ['one/two', 'ERROR no tile'],
      ['three', 'ERROR full disk'],
    ]);
    expect(new Set(all.events!.map(({ eventId }) => eventId)).size).toBe(2);
    const one = await logs.send(
      new FilterLogEventsCommand({ logGroupName: group, logStreamNamePrefix: 'th', limit: 1 }),
    );
    expect(texts(one.events)).toEqual(['ERROR full disk']);
    await expect(
      logs.send(new FilterLogEventsCommand({ logGroupName: group, filterPattern: '{ $.level = "x" }' })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test.each([
    ['', 'anything', true],
    ['a b', 'b then a', true],
    ['a b', 'a only', false],
    ['"a b"', 'b then a b', true],
    ['"a b"', 'b then a', false],
    ['?x ?y', 'has y', true],
    ['?x ?y', 'has none', false],
    ['a -b', 'a and b', false],
    ['a -b', 'a and c', true],
  ])('the pattern %j on %j is %s', (pattern, message, expected) => {
    expect(filterPattern(pattern)(message)).toBe(expected);
  });
});

describe('the output of commands', () => {
  test('appears in streams named for command, instance and output, line by line, while the command runs', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const commandId = await send(
      cloud,
      id!,
      [
        'echo eins',
        'printf "zw"; printf "ei ä\\n\\n"',
        'echo böse >&2',
        'while [ ! -e go ]; do sleep 0.01; done',
        'printf last',
      ],
      {
        CloudWatchOutputConfig: { CloudWatchOutputEnabled: true },
      },
    );
    const read = async (which: string) => {
      const logStreamName = `${commandId}/${id}/aws-runShellScript/${which}`;
      try {
        return texts(
          (
            await cloud.logs.send(
              new GetLogEventsCommand({
                logGroupName: '/aws/ssm/AWS-RunShellScript',
                logStreamName,
                startFromHead: true,
              }),
            )
          ).events,
        );
      } catch (error) {
        if ((error as Error).name === 'ResourceNotFoundException') return [];
        throw error;
      }
    };
    expect(
      await eventually(async () => ((await read('stderr')).length > 0 ? read('stderr') : undefined), 'stderr appears'),
    ).toEqual(['böse']);
    expect(await read('stdout')).toEqual(['eins', 'zwei ä']);
    await send(cloud, id!, ['touch go']);
    await finished(cloud, commandId, id!);
    expect(await read('stdout')).toEqual(['eins', 'zwei ä', 'last']);
  });

  test('comes apart into the same lines whatever chunks it arrives in', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (text, sizes) => {
          const bytes = Buffer.from(text.toWellFormed());
          const splitter = new LineSplitter();
          const lines: string[] = [];
          for (let start = 0, turn = 0; start < bytes.length; turn++) {
            const end = start + sizes[turn % sizes.length]!;
            lines.push(...splitter.write(bytes.subarray(start, end)));
            start = end;
          }
          lines.push(...splitter.end());
          const expected = text.toWellFormed().split('\n');
          if (expected.at(-1) === '') expected.pop();
          expect(lines).toEqual(expected);
        },
      ),
    );
  });

  test('is cut where a line is longer than an event may be, between two characters', () => {
    const splitter = new LineSplitter();
    const text = 'x' + 'ä'.repeat(300_000);
    const lines = [...splitter.write(Buffer.from(`${text}\n`))];
    expect(lines.length).toBe(3);
    expect(lines.join('')).toBe(text);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(255 * 1024);
  });
});
