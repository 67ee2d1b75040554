import { mkdirSync, readFileSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What an instance asks for itself, from the inside. */
export type PowerRequest = 'poweroff' | 'reboot';

/**
 * The commands with which a machine switches itself off. On an instance of this cloud they must never reach the machine
 * that it runs on, so these come first in its PATH and only leave a note for the cloud.
 */
const command = `#!/bin/sh
what=poweroff minutes=0
case \${0##*/} in reboot) what=reboot ;; esac
for word; do
  case $word in
    -r | --reboot) what=reboot ;;
    -c) exit 0 ;;
    now | -*) ;;
    +*) minutes=\${word#+} ;;
    *:*) echo "\${0##*/}: an instance of the local cloud takes 'now' or '+minutes', not '$word'" >&2; exit 1 ;;
  esac
done
note() { printf %s "$what" > "$TESSERA_CLOUD_DIR/power/.$TESSERA_INSTANCE_ID.$$" && mv -f "$TESSERA_CLOUD_DIR/power/.$TESSERA_INSTANCE_ID.$$" "$TESSERA_CLOUD_DIR/power/$TESSERA_INSTANCE_ID"; }
if [ "$minutes" -gt 0 ] 2>/dev/null; then (sleep $((minutes * 60)); note) > /dev/null 2>&1 & else note; fi
`;

const names = ['shutdown', 'poweroff', 'halt', 'reboot'];

export interface PowerSwitch {
  /** The folder that comes first in every instance's PATH. */
  readonly commandsDir: string;
  close(): void;
}

/** Puts the commands in place and reports what instances ask for by them. */
export function installPowerSwitch(
  stateDir: string,
  onRequest: (instanceId: string, request: PowerRequest) => void,
): PowerSwitch {
  const commandsDir = join(stateDir, 'bin');
  const notesDir = join(stateDir, 'power');
  mkdirSync(commandsDir, { mode: 0o700, recursive: true });
  mkdirSync(notesDir, { mode: 0o700, recursive: true });
  for (const name of names) writeFileSync(join(commandsDir, name), command, { mode: 0o700 });
  const collect = (): void => {
    for (const instanceId of readdirSync(notesDir).filter((name) => name.startsWith('i-'))) {
      const note = join(notesDir, instanceId);
      const request = readFileSync(note, 'utf8');
      rmSync(note);
      if (request === 'poweroff' || request === 'reboot') onRequest(instanceId, request);
    }
  };
  const watcher = watch(notesDir, { persistent: false }, () => {
    try {
      collect();
    } catch {
      // The directory goes when the cloud ends.
    }
  });
  watcher.on('error', () => undefined);
  return { commandsDir, close: () => watcher.close() };
}
