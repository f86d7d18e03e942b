/** Reading of times and spans of time that people type. Each gives undefined for what it cannot be sure of. */

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
};

/** `30s`, `1.5m`, `2h`, `7d`, `500ms`, in milliseconds. A number alone could be anything. */
export function spanMs(given: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(given) ?? [];
  const factor = unitsMs[unit];
  return factor === undefined ? undefined : Math.round(Number(number) * factor);
}

/** An ISO 8601 time with its zone, in epoch milliseconds: without a zone it would mean another moment on another machine. */
export function isoTimeMs(given: string): number | undefined {
  const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
  const ms = isoTime.test(given) ? Date.parse(given) : Number.NaN;
  return ms >= 0 ? ms : undefined;
}
