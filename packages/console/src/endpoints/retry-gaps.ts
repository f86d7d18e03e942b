import { duration } from '../words/times.ts';

/** Limits of the server. */
const gapsMax = 50;
const gapSecondsMax = 24 * 3_600;
const units: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600 };

/** Gaps between attempts as one types them: "5 s, 2 min, 1 h", or seconds. Gives the seconds, or what is wrong. */
export function readGaps(text: string): readonly number[] | { readonly problem: string } {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length === 1 && parts[0] === '') return [];
  if (parts.length > gapsMax) return { problem: `At most ${gapsMax} gaps.` };
  const gaps: number[] = [];
  for (const part of parts) {
    const [, digits, unit = 's'] = /^(\d{1,6}(?:\.\d{1,3})?) ?(s|m|min|h)?$/.exec(part) ?? [];
    if (digits === undefined) return { problem: `“${part}” is no time: write 5 s, 2 min or 1 h.` };
    // Three decimals are what the server keeps.
    const seconds = Math.round(Number(digits) * (units[unit] ?? 1) * 1_000) / 1_000;
    if (seconds > gapSecondsMax) return { problem: `${part} is more than a day.` };
    gaps.push(seconds);
  }
  return gaps;
}

/** The same gaps as one would type them. */
export function writeGaps(gaps: readonly number[]): string {
  return gaps
    .map((gap) => {
      if (gap >= 3_600 && gap % 3_600 === 0) return `${gap / 3_600} h`;
      if (gap >= 60 && gap % 60 === 0) return `${gap / 60} min`;
      return `${gap} s`;
    })
    .join(', ');
}

/** Sums a plan of such gaps up: "4 attempts over 10 s". */
export function wordsOfGaps(gaps: readonly number[]): string {
  if (gaps.length === 0) return 'one attempt, never again';
  const seconds = gaps.reduce((sum, gap) => sum + gap, 0);
  return `${gaps.length + 1} attempts ${seconds < 1 ? 'within a second' : `over ${duration(seconds * 1_000)}`}`;
}

/** A plan of an endpoint in words: named, or gaps in seconds. */
export function wordsOfRetry(retry: string | readonly number[]): string {
  if (typeof retry !== 'string') return wordsOfGaps(retry);
  if (retry === 'agora') return '4 attempts over 10 s';
  if (retry === 'standard') return '12 attempts over three days';
  return retry;
}
