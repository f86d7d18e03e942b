// One of several processes that share a roster through Redis: takes the notices of its standard input, a body a line, some at once.
import { createInterface } from 'node:readline';
import { parseNotice } from '../src/parse-notice.ts';
import { Roster } from '../src/roster/roster.ts';
import { redisStore } from '../src/roster/stores/redis-store.ts';
import { RespClient } from './resp-client.ts';

/** Notices under way at once: as a server with that many connections sends them. */
const atOnceMax = 8;

const client = new RespClient(process.argv[2] ?? '');
const roster = new Roster({ store: redisStore(client.run) });
const taking = new Set<Promise<unknown>>();
let taken = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const one = roster.take(parseNotice(line)).then(() => {
    taken += 1;
    taking.delete(one);
  });
  taking.add(one);
  if (taking.size >= atOnceMax) await Promise.race(taking);
}
await Promise.all(taking);
client.close();
process.stdout.write(`${taken}\n`);
