import { createInterface } from 'node:readline';
import type { Conversation } from './ask.ts';

/**
 * A conversation over a terminal, with line editing. Ctrl-C, Ctrl-D and `signal` end it: what is asked then has no
 * answer.
 */
export function terminalConversation(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): Conversation & { close(): void } {
  const lines = createInterface({ input, output, terminal: true });
  const typed: string[] = [];
  let waiting: ((line: string | undefined) => void) | undefined;
  let closed = false;
  const answer = (line: string | undefined) => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(line);
  };
  // A paste brings several lines at once.
  lines.on('line', (line) => (waiting === undefined ? typed.push(line) : answer(line)));
  lines.on('SIGINT', () => lines.close());
  lines.on('close', () => {
    closed = true;
    answer(undefined);
  });
  const abort = () => lines.close();
  signal.addEventListener('abort', abort, { once: true });
  return {
    say: (line) => void output.write(`${line}\n`),
    ask(prompt) {
      if (typed.length > 0) return Promise.resolve(typed.shift());
      if (closed) return Promise.resolve(undefined);
      lines.setPrompt(prompt);
      lines.prompt();
      return new Promise((resolve) => (waiting = resolve));
    },
    close() {
      signal.removeEventListener('abort', abort);
      lines.close();
    },
  };
}
