import type * as fc from 'fast-check';

/** One parser under attack. */
export interface Target<Input = unknown> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** Feeds it one input. Whatever it throws must be one of its own errors. */
  feed(input: Input): void | Promise<void>;
  /** Whether an error is one that the parser promises. */
  isOwn(error: unknown): boolean;
  /** Ends what it started. */
  close?(): Promise<void>;
  /** What a person would read of it; its message where nothing else is given. */
  shown?(error: unknown): string;
}

/** An error of ours: it has a tag. */
export function hasTag(error: unknown): boolean {
  return error instanceof Error && typeof (error as { _tag?: unknown })._tag === 'string';
}

/** Characters that an error may have: people read it in one line, or a few. */
const LONGEST_MESSAGE = 2000;

/**
 * Feeds one input and judges what comes of it.
 * @throws Error when the parser threw what it never promised, or something that nobody can read
 */
export async function attack<Input>(target: Target<Input>, input: Input): Promise<void> {
  try {
    await target.feed(input);
  } catch (error) {
    if (!target.isOwn(error)) throw error;
    const text = target.shown?.(error) ?? (error as Error).message;
    if (text.length > LONGEST_MESSAGE) throw new Error(`a message of ${text.length} characters`, { cause: error });
  }
}

/** Keeps the type of a target's inputs while it is written. */
export function target<Input>(made: Target<Input>): Target {
  return made as unknown as Target;
}
