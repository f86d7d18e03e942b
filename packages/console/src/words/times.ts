const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** `14:03:59` of epoch milliseconds, in the reader's time zone. */
export function clockTime(ms: number): string {
  return clock.format(ms);
}

/** `14:03:59.123`: with the milliseconds. */
export function clockTimeMs(ms: number): string {
  return `${clock.format(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
}

/** Date and time of epoch milliseconds, for titles. */
export function fullTime(ms: number): string {
  return full.format(ms);
}

/** A duration in milliseconds as `3 s`, `2 min`, `1 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0
    ? `${Math.floor(minutes / 60)} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
