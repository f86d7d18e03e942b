import type { Bench } from './figure.ts';

/** Every measurement by name; each is loaded only when it is run. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  joins: async () => (await import('./members/joins.ts')).joins,
  hooks: async () => (await import('./hooks/hooks.ts')).hooks,
  'hooks-batch': async () => (await import('./hooks/hooks-batch.ts')).hooksBatch,
  'hook-latency': async () => (await import('./hooks/hook-latency.ts')).hookLatency,
  'hook-latency-inside': async () => (await import('./hooks/hook-latency-inside.ts')).hookLatencyInside,
  'hook-interference': async () => (await import('./hooks/hook-interference.ts')).hookInterference,
  drain: async () => (await import('./hooks/drain.ts')).drain,
  roster: async () => (await import('./rosters/roster.ts')).roster,
  'roster-views': async () => (await import('./rosters/roster-views.ts')).rosterViews,
  'idle-memory': async () => (await import('./members/idle-memory.ts')).idleMemory,
  fanout: async () => (await import('./fanout/fanout.ts')).fanout,
  'compare/fanout-socketio': async () => (await import('./compare/fanout-socketio.ts')).fanoutSocketio,
  'storage-ops': async () => (await import('./storage/storage-ops.ts')).storageOps,
  presence: async () => (await import('./rosters/presence.ts')).presence,
  sfu: async () => ({
    summary: 'viewers per SFU process at 1.2 Mbit/s, with CPU and delay',
    run: (await import('./media/sfu.ts')).run,
  }),
  narrow: async () => (await import('./media/picture/narrow.ts')).narrow,
  lossy: async () => (await import('./media/picture/lossy.ts')).lossy,
};

const [name, ...args] = process.argv.slice(2);
const load = name === undefined ? undefined : benches[name];
if (!load) {
  const isHelp = name === '--help' || name === undefined;
  if (!isHelp) console.error(`There is no measurement called ${name}.`);
  console.error('npm run bench -- NAME [--json]\n');
  for (const [each, loadEach] of Object.entries(benches))
    console.error(`  ${each.padEnd(24)} ${(await loadEach()).summary}`);
  process.exit(name === '--help' ? 0 : 2);
}
const json = args.includes('--json');
// With --json, only figures go to stdout.
if (json) console.log = console.error;
const figures = await (await load()).run(args.filter((arg) => arg !== '--json'));
for (const figure of figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
process.exit(0);
