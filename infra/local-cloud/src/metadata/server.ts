import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { isLoopbackHost } from '../gateway/loopback.ts';

/** What an instance may learn about itself. */
export interface InstanceFacts {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly privateIp: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  /** Looked up at every request: an interruption is announced while the instance runs. */
  readonly interruption: () => { action: string; at: number } | undefined;
}

export interface MetadataServer {
  readonly endpoint: string;
  close(): void;
}

/**
 * The instance metadata service, version 2 only, one per instance on a loopback port of its own.
 *
 * It holds no credentials: on EC2 only the instance can reach it, but here every user of the machine can, so instances
 * get theirs through their environment instead.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html
 */
export async function startMetadataServer(facts: InstanceFacts, clock: Clock): Promise<MetadataServer> {
  const tokens = new Map<string, number>();
  const server = createServer((request, response) => answer(request, response, server, facts, tokens, clock));
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const longestTokenSeconds = 21_600;
const mostTokens = 1000;

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  server: Server,
  facts: InstanceFacts,
  tokens: Map<string, number>,
  clock: Clock,
): void {
  request.resume();
  const { port } = server.address() as AddressInfo;
  const path = (request.url ?? '/').replace(/\?.*$/, '').replace(/(.)\/$/, '$1');
  // Real ones refuse X-Forwarded-For too: a proxy must not lend its place on the instance to others.
  if (
    !isLoopbackHost(request.headers.host, port) ||
    request.headers.origin !== undefined ||
    request.headers['x-forwarded-for'] !== undefined
  ) {
    return end(response, 403);
  }
  if (request.method === 'PUT' && path === '/latest/api/token') {
    const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestTokenSeconds) return end(response, 400);
    const token = randomBytes(40).toString('base64url');
    tokens.set(token, clock.now() + seconds * 1000);
    if (tokens.size > mostTokens) tokens.delete(tokens.keys().next().value!);
    response.setHeader('x-aws-ec2-metadata-token-ttl-seconds', String(seconds));
    return end(response, 200, token);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405);
  if (!isValid(request.headers['x-aws-ec2-metadata-token'], tokens, clock.now())) return end(response, 401);
  const content = document(path, facts);
  return content === undefined ? end(response, 404) : end(response, 200, content);
}

function isValid(token: string | string[] | undefined, tokens: Map<string, number>, now: number): boolean {
  if (typeof token !== 'string') return false;
  const given = Buffer.from(token);
  for (const [known, expiry] of tokens) {
    const expected = Buffer.from(known);
    if (given.length === expected.length && timingSafeEqual(given, expected)) return expiry > now;
  }
  return false;
}

function document(path: string, facts: InstanceFacts): string | undefined {
  const leaves: Record<string, string | undefined> = {
    'ami-id': facts.imageId,
    'ami-launch-index': String(facts.launchIndex),
    'instance-id': facts.instanceId,
    'instance-type': facts.instanceType,
    'local-ipv4': facts.privateIp,
    'placement/availability-zone': facts.availabilityZone,
    'placement/region': facts.region,
    'reservation-id': facts.reservationId,
    'spot/instance-action': interruption(facts),
    'spot/termination-time':
      facts.interruption()?.action === 'terminate' ? isoSeconds(facts.interruption()!.at) : undefined,
  };
  if (path === '/latest/dynamic/instance-identity/document') return JSON.stringify(identity(facts), null, 2);
  if (path === '/latest') return 'dynamic\nmeta-data';
  const [, rest] = /^\/latest\/meta-data(?:\/(.*))?$/.exec(path) ?? [];
  if (!path.startsWith('/latest/meta-data')) return undefined;
  const folder = rest === undefined ? '' : `${rest}/`;
  if (rest !== undefined && leaves[rest] !== undefined) return leaves[rest];
  const below = Object.keys(leaves).filter((name) => leaves[name] !== undefined && name.startsWith(folder));
  const names = new Set(below.map((name) => name.slice(folder.length).replace(/\/.*$/, '/')));
  return names.size === 0 ? undefined : [...names].join('\n');
}

function interruption(facts: InstanceFacts): string | undefined {
  const announced = facts.interruption();
  return announced === undefined
    ? undefined
    : JSON.stringify({ action: announced.action, time: isoSeconds(announced.at) });
}

function identity(facts: InstanceFacts): object {
  return {
    accountId: '000000000000',
    availabilityZone: facts.availabilityZone,
    imageId: facts.imageId,
    instanceId: facts.instanceId,
    instanceType: facts.instanceType,
    privateIp: facts.privateIp,
    region: facts.region,
    version: '2017-09-30',
  };
}

function isoSeconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function end(response: ServerResponse, status: number, content = ''): void {
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(content),
    server: 'EC2ws',
  });
  response.end(content);
}
