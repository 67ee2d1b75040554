/** What an XML answer is made of: arrays become repeated `<item>` elements, as EC2's query protocol has them. */
export type XmlNode =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly XmlNode[]
  | { readonly [name: string]: XmlNode };

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

/** Escapes text for element content. Characters that XML 1.0 can't hold at all (section 2.2) become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"\r]/g, (character) => entities[character]!)
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD'); // eslint-disable-line no-control-regex
}

/** Writes the members of `node` as elements, in the order in which they stand; undefined ones are left out. */
export function writeXml(node: XmlNode): string {
  if (node === undefined) return '';
  if (typeof node === 'string') return escapeXml(node);
  if (typeof node === 'number' || typeof node === 'boolean') return String(node);
  if (node instanceof Date) return node.toISOString();
  if (isList(node)) return node.map((item) => element('item', item)).join('');
  return Object.entries(node)
    .map(([name, value]) => element(name, value))
    .join('');
}

function element(name: string, value: XmlNode): string {
  if (value === undefined) return '';
  const content = writeXml(value);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function isList(node: XmlNode): node is readonly XmlNode[] {
  return Array.isArray(node);
}
