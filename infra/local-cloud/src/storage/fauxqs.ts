import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildApp } from 'fauxqs';
import { accountId } from '../account.ts';
import { ConditionalWrites } from './conditional-writes.ts';
import { releaseFromDeadReceivers } from './dead-receivers.ts';
import { settledCounts } from './settled-counts.ts';
import type { Storage } from './storage.ts';

/**
 * SQS and S3 by fauxqs, in this process and on no port: fauxqs checks no signature, so the gateway hands it the
 * requests that it has verified, with their bodies already read.
 */
export async function startFauxqs(options: { region: string; endpoint: () => string }): Promise<Storage> {
  const app = buildApp({ logger: false, defaultRegion: options.region });
  const bodies = new WeakMap<IncomingMessage, Buffer | object>();

  // Its own parsers would read the body once more, and refuse what is longer than 11 MiB.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request, stream, done) => {
    const body = bodies.get(request.raw);
    if (body !== undefined) return done(null, body);
    // Only our own calls come without: they are small JSON.
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => done(null, JSON.parse(Buffer.concat(chunks).toString('utf8')) as object));
  });

  app.addHook('preSerialization', async (request, reply, payload) => {
    await releaseFromDeadReceivers(app, reply.raw, request.body, payload);
    return asSqsAnswers(await settledCounts(app, request.body, payload), options.endpoint());
  });
  await app.ready();

  const writes = new ConditionalWrites(app);
  const route = (request: IncomingMessage, response: ServerResponse): void => app.routing(request, response);
  return {
    async handle(request, response, body) {
      bodies.set(request, body);
      if (!Buffer.isBuffer(body)) return route(request, response);
      await writes.admit(request, response, () => route(request, response));
    },
    close: () => app.close(),
  };
}

/**
 * fauxqs names queues by a host name that not every resolver knows; clients find them at the gateway. And it answers an
 * empty list where SQS leaves the list out, which scripts look at.
 */
function asSqsAnswers(payload: unknown, endpoint: string): unknown {
  if (typeof payload !== 'object' || payload === null) return payload;
  const reachable = (url: unknown): string => `${endpoint}/${accountId}/${String(url).split('/').at(-1)}`;
  if ('QueueUrl' in payload) return { ...payload, QueueUrl: reachable(payload.QueueUrl) };
  if ('QueueUrls' in payload && Array.isArray(payload.QueueUrls)) {
    return { ...payload, QueueUrls: payload.QueueUrls.length === 0 ? undefined : payload.QueueUrls.map(reachable) };
  }
  return payload;
}
