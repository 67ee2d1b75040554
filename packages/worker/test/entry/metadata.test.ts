import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readInstanceId } from '../../src/entry/instance-id.ts';
import { askMetadata } from '../../src/entry/metadata.ts';

let close: () => void = () => undefined;
afterEach(() => close());

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  close = () => {
    server.close();
    server.closeAllConnections();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As EC2 answers: nothing without a token, which only PUT with a time to live brings. */
const service: RequestListener = (request, response) => {
  const { method, url, headers } = request;
  if (method === 'PUT' && url === '/latest/api/token' && headers['x-aws-ec2-metadata-token-ttl-seconds'])
    return response.end('sesame');
  if (headers['x-aws-ec2-metadata-token'] !== 'sesame') return response.writeHead(401).end('refused');
  if (url === '/latest/meta-data/instance-id') return response.end('i-0123456789abcdef0\n');
  response.writeHead(404).end('none');
};

describe('the metadata service', () => {
  it('is asked with a token, and tells the instance that this is', async () => {
    expect(await readInstanceId(await serve(service))).toBe('i-0123456789abcdef0');
  });

  it('has no entry where it answers 404', async () => {
    expect(await askMetadata(await serve(service), '/latest/meta-data/spot/instance-action')).toBeUndefined();
  });

  it('tells no id that is none', async () => {
    expect(await readInstanceId(await serve((_request, response) => response.end('<html>')))).toBeUndefined();
  });

  it('is done without where nobody answers', async () => {
    const endpoint = await serve(service);
    close();
    expect(await readInstanceId(endpoint)).toBeUndefined();
  });

  it('is not waited for once the worker shall stop', async () => {
    const stop = new AbortController();
    const endpoint = await serve(() => stop.abort(new Error('enough')));
    await expect(askMetadata(endpoint, '/', stop.signal)).rejects.toThrow('aborted');
  });
});
