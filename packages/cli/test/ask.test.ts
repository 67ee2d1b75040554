import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { askForJob, parseAnswer } from '../src/input/ask.ts';
import { terminalConversation } from '../src/input/terminal.ts';

/** Answers one after another, then none, as when a person leaves. */
function conversation(...answers: string[]) {
  const said: string[] = [];
  const asked: string[] = [];
  return {
    said,
    asked,
    say: (line: string) => void said.push(line),
    ask: async (prompt: string) => {
      asked.push(prompt);
      return answers.shift();
    },
  };
}

describe('questions', () => {
  test('1 and one shape add two matrices of it', async () => {
    expect(await askForJob(conversation('1', '1000 800'))).toEqual({
      op: 'add',
      operands: [[1000, 800]],
    });
  });

  test('3 and 4 are what the notebook did not have', async () => {
    expect(await askForJob(conversation('3', '10 20'))).toEqual({ op: 'subtract', operands: [[10, 20]] });
    expect(await askForJob(conversation('gram', '10x20'))).toEqual({ op: 'gram', operands: [[10, 20]] });
  });

  test('2 and two shapes multiply', async () => {
    expect(await askForJob(conversation('2', '10x20', '20 30'))).toEqual({
      op: 'multiply',
      operands: [
        [10, 20],
        [20, 30],
      ],
    });
  });

  test('asks again for what can not be meant, and says why', async () => {
    const talk = conversation('5', 'multiply', '10', '10 20', '30 40', '10 20', '20 40');
    expect(await askForJob(talk)).toMatchObject({
      op: 'multiply',
      operands: [
        [10, 20],
        [20, 40],
      ],
    });
    expect(talk.said.join('\n')).toContain(
      "'5' is none of these. Type 1 to add, 2 to multiply, 3 to subtract or 4 to gram",
    );
    expect(talk.said.join('\n')).toContain("'10' is not a shape");
    expect(talk.said.join('\n')).toContain('multiply needs as many columns in A as rows in B');
    expect(talk.asked.filter((prompt) => prompt.includes('first matrix'))).toHaveLength(3);
  });

  test.each([[[]], [['1']], [['2', '10 20']]])('leaving after %j ends it', async (answers) => {
    expect(await askForJob(conversation(...answers))).toBeUndefined();
  });
});

test('shapes are read as the notebook asks for them and as the command line takes them', () => {
  for (const text of ['30 40', ' 30  40 ', '30,40', '30, 40', '30x40', '30 x 40', '30X40', '30×40']) {
    expect(parseAnswer(text)).toEqual([30, 40]);
  }
  for (const text of ['', '30', '30 40 50', 'a b', '0 4', '-1 4', '3.5 4', '30 x']) {
    expect(() => parseAnswer(text)).toThrow(/is not a shape/);
  }
});

describe('a terminal', () => {
  const open = () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const stop = new AbortController();
    return { input, output, stop, talk: terminalConversation(input, output, stop.signal) };
  };

  test('gives the lines that are typed, pasted ones too', async () => {
    const { input, talk } = open();
    const first = talk.ask('one? ');
    input.write('1\n10 20\n20 30\n');
    expect([await first, await talk.ask('two? '), await talk.ask('three? ')]).toEqual(['1', '10 20', '20 30']);
    talk.close();
  });

  test.each([
    ['Ctrl-D', '\u0004'],
    ['Ctrl-C', '\u0003'],
  ])('%s leaves', async (_name, key) => {
    const { input, talk } = open();
    const answer = talk.ask('? ');
    input.write(key);
    expect(await answer).toBeUndefined();
    expect(await talk.ask('again? ')).toBeUndefined();
  });

  test('the wish to stop leaves too', async () => {
    const { stop, talk } = open();
    const answer = talk.ask('? ');
    stop.abort(new Error('stop'));
    expect(await answer).toBeUndefined();
  });
});
