/** Base of the errors of this package: `_tag` tells them apart, `message` says what was expected, found and to do. */
export abstract class ProtocolError extends Error {
  abstract readonly _tag: string;
  override get name(): string {
    return this._tag;
  }
}

/** The text is no shape. The caller asks the person again. */
export class ShapeSyntaxError extends ProtocolError {
  readonly _tag = 'ShapeSyntaxError';
  readonly text: string;
  constructor(text: string, reason: string) {
    super(
      `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}' is not a shape: ${reason}. Write rows x columns, for example 1000x1000`,
    );
    this.text = text;
  }
}

/** The operands' shapes do not fit the operation. */
export class ShapeMismatchError extends ProtocolError {
  readonly _tag = 'ShapeMismatchError';
}

/** An operand, transpose or scalar that the operation does not take. */
export class OperandRefusedError extends ProtocolError {
  readonly _tag = 'OperandRefusedError';
}

/** The message was written for another version of the protocol. Deploy bundles of one version. */
export class VersionMismatchError extends ProtocolError {
  readonly _tag = 'VersionMismatchError';
  readonly expected: number;
  readonly found: unknown;
  constructor(expected: number, found: unknown, bundle: unknown) {
    const sender = typeof bundle === 'string' ? ` (sent by bundle ${bundle.slice(0, 40)})` : '';
    super(
      `protocol version ${named(found)}${sender} found, but this bundle speaks version ${expected}; ` +
        'deploy master, workers and CLI from one version',
    );
    this.expected = expected;
    this.found = found;
  }
}

/** A version as the sender may have meant it; what is no version may be anything, nested deeper than can be written out. */
function named(found: unknown): string {
  if (found === undefined) return 'missing';
  return typeof found === 'object' ? 'that is none' : JSON.stringify(found).slice(0, 40);
}

/** The message does not follow its schema. It is dead-lettered, never guessed at. */
export class MalformedMessageError extends ProtocolError {
  readonly _tag = 'MalformedMessageError';
  constructor(what: string, problems: string, options?: ErrorOptions) {
    super(`malformed ${what}: ${problems}`, options);
  }
}
