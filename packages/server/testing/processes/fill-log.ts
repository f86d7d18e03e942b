/**
 * Joins many members, as a server would record them, and then waits to be killed: `bun fill-log.ts FOLDER MEMBERS CHANNELS`. The members are
 * in the channel `large`, uid 1 and so on by connections `large-<uid>`, and three each in `small-1` and so on. Says
 * `full <position> <cpuMs>` when all of it is durable: the end of the log, and the CPU time that the joins took.
 */

import { liveKey } from '../../src/channel/channel.ts';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../../src/engine/embedded/node-disk.ts';
import { openLog } from '../../src/log/open-log.ts';
import { quiet } from '../worlds/log-world.ts';
import { testApp } from './server-process.ts';

const [, , folder = '', members = '0', channels = '0'] = process.argv;
const clock = systemClock();
const store = await openEmbeddedLog({ disk: await openNodeDisk(folder), logger: quiet.logger, clock });
const log = await openLog({
  ...quiet,
  store,
  partition: 'main',
  clock,
  random: systemRandom(),
  recoveryMs: 15_000,
});
const join = async (channel: string, uid: number): Promise<void> => {
  const outcome = await log.join({
    key: liveKey(testApp.id, channel),
    identity: { uid },
    connectionId: `${channel}-${uid}`,
    connectionKind: 'rtc',
    role: 'audience',
    platform: 7,
    leaseMs: 60_000,
    ip: '',
  });
  if (!outcome.ok) throw new Error(outcome.code);
};
const before = process.cpuUsage();
/** So many at once, so that they share appends and wait for no queue. */
const atOnce = 5_000;
const many = Number(members);
for (let first = 1; first <= many; first += atOnce)
  await Promise.all(
    Array.from({ length: Math.min(atOnce, many - first + 1) }, (_, at) => join('large', first + at)),
  );
for (let at = 1; at <= Number(channels); at++)
  await Promise.all([1, 2, 3].map((uid) => join(`small-${at}`, uid)));
const { user, system } = process.cpuUsage(before);
process.stdout.write(`full ${log.lastPosition} ${Math.round((user + system) / 1_000)}\n`);
