const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** `14:03:59` of epoch milliseconds, in the reader's time zone. */
export function clockTime(ms: number): string {
  return clock.format(ms);
}

/** `14:03:59.123`: with the milliseconds. */
export function clockTimeMs(ms: number): string {
  return `${clock.format(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
}

/** `14:03:59` of today, `21 Nov, 14:03:59` of another day. */
export function dayTime(ms: number, nowMs = Date.now()): string {
  const sameDay = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return sameDay ? clock.format(ms) : `${day.format(ms)}, ${clock.format(ms)}`;
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

/** Epoch milliseconds as the value of a `datetime-local` field, to the second, in the reader's time zone. */
export function localField(ms: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const at = new Date(ms);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Reads a `datetime-local` field, in epoch milliseconds; undefined if it is empty or no time. */
export function msOfLocalField(text: string): number | undefined {
  const ms = new Date(text).getTime();
  return text === '' || Number.isNaN(ms) ? undefined : ms;
}
