import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorAnswer } from './error-answer.ts';
import { readExchange, type Exchange } from './exchange.ts';

/** What becomes of one request. */
export type Fate =
  | { readonly kind: 'pass'; readonly afterMs?: number }
  /** The service says that it can't; nothing was done. */
  | { readonly kind: 'error' }
  /** The connection breaks; nothing was done. */
  | { readonly kind: 'reset' }
  /** Nothing happens for so long, then the connection breaks. */
  | { readonly kind: 'silence'; readonly forMs: number }
  /** It is done, and the answer lost. */
  | { readonly kind: 'lost' }
  /** It is done twice: the second answer is the one that arrives. */
  | { readonly kind: 'twice' };

/** Says what becomes of a request, or leaves it to others. */
export type Decider = (exchange: Exchange) => Fate | undefined;

/** The network between instances and their cloud. */
export interface FaultProxy {
  readonly port: number;
  /** Who decides about requests, the last one first; where none of them has an opinion a request passes. */
  readonly deciders: Set<Decider>;
  /** Does something at the first request that matches, and holds that request up until it is done. */
  once(matches: (exchange: Exchange) => boolean, act: () => Promise<void> | void): void;
  /** Requests by their fate. */
  readonly counts: Record<Fate['kind'], number>;
  close(): Promise<void>;
}

/** Starts a proxy on a loopback port of its own. Requests go on to the cloud that they name in their Host header. */
export async function startProxy(): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const waiting: Moment[] = [];
  const server = createServer((incoming, response) => {
    serve(proxy, waiting, incoming, response).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    port: (server.address() as AddressInfo).port,
    deciders: new Set(),
    once: (matches, act) => void waiting.push({ matches, act }),
    counts: { pass: 0, error: 0, reset: 0, silence: 0, lost: 0, twice: 0 },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return proxy;
}

interface Moment {
  readonly matches: (exchange: Exchange) => boolean;
  readonly act: () => Promise<void> | void;
}

async function serve(
  proxy: FaultProxy,
  waiting: Moment[],
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const exchange = readExchange(incoming, body);
  const now = waiting.findIndex(({ matches }) => matches(exchange));
  if (now >= 0) await waiting.splice(now, 1)[0]!.act();
  const fate = fateOf(proxy, exchange);
  proxy.counts[fate.kind]++;
  switch (fate.kind) {
    case 'error':
      return errorAnswer(exchange, response);
    case 'reset':
      return void response.destroy();
    case 'silence':
      await sleep(fate.forMs, undefined, { ref: false });
      return void response.destroy();
    case 'lost':
      await pass(incoming, body);
      return void response.destroy();
    case 'twice':
      await pass(incoming, body);
      return pass(incoming, body, response);
    case 'pass':
      if (fate.afterMs !== undefined) await sleep(fate.afterMs);
      return pass(incoming, body, response);
  }
}

function fateOf({ deciders }: FaultProxy, exchange: Exchange): Fate {
  for (const decide of [...deciders].toReversed()) {
    const fate = decide(exchange);
    if (fate !== undefined) return fate;
  }
  return { kind: 'pass' };
}

/** Does the request at the cloud; where nobody waits for the answer it is read and dropped. */
function pass(incoming: IncomingMessage, body: Buffer, response?: ServerResponse): Promise<void> {
  const [host, port] = (incoming.headers.host ?? '').split(':');
  // Who asked has gone meanwhile, as a receive that was aborted: nobody would get what it takes out of a queue.
  if (response?.destroyed === true) return Promise.resolve();
  return new Promise((resolve) => {
    const broken = (): void => {
      response?.destroy();
      resolve();
    };
    const upstream = forward(
      { host, port, method: incoming.method, path: incoming.url, headers: incoming.rawHeaders, agent: false },
      (answer) => {
        answer.on('error', broken);
        answer.on('end', resolve);
        if (response === undefined) return void answer.resume();
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    upstream.on('error', broken);
    // A worker that dies while it waits takes its request along, as it would without us.
    response?.on('close', () => upstream.destroy());
    upstream.end(body);
  });
}
