import { closeSync, openSync, readSync } from 'node:fs';

/** Room for the first of the processors that /proc/cpuinfo lists: about 2 KiB, and all of a large machine are 500 KiB. */
const firstProcessorBytes = 16 * 1024;

/** The beginning of Linux's /proc/cpuinfo, with the first processor whole; empty where the system has no such file. */
export function readCpuInfo(): string {
  let file: number;
  try {
    file = openSync('/proc/cpuinfo', 'r');
  } catch {
    return '';
  }
  try {
    const bytes = Buffer.alloc(firstProcessorBytes);
    return bytes.toString('latin1', 0, readSync(file, bytes));
  } catch {
    return '';
  } finally {
    closeSync(file);
  }
}

/**
 * What an x86 processor can do and the kernel lets programs use, in Linux's words (`avx2`, `avx512vl`). Empty for any other
 * text: arm64 lists `Features`.
 */
export function processorFlags(cpuInfo: string): ReadonlySet<string> {
  const flags = /^flags[ \t]*:(.*)$/m.exec(cpuInfo)?.[1] ?? '';
  return new Set(flags.split(/\s+/).filter(Boolean));
}
