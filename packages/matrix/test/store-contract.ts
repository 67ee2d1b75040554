import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyError } from '../src/index.ts';
import type { Store } from '../src/index.ts';

const text = (value: string) => new TextEncoder().encode(value);
const plain = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('latin1');

async function keys(store: Store, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, size } of store.list(prefix)) {
    expect(size).toBe(await store.size(key));
    found.push(key);
  }
  return found.sort();
}

/** What every store must do. `make` returns an empty one each time. */
export function testStore(name: string, make: () => Store | Promise<Store>): void {
  describe(`${name} keeps the store contract`, () => {
    it('returns what was set, and undefined for a missing key', async () => {
      const store = await make();
      await store.set('a/b/c', text('hello'));
      expect(plain(await store.get('a/b/c'))).toBe('hello');
      expect(await store.get('a/b/d')).toBeUndefined();
      expect(await store.get('a/b')).toBeUndefined();
      expect(await store.get('a/b/c/d')).toBeUndefined();
    });

    it('keeps a value as a file, where it says so', async () => {
      const store = await make();
      await store.set('a/b', text('hello'));
      if (store.localPath) expect(await readFile(store.localPath('a/b'), 'utf8')).toBe('hello');
    });

    it('returns any bytes unchanged, from shared memory, views and several pieces too', async () => {
      const store = await make();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
          async (pieces) => {
            const shared = pieces.map((piece) => {
              const wide = new Uint8Array(new SharedArrayBuffer(piece.length + 9));
              wide.set(piece, 5);
              return wide.subarray(5, 5 + piece.length);
            });
            await store.set('x', shared.length === 1 ? shared[0]! : shared);
            expect(plain(await store.get('x'))).toBe(plain(Buffer.concat(pieces)));
          },
        ),
        { numRuns: 20 },
      );
    });

    it('stores what comes in pieces whole, or not at all', async () => {
      const store = await make();
      // More than two parts of a multipart upload; the memory of a piece is used again.
      const room = new Uint8Array(3 << 20);
      const length = 6 * room.length + 5;
      const pieces = async function* () {
        for (let at = 0; at < length; at += room.length) {
          for (let i = 0; i < room.length; i++) room[i] = ((at + i) * 7919) >> 4;
          yield room.subarray(0, Math.min(room.length, length - at));
        }
      };
      await store.setFrom('x/y', pieces());
      const whole = (await store.get('x/y'))!;
      expect(whole.byteLength).toBe(length);
      expect(whole.every((byte, i) => byte === (((i * 7919) >> 4) & 255))).toBe(true);
      await store.setFrom(
        'x/small',
        (async function* () {
          yield* [text('ab'), text(''), text('c')];
        })(),
      );
      expect(plain(await store.get('x/small'))).toBe('abc');
      await store.setFrom('x/empty', (async function* () {})());
      expect(await store.size('x/empty')).toBe(0);

      const failing = async function* () {
        yield* pieces();
        throw new Error('the disk broke');
      };
      await expect(store.setFrom('x/y2', failing())).rejects.toThrow('the disk broke');
      const stop = new AbortController();
      const aborted = async function* () {
        yield room;
        stop.abort(new Error('enough'));
        yield* pieces();
      };
      await expect(store.setFrom('x/small', aborted(), { signal: stop.signal })).rejects.toThrow(/enough|abort/i);
      expect(await keys(store, 'x')).toEqual(['x/empty', 'x/small', 'x/y']);
      expect(plain(await store.get('x/small'))).toBe('abc');
    });

    it('replaces a value, and takes an empty one', async () => {
      const store = await make();
      await store.set('k', text('a long first value'));
      await store.set('k', text('short'));
      expect(plain(await store.get('k'))).toBe('short');
      await store.set('k', text(''));
      expect(plain(await store.get('k'))).toBe('');
      expect(await store.size('k')).toBe(0);
    });

    it("keeps its own copy of a value, and gives the caller the caller's own", async () => {
      const store = await make();
      const value = text('mine');
      await store.set('k', value);
      value.fill(0);
      (await store.get('k'))!.fill(1);
      expect(plain(await store.get('k'))).toBe('mine');
    });

    it('reads ranges, shorter at the end of the value and empty past it', async () => {
      const store = await make();
      await store.set('k', text('0123456789'));
      expect(plain(await store.getRange('k', 2, 3))).toBe('234');
      expect(plain(await store.getRange('k', 8, 30))).toBe('89');
      expect(plain(await store.getRange('k', 10, 3))).toBe('');
      expect(plain(await store.getRange('k', 99, 3))).toBe('');
      expect(plain(await store.getRange('k', 4, 0))).toBe('');
      expect(await store.getRange('none', 0, 3)).toBeUndefined();
    });

    it('says whether a key is there and how long its value is', async () => {
      const store = await make();
      await store.set('a/b', text('12345'));
      expect([await store.has('a/b'), await store.has('a'), await store.has('a/c')]).toEqual([true, false, false]);
      expect([await store.size('a/b'), await store.size('a')]).toEqual([5, undefined]);
    });

    it('lists the keys below a prefix, whole segments only', async () => {
      const store = await make();
      for (const key of ['c/0/0', 'c/0/1', 'c/10/0', 'cc/1', 'top']) await store.set(key, text(key));
      expect(await keys(store, '')).toEqual(['c/0/0', 'c/0/1', 'c/10/0', 'cc/1', 'top']);
      expect(await keys(store, 'c')).toEqual(['c/0/0', 'c/0/1', 'c/10/0']);
      expect(await keys(store, 'c/1')).toEqual([]);
      expect(await keys(store, 'none')).toEqual([]);
    });

    it('deletes a key, or all below a prefix, and nothing else', async () => {
      const store = await make();
      for (const key of ['c/0/0', 'c/0/1', 'c/1/0', 'cc/1']) await store.set(key, text(key));
      await store.delete('c/0/0');
      await store.delete('c/9/9');
      expect(await keys(store, '')).toEqual(['c/0/1', 'c/1/0', 'cc/1']);
      await store.deleteAll('c');
      await store.deleteAll('none');
      expect(await keys(store, '')).toEqual(['cc/1']);
      await store.set('c/0/0', text('again'));
      await store.deleteAll('');
      expect(await keys(store, '')).toEqual([]);
    });

    it('takes keys with spaces, percent signs and letters of any language', async () => {
      const store = await make();
      for (const key of ['a b', '100%25', 'Größe/矩阵', "it's+plus&and=#?"]) {
        await store.set(key, text(key));
        expect(Buffer.from((await store.get(key))!).toString()).toBe(key);
      }
      expect((await keys(store, '')).length).toBe(4);
    });

    it.each(['', '/abs', 'a//b', 'a/', '..', 'a/../b', './a', 'a\\b', 'a/\u0000', 'x'.repeat(2000)])(
      'refuses the key %.20j',
      async (key) => {
        const store = await make();
        await expect(store.get(key)).rejects.toThrow(KeyError);
        await expect(store.set(key, text('x'))).rejects.toThrow(KeyError);
        await expect(store.has(key)).rejects.toThrow(KeyError);
        await expect(store.delete(key)).rejects.toThrow(KeyError);
        if (key !== '') await expect(store.deleteAll(key)).rejects.toThrow(KeyError);
        if (key !== '') await expect(keys(store, key)).rejects.toThrow(KeyError);
      },
    );

    it('does nothing once its signal is aborted', async () => {
      const store = await make();
      const signal = AbortSignal.abort(new Error('stop'));
      await expect(store.set('k', text('x'), { signal })).rejects.toThrow('stop');
      await expect(store.get('k', { signal })).rejects.toThrow('stop');
      await expect(store.deleteAll('', { signal })).rejects.toThrow('stop');
      expect(await store.has('k')).toBe(false);
    });

    it('shows a reader one whole value while writers replace it', async () => {
      const store = await make();
      const values = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(50_000));
      await store.set('k', text(values[0]!));
      const seen = await Promise.all([
        ...values.map((value) => store.set('k', text(value)).then(() => undefined)),
        ...Array.from({ length: 8 }, () => store.get('k')),
      ]);
      for (const value of seen) if (value) expect(values).toContain(plain(value));
    });
  });
}
