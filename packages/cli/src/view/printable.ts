/** Characters of one message that a person may be shown; what is longer was never meant to be read. */
const LONGEST = 1000;

/**
 * A text that others had a part in (file names, cells of a CSV, messages of a fleet), fit for a terminal: line ends become
 * blanks, other control characters are written out, so that none of them can clear the screen, forge a line or hide one.
 * Bidirectional controls can make a line read other than it is, so they are written out too.
 */
export function printable(text: string): string {
  const line = text.replaceAll(/\s*[\r\n]\s*/g, ' ').trim();
  const plain = line.replaceAll(
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
