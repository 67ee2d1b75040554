import { Command as Program, CommanderError } from 'commander';
import { UsageError } from '../errors.ts';
import type { OperationName } from '@tessera/protocol';
import { operationNames, spoken } from '../operations.ts';
import { type Command, type FleetOptions, type JobOptions, KERNELS, type SayOptions } from './command.ts';
import { EXAMPLES } from './examples.ts';
import { parseChoice, parseCount, parseIntegers, parseScalar, parseSeed, parseVerify } from './numbers.ts';
import { parseSize } from './size.ts';

/** Rounds of Freivalds' check when nobody says otherwise. */
const DEFAULT_ROUNDS = 2;
const MOST_WORKERS = 1024;

/**
 * Reads the command line. Pure: prints nothing, ends nothing.
 * @param width columns that help may use
 * @throws UsageError for anything that can't be meant, in one line.
 */
export function parseArguments(args: readonly string[], version: string, width = 80): Command {
  let found: Command | undefined;
  let text = '';
  const set = (command: Command) => (found = command);
  const program = describe(set, version);
  eachCommand(program, (command) =>
    command.exitOverride().configureOutput({
      writeOut: (part) => (text += part),
      writeErr: () => {},
      getOutHelpWidth: () => width,
    }),
  );
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { name: 'print', text };
    throw new UsageError(complaint(error, args));
  }
  if (found === undefined) throw new UsageError('nothing to do; `--help` shows what there is');
  return found;
}

type Values = Record<string, string | boolean | undefined>;

function describe(set: (command: Command) => void, version: string): Program {
  const program = new Program('tessera')
    .description('Adds and multiplies dense matrices of any size on a fleet of workers.')
    .version(`tessera ${version}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', EXAMPLES)
    .usage('[command] [options]');
  // Without a command it asks; a word that is no command lands there too.
  const ask = program.command('ask', { isDefault: true, hidden: true });
  jobOptions(fleetOptions(sayOptions(ask)))
    .argument('[word...]')
    .option('--resume <job>', 'go on with a job, the same as the command resume')
    .action((words: string[], values: Values) => {
      if (words.length > 0) throw new UsageError(unknownCommand(words[0]!, program));
      const job = text(values['resume']);
      if (job !== undefined) return set(readResume(job, values, ask));
      set({ name: 'ask', ...everything(values) });
    });

  for (const op of operationNames) {
    const { usage, summary } = spoken[op];
    operationOptions(op, jobOptions(fleetOptions(sayOptions(program.command(op).description(summary)))))
      .usage(`${usage} [options]`)
      .argument('[operands...]', 'RxC for a random matrix, or a .npy, .csv, .csv.gz or .zarr file, or its s3:// URL')
      .addHelpText('after', EXAMPLES)
      .option('--plan', 'print how the job would be cut and what it would move, and start nothing')
      .action((operands: string[], values: Values) =>
        set({ name: 'run', op, operands, ...everything(values), plan: values['plan'] === true }),
      );
  }

  const resume = program.command('resume').description('go on with a job whose run was cut off; whole tiles are kept');
  jobOptions(fleetOptions(sayOptions(resume)))
    .argument('<job>', 'its id: the name of its folder in ./tessera-jobs')
    .action((job: string, values: Values) => set(readResume(job, values, resume)));
  // They are taken only to say why they are not.
  for (const option of resume.options) if (OF_THE_JOB.includes(option.attributeName())) option.hideHelp();

  fleetOptions(
    sayOptions(program.command('check').description('compare a result with its certificate and check it again')),
  )
    .usage('RESULT [OPERANDS...] [options]')
    .argument('<result>', 'what a job wrote: a .npy, .csv, .csv.gz or .zarr')
    .argument('[operands...]', 'where its operands are now (else where the job read them, or made from their seed)')
    .option('--certificate <path>', 'the certificate (else RESULT.certificate.json, or certificate.json in a .zarr)')
    .action((result: string, operands: string[], values: Values) =>
      set({
        name: 'check',
        result,
        operands,
        certificate: text(values['certificate']),
        fleet: readFleet(values),
        say: readSay(values),
      }),
    );

  fleetOptions(sayOptions(program.command('up').description('start a fleet that stays for many jobs'))).action(
    (values: Values) => set({ name: 'up', fleet: readFleet(values), say: readSay(values) }),
  );
  fleetOptions(sayOptions(program.command('down').description('end the fleet and show that nothing is left')))
    .option('--terminate', 'end the instances for good (the default)')
    .option('--stop', 'stop the instances and keep their disks, for a quicker `up`')
    .action((values: Values) => {
      if (values['stop'] && values['terminate']) throw new UsageError('give either --stop or --terminate, not both');
      const how = values['stop'] ? 'stop' : 'terminate';
      set({ name: 'down', how, fleet: readFleet(values), say: readSay(values) });
    });
  fleetOptions(sayOptions(program.command('status').description('what runs now'))).action((values: Values) =>
    set({ name: 'status', fleet: readFleet(values), say: readSay(values) }),
  );
  sayOptions(program.command('env').description('shell exports for AWS clients of the running local cloud')).action(
    (values: Values) => set({ name: 'env', say: readSay(values) }),
  );
  fleetOptions(sayOptions(program.command('doctor').description('what works here and what is missing'))).action(
    (values: Values) => set({ name: 'doctor', fleet: readFleet(values), say: readSay(values) }),
  );
  return program;
}

/** Options of some operations only. */
function operationOptions(op: OperationName, command: Program): Program {
  const { transposes, scales } = spoken[op];
  for (const name of transposes) {
    command.option(
      `--transpose-${name.toLowerCase()}`,
      `take ${name} transposed; its shape is typed and stored as it is`,
    );
  }
  if (!scales) return command;
  return command
    .option('--alpha <x>', 'scale the product: C = alpha·A·B')
    .option('--add <c0>', 'add a matrix to the product, RxC or a file: C = alpha·A·B + beta·C0')
    .option('--beta <x>', 'scale the matrix of --add');
}

function jobOptions(command: Program): Program {
  return command
    .option('-o, --out <path>', 'where C goes: .npy, .csv, .csv.gz or .zarr (else into ./tessera-jobs)')
    .option('--dtype <type>', 'float64 or float32 (float64 unless all operands are float32 files)')
    .option('--seed <n>', 'seed of the random operands (else a random one, which is printed)')
    .option('--integers <low..high>', 'random whole numbers instead of reals in [0, 1)')
    .option('--memory <size>', "a worker's memory budget, such as 900MiB or 2GiB")
    .option('--kernel <name>', KERNELS.join(', '), 'auto')
    .option('--verify <how>', 'rounds=N of the check, or off', `rounds=${DEFAULT_ROUNDS}`);
}

function fleetOptions(command: Program): Program {
  return command
    .option('-w, --workers <n>', 'number of workers (else as many as fit the job)')
    .option('--cloud <where>', 'local (this machine, no account needed) or aws', 'local')
    .option('--cluster <name>', 'name of the fleet', 'default')
    .option('--region <name>', "AWS region (else the SDK's own configuration)")
    .option('--instance-type <type>', "EC2 type of the workers (else the provisioner's choice)");
}

function sayOptions(command: Program): Program {
  return command
    .option('--json', 'one JSON document on stdout and nothing else there')
    .option('-v, --verbose', 'more detail, and where errors come from');
}

function everything(values: Values): { fleet: FleetOptions; job: JobOptions; say: SayOptions } {
  return { fleet: readFleet(values), job: readJob(values), say: readSay(values) };
}

/** Options of `jobOptions`. */
const OF_THE_JOB: readonly string[] = ['out', 'dtype', 'seed', 'integers', 'memory', 'kernel', 'verify'];

/** @throws UsageError for what is no id, and for options that the job has its own of */
function readResume(job: string, values: Values, command: Program): Command {
  if (!/^[a-z0-9][a-z0-9-]{2,39}$/.test(job)) {
    throw new UsageError(`'${job}' is not the id of a job: they look like 20260102-030405-abcde`);
  }
  const given = OF_THE_JOB.find((name) => command.getOptionValueSource(name) === 'cli');
  if (given !== undefined) throw new UsageError(`a job goes on as it was begun; leave --${given} out`);
  return { name: 'resume', jobId: job, fleet: readFleet(values), say: readSay(values) };
}

function readSay(values: Values): SayOptions {
  return { json: values['json'] === true, verbose: values['verbose'] === true };
}

function readFleet(values: Values): FleetOptions {
  const cluster = text(values['cluster']) ?? 'default';
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(cluster)) {
    throw new UsageError(`--cluster must be 1 to 31 of a-z, 0-9 and -, but is '${cluster}'`);
  }
  const region = text(values['region']);
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) {
    throw new UsageError(`--region must be an AWS region such as us-east-1, but is '${region}'`);
  }
  const instanceType = text(values['instanceType']);
  if (instanceType !== undefined && !/^[a-z0-9-]+\.[a-z0-9-]+$/.test(instanceType)) {
    throw new UsageError(`--instance-type must be an EC2 type such as c7i.large, but is '${instanceType}'`);
  }
  return {
    cloud: parseChoice('--cloud', text(values['cloud']) ?? 'local', ['local', 'aws']),
    cluster,
    region,
    workers: optional(values['workers'], (value) => parseCount('--workers', value, MOST_WORKERS)),
    instanceType,
  };
}

function readJob(values: Values): JobOptions {
  const add = text(values['add']);
  const beta = optional(values['beta'], (value) => parseScalar('--beta', value));
  if (beta !== undefined && add === undefined) {
    throw new UsageError('--beta scales the matrix of --add, but there is no --add');
  }
  return {
    out: text(values['out']),
    dtype: optional(values['dtype'], (value) => parseChoice('--dtype', value, ['float64', 'float32'])),
    seed: optional(values['seed'], parseSeed),
    integers: optional(values['integers'], parseIntegers),
    memoryBytes: optional(values['memory'], (value) => parseSize('--memory', value)),
    kernel: parseChoice('--kernel', text(values['kernel']) ?? 'auto', KERNELS),
    verifyRounds: parseVerify(text(values['verify']) ?? `rounds=${DEFAULT_ROUNDS}`),
    transposeA: values['transposeA'] === true,
    transposeB: values['transposeB'] === true,
    alpha: optional(values['alpha'], (value) => parseScalar('--alpha', value)),
    beta,
    add,
  };
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function optional<T>(value: string | boolean | undefined, read: (text: string) => T): T | undefined {
  return typeof value === 'string' ? read(value) : undefined;
}

function eachCommand(command: Program, visit: (command: Program) => void): void {
  visit(command);
  for (const child of command.commands) eachCommand(child, visit);
}

/** commander's own message in one line, or a better one for what only looks like an option: `-1x4`. */
function complaint(error: CommanderError, args: readonly string[]): string {
  const shapelike = args.find((arg) => /^-\d/.test(arg));
  if (error.code === 'commander.unknownOption' && shapelike !== undefined && error.message.includes(shapelike)) {
    return `'${shapelike}' is not a shape: sizes are whole numbers of at least 1. Write rows x columns, for example 1000x1000`;
  }
  const said = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  return said.includes('--help') ? said : `${said}; \`--help\` shows what there is`;
}

function unknownCommand(word: string, program: Program): string {
  const names = program.commands.map((command) => command.name()).filter((name) => name !== 'ask');
  const near = nearest(word, names);
  const meant = near === undefined ? '' : ` Did you mean ${near}?`;
  return `unknown command '${word}'.${meant} There are ${names.join(', ')}; \`--help\` shows more`;
}

/** The name that a typo meant, if one is within two edits and not all of the word. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name) }))
    .filter(({ name, distance }) => distance <= Math.min(2, name.length - 1))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}

/** Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
