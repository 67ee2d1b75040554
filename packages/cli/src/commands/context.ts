import type { Settings } from '../settings.ts';
import type { Stop } from '../stop.ts';
import type { Reporter } from '../view/reporter.ts';
import type { Style } from '../view/style.ts';
import type { World } from '../world.ts';

/** What every command is given. */
export interface CommandContext {
  readonly world: World;
  readonly settings: Settings;
  readonly reporter: Reporter;
  readonly style: Style;
  readonly stop: Stop;
  /** What has to be done if the run must end at once, newest last. */
  readonly emergencies: (() => void)[];
  /** One document on stdout. */
  printJson(value: unknown): void;
}
