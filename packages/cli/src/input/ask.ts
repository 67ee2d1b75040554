import { operations, parseShape, type Shape } from '@tessera/protocol';
import type { SpokenName } from '../operations.ts';

/** A conversation, line by line. */
export interface Conversation {
  say(line: string): void;
  /** The next line that is typed, or undefined when there will be none (Ctrl-D, Ctrl-C). */
  ask(prompt: string): Promise<string | undefined>;
}

/** What was answered. */
export interface Answers {
  readonly op: SpokenName;
  readonly operands: readonly [Shape, Shape];
}

/**
 * Asks for the operation and the shapes, again whenever an answer can't be meant.
 * @returns undefined when the person leaves.
 */
export async function askForJob(conversation: Conversation): Promise<Answers | undefined> {
  const op = await askForOperation(conversation);
  if (op === undefined) return undefined;
  for (;;) {
    const operands = op === 'add' ? await askForSum(conversation) : await askForProduct(conversation);
    if (operands === undefined) return undefined;
    try {
      operations[op].resultShape(...operands);
      return { op, operands };
    } catch (error) {
      conversation.say(`  ${messageOf(error)}`);
    }
  }
}

async function askForOperation({ say, ask }: Conversation): Promise<SpokenName | undefined> {
  say('Which operation do you want to perform?');
  say('  1  matrix addition        C = A + B');
  say('  2  matrix multiplication  C = A·B');
  for (;;) {
    const answer = (await ask('Operation (1 or 2): '))?.trim().toLowerCase();
    if (answer === undefined) return undefined;
    if (answer === '1' || answer === 'add') return 'add';
    if (answer === '2' || answer === 'multiply') return 'multiply';
    say(`  '${answer}' is none of these. Type 1 to add or 2 to multiply`);
  }
}

async function askForSum(conversation: Conversation): Promise<readonly [Shape, Shape] | undefined> {
  const shape = await askForShape(conversation, 'Shape of both matrices (rows columns): ');
  return shape && [shape, shape];
}

async function askForProduct(conversation: Conversation): Promise<readonly [Shape, Shape] | undefined> {
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
