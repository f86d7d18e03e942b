/** The logger by which parts speak to the operator. Messages are sentences; fields are data; secrets are never fields. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same logger with fields on every line. */
  with(fields: Readonly<Record<string, unknown>>): Logger;
}

export interface Counter {
  add(value?: number, labels?: Readonly<Record<string, string>>): void;
}
export interface Histogram {
  /** In the unit that the name ends with; `times`: as if observed so often, once if left out. */
  observe(value: number, labels?: Readonly<Record<string, string>>, times?: number): void;
}
/** The values of a metric when the page is made: one, or one for each set of labels. */
export type Reading = number | readonly { value: number; labels: Readonly<Record<string, string>> }[];

/**
 * Names are those of Prometheus: base units (seconds, bytes), `_total` for what only grows, and for nothing else. The page may be
 * read by several: reading changes no figure.
 */
export interface Metrics {
  counter(name: string, help: string): Counter;
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** Read when /metrics is asked for. */
  gauge(name: string, help: string, read: () => Reading): void;
  /** A counter that somebody else keeps: it only grows. Read when /metrics is asked for. */
  total(name: string, help: string, read: () => Reading): void;
}
