import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '../ec2/instance.ts';
import { scriptCommand } from './script.ts';

const boothook = /^#cloud-boothook[^\n]*\n/;

/**
 * Runs an instance's user data, by the interpreter that its first line names or else by `sh`: a boothook at every boot,
 * anything else at the first only (https://cloudinit.readthedocs.io/en/latest/explanation/format.html). What it says
 * goes to `cloud-init-output.log` in the instance's directory, the name that it has on EC2.
 */
export function runUserData(instance: Instance, log: (message: string) => void): void {
  const { machine, launch, environment, booted } = instance;
  if (launch.userData === undefined || (booted && !boothook.test(launch.userData))) return;
  const content = launch.userData.replace(boothook, '');
  const script = join(machine.directory, 'user-data.sh');
  writeFileSync(script, content, { mode: 0o700 });
  const child = machine.spawn(scriptCommand(script, content), machine.directory, environment);
  const output = createWriteStream(join(machine.directory, 'cloud-init-output.log'), { flags: 'a', mode: 0o600 });
  output.on('error', () => undefined);
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  child.on('error', (error) => log(`${instance.id}: the user data could not be run: ${error.message}`));
  child.on('close', () => output.end());
}
