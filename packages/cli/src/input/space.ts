import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../errors.ts';
import { formatBytes } from '../view/format.ts';

/** Bytes that a job will write below a folder. */
export interface Need {
  readonly folder: string;
  readonly bytes: number;
}

/** Text of one random real with its separator: 17 digits, sign, point and exponent leave most below this. */
export const CSV_CELL_BYTES = 20;

/** A disk: what tells it from others, and what may still be written to it. */
export interface Disk {
  readonly device: number;
  readonly freeBytes: number;
}

/** @throws UsageError naming the disk, what would be written and what is free. */
export async function checkSpace(needs: readonly Need[], diskOf: (folder: string) => Promise<Disk>): Promise<void> {
  const disks = new Map<number, { need: Need; free: number }>();
  for (const need of needs) {
    const { device, freeBytes } = await diskOf(need.folder);
    const bytes = need.bytes + (disks.get(device)?.need.bytes ?? 0);
    disks.set(device, { need: { folder: need.folder, bytes }, free: freeBytes });
  }
  for (const { need, free } of disks.values()) {
    if (need.bytes <= free) continue;
    throw new UsageError(
      `the matrices need ${formatBytes(need.bytes)} on the disk of ${need.folder}, which has ${formatBytes(free)} ` +
        'free; free some, or work in a folder of another disk',
    );
  }
}

/** The disk that holds a folder, or will hold it once it is made. */
export async function diskOf(folder: string): Promise<Disk> {
  try {
    const [{ dev }, { bavail, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
    return { device: dev, freeBytes: bavail * bsize };
  } catch (error) {
    const up = dirname(folder);
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT') || up === folder) throw error;
    return diskOf(up);
  }
}
