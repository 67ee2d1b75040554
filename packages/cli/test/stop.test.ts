import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { InterruptedError } from '../src/errors.ts';
import { wakeablePause } from '../src/job/pause.ts';
import { watchSignals } from '../src/stop.ts';

function watch() {
  const source = new EventEmitter();
  const forced: number[] = [];
  let now = 0;
  const stop = watchSignals(
    source,
    () => now,
    (code) => void forced.push(code),
  );
  return { source, forced, stop, pass: (ms: number) => (now += ms) };
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('the first %s asks to stop, with exit code %i', (name, exitCode) => {
  const { source, forced, stop } = watch();
  source.emit(name);
  expect(stop.signal.aborted).toBe(true);
  expect(stop.signal.reason).toBeInstanceOf(InterruptedError);
  expect(stop.signal.reason).toMatchObject({ exitCode });
  expect(forced).toEqual([]);
});

test('a second one stops at once, but not when it is the same keypress passed on', () => {
  const { source, forced, pass } = watch();
  source.emit('SIGINT');
  pass(100);
  source.emit('SIGINT');
  expect(forced).toEqual([]);
  pass(1000);
  source.emit('SIGINT');
  expect(forced).toEqual([130]);
});

test('after disposal nobody listens', () => {
  const { source, stop } = watch();
  stop.dispose();
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0);
});

test('a pause ends when it is woken, and remembers being woken before', async () => {
  const { pause, wake } = wakeablePause(new AbortController().signal);
  const waiting = pause(60_000);
  wake();
  await waiting;
  wake();
  await pause(60_000);
});

test('a pause fails with the reason of the wish to stop', async () => {
  const stop = new AbortController();
  const { pause } = wakeablePause(stop.signal);
  const waiting = pause(60_000);
  stop.abort(new InterruptedError('SIGINT'));
  await expect(waiting).rejects.toMatchObject({ _tag: 'InterruptedError' });
  await expect(pause(60_000)).rejects.toMatchObject({ _tag: 'InterruptedError' });
});
