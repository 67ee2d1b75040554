import type { Action, Caller } from '../action.ts';
import { AwsError } from '../errors.ts';
import { parseQuery } from '../wire/query.ts';
import { writeXml } from '../wire/xml.ts';
import type { XmlNode } from '../wire/xml.ts';
import { declaration } from './error-answer.ts';
import type { Protocol } from './error-answer.ts';

/** What a service says to a valid request. */
export interface Answer {
  readonly type: string;
  readonly body: string;
}

/** A service whose actions are ours, behind its wire protocol. */
export interface Service {
  readonly protocol: Protocol;
  /** @throws AwsError, InvalidRequestError */
  answer(request: { body: Buffer; target: string | undefined; caller: Caller; requestId: string }): Promise<Answer>;
}

type Actions<Context> = Readonly<Record<string, Action<Context>>>;

function find<Context>(actions: Actions<Context>, name: string): Action<Context> {
  const found = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (found === undefined) {
    throw new AwsError(
      'InvalidAction',
      `The action ${name} is not valid for this web service: the local cloud knows ${Object.keys(actions).join(', ')}.`,
    );
  }
  return found;
}

/** EC2 and STS: parameters as a form, answers as XML. */
export function queryService<Context>(
  protocol: 'ec2' | 'query',
  namespace: string,
  actions: Actions<Context>,
  context: (caller: Caller) => Context,
): Service {
  return {
    protocol,
    async answer({ body, caller, requestId }) {
      const { Action: name, Version: _version, ...parameters } = parseQuery(body.toString('utf8'));
      if (typeof name !== 'string')
        throw new AwsError('MissingAction', 'The request must contain the parameter Action.');
      const result = (await find(actions, name).handle(parameters, context(caller))) as { [name: string]: XmlNode };
      const content =
        protocol === 'ec2' ? { requestId, ...result } : { ...result, ResponseMetadata: { RequestId: requestId } };
      return {
        type: 'text/xml;charset=UTF-8',
        body: `${declaration}<${name}Response xmlns="${namespace}">${writeXml(content)}</${name}Response>`,
      };
    },
  };
}

/** SSM and CloudWatch Logs: JSON 1.1, the action's name in the header X-Amz-Target. */
export function jsonService<Context>(actions: Actions<Context>, context: (caller: Caller) => Context): Service {
  return {
    protocol: 'json',
    async answer({ body, target, caller }) {
      const name = target?.slice(target.lastIndexOf('.') + 1) ?? '';
      const action = find(actions, name);
      return {
        type: 'application/x-amz-json-1.1',
        body: JSON.stringify(await action.handle(parseJson(body), context(caller))),
      };
    },
  };
}

/** @throws AwsError SerializationException */
export function parseJson(body: Buffer): object {
  let value: unknown;
  try {
    value = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new AwsError('SerializationException', 'The body is not valid JSON.', { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AwsError('SerializationException', 'The body is not a JSON object.');
  return value;
}
