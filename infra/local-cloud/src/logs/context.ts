import type { Clock } from '../clock.ts';
import type { LogStore } from './store.ts';

/** What an action of CloudWatch Logs works with. */
export interface LogsContext {
  readonly store: LogStore;
  readonly clock: Clock;
}
