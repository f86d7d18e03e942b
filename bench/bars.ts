import { readFileSync } from 'node:fs';
import type { Figure } from './figure.ts';

/**
 * Draws figures as text: `bun bench/bars.ts [UNIT] < figures.jsonl`, the lines that measurements print. Bars of one unit
 * are to one scale, in the order of the lines.
 */
export function bars(figures: readonly Figure[], unit: string): string {
  const drawn = figures.filter((each) => each.unit === unit);
  const nameWidth = Math.max(...drawn.map(({ name }) => name.length));
  const largest = Math.max(...drawn.map(({ value }) => value));
  return drawn
    .map(({ name, value }) => {
      const bar = '█'.repeat(Math.max(1, Math.round((value / largest) * 40)));
      return `${name.padEnd(nameWidth)}  ${bar} ${value.toLocaleString('en')}`;
    })
    .join('\n');
}

if (import.meta.main) {
  const [unit = '1/s'] = process.argv.slice(2);
  const lines = readFileSync(0, 'utf8').split('\n');
  const figures = lines.filter((line) => line.startsWith('{')).map((line): Figure => JSON.parse(line));
  console.log(bars(figures, unit));
}
