import { afterEach, expect, test } from 'bun:test';
import { SimClock, type SimProcessClock, settle } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { quiet } from '../../../testing/worlds/log-world.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';
import { liveKey } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import { openEmbeddedLog } from '../../engine/embedded/embedded-log.ts';
import type { Log } from '../contract/log.ts';
import { openLog } from '../open-log.ts';

const app = '0123456789abcdef0123456789abcdef';
const leaseMs = 10_000;
const recoveryMs = 15_000;
const hourMs = 3_600_000;

/** A machine whose wall clock can be set, and whose process can stand still. */
class Machine {
  readonly sim = new SimClock();
  readonly disk = new SimDisk(new SimRandom(7));
  #process: SimProcessClock | undefined;
  #stalledMs = 0;
  log!: Log;
  clock!: Clock;
  warnings: string[] = [];

  async start(): Promise<void> {
    const process = this.sim.process();
    this.#process = process;
    this.clock = {
      nowMs: () => process.nowMs() + this.#stalledMs,
      steadyMs: () => process.steadyMs() + this.#stalledMs,
      wallMs: () => process.wallMs() + this.#stalledMs,
      notBefore: (floorMs) => process.notBefore(floorMs - this.#stalledMs),
      after: (delayMs, run) => process.after(delayMs, run),
    };
    const { clock } = this;
    const logger = quietLogger((message) => this.warnings.push(message));
    const store = await openEmbeddedLog({ disk: this.disk.mount(), logger, clock });
    const random = new SimRandom(11);
    this.log = await openLog({ ...quiet, store, partition: 'main', clock, random, logger, recoveryMs });
  }

  crash(): void {
    this.#process?.kill();
    this.disk.crash('process');
  }

  /** The wall clock is set, or the machine was suspended for as long. */
  async step(byMs: number): Promise<void> {
    this.sim.wallAheadMs += byMs;
    await settle();
  }

  /** The process is stopped and goes on later: time passed, and no timer ran. */
  stall(byMs: number): void {
    this.#stalledMs += byMs;
  }

  async join(uid: number, tokenEndsMs?: number): Promise<void> {
    const outcome = await this.log.join({
      key: liveKey(app, 'lobby'),
      identity: { uid },
      connectionId: `c${uid}`,
      connectionKind: 'rtc',
      role: 'audience',
      platform: 7,
      leaseMs,
      ip: '192.0.2.1',
      ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    });
    expect(outcome.ok).toBe(true);
  }

  async silent(uid: number): Promise<void> {
    const command = {
      type: 'silent',
      connectionId: `c${uid}`,
      silentMs: 0,
      evidence: 'socket-closed',
    } as const;
    expect(await this.log.submit(liveKey(app, 'lobby'), command)).toMatchObject({ ok: true });
  }

  get uids(): number[] {
    return Array.from(this.log.channel(liveKey(app, 'lobby'))?.roster ?? [], ({ uid }) => uid);
  }
}

let machine = new Machine();
const begin = async () => {
  machine = new Machine();
  await machine.start();
  return machine;
};
afterEach(() => machine.crash());

for (const [name, blind] of [
  ['the clock is set forward by two minutes', (m: Machine) => m.step(120_000)],
  ['the machine is suspended for a night', (m: Machine) => m.step(8 * hourMs)],
  ['a machine that booted in 1970 hears of the time', (m: Machine) => m.step(50 * 365 * 24 * hourMs)],
  ['the process stands still for a minute', (m: Machine) => m.stall(60_000)],
] as const)
  test(`TIME3: ${name}: a lease that runs goes on from where it was, and then ends`, async () => {
    const m = await begin();
    await m.join(1);
    await m.join(2);
    await m.join(3);
    await m.sim.advance(5_000);
    await m.silent(1);
    await m.silent(2);
    await m.sim.advance(5_000);
    await blind(m);
    // Whatever is asked first, before any timer: nobody has been put out.
    await m.join(4);
    expect(m.uids).toEqual([1, 2, 3, 4]);
    await m.sim.advance(3_000);
    expect(m.uids).toEqual([1, 2, 3, 4]);
    expect(await m.log.submit(liveKey(app, 'lobby'), { type: 'resume', connectionId: 'c2' })).toMatchObject({
      ok: true,
    });
    await m.sim.advance(leaseMs);
    expect(m.uids).toEqual([2, 3, 4]);
    expect(m.warnings.filter((message) => message.includes('stood still'))).toHaveLength(1);
  });

test('TIME3: a step that is made up for slowly makes no lease longer or shorter', async () => {
  for (const byMs of [30_000, -30_000, -8 * hourMs]) {
    const m = await begin();
    await m.join(1);
    await m.join(2);
    await m.silent(1);
    await m.step(byMs);
    await m.sim.advance(leaseMs * 0.98);
    expect(m.uids).toEqual([1, 2]);
    await m.sim.advance(leaseMs * 0.04);
    expect(m.uids).toEqual([2]);
    expect(m.warnings).toEqual([]);
    m.crash();
  }
});

test('TIME3: a lock goes on running out from where it was', async () => {
  const m = await begin();
  const key = { app, kind: 'message', name: 'lobby' } as const;
  await m.log.submit(key, { type: 'set-lock', name: 'door', ttlMs: 20_000, by: 'ann' });
  await m.log.submit(key, { type: 'acquire-lock', name: 'door', by: 'ann' });
  await m.log.submit(key, { type: 'lock-holder', owner: 'ann', offlineMs: 0 });
  await m.sim.advance(5_000);
  await m.step(8 * hourMs);
  await m.sim.advance(14_000);
  expect(m.log.known(key).locks.door?.owner).toBe('ann');
  await m.sim.advance(2_000);
  expect(m.log.known(key).locks.door?.owner).toBeUndefined();
});

test('TIME4: a token that ended while the machine was suspended has ended', async () => {
  const m = await begin();
  await m.join(1, m.clock.nowMs() + hourMs);
  await m.join(2);
  await m.step(2 * hourMs);
  await m.sim.advance(15_000);
  expect(m.uids).toEqual([2]);
});

test('TIME3: blind time is recorded with what it changes: a crash right after it forgets nothing', async () => {
  const m = await begin();
  await m.join(1);
  await m.join(2);
  await m.silent(1);
  await m.step(8 * hourMs);
  await m.join(3);
  m.crash();
  await m.start();
  const link = m.log.channel(liveKey(app, 'lobby'))?.roster.get(1)?.link;
  expect(link).toMatchObject({ state: 'silent', evidence: 'socket-closed' });
  expect(m.uids).toEqual([1, 2, 3]);
});

test('TIME2: a start after the clock was set back goes on from the log, at every part of the server', async () => {
  const m = await begin();
  await m.sim.advance(hourMs);
  await m.join(1);
  const joinedMs = m.clock.nowMs();
  m.crash();
  await m.step(-2 * hourMs);
  await m.start();
  // There is one time for all: a connection dates itself in the time that the log counts in.
  expect(m.clock.nowMs()).toBeGreaterThanOrEqual(joinedMs);
  await m.join(2);
  await m.silent(2);
  await m.sim.advance(leaseMs * 0.98);
  expect(m.uids).toContain(2);
  await m.sim.advance(leaseMs * 0.04);
  expect(m.uids).not.toContain(2);
});
