import * as fc from 'fast-check';
import { decodeAwsChunked } from '../../../infra/local-cloud/src/gateway/aws-chunked.ts';
import { readClaim } from '../../../infra/local-cloud/src/gateway/claim.ts';
import { readTarget } from '../../../infra/local-cloud/src/gateway/target.ts';
import { parseQuery } from '../../../infra/local-cloud/src/wire/query.ts';
import { mutatedBytes, mutatedText } from '../mutations.ts';
import { hasTag, target } from '../target.ts';

const queries = target({
  name: 'aws query body',
  inputs: mutatedText([
    'Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=Worker',
    'Action=RunInstances&MinCount=1&MaxCount=3&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=W',
    'a.member.1.b=1&a.member.2.b=2&__proto__.x=1&constructor.prototype.y=2',
  ]),
  feed(body) {
    const tree = parseQuery(body);
    if (Object.getPrototypeOf(tree) !== null) throw new Error('a tree with a prototype');
    if (({} as { x?: unknown }).x !== undefined) throw new Error('the prototype of all objects was changed');
  },
  isOwn: hasTag,
});

const chunkedBodies = target({
  name: 'aws-chunked body',
  inputs: fc.record({
    bytes: mutatedBytes(
      [
        '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n',
        '1\r\na\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n',
        '0\r\n\r\n',
      ].map((text) => Buffer.from(text)),
    ),
    expected: fc.option(fc.nat(20), { nil: undefined }),
  }),
  feed({ bytes, expected }) {
    const { body } = decodeAwsChunked(Buffer.from(bytes), expected);
    if (body.length > bytes.length) throw new Error('a body longer than what it was taken from');
  },
  isOwn: hasTag,
});

const CREDENTIAL = 'AKIDEXAMPLE/20261123/us-east-1/s3/aws4_request';
const SIGNATURE = 'a'.repeat(64);

const claims = target({
  name: 'signature claim',
  inputs: fc.record({
    authorization: mutatedText([
      `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=${SIGNATURE}`,
    ]),
    date: mutatedText(['20261123T010203Z']),
    url: mutatedText([
      `/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${CREDENTIAL.replaceAll('/', '%2F')}&X-Amz-Date=20261123T010203Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${SIGNATURE}`,
      '/bucket/a%20key?__proto__=1&a=1&a=2',
    ]),
  }),
  feed({ authorization, date, url }) {
    readClaim({ authorization, 'x-amz-date': date }, {});
    const target = readTarget(url);
    if (target) readClaim({}, target.query);
  },
  isOwn: hasTag,
});

export const requests = [queries, chunkedBodies, claims];
