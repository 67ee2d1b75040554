import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { partBytes, putPieces } from '../../src/stores/multipart.ts';
import { localS3 } from '../s3.ts';

const s3 = localS3();
const MIB = 1 << 20;

describe('the parts of an upload', () => {
  it('keep to what S3 takes, and reach beyond its largest object', () => {
    let sum = 0;
    for (let part = 0; part < 10_000; part++) {
      expect(partBytes(part)).toBeGreaterThanOrEqual(5 * MIB);
      sum += partBytes(part);
    }
    expect(sum).toBeGreaterThan(5 * 1024 * 1024 * MIB);
    expect(partBytes(999)).toBe(8 * MIB);
  });

  it('are sent several at once, and given up when one fails', async () => {
    const client = s3.client();
    const sent: string[] = [];
    let under = 0;
    let most = 0;
    const flaky = {
      send: async (command: object, options: object) => {
        sent.push(command.constructor.name);
        if (!(command instanceof UploadPartCommand)) return client.send(command as never, options);
        most = Math.max(most, ++under);
        try {
          if (command.input.PartNumber === 5) throw new Error('503 Slow Down');
          return await client.send(command, options);
        } finally {
          under--;
        }
      },
    } as never;
    const pieces = () => Readable.from(Array.from({ length: 7 }, () => new Uint8Array(8 * MIB)));
    const Key = 'big';
    await expect(putPieces(flaky, { Bucket: s3.bucket, Key }, pieces())).rejects.toThrow('503');
    expect(sent.at(-1)).toBe(AbortMultipartUploadCommand.name);
    expect(most).toBe(4);
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: s3.bucket }));
    expect(KeyCount).toBe(0);
  });

  it.each([CreateMultipartUploadCommand, UploadPartCommand, PutObjectCommand])(
    'ask for no more pieces, and say so to who makes them, when %o fails',
    async (failing) => {
      const client = s3.client();
      const broken = {
        send: async (command: object, options: object) => {
          if (command instanceof failing) throw new Error('503 Slow Down');
          return client.send(command as never, options);
        },
      } as never;
      let ended = false;
      const pieces = async function* () {
        try {
          yield new Uint8Array(8 * MIB);
          if (failing !== PutObjectCommand) for (;;) yield new Uint8Array(8 * MIB);
        } finally {
          ended = true;
        }
      };
      await expect(putPieces(broken, { Bucket: s3.bucket, Key: 'broken' }, pieces())).rejects.toThrow('503');
      expect(ended).toBe(true);
    },
  );
});
