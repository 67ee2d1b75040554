import type { IncomingMessage, ServerResponse } from 'node:http';
import type { buildApp } from 'fauxqs';
import { AwsError } from '../errors.ts';

/**
 * S3's conditional writes, which fauxqs doesn't have: `If-None-Match: *` creates only if absent, `If-Match` replaces
 * only what the writer has seen. While a condition is looked up, other writes of the same key wait.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export class ConditionalWrites {
  readonly #app: ReturnType<typeof buildApp>;
  readonly #checking = new Map<string, Promise<void>>();

  constructor(app: ReturnType<typeof buildApp>) {
    this.#app = app;
  }

  /** @throws AwsError PreconditionFailed, NoSuchKey */
  async admit(request: IncomingMessage, response: ServerResponse, write: () => void): Promise<void> {
    if (request.method !== 'PUT' && request.method !== 'POST') return write();
    const key = (request.url ?? '/').replace(/\?.*$/, '');
    while (this.#checking.has(key)) await this.#checking.get(key);
    const { 'if-none-match': absent, 'if-match': expected } = request.headers;
    if (absent === undefined && expected === undefined) return write();

    const written = new Promise<void>((done) => response.once('close', done));
    this.#checking.set(key, written);
    void written.then(() => this.#checking.delete(key));
    const found = await this.#app.inject({ method: 'HEAD', url: key });
    const exists = found.statusCode === 200;
    if (expected !== undefined && !exists)
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
    if ((absent === '*' && exists) || (expected !== undefined && unquoted(expected) !== unquoted(found.headers.etag))) {
      throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
        status: 412,
      });
    }
    write();
  }
}

function unquoted(etag: unknown): string {
  return String(etag).replaceAll('"', '');
}
