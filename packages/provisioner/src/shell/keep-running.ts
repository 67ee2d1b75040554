/** How a program's loop deals with its end. */
export interface RestartRule {
  /** Shell patterns of exit codes after which it is started again. */
  readonly restart: string;
  /** Starts in all; 0: without limit. */
  readonly starts: number;
  /** Whether a later script for the same program ends this one; it needs `superseded` of `claimLines`. */
  readonly exclusive: boolean;
}

/** Workers: 0 is told to stop, 64 to 78 (sysexits) is hopeless, everything else a crash. */
export const WORKER_RULE: RestartRule = { restart: '*', starts: 0, exclusive: true };
/** Masters: 0 is done, 1 the job failed; only a death by signal (over 128) is worth another start. */
export const MASTER_RULE: RestartRule = { restart: '129|1[3-9][0-9]|2[0-9][0-9]', starts: 4, exclusive: false };

/**
 * Room for 16 MB of young objects from the start. V8 begins with a small part of it and collects again and again while a
 * program loads and its first packages run, which took some 50 ms of a worker's first half second.
 */
const YOUNG_SPACE = '--min-semi-space-size=16';

/**
 * Lines that run `$node "$dir"/<command>` again and again until it ends for good, and end with its exit code. TERM
 * reaches the program, which may then finish or release its work; it may come twice when the whole group got it. The
 * program's process id is in the file `$pid_file` while it runs.
 */
export function keepRunning(command: string, rule: RestartRule): string[] {
  return [
    'stop=0; pid=; starts=0; pause=1',
    'trap \'stop=1; [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null\' TERM INT HUP',
    'cd "$HOME"',
    'code=0',
    'while :; do',
    ...(rule.exclusive ? ['  if superseded; then say "a later command runs the worker now"; code=0; break; fi'] : []),
    `  "$node" ${YOUNG_SPACE} "$dir/"${command} & pid=$!`,
    '  echo "$pid" > "$pid_file"; starts=$((starts + 1))',
    ...(rule.exclusive ? ['  if superseded; then stop=1; kill -TERM "$pid"; fi'] : []),
    // A trapped signal ends `wait` early, with a code over 128: wait again for as long as the program lives.
    '  code=0; wait "$pid" || code=$?',
    '  while [ "$code" -gt 128 ] && kill -0 "$pid" 2>/dev/null; do code=0; wait "$pid" || code=$?; done',
    '  pid=',
    // Ended by the TERM that it was sent before it could listen for it: as told.
    '  if [ "$stop" = 1 ]; then [ "$code" != 143 ] || code=0; break; fi',
    '  case "$code" in',
    '    0|6[4-9]|7[0-8]) break ;;',
    `    ${rule.restart}) ;;`,
    '    *) break ;;',
    '  esac',
    ...(rule.starts === 0
      ? []
      : [
          `  if [ "$starts" -ge ${rule.starts} ]; then say "ended with $code, given up after $starts starts"; break; fi`,
        ]),
    '  say "ended with $code, starting again in $pause s"',
    '  sleep "$pause" & pid=$!; wait "$pid"; pid=',
    '  if [ "$stop" = 1 ]; then break; fi',
    '  if [ "$pause" -lt 16 ]; then pause=$((pause * 2)); fi',
    'done',
    ...(rule.exclusive ? ['superseded || : > "$pid_file"'] : [': > "$pid_file"']),
    'exit "$code"',
  ];
}
