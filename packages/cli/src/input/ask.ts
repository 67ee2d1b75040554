import { operations, parseShape, type OperationName, type Shape } from '@tessera/protocol';
import { operationNames, spoken } from '../operations.ts';

/** A conversation, line by line. */
export interface Conversation {
  say(line: string): void;
  /** The next line that is typed, or undefined when there will be none (Ctrl-D, Ctrl-C). */
  ask(prompt: string): Promise<string | undefined>;
}

/** What was answered. */
export interface Answers {
  readonly op: OperationName;
  /** As they would be typed: one for an operation that takes one shape. */
  readonly operands: readonly Shape[];
}

/**
 * Asks for the operation and the shapes, again whenever an answer can't be meant.
 * @returns undefined when the person leaves.
 */
export async function askForJob(conversation: Conversation): Promise<Answers | undefined> {
  const op = await askForOperation(conversation);
  if (op === undefined) return undefined;
  for (;;) {
    const operands = await askForOperands(op, conversation);
    if (operands === undefined) return undefined;
    try {
      operations[op].resultShape(operands[0]!, operands[1] ?? operands[0]!);
      return { op, operands };
    } catch (error) {
      conversation.say(`  ${messageOf(error)}`);
    }
  }
}

async function askForOperation({ say, ask }: Conversation): Promise<OperationName | undefined> {
  const choices = operationNames.map((name, index) => ({ name, number: String(index + 1) }));
  const width = Math.max(...operationNames.map((name) => spoken[name].title.length)) + 2;
  say('Which operation do you want to perform?');
  for (const { name, number } of choices) {
    say(`  ${number}  ${spoken[name].title.padEnd(width)}${spoken[name].formula}`);
  }
  for (;;) {
    const answer = (await ask(`Operation (1 to ${choices.length}): `))?.trim().toLowerCase();
    if (answer === undefined) return undefined;
    const found = choices.find(({ name, number }) => answer === name || answer === number);
    if (found !== undefined) return found.name;
    const numbers = choices.map(({ name, number }) => `${number} to ${name}`);
    say(`  '${answer}' is none of these. Type ${numbers.slice(0, -1).join(', ')} or ${numbers.at(-1)}`);
  }
}

async function askForOperands(op: OperationName, conversation: Conversation): Promise<readonly Shape[] | undefined> {
  const { operands, oneShape } = spoken[op];
  if (operands === 1 || oneShape) {
    const whose = operands === 1 ? 'the matrix' : 'both matrices';
    const shape = await askForShape(conversation, `Shape of ${whose} (rows columns): `);
    return shape && [shape];
  }
  const a = await askForShape(conversation, 'Shape of the first matrix (rows columns): ');
  const b = a && (await askForShape(conversation, 'Shape of the second matrix (rows columns): '));
  return a && b && [a, b];
}

async function askForShape({ say, ask }: Conversation, prompt: string): Promise<Shape | undefined> {
  for (;;) {
    const answer = await ask(prompt);
    if (answer === undefined) return undefined;
    try {
      return parseAnswer(answer);
    } catch (error) {
      say(`  ${messageOf(error)}`);
    }
  }
}

/** A shape as the notebook asks for it, `1000 800`, or as the command line takes it, `1000x800`. */
export function parseAnswer(text: string): Shape {
  const spaced = /^\s*([^\s,]+)(?:\s*,\s*|\s+)([^\s,]+)\s*$/.exec(text);
  const apart = spaced !== null && !/^[xX×]|[xX×]$/u.test(spaced[1]!) && !/^[xX×]/u.test(spaced[2]!);
  return parseShape(apart ? `${spaced[1]}x${spaced[2]}` : text);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
