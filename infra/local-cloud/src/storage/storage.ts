import type { IncomingMessage, ServerResponse } from 'node:http';

/** SQS and S3, behind the gateway: requests that come here have been let in. */
export interface Storage {
  /** `body` is the object's bytes for S3, and the parsed JSON for SQS. */
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer | object): Promise<void>;
  close(): Promise<void>;
}
