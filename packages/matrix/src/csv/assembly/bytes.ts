/** The bytes that CSV texts are made of. */
export const TAB: u8 = 9;
export const LINE_FEED: u8 = 10;
export const RETURN: u8 = 13;
export const SPACE: u8 = 32;
export const PLUS: u8 = 43;
export const COMMA: u8 = 44;
export const MINUS: u8 = 45;
export const POINT: u8 = 46;
export const ZERO: u8 = 48;
export const SMALL_E: u8 = 101;

/** A space or a tab; a tab that separates cells is none. */
export function isBlank(byte: u8, delimiter: u8): bool {
  return byte === SPACE || (byte === TAB && delimiter !== TAB);
}
