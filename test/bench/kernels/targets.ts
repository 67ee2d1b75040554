interface Measured {
  readonly multiply: readonly {
    readonly dtype: string;
    readonly kernel: string;
    readonly best: number;
    readonly ofNumpy: number | undefined;
    readonly ofLoops: number | undefined;
  }[];
  readonly delays: readonly { readonly kernel: string; readonly p99Ms: number }[];
  readonly scaling: readonly { readonly kernel: string; readonly scaling: number }[];
}

export interface Target {
  readonly target: string;
  /** The least that is wanted; the most for delays, which are negative here so that more is better. */
  readonly wanted: number;
  readonly got: number | undefined;
  /** What numpy reached in the same rounds, where that says what the machine had to give. */
  readonly numpy?: number | undefined;
}

/**
 * What the kernels are meant to reach on a two-core machine with 256-bit vectors or wider. Shares are the best over sizes
 * of a median over rounds, GFLOPS the best round: a machine that others use shows less, never more.
 */
export function checkTargets({ multiply, delays, scaling }: Measured): Target[] {
  const most = (kernel: string, dtype: string, of: 'best' | 'ofNumpy' | 'ofLoops'): number | undefined => {
    const values = multiply.flatMap((row) =>
      row.kernel === kernel && row.dtype === dtype ? [row[of] ?? -Infinity] : [],
    );
    return values.some(Number.isFinite) ? Math.max(...values) : undefined;
  };
  const numpys = scaling.find(({ kernel }) => kernel === 'numpy')?.scaling;
  return [
    { target: 'blas float64, share of numpy', wanted: 0.95, got: most('blas', 'float64', 'ofNumpy') },
    { target: 'wasm float64, share of numpy', wanted: 0.4, got: most('wasm', 'float64', 'ofNumpy') },
    { target: 'wasm float64, times loops', wanted: 5, got: most('wasm', 'float64', 'ofLoops') },
    { target: 'wasm float64, GFLOPS', wanted: 14, got: most('wasm', 'float64', 'best') },
    { target: 'wasm float32, GFLOPS', wanted: 28, got: most('wasm', 'float32', 'best') },
    { target: 'loops float64, GFLOPS', wanted: 2.3, got: most('loops', 'float64', 'best') },
    ...scaling
      .filter(({ kernel }) => kernel !== 'numpy')
      .map((row) => ({ target: `${row.kernel}, two workers of one`, wanted: 1.9, got: row.scaling, numpy: numpys })),
    ...delays.map((row) => ({ target: `${row.kernel}, p99 of the event loop, -ms`, wanted: -20, got: -row.p99Ms })),
  ];
}

export function verdict({ wanted, got, numpy }: Target): string {
  if (got === undefined) return 'not measured';
  if (got >= wanted) return 'met';
  return numpy !== undefined && numpy < wanted ? `missed, by numpy too: ${numpy.toFixed(2)}` : 'missed';
}
