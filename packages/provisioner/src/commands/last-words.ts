import { awsCode } from '../aws-code.ts';
import type { Clients } from '../clients.ts';
import { SSM_LOG_GROUP } from '../limits.ts';
import { callAws } from '../retry.ts';
import { type World, worldOf } from '../world.ts';
import { outputStream } from './start-master.ts';

/** Workers that are asked at most: an account has some 10 GetLogEvents a second. */
const MOST_INSTANCES = 20;
/** Lines of each stream that are looked at. */
const MOST_LINES = 50;
/** How the shell that keeps a worker running tells of a death, see `keepRunning`. */
const DEATH = /^tessera: ended with \d+/;

/** What a worker wrote last, its own lines and its shell's in the order of time; of one that died, until its last death. */
export interface LastWords {
  readonly instanceId: string;
  /** How often the lines say that it died. */
  readonly deaths: number;
  readonly lines: readonly string[];
}

/**
 * What the workers of a fleet wrote last, from CloudWatch Logs, those first that died. Lines that are still on their way
 * there are missing.
 * @param since milliseconds since 1970: older lines are left out
 * @throws AwsError
 */
export async function lastWords(
  clients: Clients,
  workers: { readonly commandIds: readonly string[]; readonly instanceIds: readonly string[]; readonly since: number },
  options?: Partial<World>,
): Promise<LastWords[]> {
  const world = worldOf(options);
  const { commandIds, since } = workers;
  const ofInstance = async (instanceId: string): Promise<LastWords> => {
    const streams = commandIds.flatMap((id) => [outputStream(id, instanceId), outputStream(id, instanceId, 'stderr')]);
    const events = (await Promise.all(streams.map((stream) => lastEvents(clients, world, stream, since)))).flat();
    // A real agent puts several lines into one event where they come quickly.
    const lines = events
      .toSorted((a, b) => a.timestamp - b.timestamp)
      .flatMap(({ message }) => message.split(/\r?\n/))
      .filter((line) => line.trim() !== '');
    const deaths = lines.filter((line) => DEATH.test(line)).length;
    const told = deaths === 0 ? lines : lines.slice(0, lines.findLastIndex((line) => DEATH.test(line)) + 1);
    return { instanceId, deaths, lines: told.slice(-MOST_LINES) };
  };
  const words = await Promise.all(workers.instanceIds.slice(0, MOST_INSTANCES).map(ofInstance));
  return words.toSorted((a, b) => b.deaths - a.deaths);
}

async function lastEvents({ logs }: Clients, world: World, logStreamName: string, startTime: number) {
  const { GetLogEventsCommand } = await import('../aws/logs.ts');
  const page = { logGroupName: SSM_LOG_GROUP, logStreamName, startTime: Math.floor(startTime), limit: MOST_LINES };
  try {
    const { events = [] } = await callAws(world, (send) => logs.send(new GetLogEventsCommand(page), send));
    return events.map(({ timestamp = 0, message = '' }) => ({ timestamp, message }));
  } catch (error) {
    // Nothing was written there: another command runs this worker, or it never said anything.
    if (awsCode(error) !== 'ResourceNotFoundException') throw error;
    return [];
  }
}
