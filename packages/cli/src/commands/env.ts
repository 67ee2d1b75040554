import type { Command } from '../arguments/command.ts';
import { UnavailableError } from '../errors.ts';
import type { CommandContext } from './context.ts';

/** `env`: what any AWS client needs to talk to the running local cloud, as shell exports for `eval`. */
export async function env(command: Extract<Command, { name: 'env' }>, context: CommandContext): Promise<void> {
  const { findLasting } = await import('../cloud/local.ts');
  const cloud = await findLasting(context.settings.stateRoot);
  if (cloud === undefined) throw new UnavailableError('no local cloud runs; start one with `up`');
  const variables = {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: cloud.region,
    AWS_DEFAULT_REGION: cloud.region,
    AWS_ACCESS_KEY_ID: cloud.accessKeyId,
    AWS_SECRET_ACCESS_KEY: cloud.secretAccessKey,
  };
  if (command.say.json) return context.printJson(variables);
  // Values are quoted although none needs it today: this text is run by a shell.
  for (const [name, value] of Object.entries(variables)) {
    context.world.stdout.write(`export ${name}='${value.replaceAll("'", `'\\''`)}'\n`);
  }
  // A session token or a profile of the real AWS would go along with these keys and be refused.
  if (context.world.env['AWS_SESSION_TOKEN'] !== undefined) context.world.stdout.write('unset AWS_SESSION_TOKEN\n');
}
