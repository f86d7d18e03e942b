import { afterEach, describe, expect, test } from 'bun:test';
import { SimClock, type SimProcessClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { emptyState, quiet } from '../../../testing/worlds/log-world.ts';
import { type ChannelKey, liveKey } from '../../channel/channel.ts';
import { interruptedSinceMs } from '../../channel/membership/lease.ts';
import type { Member } from '../../channel/membership/member.ts';
import type { LogStore } from '../../engine/contract.ts';
import { openEmbeddedLog } from '../../engine/embedded/embedded-log.ts';
import { fixed } from '../../fixed-limits.ts';
import { asksOf, type Decide } from '../commands/asks.ts';
import type { Log } from '../contract/log.ts';
import { openLog } from '../open-log.ts';
import { decodeRecord } from '../record/codec.ts';
import type { LogRecord } from '../record/record.ts';
import { decideStart } from './start.ts';

const app = '0123456789abcdef0123456789abcdef';
const lobby = liveKey(app, 'lobby');
const chat = { app, kind: 'message', name: 'chat' } as const;
const leaseMs = 10_000;
const recoveryMs = 15_000;
const partition = 'main';
const range = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);

/** A machine that notes what each append holds, as records and as bytes, and can be killed at any time. */
class Machine {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(7));
  /** Durable appends of every life: the records of each transaction. */
  appends: (readonly (readonly LogRecord[])[])[] = [];
  bytes = 0;
  #process: SimProcessClock | undefined;
  log!: Log;
  store!: LogStore;

  async start({ opened = true, seed = 11 } = {}): Promise<void> {
    const process = this.clock.process();
    this.#process = process;
    const disk = this.disk.mount(process);
    const engine = await openEmbeddedLog({ disk, logger: quiet.logger, clock: process });
    this.store = Object.create(engine, {
      append: {
        value: async (...asked: Parameters<LogStore['append']>) => {
          const outcome = await engine.append(...asked);
          const { transactions } = asked[1];
          if (outcome.ok) this.appends.push(transactions.map((each) => each.map(decodeRecord)));
          for (const payload of transactions.flat()) this.bytes += payload.byteLength;
          return outcome;
        },
      },
    });
    this.log = await openLog({
      ...quiet,
      store: this.store,
      partition,
      clock: process,
      random: new SimRandom(seed),
      recoveryMs,
    });
    if (opened) this.log.opened();
  }

  crash(): void {
    this.#process?.kill();
    this.disk.crash('process');
  }

  /** Down for so long; what a start appends is noted from its beginning. */
  async restart(downMs = 60_000, options: Parameters<Machine['start']>[0] = {}): Promise<void> {
    this.crash();
    await this.clock.advance(downMs);
    this.appends = [];
    this.bytes = 0;
    await this.start(options);
  }

  async join(uid: number, key: ChannelKey = lobby, more: object = {}): Promise<void> {
    const outcome = await this.log.join({
      key,
      identity: { uid },
      connectionId: connectionOf(key, uid),
      connectionKind: key.kind === 'live' ? 'rtc' : 'signaling',
      role: 'audience',
      platform: 7,
      leaseMs,
      ip: '',
      ...more,
    });
    expect(outcome.ok).toBe(true);
  }

  async resume(uid: number, key: ChannelKey = lobby): Promise<void> {
    const command = { type: 'resume', connectionId: connectionOf(key, uid) } as const;
    expect(await this.log.submit(key, command)).toMatchObject({ ok: true });
  }

  member(uid: number, key: ChannelKey = lobby): Member {
    const member = this.log.channel(key)?.roster.get(uid);
    if (!member) throw new Error(`uid ${uid} is not in`);
    return member;
  }

  get records(): LogRecord[] {
    return this.appends.flat(2);
  }

  get types(): string[] {
    return this.records.map((record) => (record.type === 'channel' ? record.change.type : record.type));
  }
}

const connectionOf = (key: ChannelKey, uid: number) => `${key.name}${uid}`;
const leavesOf = (m: Machine) =>
  m.records.flatMap((record) =>
    record.type === 'channel' && record.change.type === 'member-left' ? [record.change] : [],
  );

let running: Machine | undefined;
async function begin(): Promise<Machine> {
  running = new Machine();
  await running.start();
  return running;
}
afterEach(() => running?.crash());

test('LOG40: each start is another incarnation with the next number, which joins and resumes name', async () => {
  const m = await begin();
  await m.join(1);
  await m.join(2);
  await m.restart(1_000, { seed: 12 });
  await m.resume(1);
  await m.join(3);
  expect([1, 2, 3].map((uid) => m.member(uid).on)).toEqual([2, 1, 2]);
  await m.log.submit(lobby, { type: 'heard', connectionId: connectionOf(lobby, 1) });
  expect(m.member(1).on).toBe(2);
  await m.restart(1_000, { seed: 13 });
  expect(m.types).toEqual(['node-lost']);
  await m.resume(1);
  expect(m.types).toEqual(['node-lost', 'node-up', 'link-live']);
  const [lost, up] = m.records;
  if (lost?.type !== 'node-lost' || up?.type !== 'node-up') throw new Error('it did not start so');
  expect([lost.on, up.on]).toEqual([2, 3]);
  expect(up.incarnation).toMatch(/^[A-Z2-7]{16}$/);
  expect(lost.incarnation).not.toBe(up.incarnation);
});

test('LOG41, LOG46: a start records one loss, whatever was there, and everybody is silent since the server was last alive', async () => {
  const m = await begin();
  await Promise.all(range(2_500).map((uid) => m.join(uid)));
  await Promise.all(range(500).map((at) => m.join(7, liveKey(app, `c${at}`))));
  await m.join(1, chat);
  await m.join(2, chat, { quiet: true });
  await m.log.submit(chat, { type: 'set-lock', name: 'door', ttlMs: 20_000, by: 'ann' });
  await m.log.submit(chat, { type: 'acquire-lock', name: 'door', by: 'ann' });
  await m.clock.advance(4_000);
  const heardMs = m.clock.nowMs();
  await m.join(9_999);
  const last = m.member(9_999).joinedMs;
  await m.restart();
  expect(m.appends.map((append) => append.length)).toEqual([1]);
  expect(m.types).toEqual(['node-lost']);
  expect(m.bytes).toBeLessThan(500);
  const [lost] = m.records;
  if (lost?.type !== 'node-lost') throw new Error('nothing was lost');
  expect(heardMs - lost.lastAliveMs).toBeLessThanOrEqual(1_000);
  const silence = { state: 'silent', noticedMs: lost.atMs, evidence: 'server-crash' };
  const ends = { lastHeardMs: lost.lastAliveMs, leaseEndsMs: lost.atMs + recoveryMs };
  for (const [uid, key] of [
    [1, lobby],
    [2_500, lobby],
    [7, liveKey(app, 'c500')],
    [1, chat],
    [2, chat],
  ] as const)
    expect(m.member(uid, key).link).toMatchObject({ ...silence, ...ends });
  expect(m.member(9_999).link).toMatchObject({ ...silence, lastHeardMs: Math.max(last, lost.lastAliveMs) });
  expect(m.log.known(chat).locks.door?.endsMs).toBe(lost.leaseEndsMs + 20_000);
  for (const uid of range(1_000)) await m.resume(uid);
  await m.clock.advance(recoveryMs + 1_000);
  expect(m.log.channel(lobby)?.roster.size).toBe(1_000);
  const left = leavesOf(m);
  expect(left).toHaveLength(1_501 + 500 + 2);
  for (const { uid, reason, evidence, lastHeardMs, silentSinceMs } of left) {
    expect([reason, evidence]).toEqual(['timeout', 'server-crash']);
    expect(lastHeardMs).toBe(uid === 9_999 ? Math.max(last, lost.lastAliveMs) : lost.lastAliveMs);
    expect(silentSinceMs).toBe(lastHeardMs);
  }
});

test('LOG41: a log that names no incarnation opens: everybody was attached to one that nobody knows', async () => {
  const m = new Machine();
  running = m;
  const heardMs = m.clock.nowMs();
  const before = { app, channel: 'lobby', sid: 'S', profile: 'live', atMs: heardMs } as const;
  const member = {
    role: 'audience',
    platform: 7,
    connectionKind: 'rtc',
    leaseMs,
    clientSeq: heardMs,
  } as const;
  const joined = (uid: number) =>
    ({
      type: 'member-joined',
      ...before,
      ...member,
      seq: uid + 1,
      count: uid,
      uid,
      connectionId: `c${uid}`,
    }) as const;
  const silence = { lastHeardMs: heardMs, evidence: 'server-crash', leaseEndsMs: heardMs + leaseMs } as const;
  const records = [
    { type: 'channel-opened', ...before, seq: 1, count: 0 },
    joined(1),
    joined(2),
    { type: 'link-silent', app, channel: 'lobby', atMs: heardMs, uid: 2, connectionId: 'c2', ...silence },
  ].map((record) => new TextEncoder().encode(JSON.stringify(record)));
  const process = m.clock.process();
  const disk = m.disk.mount(process);
  const engine = await openEmbeddedLog({ disk, logger: quiet.logger, clock: process });
  const batch = { atMs: heardMs, transactions: [records] };
  expect(await engine.append(partition, batch, await engine.end(partition))).toMatchObject({ ok: true });
  process.kill();
  await m.restart();
  expect(m.types).toEqual(['node-lost']);
  expect(m.records[0]).toMatchObject({ on: 0, node: '', incarnation: '', wasLast: true });
  const leaseEndsMs = m.clock.nowMs() + recoveryMs;
  expect(m.member(1).link).toMatchObject({ evidence: 'server-crash', leaseEndsMs, untold: true });
  expect(m.member(2).link).toMatchObject({ lastHeardMs: heardMs, leaseEndsMs });
  // Whom a server of before had marked was shown already.
  expect(interruptedSinceMs(m.member(2).link)).toBe(heardMs);
  await m.clock.advance(recoveryMs + 1_000);
  expect(leavesOf(m).map(({ uid }) => uid)).toEqual([1, 2]);
});

test('LOG41: a start where nobody was since the one before records nothing; it is up with the first thing that is recorded of it', async () => {
  const m = await begin();
  await m.restart();
  expect([m.types, m.log.lastPosition]).toEqual([[], 0]);
  await m.join(1);
  await m.restart();
  expect(m.types).toEqual(['node-lost']);
  // Nobody came to that one, and whoever was there before has the lease anew.
  await m.restart(1_000);
  expect(m.records).toMatchObject([{ type: 'node-lost', on: 0, wasLast: true }]);
  expect(m.member(1).link).toMatchObject({ leaseEndsMs: m.clock.nowMs() + recoveryMs });
  await m.clock.advance(recoveryMs + 1_000);
  await m.restart();
  await m.restart();
  expect(m.types).toEqual([]);
});

test('LOG42: what an incarnation asks once it is lost is refused, request and fact alike; so is one whose number another has', async () => {
  const state = emptyState();
  let decided = 0;
  const owner = {
    submit: async (decide: Decide) => {
      const draft = state.draft();
      const outcome = decide(draft, 1_000);
      if (!outcome.ok) return outcome;
      for (const record of outcome.records) draft.absorb(record);
      draft.commit();
      return outcome;
    },
  };
  const act: Decide = (_, atMs) => {
    decided += 1;
    return { ok: true, records: [{ type: 'rule-deleted', app, ruleId: 1, atMs }] };
  };
  const of = (on: number, incarnation: string) => asksOf(owner, { on, node: 'main', incarnation });
  const refused = { ok: false, code: 'going_away' } as const;
  const [first, twin, second] = [of(1, 'ONE'), of(1, 'TWIN'), of(2, 'TWO')];
  expect(await first.fact(act)).toMatchObject({
    ok: true,
    records: [{ type: 'node-up' }, { type: 'rule-deleted' }],
  });
  expect(state.nodes).toEqual({ last: 1, up: [{ on: 1, node: 'main', incarnation: 'ONE' }] });
  expect(await first.request(act)).toMatchObject({ ok: true });
  expect([await twin.request(act), await twin.fact(act)]).toEqual([refused, refused]);
  await owner.submit((draft, nowMs) => decideStart(draft, { lastAliveMs: 0, recoveryMs }, nowMs));
  expect([await first.request(act), await first.fact(act)]).toEqual([refused, refused]);
  expect(await second.fact(act)).toMatchObject({ ok: true });
  expect([await first.request(act), await first.fact(act)]).toEqual([refused, refused]);
  expect(decided).toBe(3);
});

test('LOG43, TIME3: blind time is one record, before anything else; where nothing runs it is none', async () => {
  const m = await begin();
  const uids = range(2_500);
  await Promise.all(uids.map((uid) => m.join(uid)));
  m.clock.wallAheadMs += 120_000;
  m.appends = [];
  await m.join(90_001);
  expect(m.types).toEqual(['member-joined']);
  const command = { type: 'silent', silentMs: 0, evidence: 'silence' } as const;
  await Promise.all(
    uids.map((uid) => m.log.submit(lobby, { ...command, connectionId: connectionOf(lobby, uid) })),
  );
  await m.clock.advance(5_000);
  m.appends = [];
  m.clock.wallAheadMs += 120_000;
  await m.join(90_002);
  expect(m.types).toEqual(['blind', 'member-joined']);
  await m.clock.advance(4_000);
  expect(leavesOf(m)).toEqual([]);
  await m.restart();
  m.clock.wallAheadMs += 120_000;
  await m.clock.advance(recoveryMs - 2_000);
  // Recovery leases too.
  expect(m.types.filter((type) => type === 'blind')).toHaveLength(1);
  expect(leavesOf(m)).toEqual([]);
  await m.clock.advance(5_000);
  expect(m.log.channel(lobby)).toBeUndefined();
});

describe('who is shown', () => {
  const shown = (m: Machine, uids: readonly number[]) =>
    uids.map((uid) => interruptedSinceMs(m.member(uid).link));

  test('LOG44: nobody is interrupted for a start, until a second after clients can come', async () => {
    const m = await begin();
    for (const uid of [1, 2, 3]) await m.join(uid);
    await m.clock.advance(2_000);
    const silentMs = m.clock.nowMs();
    const silence = { type: 'silent', silentMs: 0, evidence: 'silence' } as const;
    await m.log.submit(lobby, { ...silence, connectionId: connectionOf(lobby, 3) });
    await m.restart(10_000, { opened: false });
    // However long it takes until it listens.
    await m.clock.advance(5_000);
    expect(shown(m, [1, 2, 3])).toEqual([undefined, undefined, silentMs]);
    expect(m.log.channel(lobby)?.roster.interrupted).toBe(1);
    m.log.opened();
    await m.clock.advance(fixed.absentShownMs - 1);
    await m.resume(1);
    expect(m.records.at(-1)).toMatchObject({ change: { type: 'link-live', unbroken: true } });
    expect(shown(m, [1, 2, 3])).toEqual([undefined, undefined, silentMs]);
    await m.clock.advance(2);
    expect(m.types.filter((type) => type === 'absent-shown')).toHaveLength(1);
    const [lost] = m.records;
    if (lost?.type !== 'node-lost') throw new Error('nothing was lost');
    expect(shown(m, [1, 2, 3])).toEqual([undefined, lost.lastAliveMs, silentMs]);
    expect(m.log.channel(lobby)?.roster.interrupted).toBe(2);
    await m.resume(2);
    expect(m.records.at(-1)).not.toHaveProperty('change.unbroken');
  });

  test('LOG44: nothing is recorded if everybody is back', async () => {
    const m = await begin();
    await m.join(1);
    await m.restart();
    await m.resume(1);
    await m.clock.advance(5_000);
    expect(m.types).toEqual(['node-lost', 'node-up', 'link-live']);
  });

  test('LOG44: a restart before that begins the time anew, and keeps since when', async () => {
    const m = await begin();
    await m.join(1);
    await m.clock.advance(3_000);
    await m.restart(1_000);
    const [lost] = m.records;
    await m.clock.advance(900);
    await m.restart(1_000);
    await m.clock.advance(900);
    expect(shown(m, [1])).toEqual([undefined]);
    await m.clock.advance(200);
    expect(shown(m, [1])).toEqual([lost?.type === 'node-lost' ? lost.lastAliveMs : 0]);
  });
});

test('LOG74: a start that ends before it served anybody moves no last-heard time', async () => {
  const m = await begin();
  await m.join(1);
  await m.clock.advance(5_000);
  const heardMs = m.clock.nowMs();
  for (const _ of [1, 2, 3]) {
    m.crash();
    await m.clock.advance(60_000);
    void m.start();
    await m.clock.advance(0);
  }
  await m.restart();
  const { link } = m.member(1);
  if (link.state !== 'silent') throw new Error('it is heard');
  expect(Math.abs(link.lastHeardMs - heardMs)).toBeLessThanOrEqual(1_000);
  await m.clock.advance(recoveryMs + 1_000);
  expect(m.log.channel(lobby)).toBeUndefined();
});

test('LOG47: a silence is told by its age, and began as long before it was told, however long it waits to be recorded', async () => {
  const m = await begin();
  await m.join(1);
  await m.clock.advance(8_000);
  const toldMs = m.clock.nowMs();
  m.disk.faults.spaceBytesLeft = 10;
  const command = { type: 'silent', silentMs: 3_000, evidence: 'silence' } as const;
  const told = m.log.submit(lobby, { ...command, connectionId: connectionOf(lobby, 1) });
  await m.clock.advance(1_500);
  expect(m.member(1).link.state).toBe('live');
  m.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
  await m.clock.advance(1_000);
  expect(await told).toMatchObject({ ok: true });
  expect(m.member(1).link).toMatchObject({ lastHeardMs: toldMs - 3_000, leaseEndsMs: toldMs + 7_000 });
});
