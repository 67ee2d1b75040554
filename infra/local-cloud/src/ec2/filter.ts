import { AwsError } from '../errors.ts';
import type { Instance } from './instance.ts';
import type { Filter } from './parameters.ts';
import { stateCodes } from './state.ts';

/** The values that a filter of DescribeInstances compares with; several when the instance has several. */
const attributes: Readonly<Record<string, (instance: Instance) => readonly (string | undefined)[]>> = {
  architecture: ({ launch }) => [launch.type.architecture],
  'client-token': ({ launch }) => [launch.clientToken],
  'iam-instance-profile.arn': ({ launch }) => [launch.instanceProfileArn],
  'image-id': ({ launch }) => [launch.imageId],
  'instance-id': ({ id }) => [id],
  'instance-lifecycle': ({ launch }) => [launch.spot ? 'spot' : undefined],
  'instance-state-code': ({ state }) => [String(stateCodes[state])],
  'instance-state-name': ({ state }) => [state],
  'instance-type': ({ launch }) => [launch.type.name],
  'instance.group-id': ({ launch }) => launch.securityGroupIds,
  'key-name': ({ launch }) => [launch.keyName],
  'launch-index': ({ launchIndex }) => [String(launchIndex)],
  'launch-time': ({ launchTime }) => [new Date(launchTime).toISOString()],
  'private-ip-address': ({ privateIp }) => [privateIp],
  'reservation-id': ({ reservationId }) => [reservationId],
  'tag-key': ({ tags }) => [...tags.keys()],
  'tag-value': ({ tags }) => [...tags.values()],
};

/**
 * All filters must match; of one filter's values any. `*` and `?` are wildcards, a backslash takes their meaning away.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 *
 * @throws AwsError InvalidParameterValue for a filter that the local cloud doesn't know.
 */
export function instanceFilter(filters: readonly Filter[]): (instance: Instance) => boolean {
  const tests = filters.map(({ Name, Value }) => {
    const read = Name.startsWith('tag:') ? ({ tags }: Instance) => [tags.get(Name.slice(4))] : attributes[Name];
    if (read === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
    const patterns = Value.map(wildcard);
    return (instance: Instance) =>
      read(instance).some((value) => value !== undefined && patterns.some((pattern) => pattern.test(value)));
  });
  return (instance) => tests.every((test) => test(instance));
}

/** An EC2 filter value as a regular expression. */
export function wildcard(text: string): RegExp {
  const source = text.replaceAll(
    /\\([*?\\])|([*?])|([\\^$.+()[\]{}|/])/g,
    (_, escaped?: string, wild?: string, syntax?: string) => {
      if (wild !== undefined) return wild === '*' ? '[^]*' : '[^]';
      return `\\${escaped ?? syntax}`;
    },
  );
  return new RegExp(`^${source}$`, 'u');
}
