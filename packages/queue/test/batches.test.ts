import fc from 'fast-check';
import { SQS_BATCH_MESSAGES, SQS_MESSAGE_BYTES } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { batchesOf, MessageTooLargeError } from '../src/index.ts';

describe('batches', () => {
  it('keep every body, in order, within ten messages and a mebibyte', () => {
    const body = fc.oneof(
      fc.string(),
      fc.integer({ min: 0, max: SQS_MESSAGE_BYTES }).map((length) => 'x'.repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(body, { maxLength: 60 }), (bodies) => {
        const batches = batchesOf(bodies);
        expect(batches.flat()).toEqual(bodies);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(SQS_BATCH_MESSAGES);
          expect(batch.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThanOrEqual(SQS_MESSAGE_BYTES);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('count bytes, not letters', () => {
    const wide = '×'.repeat(SQS_MESSAGE_BYTES / 2);
    expect(batchesOf([wide, 'x'])).toHaveLength(2);
    expect(() => batchesOf([`${wide}x`])).toThrow(MessageTooLargeError);
  });
});
