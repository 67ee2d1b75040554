import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Store } from '@tessera/matrix';

/** The S3 client of a process, for what is read by URL (texts): the real store code asks it and gets the simulated bucket. */
export function s3Client(store: Store): S3Client {
  const send = async (command: object, options?: { abortSignal?: AbortSignal }) => {
    const signal = { signal: options?.abortSignal };
    if (command instanceof HeadObjectCommand) {
      const ContentLength = await store.size(command.input.Key!, signal);
      if (ContentLength === undefined) throw missing();
      return { ContentLength };
    }
    if (command instanceof GetObjectCommand) {
      const { Key, Range } = command.input;
      const [from, to] = (/bytes=(\d+)-(\d+)/.exec(Range ?? '') ?? []).slice(1).map(Number);
      const bytes = await (from === undefined
        ? store.get(Key!, signal)
        : store.getRange(Key!, from, to! - from + 1, signal));
      if (bytes === undefined) throw missing();
      return { ContentLength: bytes.byteLength, Body: [bytes] };
    }
    throw new Error(`nobody simulates ${command.constructor.name}`);
  };
  return { send } as unknown as S3Client;
}

/** As S3 says it. */
function missing(): Error {
  return Object.assign(new Error('there is no such key'), { name: 'NoSuchKey' });
}
