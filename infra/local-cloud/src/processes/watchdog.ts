import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * What the watchdog runs. It waits on its standard input, which only the cloud holds open: a line means that the cloud
 * has cleaned up itself, the end of the file that it died without being able to (`kill -9`). Then everything that the
 * cloud registered or marked is killed, round after round until a round finds nobody, and the directory removed.
 *
 * $1 is the state directory, $2 the marker `NAME=value`. Start times are compared as in start-time.ts.
 */
const script = `
trap '' INT TERM HUP QUIT
if read -r word; then exit 0; fi
dir=$1 marker=$2 round=0
started() {
  if [ -r "/proc/$1/stat" ]; then stat=$(cat "/proc/$1/stat" 2>/dev/null); set -- \${stat##*") "}; echo "\${20}"
  else LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' | sed 's/^ //;s/ $//'; fi
}
marked() {
  if [ -d /proc/self ]; then grep -lsxzF -- "$marker" /proc/[0-9]*/environ | cut -d/ -f3
  else ps -axwwE -o pid=,command= | grep -F -- " $marker " | grep -v "grep -F" | awk '{print $1}'; fi
}
while [ $round -lt 50 ]; do
  found=
  for file in "$dir"/groups/*; do
    [ -f "$file" ] || continue
    pid=\${file##*/} now=$(started "\${file##*/}")
    if [ -z "$now" ] || [ "$now" = "$(cat "$file")" ]; then kill -9 -- "-$pid" 2>/dev/null && found=1; fi
  done
  for pid in $(marked); do
    [ "$pid" = $$ ] || { kill -9 "$pid" 2>/dev/null && found=1; }
  done
  [ -n "$found" ] || break
  round=$((round + 1))
  sleep 0.05
done
rm -rf -- "$dir"
`;

export interface Watchdog {
  readonly pid: number;
  /** Tells the watchdog that there is nothing left to do, and waits for its end. */
  dismiss(): Promise<void>;
}

/**
 * Starts the watchdog in a session of its own, so that neither a terminal nor the cloud's end takes it along. It must
 * not carry the marker that it looks for, hence the empty environment.
 */
export function startWatchdog(stateDir: string, marker: string): Watchdog {
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, 'tessera-watchdog', stateDir, marker], {
    detached: true,
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const lifeline = child.stdin as Writable & { unref?(): void };
  lifeline.on('error', () => undefined);
  const ended = once(child, 'exit');
  child.unref();
  lifeline.unref?.();
  return {
    pid: child.pid ?? 0,
    async dismiss() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      lifeline.end('done\n');
      await ended;
    },
  };
}
