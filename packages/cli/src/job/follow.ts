import { parseMessage, ProgressEvent } from '@tessera/protocol';
import { followLogStream, type Clients, type StartedMaster } from '@tessera/provisioner';

/** What the master's stream said. */
export interface Listener {
  event(event: ProgressEvent): void;
  /** A line that is no event: what a person may want to read when something went wrong. */
  line(text: string): void;
}

/**
 * Follows the master's output and tells what it says, until `until`. Nothing of a job depends on it, so it never fails:
 * a cloud that shows no logs leaves the person without bars, not without a result.
 */
export async function followMaster(
  clients: Clients,
  master: StartedMaster,
  listener: Listener,
  signals: { readonly until: AbortSignal; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const stream = { group: master.logGroup, stream: master.logStream, ...signals };
    for await (const { message } of followLogStream(clients.logs, stream)) {
      // A real agent puts several lines into one event where they come quickly.
      for (const line of message.split(/\r?\n/)) if (line.trim() !== '') hear(line, listener);
    }
  } catch (error) {
    if (!signals.signal.aborted) listener.line(`the master's log can't be followed: ${String(error)}`);
  }
}

function hear(line: string, listener: Listener): void {
  let event: ProgressEvent;
  try {
    event = parseMessage(ProgressEvent, 'progress event', line);
  } catch {
    listener.line(line);
    return;
  }
  listener.event(event);
}
