import { AwsError } from '../errors.ts';

export interface LogEvent {
  /** Milliseconds since the Unix epoch, as its writer says. */
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
}

export interface LogStream {
  readonly name: string;
  readonly creationTime: number;
  /** In order of arrival. The position of `events[0]` in the whole stream is `dropped`. */
  events: LogEvent[];
  dropped: number;
  storedBytes: number;
}

export interface LogGroup {
  readonly name: string;
  readonly creationTime: number;
  retentionInDays: number | undefined;
  readonly streams: Map<string, LogStream>;
}

/** A stream keeps its newest events only, so a cloud that is left up for weeks doesn't fill the memory. */
const mostEventsPerStream = 200_000;

/** Groups and streams of CloudWatch Logs, in memory. */
export class LogStore {
  readonly groups = new Map<string, LogGroup>();
  readonly region: string;

  constructor(region: string) {
    this.region = region;
  }

  /** @throws AwsError ResourceNotFoundException */
  group(name: string): LogGroup {
    const group = this.groups.get(name);
    if (group === undefined) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }

  /** @throws AwsError ResourceNotFoundException */
  stream(groupName: string, streamName: string): LogStream {
    const stream = this.group(groupName).streams.get(streamName);
    if (stream === undefined)
      throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return stream;
  }

  /** Finds the stream or makes it, group included, as the SSM agent does before it writes. */
  openStream(groupName: string, streamName: string, now: number): LogStream {
    let group = this.groups.get(groupName);
    if (group === undefined) {
      group = { name: groupName, creationTime: now, retentionInDays: undefined, streams: new Map() };
      this.groups.set(groupName, group);
    }
    let stream = group.streams.get(streamName);
    if (stream === undefined) {
      stream = { name: streamName, creationTime: now, events: [], dropped: 0, storedBytes: 0 };
      group.streams.set(streamName, stream);
    }
    return stream;
  }
}

export function append(stream: LogStream, events: readonly LogEvent[]): void {
  for (const event of events) {
    stream.events.push(event);
    stream.storedBytes += eventBytes(event.message);
  }
  // Dropped in large steps, because taking from the front copies the rest.
  if (stream.events.length > mostEventsPerStream * 1.25) {
    const excess = stream.events.length - mostEventsPerStream;
    stream.events.splice(0, excess);
    stream.dropped += excess;
  }
}

/** An event counts as its message in UTF-8 and 26 bytes (PutLogEvents' page of the API reference). */
export function eventBytes(message: string): number {
  return Buffer.byteLength(message, 'utf8') + 26;
}
