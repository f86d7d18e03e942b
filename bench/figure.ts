import { cpus, totalmem } from 'node:os';

/** One measured number, as printed for machines. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly machine: string;
  readonly params: Readonly<Record<string, number | string>>;
}

/** A measurement: prints its rows as it goes, resolves with its figures. */
export interface Bench {
  /** A line that describes the bench for `--help`. */
  readonly summary: string;
  run(args: readonly string[]): Promise<readonly Figure[]>;
}

/** The machine in one line: processor, cores, memory. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`;
}

/** A figure of this machine; the value is rounded to three significant digits more than anybody should trust. */
export function figure(
  name: string,
  value: number,
  unit: string,
  params: Readonly<Record<string, number | string>>,
): Figure {
  return { name, value: Number(value.toPrecision(4)), unit, machine: machine(), params };
}

/** The value below which the share `fraction` of the values lies; NaN of nothing. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
}
