import { readFileSync } from 'node:fs';
import { readCpuInfo } from './processor-flags.ts';

/** How to install a BLAS on a system, by what its /etc/os-release calls itself or its relatives. */
const packages: readonly { readonly family: RegExp; readonly command: string }[] = [
  { family: /\b(debian|ubuntu)\b/, command: 'sudo apt-get install -y libopenblas0' },
  { family: /\b(amzn|fedora|rhel|centos)\b/, command: 'sudo dnf install -y openblas-threads' },
  { family: /\balpine\b/, command: 'sudo apk add openblas' },
  { family: /\b(suse|opensuse)\b/, command: 'sudo zypper install -y libopenblas_pthreads0' },
  { family: /\barch\b/, command: 'sudo pacman -S openblas' },
];

/** The command that installs OpenBLAS here, as far as the system is known. Reads one file; no command is run. */
export function installBlasCommand(platform: NodeJS.Platform, osRelease: string = readText('/etc/os-release')): string {
  if (platform === 'darwin') return 'brew install openblas';
  if (platform === 'win32')
    return 'conda install -c conda-forge openblas, then set TESSERA_BLAS to its libopenblas.dll';
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].map(([, names]) => names).join(' ');
  return (
    packages.find(({ family }) => family.test(ids))?.command ?? 'install OpenBLAS with the system’s package manager'
  );
}

/**
 * By what factor a BLAS beats the wasm kernel per thread, which computes with `bits` bits at once; a BLAS uses what the
 * processor has. Measured against 128 bits: 2.0 with AVX2 (EPYC Milan), 2.1 with AVX-512 (Cascade Lake), 3 (Sapphire
 * Rapids); against 256 bits: 1.8 with AVX-512 (Sapphire Rapids). With the processor's own width in both (AVX2 against 256
 * bits, arm64's NEON against 128) nothing but a better use of registers and caches is left.
 */
export function blasGain(arch: string, bits: 128 | 256, cpuInfo: string = readCpuInfo()): number {
  if (arch !== 'x64') return 1.2;
  if (bits === 256) return /\bavx512f\b/.test(cpuInfo) ? 1.8 : 1.2;
  return /\bavx512f\b/.test(cpuInfo) ? 2.1 : /\bavx2\b/.test(cpuInfo) || cpuInfo === '' ? 2 : 1.1;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
