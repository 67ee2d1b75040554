import type { ServerResponse } from 'node:http';
import { AwsError, InvalidRequestError } from '../errors.ts';
import { escapeXml, writeXml } from '../wire/xml.ts';

/** How a service writes its errors. */
export type Protocol = 'ec2' | 'query' | 'json' | 'sqs' | 's3';

const missingParameter: Readonly<Record<Protocol, string>> = {
  ec2: 'MissingParameter',
  query: 'MissingParameter',
  json: 'ValidationException',
  sqs: 'MissingParameter',
  s3: 'InvalidRequest',
};
const invalidParameter: Readonly<Record<Protocol, string>> = {
  ec2: 'InvalidParameterValue',
  query: 'ValidationError',
  json: 'ValidationException',
  sqs: 'InvalidParameterValue',
  s3: 'InvalidArgument',
};

/** Any error as the one that AWS would answer. What isn't foreseen is ours to mend and says so. */
export function asAwsError(error: unknown, protocol: Protocol): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof InvalidRequestError) {
    const code = (error.missing ? missingParameter : invalidParameter)[protocol];
    return new AwsError(
      code,
      error.missing ? error.message : `Value for parameter ${error.parameter} is invalid: ${error.message}`,
    );
  }
  const code =
    protocol === 'ec2' || protocol === 's3'
      ? 'InternalError'
      : protocol === 'json'
        ? 'InternalServerError'
        : 'InternalFailure';
  return new AwsError(code, `The local cloud failed: ${error instanceof Error ? error.message : String(error)}`, {
    status: 500,
    cause: error,
  });
}

/** Writes an error in the wire format of the service that was asked. */
export function answerError(response: ServerResponse, error: AwsError, protocol: Protocol, requestId: string): void {
  const { code, message, status } = error;
  const send = (type: string, body: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'x-amzn-requestid': requestId,
      ...headers,
    });
    response.end(response.req.method === 'HEAD' ? undefined : body);
  };
  switch (protocol) {
    case 'json':
      return send('application/x-amz-json-1.1', JSON.stringify({ __type: code, message }), {
        'x-amzn-errortype': code,
      });
    case 'sqs':
      return send('application/x-amz-json-1.0', JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message }), {
        'x-amzn-query-error': `${code};${status >= 500 ? 'Receiver' : 'Sender'}`,
      });
    case 'ec2':
      return send(
        'text/xml;charset=UTF-8',
        `${declaration}<Response><Errors><Error>${writeXml({ Code: code, Message: message })}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
      );
    case 'query':
      return send(
        'text/xml',
        `${declaration}<ErrorResponse><Error>${writeXml({ Type: status >= 500 ? 'Receiver' : 'Sender', Code: code, Message: message })}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      );
    case 's3':
      return send(
        'application/xml',
        `${declaration}<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message><RequestId>${requestId}</RequestId></Error>`,
      );
  }
}

export const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
