import { request } from 'node:http';
import { connect } from 'node:net';
import type { OutgoingHttpHeaders } from 'node:http';
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Connection } from './cloud.ts';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Sends bytes as they are given, unlike any SDK. */
export function raw(
  endpoint: string,
  options: { method?: string; path?: string; headers?: OutgoingHttpHeaders; body?: string | Buffer },
): Promise<RawAnswer> {
  const { method = 'POST', path = '/', headers = {}, body = '' } = options;
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        agent: false,
        headers: { 'content-length': Buffer.byteLength(body), ...headers },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, body: Buffer.concat(chunks).toString(), headers: answer.headers }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Says these bytes to a port, `LOOPBACK` in them standing for its own host, and answers all that comes back. */
export function spoken(endpoint: string, bytes: string): Promise<string> {
  const { host, hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes.replaceAll('LOOPBACK', host)));
    let heard = '';
    socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
    socket.on('error', reject);
    socket.on('close', () => resolve(heard));
  });
}

export interface ToSign {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly service: string;
  readonly region?: string;
  readonly date?: Date;
  readonly sessionToken?: string;
}

class Sha256 {
  readonly #hash: ReturnType<typeof createHash>;

  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : (createHmac('sha256', secret) as never);
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

/** The headers of a request, signed by the SDK's own signer. */
export async function signed(
  { endpoint, accessKeyId, secretAccessKey, region }: Connection,
  options: ToSign,
): Promise<Record<string, string>> {
  const { sessionToken } = options;
  const signer = new SignatureV4({
    service: options.service,
    region: options.region ?? region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256 as never,
    uriEscapePath: options.service !== 's3',
  });
  const { headers } = await signer.sign(
    {
      method: options.method ?? 'POST',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: options.path ?? '/',
      query: options.query ?? {},
      headers: { host: new URL(endpoint).host, ...options.headers },
      body: options.body ?? '',
    },
    { signingDate: options.date ?? new Date() },
  );
  return headers;
}
