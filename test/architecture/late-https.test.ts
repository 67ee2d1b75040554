import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/**
 * Asks the endpoint for an object through the SDK as programs have it in their bundles, and tells how that ended and
 * whether node:https was loaded.
 */
const program = `
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const settings = { endpoint: process.argv[2]!, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 };
const client = new S3Client(settings);
client
  .send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }))
  .then(
    () => 'answered',
    (error: { name: string; code?: string }) => error.code ?? error.name,
  )
  .then((end) => {
    const loaded = (process as unknown as { moduleLoadList: string[] }).moduleLoadList.includes('NativeModule https');
    process.stdout.write(JSON.stringify({ end, loaded }));
    process.exit();
  });
`;

describe("a bundle's SDK", () => {
  let folder: string;
  const server = createServer((_, response) => response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>'));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-bundle-'));
    writeFileSync(join(folder, 'program.ts'), program);
    // In a process of its own: esbuild is not made for the one that tests run in.
    const build = `
      const { build } = await import('esbuild');
      const { lateHttpsPlugin } = await import(${JSON.stringify(join(root, 'scripts/late-https.mjs'))});
      const { requiredBuiltinsPlugin } = await import(${JSON.stringify(join(root, 'scripts/required-builtins.mjs'))});
      await build({
        entryPoints: [process.argv[1]],
        outfile: process.argv[2],
        bundle: true,
        platform: 'node',
        format: 'cjs',
        mainFields: ['module', 'main'],
        nodePaths: ['node_modules'],
        plugins: [lateHttpsPlugin, requiredBuiltinsPlugin],
      });`;
    const args = ['--input-type=module', '-e', build, join(folder, 'program.ts'), join(folder, 'program.cjs')];
    execFileSync(process.execPath, args, { cwd: root });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (protocol: string) => {
    const { port } = server.address() as AddressInfo;
    const args = [join(folder, 'program.cjs'), `${protocol}://127.0.0.1:${port}`];
    return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout) as { end: string; loaded: boolean };
  };

  it('speaks http without node:https', async () => {
    expect(await ask('http')).toEqual({ end: 'NoSuchKey', loaded: false });
  });

  it('speaks TLS where the endpoint is https', async () => {
    // The server knows no TLS, so whoever speaks it is not understood.
    const { end, loaded } = await ask('https');
    expect(end).toMatch(/^(EPROTO|ECONNRESET|ERR_SSL_\w+)$/);
    expect(loaded).toBe(true);
  });
});
