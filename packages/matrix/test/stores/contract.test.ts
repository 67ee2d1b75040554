import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileStore, memoryStore, openStore, UnsupportedUrlError, within } from '../../src/index.ts';
import { s3Store } from '../../src/stores/s3.ts';
import { localS3 } from '../s3.ts';
import { testStore } from '../store-contract.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
const s3 = localS3();
let made = 0;

testStore('memoryStore', memoryStore);
testStore('fileStore', () => fileStore(at(`store-${made++}`)));
testStore('s3Store', () => s3Store({ client: s3.client(), bucket: s3.bucket, prefix: `store-${made++}` }));
testStore('a part of a store', () => within(memoryStore(), 'deep/part'));

describe('fileStore', () => {
  it('leaves no temporary file when a write fails', async () => {
    const store = fileStore(at('fails'));
    await store.set('taken/x', new Uint8Array(3));
    await expect(store.set('taken', new Uint8Array(3))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(await readdir(at('fails'))).toEqual(['taken']);
    expect(await readdir(join(at('fails'), 'taken'))).toEqual(['x']);
  });

  it('makes its folders again after they were removed', async () => {
    const store = fileStore(at('again'));
    await store.set('a/b', new Uint8Array(1));
    await fileStore(at('')).deleteAll('again');
    await store.set('a/c', new Uint8Array(2));
    expect(await store.size('a/c')).toBe(2);
  });
});

describe('openStore', () => {
  it('opens file and S3 URLs, and asks for a client only for S3', async () => {
    let asked = 0;
    const context = { s3: () => (asked++, s3.client()) };
    const local = await openStore(`file://${at('by url')}`, context);
    await local.set('k', new Uint8Array(1));
    expect(asked).toBe(0);
    const remote = await openStore(`s3://${s3.bucket}/by/url/`, context);
    await remote.set('k', new Uint8Array(2));
    expect(asked).toBe(1);
    expect(await (await openStore(`s3://${s3.bucket}`, context)).size('by/url/k')).toBe(2);
  });

  it.each(['http://x/y', 's3://', 's3:///k', 'ftp://x'])('refuses %s', async (url) => {
    await expect(openStore(url, { s3: () => s3.client() })).rejects.toThrow(UnsupportedUrlError);
  });

  it('refuses S3 where no client was given', async () => {
    await expect(openStore('s3://bucket/key')).rejects.toThrow('no S3 client was given');
  });
});
