import { readFileSync } from 'node:fs';

/** Bytes of a page on the machines that have `/proc` (getconf PAGESIZE); larger pages only make the answer too small. */
const PAGE = 4096;

/**
 * Memory of this process in bytes: what is its own, and pages of files, such as its code, which the system takes back when it
 * needs them (statm, proc_pid_statm(5)). Where the system does not tell them apart all counts as its own.
 */
export function residentBytes(): { readonly own: number; readonly files: number } {
  try {
    const [, resident, shared] = readFileSync('/proc/self/statm', 'latin1').split(' ');
    return { own: (Number(resident) - Number(shared)) * PAGE, files: Number(shared) * PAGE };
  } catch {
    return { own: process.memoryUsage.rss(), files: 0 };
  }
}

/**
 * The largest resident size of this process so far, in bytes: everything, code and mapped files included. Linux says so
 * itself (VmHWM, proc_pid_status(5)); its getrusage would count what a parent had before it became this program.
 */
export function peakResidentBytes(): number {
  try {
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))!;
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
