import { resolve } from 'node:path';
import { hashMatrix, InputError, type StoreContext } from '@tessera/matrix';
import { Certificate, formatShape, operations, parseMessage, ProtocolError } from '@tessera/protocol';
import { systemClock } from '@tessera/protocol/system-clock';
import type { Hashed } from '@tessera/worker/recheck';
import type { Command } from '../arguments/command.ts';
import { certificatePath, readCertificate } from '../check/certificate-place.ts';
import { checkFinding, hashFinding, type Finding } from '../check/findings.ts';
import { findOperand, findStored, type Found } from '../check/matrices.ts';
import { NotAsCertifiedError, UsageError } from '../errors.ts';
import { checkText, formulaText, lettersOf, type Formula } from '../formula.ts';
import { entriesOf, mapOperands } from '../job/request.ts';
import { counted } from '../view/format.ts';
import { wrapWords } from '../view/wrap.ts';
import { bucketReader } from './bucket-reader.ts';
import type { CommandContext } from './context.ts';

type CheckCommand = Extract<Command, { name: 'check' }>;

/**
 * `check RESULT [OPERANDS]`: compares a result, and its operands where they are still there, with its certificate, and
 * checks the operation again with new random vectors.
 * @throws UsageError, NotAsCertifiedError when something differs
 */
export async function check(command: CheckCommand, context: CommandContext): Promise<void> {
  const { reporter, style, world } = context;
  const bucket = bucketReader(command.fleet, context);
  try {
    const { place, certificate } = await certificateFor(command, context, bucket);
    const findings = await look(command, certificate, context, bucket);
    const ok = findings.every((finding) => finding.ok !== false);
    if (command.say.json) {
      context.printJson({ ok, certificate: place, jobId: certificate.jobId, op: certificate.op, findings });
    }
    const width = world.stdout.isTTY ? world.stdout.columns() : Number.POSITIVE_INFINITY;
    reporter.paragraph(`${place}: job ${certificate.jobId}, ${certificate.verification.endedAt}`, style.dim);
    for (const finding of findings) {
      const symbol = { true: style.good(style.symbols.done), false: style.bad(style.symbols.failed), null: '-' };
      const lines = wrapWords(finding.found, width - 12);
      reporter.say(`${symbol[`${finding.ok}`]} ${finding.name.padEnd(9)} ${lines[0]}`);
      for (const line of lines.slice(1)) reporter.say(`${' '.repeat(12)}${line}`);
    }
    const wrong = findings.filter((finding) => finding.ok === false).map(({ name }) => name);
    if (wrong.length > 0) throw new NotAsCertifiedError(wrong);
  } catch (error) {
    if (error instanceof InputError) throw new UsageError(error.message.replace(/\.$/, ''), { cause: error });
    throw error;
  } finally {
    await bucket.close();
  }
}

/** @throws UsageError where there is none, or none that can be read */
async function certificateFor(
  { result, certificate: given }: CheckCommand,
  { world }: CommandContext,
  bucket: StoreContext,
): Promise<{ place: string; certificate: Certificate }> {
  const place = given === undefined ? defaultPlace(placeOf(world.cwd, result)) : placeOf(world.cwd, given);
  const text = await readCertificate(place, bucket);
  if (text === undefined) {
    throw new UsageError(
      `${result} has no certificate: ${place} is missing. Name another with --certificate; jobs with --verify off have none`,
    );
  }
  try {
    return { place, certificate: parseMessage(Certificate, 'certificate', text) };
  } catch (error) {
    if (error instanceof ProtocolError) throw new UsageError(`${place} can't be read: ${error.message}`);
    throw error;
  }
}

/** In a bucket the certificate is an object of the job, beside the array. */
function defaultPlace(result: string): string {
  return result.startsWith('s3:') ? result.replace(/\/[^/]*\/*$/, '/certificate.json') : certificatePath(result);
}

function placeOf(cwd: string, typed: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : resolve(cwd, typed);
}

async function look(
  { result, operands: typed }: CheckCommand,
  certificate: Certificate,
  { world, stop }: CommandContext,
  bucket: StoreContext,
): Promise<Finding[]> {
  const { op, operands, C, alpha, beta } = certificate;
  const names = entriesOf(operands).map(([name]) => name);
  if (typed.length > names.length) {
    throw new UsageError(`${op} was given ${names.join(', ')}, but ${typed.length} operands were typed`);
  }
  const places = new Map(typed.map((text, at) => [names[at]!, placeOf(world.cwd, text)]));
  const found = new Map<string, Found>([['C', await findStored(placeOf(world.cwd, result), C, bucket)]]);
  for (const [name, operand] of entriesOf(operands)) {
    found.set(name, await findOperand(name, operand, places.get(name), bucket));
  }
  const formula: Formula = {
    op,
    alpha,
    beta,
    transposed: { A: operands.A.transposed === true, B: operands.B?.transposed === true },
  };
  try {
    const arrays = new Map<string, Hashed>();
    for (const [name, { array }] of found) {
      const { hash, shape } = name === 'C' ? C : operands[name as 'A']!;
      if (array !== undefined) arrays.set(name, { array, chunk: hash?.chunk ?? shape });
    }
    const all = arrays.size === found.size;
    const again = all ? await computeAgain(certificate, formula, Object.fromEntries(arrays), stop.signal) : undefined;
    const hashes = new Map(again?.hashes);
    // What the check read in other pieces than the hash is taken of is read once more.
    for (const [name, { array, chunk }] of arrays) {
      if (!hashes.has(name)) hashes.set(name, await hashMatrix(array, chunk, stop));
    }
    const letters = lettersOf(operands);
    const shapes = mapOperands(operands, ({ shape }) => formatShape(shape));
    const name = formulaText(formula, letters);
    const missing = [...found].filter(([, { array }]) => array === undefined).map(([one]) => one);
    return [
      ...[...found].map(([one, matrix]) =>
        hashFinding(one, one === 'C' ? C : operands[one as 'A']!, matrix, hashes.get(one)),
      ),
      again?.finding ?? {
        name,
        ok: null,
        found: `${formulaText(formula, shapes)} was not computed again without ${missing.join(' and ')}`,
      },
    ];
  } finally {
    await Promise.all([...found.values()].map(async ({ array }) => array?.close()));
  }
}

/** Rounds of the check: as many as a job makes when nobody says otherwise. */
const ROUNDS = 2;

async function computeAgain(
  { op, alpha = 1, beta = 1, operands }: Certificate,
  formula: Formula,
  arrays: Record<string, Hashed>,
  signal: AbortSignal,
): Promise<{ finding: Finding; hashes: ReadonlyMap<string, string> }> {
  const { recheck } = await import('@tessera/worker/recheck');
  const matrices = arrays as { A: Hashed; B?: Hashed; C0?: Hashed; C: Hashed };
  const transposed = { A: operands.A.transposed === true, B: operands.B?.transposed === true };
  // Other vectors than those of the job: who checks twice with the same ones learns nothing new.
  const vectors = { seed: String(Math.floor(Math.random() * 2 ** 48)), rounds: ROUNDS };
  const { check: outcome, hashes } = await recheck({ op, matrices, transposed, alpha, beta }, vectors, {
    clock: systemClock,
    signal,
  });
  const letters = lettersOf(operands);
  const formulaName = formulaText(formula, letters);
  const how = operations[op].transposes
    ? `${checkText(formula, letters)} for ${counted(ROUNDS, 'new random vector')}`
    : `C = ${formulaName} in every element`;
  return { finding: checkFinding(formulaName, how, outcome), hashes };
}
