import type { BegunCloud } from './cloud/begin.ts';

/** A stream that lines go to. */
export interface Output {
  readonly isTTY: boolean;
  /** Width in characters; 80 where it can't be known. */
  columns(): number;
  write(text: string): void;
}

/** What a run is given of the process that it is: read once at the entry point, passed down as arguments from there. */
export interface World {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of this installation. */
  readonly root: string;
  /** Folder that relative paths are meant from. */
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  /** Whether someone can be asked. */
  readonly interactive: boolean;
  /** Where questions are put. */
  readonly terminal: NodeJS.WritableStream;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Milliseconds since the process began. */
  elapsed(): number;
  /** How many of them passed before this program's own code: Node's start, and a build if there was one. */
  readonly loadedAfter: number;
  /** The local cloud that was begun for this run, if one was. */
  readonly begun?: BegunCloud | undefined;
}

/**
 * The folder that the person called from: pnpm runs scripts in their package's folder and keeps the caller's in INIT_CWD.
 */
export function callersFolder(env: World['env'], cwd: string): string {
  const init = env['INIT_CWD'];
  return init === undefined || init === '' ? cwd : init;
}
