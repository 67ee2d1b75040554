/** A kind of numbers as tables hold them; each call makes another one. */
export const kinds: Readonly<Record<string, () => number>> = {
  'reals in [0, 1), 17 digits': () => Math.random(),
  'reals within ±5000, 17 digits': () => (Math.random() - 0.5) * 10_000,
  'three decimals': () => Math.round(Math.random() * 1e6) / 1e3,
  'integers below 1000': () => Math.floor(Math.random() * 1000),
  'integers below 10^7': () => Math.floor(Math.random() * 1e7),
  'random bit patterns': anyBits,
};

const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);

function anyBits(): number {
  do {
    words[0] = Math.random() * 2 ** 32;
    words[1] = Math.random() * 2 ** 32;
  } while (!Number.isFinite(double[0]));
  return double[0]!;
}
