import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { World } from './world.ts';

/** What the environment decides, read once. */
export interface Settings {
  /** Folder of the local clouds' state. */
  readonly stateRoot: string;
  readonly color: boolean;
}

/**
 * State lies where the XDG base directory specification puts it (https://specifications.freedesktop.org/basedir-spec/),
 * unless TESSERA_HOME says otherwise. Colours follow https://no-color.org.
 */
export function readSettings(env: World['env'], isTTY: boolean): Settings {
  const own = env['TESSERA_HOME'];
  const xdg = env['XDG_STATE_HOME'];
  // The specification says that a relative path there is invalid and is to be ignored.
  const state = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'state');
  const noColor = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return { stateRoot: own === undefined || own === '' ? join(state, 'tessera') : own, color: isTTY && !noColor };
}
