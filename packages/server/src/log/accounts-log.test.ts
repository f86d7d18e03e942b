import { afterEach, expect, test } from 'bun:test';
import { SimClock, type SimProcessClock } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { appendTo } from '../../testing/suites/engine-contract.ts';
import { quiet } from '../../testing/worlds/log-world.ts';
import { liveKey } from '../channel/channel.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import type { JoinRequest } from './contract/commands.ts';
import type { Log } from './contract/log.ts';
import { openLog } from './open-log.ts';
import { encodeRecord } from './record/codec.ts';
import type { LogRecord } from './record/record.ts';

const app = '0123456789abcdef0123456789abcdef';
/** Time for which the machine remembers who had which uid, milliseconds, in place of days. */
const keepMs = 100_000;

/** The owner of the log over a disk in memory, with a clock that the test moves. */
class Machine {
  readonly clock = new SimClock(1_700_000_000_000);
  readonly disk = new SimDisk(new SimRandom(7));
  readonly random: SimRandom;
  #process: SimProcessClock | undefined;
  #connections = 0;
  log!: Log;

  constructor(seed: number) {
    this.random = new SimRandom(seed);
  }

  /** `old`: records of a data folder of before. */
  async start(old: readonly LogRecord[] = []): Promise<void> {
    this.#process = this.clock.process();
    const disk = this.disk.mount();
    if (old.length > 0) {
      const before = await openEmbeddedLog({ disk, logger: quiet.logger, clock: this.#process });
      await appendTo(before, 'main', [old.map(encodeRecord)], 0);
      await before.close();
    }
    const store = await openEmbeddedLog({ disk, logger: quiet.logger, clock: this.#process });
    this.log = await openLog({
      ...quiet,
      store,
      partition: 'main',
      clock: this.#process,
      random: this.random,
      recoveryMs: 15_000,
      accountDays: keepMs / 86_400_000,
    });
  }

  /** After a power cut everything is folded from records, after a stop from a snapshot. */
  async restart(how: 'power cut' | 'stop'): Promise<void> {
    if (how === 'stop') await this.log.stop();
    this.crash();
    await this.start();
  }

  crash(): void {
    this.#process?.kill();
    this.disk.crash('power');
  }

  /** Joins; the uid, or the code of a refusal. */
  async joins(identity: JoinRequest['identity'], channel = 'lobby'): Promise<number | string> {
    const connectionId = `c${++this.#connections}`;
    const outcome = await this.log.join({
      key: liveKey(app, channel),
      identity,
      connectionId,
      connectionKind: 'rtc',
      role: 'audience',
      platform: 7,
      leaseMs: 10_000,
      ip: '192.0.2.1',
    });
    return outcome.ok ? outcome.member.uid : outcome.code;
  }

  async leaves(uid: number, channel = 'lobby'): Promise<void> {
    const connectionId = this.log.channel(liveKey(app, channel))?.roster.get(uid)?.connectionId ?? '';
    const outcome = await this.log.submit(liveKey(app, channel), {
      type: 'leave',
      connectionId,
      evidence: 'bye',
    });
    expect(outcome.ok).toBe(true);
  }

  async subscribes(identity: JoinRequest['identity'], channel = 'lobby'): Promise<string | undefined> {
    const connectionId = `s${++this.#connections}`;
    const outcome = await this.log.join({
      key: { app, kind: 'message', name: channel },
      identity,
      connectionId,
      connectionKind: 'signaling',
      role: 'audience',
      platform: 0,
      quiet: false,
      leaseMs: 10_000,
      ip: '',
    });
    return outcome.ok ? undefined : outcome.code;
  }

  async types(): Promise<string[]> {
    const entries = [];
    const end = new AbortController();
    for await (const batch of this.log.follow(0, end.signal)) {
      entries.push(...batch);
      if (entries.at(-1)?.position === this.log.lastPosition) break;
    }
    return entries.map(({ record }) => (record.type === 'channel' ? record.change.type : record.type));
  }
}

const machines: Machine[] = [];
async function begin(seed = 11, old: readonly LogRecord[] = []): Promise<Machine> {
  const machine = new Machine(seed);
  machines.push(machine);
  await machine.start(old);
  return machine;
}
afterEach(() => {
  for (const machine of machines.splice(0)) machine.crash();
});

const ann = { account: 'ann' };
const uidOfAnn = (m: Machine): number => m.log.uidOf(app, 'ann') ?? 0;

test('ACCT2: an account has the uid of its name, in every channel, after a crash, and after a snapshot', async () => {
  const m = await begin();
  const uid = uidOfAnn(m);
  expect(uid).toBeGreaterThan(0);
  expect([await m.joins(ann), await m.joins(ann, 'other')]).toEqual([uid, uid]);
  for (const how of ['power cut', 'stop', 'power cut'] as const) {
    await m.restart(how);
    expect(m.log.uidOf(app, 'ann')).toBe(uid);
    expect(await m.joins(ann, `after a ${how}`)).toBe(uid);
  }
  expect((await m.types()).filter((type) => type.startsWith('account-'))).toEqual(['account-key']);
});

test('ACCT2: another data folder gives other uids; an account that spells a uid has that one in each', async () => {
  const [one, two] = [await begin(11), await begin(12)];
  const names = ['ann', 'bob', 'guest-1', '07', '0', '4294967296', '7.0', '-7'];
  const uids = new Set<unknown>();
  for (const account of names) for (const m of [one, two]) uids.add(await m.joins({ account }));
  expect(uids.size).toBe(2 * names.length);
  for (const m of [one, two]) expect(await m.joins({ account: '4294967295' })).toBe(4294967295);
});

test('ACCT3: an account gives way to who is there by that number, and to who was, also after a restart', async () => {
  for (const how of ['there', 'power cut', 'stop'] as const) {
    const m = await begin();
    const uid = uidOfAnn(m);
    await m.joins({ account: 'somebody' });
    expect(await m.joins({ uid })).toBe(uid);
    if (how !== 'there') {
      await m.leaves(uid);
      await m.restart(how);
    }
    const other = await m.joins(ann, how === 'there' ? 'lobby' : 'elsewhere');
    expect(other).toBeNumber();
    expect(other).not.toBe(uid);
    if (how === 'there')
      expect(m.log.channel(liveKey(app, 'lobby'))?.roster.get(uid)?.account).toBeUndefined();
    await m.restart('power cut');
    expect([m.log.uidOf(app, 'ann'), await m.joins(ann, 'third')]).toEqual([Number(other), other]);
    await m.restart('stop');
    expect(await m.joins(ann, 'fourth')).toBe(other);
  }
});

test('ACCT3: who subscribes over signaling with a number is one to give way to as well', async () => {
  const m = await begin();
  const uid = uidOfAnn(m);
  expect(await m.subscribes({ uid })).toBeUndefined();
  expect(await m.joins(ann)).not.toBe(uid);
});

test('ACCT3: an account that spells the uid of another account gets one of its own, and uid 0 neither', async () => {
  const m = await begin();
  const uid = Number(await m.joins(ann));
  await m.leaves(uid);
  const spelling = await m.joins({ account: String(uid) });
  expect(spelling).toBeNumber();
  expect(spelling).not.toBe(uid);
  expect(await m.joins(ann)).toBe(uid);
  await m.leaves(uid);
  m.random.fraction = () => (uid - 0.5) / 0xffffffff;
  expect([m.log.expectedUid(liveKey(app, 'lobby'), { uid: 0 }), await m.joins({ uid: 0 })]).toEqual([
    uid + 1,
    uid + 1,
  ]);
});

test('ACCT4: a number that an account has in the channel is not given to who comes by number; one that it spells is', async () => {
  const m = await begin();
  const uid = Number(await m.joins(ann));
  expect(await m.joins({ uid })).toBe('uid_taken');
  expect(m.log.channel(liveKey(app, 'lobby'))?.roster.get(uid)?.account).toBe('ann');
  expect(await m.joins({ account: '7' })).toBe(7);
  expect(await m.joins({ uid: 7 })).toBe(7);
  await m.leaves(uid);
  expect(await m.joins({ uid })).toBe(uid);
});

test('ACCT5: what is refused, and what only asks, records nothing', async () => {
  const m = await begin();
  await m.log.createRule({ app, channel: 'lobby', privileges: ['join_channel'] }, 60_000);
  const before = m.log.lastPosition;
  m.log.uidOf(app, 'ann');
  m.log.expectedUid(liveKey(app, 'lobby'), ann);
  expect([await m.joins(ann), await m.subscribes(ann)]).toEqual(['banned', 'banned']);
  expect(m.log.lastPosition).toBe(before);
});

const mapped = (account: string, uid: number, atMs: number): LogRecord => ({
  type: 'account-mapped',
  app,
  account,
  uid,
  atMs,
});
const beganMs = 1_700_000_000_000 - 1_000;

test('ACCT7: accounts of a data folder of before keep their uids, and give them up only to somebody who is there', async () => {
  const m = await begin(11, [
    mapped('ann', 4_242, beganMs),
    mapped('7', 9, beganMs),
    mapped('8', 8, beganMs),
  ]);
  expect([await m.joins(ann), await m.joins({ account: '7' }), await m.joins({ account: '8' })]).toEqual([
    4_242, 9, 8,
  ]);
  expect(await m.joins({ account: '9' })).not.toBe(9);
  for (const how of ['power cut', 'stop'] as const) {
    await m.restart(how);
    expect(await m.joins(ann, `after a ${how}`)).toBe(4_242);
  }
  expect(await m.joins({ uid: 4_242 }, 'stage')).toBe(4_242);
  const other = await m.joins(ann, 'stage');
  expect(other).not.toBe(4_242);
  expect(m.log.channel(liveKey(app, 'stage'))?.roster.get(4_242)?.account).toBeUndefined();
  expect(await m.joins(ann, 'last')).toBe(other);
});

test('ACCT6: a uid that is kept is forgotten when nobody joined with it for long, before a restart and after it', async () => {
  const m = await begin(11, [mapped('ann', 4_242, beganMs), mapped('bob', 4_343, beganMs)]);
  await m.clock.advance(keepMs * 0.6);
  expect(m.log.uidOf(app, 'bob')).toBe(4_343);
  expect(await m.joins(ann)).toBe(4_242);
  await m.leaves(4_242);
  await m.clock.advance(keepMs * 0.6);
  const uids = () => [m.log.uidOf(app, 'ann'), m.log.uidOf(app, 'bob')];
  const [ofAnn, ofBob] = uids();
  expect(ofAnn).toBe(4_242);
  expect(ofBob).not.toBe(4_343);
  for (const how of ['power cut', 'stop', 'power cut'] as const) {
    await m.restart(how);
    expect(uids()).toEqual([ofAnn, ofBob]);
  }
  await m.clock.advance(keepMs * 0.5);
  expect(await m.joins(ann)).not.toBe(4_242);
  await m.restart('power cut');
  expect(await m.joins({ account: 'bob' })).toBe(Number(ofBob));
});
