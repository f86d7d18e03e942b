import { afterEach, describe, expect, test } from 'bun:test';
import { SimClock, type SimProcessClock, settle } from '../../test/simulation/sim-clock.ts';
import { type CrashKind, SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { toldOf } from '../../testing/worlds/records.ts';
import { liveKey } from '../channel/channel.ts';
import type { ChannelChange } from '../channel/decision.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';
import { createLogger } from '../observe/logger.ts';
import { createMetrics } from '../observe/metrics.ts';
import type { JoinRequest } from './contract/commands.ts';
import type { Log } from './contract/log.ts';
import { defaultLogLimits, type LogLimits } from './log-limits.ts';
import { openLog } from './open-log.ts';
import type { AppRecord, LogEntry } from './record/record.ts';

const app = '0123456789abcdef0123456789abcdef';
const recoveryMs = 15_000;
const leaseMs = 10_000;

/** A machine whose process can be killed and started again. */
class Machine {
  readonly clock = new SimClock();
  #process: SimProcessClock | undefined;
  #random = new SimRandom(11);
  log!: Log;

  constructor(
    readonly disk = new SimDisk(new SimRandom(7)),
    readonly limits: LogLimits = defaultLogLimits,
  ) {}

  async start(): Promise<Log> {
    this.#process = this.clock.process();
    const logger = createLogger({ level: 'error', format: 'json', sink: { write: () => true } });
    const store = await openEmbeddedLog({ disk: this.disk.mount(), logger, clock: this.#process });
    this.log = await openLog({
      store,
      partition: 'main',
      clock: this.#process,
      random: this.#random,
      logger,
      metrics: createMetrics(),
      recoveryMs,
      retentionMs: 1,
      retentionBytes: Number.MAX_SAFE_INTEGER,
      limits: this.limits,
      onFenced: (cause) => {
        throw cause;
      },
    });
    return this.log;
  }

  crash(kind: CrashKind = 'process'): void {
    this.#process?.kill();
    this.disk.crash(kind);
  }

  /** All that the log holds of channels and apps, from the first; of channels, their changes. */
  async records(): Promise<(ChannelChange | AppRecord)[]> {
    const entries: LogEntry[] = [];
    if (this.log.lastPosition === 0) return [];
    const stop = new AbortController();
    for await (const batch of this.log.follow(0, stop.signal)) {
      entries.push(...batch);
      if (batch.at(-1)?.position === this.log.lastPosition) stop.abort();
    }
    return entries.flatMap(({ record }) => toldOf(record));
  }

  async types(): Promise<string[]> {
    return (await this.records()).map(({ type }) => type);
  }
}

let running = new Machine();
const begin = async (): Promise<Machine> => {
  running = new Machine();
  await running.start();
  return running;
};
afterEach(() => running.crash());

const join = (over: Partial<JoinRequest> = {}): JoinRequest => ({
  key: liveKey(app, 'lobby'),
  identity: { uid: 1 },
  connectionId: 'c1',
  connectionKind: 'rtc',
  role: 'audience',
  platform: 7,
  leaseMs,
  ip: '127.0.0.1',
  ...over,
});

describe('deciding and recording', () => {
  test('LOG50: an acknowledged join is on disk, and is there after a power cut', async () => {
    const m = await begin();
    const outcome = await m.log.join(join());
    expect(outcome.ok).toBe(true);
    m.crash('power');
    await m.start();
    expect(m.log.channel(liveKey(app, 'lobby'))?.roster.get(1)?.connectionId).toBe('c1');
  });

  test('WATCH5, LOG50: marks of what was watched are one transaction, are there after a power cut, and move nothing of a channel', async () => {
    const m = await begin();
    await m.log.join(join());
    const before = m.log.channel(liveKey(app, 'lobby'));
    const stay = { app, channel: 'lobby', sid: before?.sid ?? '', joinedSeq: 2, uid: 1 };
    const watched = [
      { ...stay, watchedMs: 3_000, publishedMs: 0 },
      // Of a life that is over, and of a channel that nobody knows any more.
      { ...stay, channel: 'hall', sid: 'BEFORE', watchedMs: 0, publishedMs: 1_000 },
    ];
    const { syncs } = m.disk;
    expect(await m.log.markWatched(app, watched)).toEqual({ ok: true });
    expect(m.disk.syncs).toBe(syncs + 1);
    expect(m.log.channel(liveKey(app, 'lobby'))).toBe(before);
    m.crash('power');
    await m.start();
    const marks = (await m.records()).filter(({ type }) => type === 'media-watched');
    expect(marks).toEqual(
      watched.map((each) => ({ type: 'media-watched', ...each, atMs: expect.any(Number) })),
    );
    expect(m.log.channel(liveKey(app, 'lobby'))).toMatchObject({ seq: 2, sid: stay.sid });
    expect(m.log.channel(liveKey(app, 'hall'))).toBeUndefined();
  });

  test('WATCH6: a mark that cannot be recorded is refused, and nothing of it is there', async () => {
    const m = await begin();
    m.disk.faults.spaceBytesLeft = 10;
    const mark = { app, channel: 'lobby', sid: 'S', joinedSeq: 2, uid: 1, watchedMs: 1_000, publishedMs: 0 };
    expect(await m.log.markWatched(app, [mark])).toMatchObject({ ok: false, code: 'log_unavailable' });
    m.disk.faults.spaceBytesLeft = Number.MAX_SAFE_INTEGER;
    expect(await m.records()).toEqual([]);
  });

  test('LOG51: commands of one turn share one append', async () => {
    const m = await begin();
    const before = m.disk.syncs;
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        m.log.join(join({ identity: { uid: index + 1 }, connectionId: `c${index}` })),
      ),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(m.disk.syncs - before).toBeLessThanOrEqual(2);
    expect(m.log.channel(liveKey(app, 'lobby'))?.roster.size).toBe(200);
  });

  test('LOG52: a full disk refuses joins with log_unavailable, changes nothing, and a leave waits until it is recorded', async () => {
    const m = await begin();
    await m.log.join(join());
    m.disk.faults.spaceBytesLeft = 10;
    expect(await m.log.join(join({ identity: { uid: 2 }, connectionId: 'c2' }))).toEqual({
      ok: false,
      code: 'log_unavailable',
    });
    expect(m.log.channel(liveKey(app, 'lobby'))?.roster.size).toBe(1);
    let left = false;
    const leaving = m.log
      .submit(liveKey(app, 'lobby'), { type: 'leave', connectionId: 'c1', evidence: 'bye' })
      .then((outcome) => {
        left = outcome.ok;
      });
    await m.clock.advance(3_000);
    expect(left).toBe(false);
    m.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    await m.clock.advance(3_000);
    await leaving;
    expect(left).toBe(true);
    expect(m.log.channel(liveKey(app, 'lobby'))).toBeUndefined();
    expect(await m.types()).toEqual(['channel-opened', 'member-joined', 'member-left', 'channel-closed']);
  });

  test('LOG52: the trouble is told from the first failure until something is written again', async () => {
    const m = await begin();
    await m.log.join(join());
    expect(m.log.trouble).toBeUndefined();
    m.disk.faults.spaceBytesLeft = 10;
    await m.log.join(join({ identity: { uid: 2 }, connectionId: 'c2' }));
    expect(m.log.trouble).toContain('ENOSPC');
    // Nothing to write: that it would work again is not known.
    m.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    await m.log.submit(liveKey(app, 'nowhere'), { type: 'resume', connectionId: 'nobody' });
    expect(m.log.trouble).toContain('ENOSPC');
    await m.log.join(join({ identity: { uid: 2 }, connectionId: 'c2' }));
    expect(m.log.trouble).toBeUndefined();
  });

  test('LOG53: a queue that is full refuses with overloaded', async () => {
    const m = await begin();
    const many = Array.from({ length: 50_001 }, () =>
      m.log.submit(liveKey(app, 'lobby'), { type: 'resume', connectionId: 'nobody' }),
    );
    const codes = (await Promise.all(many)).map((outcome) => (outcome.ok ? 'ok' : outcome.code));
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(1);
    expect(codes.filter((code) => code === 'resume_invalid')).toHaveLength(50_000);
  });

  test('LIMIT7: so many commands wait as commandQueueMax says, and so many are decided in one append as batchCommandsMax says', async () => {
    running = new Machine(undefined, { commandQueueMax: 6, batchCommandsMax: 2 });
    const log = await running.start();
    const before = running.disk.syncs;
    const many = Array.from({ length: 7 }, (_, at) =>
      log.join(join({ identity: { uid: at + 1 }, connectionId: `c${at + 1}` })),
    );
    const codes = (await Promise.all(many)).map((outcome) => (outcome.ok ? 'ok' : outcome.code));
    expect(codes.map(String)).toEqual([...Array<string>(6).fill('ok'), 'overloaded']);
    expect(running.disk.syncs - before).toBe(3);
  });
});

describe('identity', () => {
  test('LOG54: an account keeps its uid over leave, crash and snapshot; uid 0 gets a free one', async () => {
    const m = await begin();
    const first = await m.log.join(join({ identity: { account: 'ann' } }));
    const second = await m.log.join(join({ identity: { account: 'bob' }, connectionId: 'c2' }));
    const third = await m.log.join(join({ identity: { uid: 0 }, connectionId: 'c3' }));
    if (!first.ok || !second.ok || !third.ok) throw new Error('a join was refused');
    expect(new Set([first.member.uid, second.member.uid, third.member.uid]).size).toBe(3);
    expect(third.member.uid).toBeGreaterThan(0);
    await m.log.submit(liveKey(app, 'lobby'), { type: 'leave', connectionId: 'c1', evidence: 'bye' });
    await m.log.stop();
    m.crash('power');
    await m.start();
    expect(m.log.uidOf(app, 'ann')).toBe(first.member.uid);
    const again = await m.log.join(join({ identity: { account: 'ann' }, connectionId: 'c4' }));
    expect(again.ok && again.member.uid).toBe(first.member.uid);
    expect(again.ok && again.member.account).toBe('ann');
  });

  test("LOG54: an account that spells a uid has that one, unless it is another account's", async () => {
    const m = await begin();
    const uidOf = async (account: string) => {
      const joined = await m.log.join(join({ identity: { account }, connectionId: `of ${account}` }));
      return joined.ok ? joined.member.uid : joined.code;
    };
    const ann = await uidOf('ann');
    expect([await uidOf('7'), await uidOf('4294967295')]).toEqual([7, 4294967295]);
    const uids = [ann, 7, 4294967295];
    for (const account of ['07', '0', '4294967296', '7.0', '-7', String(ann)])
      uids.push(await uidOf(account));
    expect(new Set(uids).size).toBe(uids.length);
    expect(uids.every((uid) => typeof uid === 'number')).toBe(true);
  });
});

describe('restart', () => {
  test('LOG55: who comes back within the recovery lease makes no event; the others leave with reason timeout and a true last-heard time', async () => {
    const m = await begin();
    await m.log.join(join());
    await m.log.join(join({ identity: { uid: 2 }, connectionId: 'c2' }));
    await m.clock.advance(20_000);
    const crashedMs = m.clock.nowMs();
    m.crash('process');
    await m.clock.advance(60_000);
    await m.start();
    const resumed = await m.log.submit(liveKey(app, 'lobby'), { type: 'resume', connectionId: 'c1' });
    expect(resumed.ok).toBe(true);
    await m.clock.advance(recoveryMs + 1_000);
    const events = (await m.records()).filter((record) => 'seq' in record);
    expect(events.map(({ type }) => type)).toEqual([
      'channel-opened',
      'member-joined',
      'member-joined',
      'member-left',
    ]);
    const left = events.at(-1);
    if (left?.type !== 'member-left') throw new Error('nobody left');
    expect(left).toMatchObject({ uid: 2, reason: 'timeout', evidence: 'server-crash', count: 1 });
    expect(left.lastHeardMs).toBeLessThanOrEqual(crashedMs);
    expect(left.lastHeardMs).toBeGreaterThanOrEqual(crashedMs - 2_000);
    expect(m.log.channel(liveKey(app, 'lobby'))?.roster.get(1)?.link.state).toBe('live');
  });

  test('LOG65: a start that cannot record the recovery lease fails, and the next one gives it', async () => {
    const m = await begin();
    const channels = Array.from({ length: 100 }, (_, index) => `room-${index}`);
    await Promise.all(
      channels.map((channel) =>
        m.log.join(join({ key: liveKey(app, channel), connectionId: `of-${channel}` })),
      ),
    );
    await m.log.join(join());
    m.crash('process');
    // Room for the newest append, which is written anew, and not for another one.
    m.disk.faults.spaceBytesLeft = 900;
    await expect(m.start()).rejects.toMatchObject({ code: 'log_unavailable' });
    m.crash('process');
    m.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    await m.start();
    expect(m.log.channel(liveKey(app, 'lobby'))?.roster.get(1)?.link.state).toBe('silent');
    expect((await m.log.submit(liveKey(app, 'lobby'), { type: 'resume', connectionId: 'c1' })).ok).toBe(true);
  });

  test('LOG56: a lease that ends makes the member leave by itself, once', async () => {
    const m = await begin();
    await m.log.join(join());
    await m.log.submit(liveKey(app, 'lobby'), {
      type: 'silent',
      connectionId: 'c1',
      silentMs: 0,
      evidence: 'silence',
    });
    await m.clock.advance(leaseMs - 1);
    expect(m.log.channel(liveKey(app, 'lobby'))?.roster.size).toBe(1);
    await m.clock.advance(2);
    await settle();
    expect(m.log.channel(liveKey(app, 'lobby'))).toBeUndefined();
    await m.clock.advance(60_000);
    expect((await m.types()).filter((type) => type === 'member-left')).toHaveLength(1);
  });

  test('LOG62: after a restart with the clock set back, time goes on from the log, and leases still end', async () => {
    const m = await begin();
    await m.clock.advance(3_600_000);
    await m.log.join(join());
    m.crash('process');
    const earlier = new Machine(m.disk);
    running = earlier;
    await earlier.start();
    await earlier.clock.advance(recoveryMs + 1_000);
    const records = (await earlier.records()).filter((record) => 'seq' in record);
    expect(records.map(({ type }) => type)).toEqual([
      'channel-opened',
      'member-joined',
      'member-left',
      'channel-closed',
    ]);
    const times = records.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('LOG57: start-up reads the newest snapshot and what came after it, and the whole is the same', async () => {
    const m = await begin();
    for (let uid = 1; uid <= 20; uid++)
      await m.log.join(join({ identity: { uid }, connectionId: `c${uid}` }));
    await m.log.stop();
    m.crash('power');
    await m.start();
    await m.log.submit(liveKey(app, 'lobby'), { type: 'kick', uid: 3 });
    m.crash('power');
    await m.start();
    const open = m.log.channel(liveKey(app, 'lobby'));
    expect([...(open?.roster ?? [])].map(({ uid }) => uid)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1).filter((uid) => uid !== 3),
    );
    expect(open?.seq).toBe(22);
  });
});

describe('rules', () => {
  const rule = { app, privileges: ['join_channel'] as const };

  test('PROXY5: a rule of an older log, whose address is written in another way, still keeps out', async () => {
    const m = await begin();
    await m.log.createRule({ ...rule, ip: '2001:0DB8:0:0::9' }, 60_000);
    m.crash('power');
    await m.start();
    expect(await m.log.join(join({ ip: '2001:db8::9' }))).toMatchObject({ ok: false, code: 'banned' });
  });

  test('LOG58: a rule puts whom it matches offline with reason kicked and keeps them out, also after a crash', async () => {
    const m = await begin();
    await m.log.join(join());
    await m.log.join(join({ identity: { uid: 2 }, connectionId: 'c2' }));
    await m.log.createRule({ ...rule, uid: 1 }, 60_000);
    await m.log.createRule({ ...rule, ip: '127.0.0.9' }, 60_000);
    expect(m.log.channel(liveKey(app, 'lobby'))?.roster.size).toBe(1);
    m.crash('power');
    await m.start();
    expect(await m.log.join(join({ connectionId: 'c3' }))).toMatchObject({ ok: false, code: 'banned' });
    expect(
      await m.log.join(join({ identity: { uid: 5 }, connectionId: 'c4', ip: '127.0.0.9' })),
    ).toMatchObject({
      code: 'banned',
    });
    expect((await m.log.join(join({ identity: { uid: 5 }, connectionId: 'c5' }))).ok).toBe(true);
    await m.clock.advance(61_000);
    expect(m.log.rules(app)).toEqual([]);
    expect((await m.log.join(join({ connectionId: 'c6' }))).ok).toBe(true);
  });

  test('LOG59: a rule of no duration kicks once and keeps nobody out; changed and deleted rules count at once', async () => {
    const m = await begin();
    await m.log.join(join());
    await m.log.createRule({ ...rule, channel: 'lobby', uid: 1 }, 0);
    expect(m.log.channel(liveKey(app, 'lobby'))).toBeUndefined();
    expect(m.log.rules(app)).toEqual([]);
    const set = await m.log.createRule({ ...rule, channel: 'lobby' }, 60_000);
    if (!set.ok) throw new Error('refused');
    expect(await m.log.join(join({ connectionId: 'c2' }))).toMatchObject({ code: 'banned' });
    const changed = await m.log.changeRule(app, set.rule.id, 120_000);
    expect(changed.ok && changed.rule.endsMs - set.rule.endsMs).toBe(60_000);
    expect(await m.log.deleteRule(app, set.rule.id)).toEqual({ ok: true });
    expect(await m.log.deleteRule(app, set.rule.id)).toMatchObject({ code: 'not_found' });
    expect((await m.log.join(join({ connectionId: 'c3' }))).ok).toBe(true);
  });
});

describe('many rules', () => {
  test('LOG63: rules made in the same millisecond have ids of their own', async () => {
    const m = await begin();
    const make = (uid: number, durationMs: number) =>
      m.log.createRule({ app, privileges: ['join_channel'], uid }, durationMs);
    const made = await Promise.all(Array.from({ length: 200 }, (_, index) => make(index + 1, 1_000)));
    const ids = made.map((outcome) => (outcome.ok ? outcome.rule.id : 0));
    expect(new Set(ids).size).toBe(200);
    expect(m.log.rules(app)).toHaveLength(200);
    await m.clock.advance(2_000);
    const later = await make(999, 60_000);
    expect(later.ok && later.rule.id > Math.max(...ids)).toBe(true);
    expect(m.log.rules(app).map(({ uid }) => uid)).toEqual([999]);
  });

  test('LOG63: beyond appRulesMax rules in force the next is refused; when they have ended it is taken', async () => {
    const m = await begin();
    const make = (uid: number) => m.log.createRule({ app, privileges: ['publish_audio'], uid }, 1_000);
    const made = await Promise.all(
      Array.from({ length: limits.appRulesMax + 1 }, (_, index) => make(index + 1)),
    );
    expect(made.filter(({ ok }) => !ok)).toEqual([
      {
        ok: false,
        code: 'rate_limited',
        detail: `The app has as many kicking rules as it may have (${limits.appRulesMax}).`,
      },
    ]);
    await m.clock.advance(2_000);
    expect((await make(1)).ok).toBe(true);
    expect(m.log.rules(app)).toHaveLength(1);
    // One transaction does not delete them all; the next rule finds the room that this one made.
    const deleted = async () => (await m.types()).filter((type) => type === 'rule-deleted').length;
    expect(await deleted()).toBe(fixed.batchRecordsMax);
    expect((await make(2)).ok).toBe(true);
    expect(await deleted()).toBe(fixed.batchRecordsMax);
  });
});

describe('following', () => {
  test('LOG60: a reader gets every durable entry once, in order, from any cursor, and ends when told', async () => {
    const m = await begin();
    await m.log.join(join());
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const batch of m.log.follow(1, stop.signal))
        for (const { position } of batch) seen.push(position);
    })();
    await m.log.join(join({ identity: { uid: 2 }, connectionId: 'c2' }));
    await m.log.join(join({ identity: { uid: 3 }, connectionId: 'c3' }));
    await settle();
    stop.abort();
    await reading;
    expect(seen).toEqual([2, 3, 4, 5]);
  });

  test('LOG61: a reader behind a restart goes on from the disk', async () => {
    const m = await begin();
    await m.log.join(join());
    await m.log.join(join({ identity: { uid: 2 }, connectionId: 'c2' }));
    m.crash('power');
    await m.start();
    expect((await m.types()).slice(0, 3)).toEqual(['channel-opened', 'member-joined', 'member-joined']);
  });
});
