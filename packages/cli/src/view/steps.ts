import type { Step } from '@tessera/provisioner';
import { counted, formatSeconds } from './format.ts';
import { type Style, truncate } from './style.ts';

/** What the parts of a fleet are called for people. */
const NAMES: Readonly<Record<Step['resource'], string>> = {
  bucket: 'bucket',
  queues: 'queues',
  bundles: 'programs',
  master: 'master',
  workers: 'workers',
  online: 'instances',
  start: 'worker code',
};

/** One line for a part of the set-up: what happened to it, how long that took, and which it is where there is room. */
export function stepLine(step: Step, width: number, style: Style): string {
  const name = NAMES[step.resource].padEnd(12);
  if (step.state === 'begun') return `${style.accent(style.symbols.running)} ${name}${style.dim(step.detail)}`;
  const failed = step.outcome === 'failed';
  const mark = failed ? style.bad(style.symbols.failed) : style.good(style.symbols.done);
  const outcome = (step.outcome ?? '').padEnd(10);
  const time = formatSeconds(step.seconds).padStart(8);
  const line = `${mark} ${name}${outcome}${style.dim(time)}`;
  return width < 60 && !failed ? line : truncate(`${line}  ${detailOf(step)}`, failed ? 400 : width);
}

/** Names of files help nobody here; how many there are tells why it took so long. */
function detailOf({ resource, outcome, detail }: Step): string {
  return resource === 'bundles' && outcome === 'uploaded' ? counted(detail.split(', ').length, 'file') : detail;
}
