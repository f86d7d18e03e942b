import { afterEach, expect, test } from 'bun:test';
import { SimClock, type SimProcessClock } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { quiet } from '../../testing/worlds/log-world.ts';
import { liveKey } from '../channel/channel.ts';
import type { LogStore } from '../engine/contract.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import type { Log } from './contract/log.ts';
import { openLogOfApps } from './log-of-apps.ts';

const recoveryMs = 15_000;
const [one, other] = ['1'.repeat(32), '2'.repeat(32)] as const;
const partitions = {
  names: ['one', 'other'],
  partitionOf: (app: string) => (app === one ? 'one' : 'other'),
};

/** A machine with a log in two partitions, an app in each. */
class Machine {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(7));
  #process: SimProcessClock | undefined;
  store!: LogStore;
  log!: Log;

  async start(names = partitions.names): Promise<void> {
    const clock = this.clock.process();
    this.#process = clock;
    this.store = await openEmbeddedLog({ disk: this.disk.mount(clock), logger: quiet.logger, clock });
    this.log = await openLogOfApps(
      { ...partitions, names },
      { ...quiet, store: this.store, clock, random: new SimRandom(11), recoveryMs },
    );
  }

  crash(): void {
    this.#process?.kill();
    this.disk.crash('process');
  }

  join(app: string, uid: number) {
    return this.log.join({
      key: liveKey(app, 'lobby'),
      identity: { uid },
      connectionId: `c${uid}`,
      connectionKind: 'rtc',
      role: 'audience',
      platform: 7,
      leaseMs: 10_000,
      ip: '',
    });
  }

  uids = (app: string) => Array.from(this.log.channel(liveKey(app, 'lobby'))?.roster ?? [], ({ uid }) => uid);
}

let running = new Machine();
const begin = async () => {
  running = new Machine();
  await running.start();
  return running;
};
afterEach(() => running.crash());

test('LOG81: what is about an app is in the partition of the app alone, and is there again after a restart', async () => {
  const m = await begin();
  await m.join(one, 1);
  await m.join(other, 2);
  await m.join(other, 3);
  const leave = { type: 'leave', connectionId: 'c2', evidence: 'bye' } as const;
  expect(await m.log.submit(liveKey(other, 'lobby'), leave)).toMatchObject({ ok: true });
  const rule = { app: other, channel: 'elsewhere', privileges: ['join_channel'] as const };
  expect(await m.log.createRule(rule, 60_000)).toMatchObject({ ok: true });
  for (let life = 0; life < 2; life += 1) {
    expect([m.uids(one), m.uids(other)]).toEqual([[1], [3]]);
    expect([m.log.rules(one).length, m.log.rules(other).length]).toEqual([0, 1]);
    expect(m.log.everyChannel().map(({ key }) => key.app)).toEqual([one, other]);
    if (life === 1) break;
    // Each knows that the server is up; the first opens the channel and has one member; the second has two, a leave and a rule.
    expect((await m.store.end('one')).position).toBe(3);
    expect((await m.store.end('other')).position).toBe(6);
    m.crash();
    await m.start();
  }
});

test('LOG81: leases end in every partition, and a stop stops them all', async () => {
  const m = await begin();
  await m.join(one, 1);
  await m.join(other, 2);
  m.crash();
  await m.start();
  expect([m.uids(one), m.uids(other)]).toEqual([[1], [2]]);
  await m.clock.advance(recoveryMs + 1_000);
  expect([m.uids(one), m.uids(other)]).toEqual([[], []]);
  await m.log.stop();
  for (const app of [one, other])
    expect(await m.join(app, 9)).toMatchObject({ ok: false, code: 'going_away' });
});

test('LOG81: a position is one of a partition: with two, who follows without naming an app is a bug', async () => {
  const m = await begin();
  expect(() => m.log.lastPosition).toThrow('one partition');
  m.crash();
  const single = new Machine();
  running = single;
  await single.start(['other']);
  await single.join(other, 1);
  expect(single.log.lastPosition).toBe(3);
  expect(await single.log.firstPosition()).toBe(1);
  expect(await single.log.beyond(1e9)).toBe(0);
});

test('LOG82: at a barrier everything that was acknowledged before is in the state', async () => {
  const m = await begin();
  const joined = m.join(one, 1).then(async () => {
    await m.log.barrier(one);
    return m.uids(one);
  });
  expect(await joined).toEqual([1]);
});

test('LOG10: whoever owns a partition was alive when that partition was last marked', async () => {
  const m = await begin();
  await m.join(one, 1);
  const atMs = m.clock.nowMs();
  await m.store.markAlive('one', atMs + 5_000);
  await m.store.markAlive('other', atMs + 9_000);
  m.crash();
  const clock = m.clock.process();
  const store = await openEmbeddedLog({ disk: m.disk.mount(clock), logger: quiet.logger, clock });
  expect([store.recovery('one').lastAliveMs, store.recovery('other').lastAliveMs]).toEqual([
    atMs + 5_000,
    atMs + 9_000,
  ]);
  await store.close();
});
