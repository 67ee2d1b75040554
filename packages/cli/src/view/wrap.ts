import { visibleLength } from './style.ts';

/** Breaks a text between words; a word longer than the width stays whole. No-break spaces hold words together. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && visibleLength(line) + 1 + visibleLength(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((text) => text.replaceAll('\u00A0', ' '));
}
