import { word } from './word.ts';

/**
 * Lines that start the watch which shuts the machine down once nothing was done on it for `minutes`: `last-used` is as
 * old, and no master runs. It outlives the command that starts it, and needs no AWS call and no permission. A watch
 * that runs already is left alone.
 */
export function idleShutdownLines(minutes: number): string[] {
  return [
    'watch_file="$HOME/tessera/idle-watch.pid"; watcher=',
    ': > "$HOME/tessera/last-used"',
    '[ ! -s "$watch_file" ] || read -r watcher < "$watch_file"',
    'if [ -z "$watcher" ] || ! kill -0 "$watcher" 2>/dev/null; then',
    `  minutes=${word('number', minutes)} setsid sh -c ${WATCH} >/dev/null 2>&1 < /dev/null &`,
    '  echo "$!" > "$watch_file"',
    'fi',
  ];
}

/**
 * The same as user data of a new instance, so that one whose set-up was broken off also ends. A boothook runs at every
 * boot, a plain script only at the first: https://cloudinit.readthedocs.io/en/latest/explanation/format.html
 */
export function idleShutdownUserData(minutes: number): string {
  return [
    '#cloud-boothook',
    '#!/bin/sh',
    'HOME="${HOME:-/root}"; export HOME',
    'mkdir -p "$HOME/tessera"',
    ...idleShutdownLines(minutes),
    '',
  ].join('\n');
}

/** `find -mmin -N` names the file while it is younger than N minutes. */
const WATCH =
  '\'while sleep 60; do for f in "$HOME"/tessera/master-*.pid; do if [ -s "$f" ] && read -r p < "$f" && kill -0 "$p" 2>/dev/null; ' +
  'then : > "$HOME/tessera/last-used"; fi; done; ' +
  'if [ -z "$(find "$HOME/tessera/last-used" -mmin "-$minutes" 2>/dev/null)" ]; then shutdown -h now; exit; fi; done\'';
