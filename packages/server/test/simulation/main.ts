import { parseArgs } from 'node:util';
import { runSchedule } from './schedule.ts';
import type { Sabotage } from './sim-machine.ts';

/** What can be switched off, to see the judges notice. */
const sabotages = {
  attachments: { withoutAttachments: true },
  attempts: { withoutAttempts: true },
} as const satisfies Record<string, Sabotage>;
const isKnown = (name: string): name is keyof typeof sabotages => name in sabotages;

const usage = 'npm run sim -- --seeds N [--seed S] [--without attachments|attempts]\n';

/**
 * Runs N schedules from seed S on (default 1); a seed that fails is printed with what was wrong, and `--seeds 1 --seed THAT`
 * runs it again. `--without` switches a number off that must not be missing. Exit status 1 if there was a violation.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    without: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const first = Number(values.seed);
const { without } = values;
const areNumbers = Number.isSafeInteger(seeds) && seeds >= 1 && Number.isSafeInteger(first);
if (values.help || !areNumbers || (without !== undefined && !isKnown(without))) {
  process.stdout.write(usage);
  process.exit(values.help ? 0 : 2);
}
const sabotage = without === undefined ? {} : sabotages[without];
const again = (seed: number): string =>
  `npm run sim -- --seeds 1 --seed ${seed}${without === undefined ? '' : ` --without ${without}`}`;

let violations = 0;
let events = 0;
let crashes = 0;
let resumes = 0;
let crossings = 0;
let givenUp = 0;
for (let seed = first; seed < first + seeds; seed += 1) {
  const result = await runSchedule(seed, sabotage);
  violations += result.violations.length;
  events += result.events;
  crashes += result.crashes;
  resumes += result.resumes;
  crossings += result.crossings;
  givenUp += result.givenUp;
  if (result.violations.length === 0) continue;
  process.stdout.write(`seed ${seed} (again: ${again(seed)})\n`);
  for (const violation of result.violations) process.stdout.write(`  ${violation}\n`);
}
process.stdout.write(
  `${events} records, ${crashes} crashes and stops, ${resumes} resumes, ${crossings} late words, ${givenUp} notices given up\n`,
);
process.stdout.write(`${seeds} schedules, ${violations} violations\n`);
process.exit(violations > 0 ? 1 : 0);
