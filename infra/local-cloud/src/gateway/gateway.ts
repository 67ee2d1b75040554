import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from '../errors.ts';
import { uuid } from '../random.ts';
import type { RandomSource } from '../random.ts';
import type { Storage } from '../storage/storage.ts';
import { checkClaim, checkSignature } from './admission.ts';
import type { Admission } from './admission.ts';
import { readBody } from './body.ts';
import { readClaim } from './claim.ts';
import type { Claim } from './claim.ts';
import { answerError, asAwsError } from './error-answer.ts';
import type { Protocol } from './error-answer.ts';
import { isLoopbackHost } from './loopback.ts';
import { refusal } from './refusal.ts';
import { claimedPayload, openPayload } from './s3-payload.ts';
import { refuseUnsupported } from './s3-subresources.ts';
import { parseJson } from './service.ts';
import type { Service } from './service.ts';
import { readTarget } from './target.ts';
import type { Target } from './target.ts';

/** An SQS batch of 1 MiB, every character of it escaped in JSON, with room to spare. */
const mostRequestBytes = 16 * 1024 * 1024;
/** S3's own limit for one PUT is 5 GiB; a Buffer holds less. */
const mostObjectBytes = 2 * 1024 * 1024 * 1024;

export interface GatewayOptions {
  readonly admission: Admission;
  readonly services: Readonly<Record<string, Service>>;
  readonly storage: () => Promise<Storage>;
  readonly random: RandomSource;
  /** Shown in every answer, so that the next command can tell this cloud from whatever listens there later. */
  readonly cloudId: string;
  readonly log: (message: string) => void;
}

export interface Gateway {
  readonly endpoint: string;
  /** Takes no new connections; those that there are go on. */
  stopListening(): void;
  close(): Promise<void>;
}

/** The one door of the cloud: a loopback port where nothing is answered that isn't signed. */
export async function startGateway(options: GatewayOptions, port: number): Promise<Gateway> {
  const server = createServer((request, response) => void handle(request, response, server, options));
  // Long polls hold requests open for 20 s, large objects take their time.
  server.requestTimeout = 0;
  // Shorter than this, and a pooled connection of an SDK may be closed just as it is used again.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  let closed: Promise<void> | undefined;
  const stopListening = (): void => {
    closed ??= new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stopListening,
    async close() {
      stopListening();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  server: Server,
  options: GatewayOptions,
): Promise<void> {
  const requestId = uuid(options.random);
  let protocol: Protocol = 'query';
  try {
    response.setHeader('x-tessera-cloud', options.cloudId);
    // Another machine's page in a browser on this one: refused before a byte of it is looked at.
    const address = server.address() as AddressInfo | null;
    if (
      address === null ||
      !isLoopbackHost(request.headers.host, address.port) ||
      request.headers.origin !== undefined
    ) {
      return refuseForeign(response);
    }
    protocol = guessProtocol(request);
    const target = readTarget(request.url ?? '');
    if (target === undefined) throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
    const claim = readClaim(request.headers, target.query);
    if (target.query['AWSAccessKeyId'] !== undefined) throw outdatedSignature();
    if (claim === undefined) throw refusal('missing', protocolService(protocol));
    if (claim === 'malformed') throw refusal('malformed', protocolService(protocol));
    protocol =
      options.services[claim.service]?.protocol ??
      (claim.service === 's3' || claim.service === 'sqs' ? claim.service : protocol);

    if (claim.service === 's3') await handleS3(request, response, target, claim, options);
    else if (claim.service === 'sqs') await handleSqs(request, response, target, claim, options);
    else await handleService(request, response, target, claim, options, requestId);
  } catch (error) {
    const answer = asAwsError(error, protocol);
    if (answer.status >= 500 && answer.code !== 'NotImplemented')
      options.log(
        `${request.method} ${request.url}: ${answer.cause instanceof Error ? answer.cause.stack : answer.message}`,
      );
    if (response.headersSent || response.destroyed) return void response.destroy();
    // A body that was refused unread would be taken for the next request on this connection.
    if (!request.complete) response.setHeader('connection', 'close');
    answerError(response, answer, protocol, requestId);
  }
}

async function handleS3(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  claim: Claim,
  options: GatewayOptions,
): Promise<void> {
  const { headers, method = 'GET' } = request;
  const credentials = checkClaim(claim, headers, options.admission);
  const payloadHash = claimedPayload(claim, target, headers);
  // S3 says what the body is before sending it, so a stranger's gigabytes aren't read to find out that he is one.
  checkSignature(claim, credentials, { method, target, headers, payloadHash });
  refuseUnsupported(target);
  const body = openPayload(await readBody(request, mostObjectBytes), payloadHash, headers);
  // Without a type fauxqs would not look for a body, and take an empty object for none.
  if (method === 'PUT' || method === 'POST') headers['content-type'] ??= 'binary/octet-stream';
  await (await options.storage()).handle(request, response, body);
}

async function handleSqs(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  claim: Claim,
  options: GatewayOptions,
): Promise<void> {
  const body = await readSigned(request, target, claim, options);
  if (request.headers['x-amz-target']?.toString().startsWith('AmazonSQS.') !== true) {
    throw new AwsError(
      'InvalidAction',
      'The local cloud speaks the JSON protocol of SQS only: the header X-Amz-Target must name an action of AmazonSQS.',
    );
  }
  // Clients may post to the queue's own URL; the body names the queue as well.
  request.url = '/';
  request.headers['content-type'] = 'application/x-amz-json-1.0';
  const parsed = parseJson(body);
  await (await options.storage()).handle(request, response, parsed);
}

async function handleService(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  claim: Claim,
  options: GatewayOptions,
  requestId: string,
): Promise<void> {
  const service = Object.hasOwn(options.services, claim.service) ? options.services[claim.service] : undefined;
  const body = await readSigned(request, target, claim, options);
  if (service === undefined) {
    throw new AwsError(
      'UnknownService',
      `The local cloud has no service '${claim.service}': it has ${[...Object.keys(options.services), 's3', 'sqs'].join(', ')}.`,
      { status: 404 },
    );
  }
  const { accessKeyId } = claim;
  const caller = { accessKeyId, instanceId: options.admission.credentials.find(accessKeyId)?.instanceId };
  const answer = await service.answer({ body, target: request.headers['x-amz-target']?.toString(), caller, requestId });
  response.writeHead(200, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': requestId,
  });
  response.end(answer.body);
}

/** Reads the body and checks the signature over it. These services sign the body always. */
async function readSigned(
  request: IncomingMessage,
  target: Target,
  claim: Claim,
  options: GatewayOptions,
): Promise<Buffer> {
  const { headers, method = 'POST' } = request;
  const credentials = checkClaim(claim, headers, options.admission);
  const body = await readBody(request, mostRequestBytes);
  const payloadHash = createHash('sha256').update(body).digest('hex');
  checkSignature(claim, credentials, { method, target, headers, payloadHash });
  return body;
}

/** A URL that was presigned by Signature Version 2, as boto3 and the AWS CLI do for us-east-1 unless told otherwise. */
function outdatedSignature(): AwsError {
  return new AwsError(
    'InvalidRequest',
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256 (signature_version = s3v4).',
  );
}

function refuseForeign(response: ServerResponse): void {
  const body = 'This is a local cloud. It answers requests for this machine from programs on this machine only.\n';
  response.writeHead(403, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

/** In which form to say that a request can't be read: nothing in it is proved yet. */
function guessProtocol({ headers }: IncomingMessage): Protocol {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.startsWith('AmazonSQS.') ? 'sqs' : 'json';
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true ? 'ec2' : 's3';
}

function protocolService(protocol: Protocol): string {
  return protocol === 'json' ? 'ssm' : protocol;
}
