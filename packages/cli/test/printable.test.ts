import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { failureOf } from '../src/fail.ts';
import { printable } from '../src/view/printable.ts';

it('a text that others wrote is one line that steers no terminal', () => {
  expect(printable('a\u001b[2Jb\r\n c\u009b31m\u202e')).toBe(String.raw`a\u001b[2Jb c\u009b31m\u202e`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

it('a text for people stays as it is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~äöüß…·ᵀ✓]{0,200}$/u), (text) => {
      expect(printable(text)).toBe(text.trim());
    }),
  );
});

it('errors are shown through it, at a length that can be read', () => {
  expect(failureOf(new Error(`no file \u001b]0;title\u0007${'x'.repeat(9999)}`), true).line).toMatch(
    /^tessera: no file \\u001b\]0;title\\u0007x{900,1000}…$/,
  );
});
