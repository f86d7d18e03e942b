import { afterEach, describe, expect, test } from 'bun:test';
import type { MemberLeft } from '@housecount/protocol';
import { SimClock, type SimProcessClock } from '../../test/simulation/sim-clock.ts';
import { type CrashKind, SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { quiet } from '../../testing/worlds/log-world.ts';
import { memberEdge } from '../../testing/worlds/member-edge.ts';
import { liveKey } from '../channel/channel.ts';
import type { LogStore } from '../engine/contract.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import { fixed } from '../fixed-limits.ts';
import { EdgeWords } from '../kicks/edge-words.ts';
import { HeardRules } from '../kicks/heard-rules.ts';
import type { JoinOutcome, JoinRequest } from './contract/commands.ts';
import type { Log } from './contract/log.ts';
import { openLog } from './open-log.ts';
import { decodeRecord } from './record/codec.ts';
import type { LogRecord } from './record/record.ts';

const app = '0123456789abcdef0123456789abcdef';
const lobby = liveKey(app, 'lobby');
const rule = { app, channel: 'lobby', privileges: ['join_channel'] as const };
const leaseMs = 10_000;
const recoveryMs = 15_000;
const slice = fixed.transactionMembersMax;
const range = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);

/** One append as the engine got it: the records of each transaction. */
type Append = readonly (readonly LogRecord[])[];

/** A machine that notes what each append holds, and can be killed after any. */
class Machine {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(7));
  /** Durable appends of every life, in order. */
  appends: Append[] = [];
  /** Called when an append is durable, before anybody hears of it. */
  onDurable: (append: Append) => void = () => undefined;
  #process: SimProcessClock | undefined;
  log!: Log;

  async start(): Promise<void> {
    const process = this.clock.process();
    this.#process = process;
    const disk = this.disk.mount(process);
    const engine = await openEmbeddedLog({ disk, logger: quiet.logger, clock: process });
    const store: LogStore = Object.create(engine, {
      append: {
        value: async (...asked: Parameters<LogStore['append']>) => {
          const outcome = await engine.append(...asked);
          const append = asked[1].transactions.map((transaction) => transaction.map(decodeRecord));
          if (outcome.ok) this.appends.push(append);
          if (outcome.ok) this.onDurable(append);
          return outcome;
        },
      },
    });
    this.log = await openLog({
      ...quiet,
      store,
      partition: 'main',
      clock: process,
      random: new SimRandom(11),
      recoveryMs,
    });
  }

  crash(kind: CrashKind = 'power'): void {
    this.#process?.kill();
    this.disk.crash(kind);
  }

  /** An edge through which members come, and that says how rules about addresses ended. */
  edge() {
    const clock = this.#process;
    if (!clock) throw new Error('nothing runs');
    const words = new EdgeWords(clock);
    const edge = memberEdge({ log: this.log, words, clock, logger: quiet.logger });
    return { ...edge, rules: new HeardRules({ log: this.log, words }) };
  }

  join(uid: number, key = lobby): Promise<JoinOutcome> {
    return this.log.join(this.request(uid, key));
  }

  request(uid: number, key = lobby, ip = ''): JoinRequest {
    return {
      key,
      identity: { uid },
      connectionId: `${key.name}${uid}`,
      connectionKind: 'rtc',
      role: 'audience',
      platform: 7,
      leaseMs,
      ip,
    };
  }

  async joined(uids: readonly number[], key = lobby): Promise<void> {
    for (const outcome of await Promise.all(uids.map((uid) => this.join(uid, key))))
      expect(outcome.ok).toBe(true);
    this.appends = [];
  }

  /** Nothing is heard of these from now on. */
  async silent(uids: readonly number[], key = lobby): Promise<void> {
    const command = { type: 'silent', silentMs: 0, evidence: 'silence' } as const;
    const told = uids.map((uid) => this.log.submit(key, { ...command, connectionId: `${key.name}${uid}` }));
    await Promise.all(told);
    this.appends = [];
  }

  get uids(): number[] {
    return Array.from(this.log.channel(lobby)?.roster ?? [], ({ uid }) => uid);
  }

  get records(): LogRecord[] {
    return this.appends.flat(2);
  }

  get leaves(): MemberLeft[] {
    return this.records.flatMap(leaveOf);
  }

  /** The most members that one transaction changed. */
  get largest(): number {
    return Math.max(...this.appends.flat().map((transaction) => transaction.filter(isLeave).length));
  }
}

const leaveOf = (record: LogRecord): MemberLeft[] =>
  record.type === 'channel' && record.change.type === 'member-left' ? [record.change] : [];
const isLeave = (record: LogRecord): boolean => leaveOf(record).length > 0;

let running: Machine | undefined;
async function begin(): Promise<Machine> {
  running = new Machine();
  await running.start();
  return running;
}
afterEach(() => running?.crash());

/** Does something when so many appends with leaves are durable. */
function afterSlices(m: Machine, count: number, act: () => void) {
  let seen = 0;
  m.onDurable = (append) => {
    if (append.flat().some(isLeave) && ++seen === count) act();
  };
}

describe('slices', () => {
  test('LOG70: leases of a large channel that end at once end in slices, in order, each once', async () => {
    const m = await begin();
    const uids = range(4 * slice + 500);
    await m.joined(uids);
    await m.silent(uids);
    await m.clock.advance(leaseMs + 1_000);
    expect(m.log.channel(lobby)).toBeUndefined();
    expect(m.leaves.map(({ uid }) => uid)).toEqual(uids);
    expect(new Set(m.leaves.map(({ reason }) => reason))).toEqual(new Set(['timeout']));
    expect(m.largest).toBe(slice);
    expect(m.appends.length).toBeGreaterThanOrEqual(5);
  });

  for (const [what, kick] of [
    ['a kick of everybody', (m: Machine) => m.log.submit(lobby, { type: 'kick' })],
    ['a rule', (m: Machine) => m.log.createRule(rule, 60_000)],
    ['a rule of no duration', (m: Machine) => m.log.createRule(rule, 0)],
  ] as const)
    test(`LOG70, LOG71: ${what} puts a large channel out in slices, and resolves when the last is durable`, async () => {
      const m = await begin();
      const uids = range(4 * slice + 500);
      await m.joined(uids);
      expect(await kick(m)).toMatchObject({ ok: true });
      const { leaves, largest } = m;
      m.crash('power');
      await m.start();
      expect(m.log.channel(lobby)).toBeUndefined();
      expect(leaves.map(({ uid }) => uid)).toEqual(uids);
      expect(new Set(leaves.map(({ reason }) => reason))).toEqual(new Set(['kicked']));
      expect(largest).toBe(slice);
    });

  test('LOG70, LOG71: who joins while a kick goes on waits for a slice or two, stays in, and is in the same life', async () => {
    const m = await begin();
    const uids = range(4 * slice);
    await m.joined(uids);
    const sid = m.log.channel(lobby)?.sid;
    const joins: Promise<JoinOutcome>[] = [];
    const newcomers = [90_001, 90_002, 1];
    // One of them was put out by the first slice, and comes again.
    afterSlices(m, 1, () => joins.push(...newcomers.map((uid) => m.join(uid))));
    expect(await m.log.submit(lobby, { type: 'kick' })).toMatchObject({ ok: true });
    expect((await Promise.all(joins)).map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(m.uids).toEqual(newcomers);
    expect(m.log.channel(lobby)?.sid).toBe(sid);
    expect(m.leaves.map(({ uid }) => uid)).toEqual(uids);
    const types = m.records.map((record) => record.type === 'channel' && record.change.type);
    expect(types.slice(0, types.indexOf('member-joined')).length).toBeLessThanOrEqual(2 * slice);
  });

  test('LOG70, LOG71: a rule about an address puts those behind it out in slices; who joins meanwhile waits for one or two', async () => {
    const m = await begin();
    const ip = '203.0.113.5';
    const edge = m.edge();
    const uids = range(3 * slice);
    const joined = uids.map((uid) => edge.join(m.request(uid, lobby, ip)));
    for (const outcome of await Promise.all(joined)) expect(outcome.ok).toBe(true);
    m.appends = [];
    let joining: Promise<JoinOutcome> | undefined;
    afterSlices(m, 1, () => {
      joining = edge.join(m.request(90_001, lobby, '203.0.113.6'));
    });
    const made = await edge.rules.createRule({ app, ip, privileges: rule.privileges }, 60_000);
    expect(made).toMatchObject({ ok: true, putOutOf: 1 });
    expect((await joining)?.ok).toBe(true);
    expect(m.uids).toEqual([90_001]);
    expect(m.leaves.map(({ uid }) => uid)).toEqual(uids);
    const types = m.records.map((record) => record.type === 'channel' && record.change.type);
    expect(types.slice(0, types.indexOf('member-joined')).length).toBeLessThanOrEqual(2 * slice + 1);
    await edge.stop();
  });

  test('LOG70: who joins while leases end waits for a slice or two; who comes back is gone', async () => {
    const m = await begin();
    const uids = range(4 * slice);
    await m.joined(uids);
    await m.silent(uids);
    const asked: Promise<{ ok: boolean }>[] = [];
    const last = `lobby${uids.length}`;
    afterSlices(m, 1, () => {
      asked.push(m.join(90_001));
      asked.push(m.log.submit(lobby, { type: 'resume', connectionId: last }));
    });
    await m.clock.advance(leaseMs + 1_000);
    expect((await Promise.all(asked)).map(({ ok }) => ok)).toEqual([true, false]);
    expect(m.uids).toEqual([90_001]);
    expect(m.leaves.map(({ uid }) => uid)).toEqual(uids);
    const types = m.records.map((record) => record.type === 'channel' && record.change.type);
    expect(types.slice(0, types.indexOf('member-joined')).length).toBeLessThanOrEqual(2 * slice);
  });

  test('LOG70: the ends of many channels at once come in turns as large', async () => {
    const m = await begin();
    const keys = range(3 * slice).map((at) => liveKey(app, `c${at}`));
    await Promise.all(keys.map((key) => m.joined([1], key)));
    await Promise.all(keys.map((key) => m.silent([1], key)));
    let join: Promise<JoinOutcome> | undefined;
    afterSlices(m, 1, () => {
      join = m.join(7);
    });
    await m.clock.advance(leaseMs + 1_000);
    expect(await join).toMatchObject({ ok: true });
    expect(m.leaves).toHaveLength(keys.length);
    const before = m.appends.findIndex((append) =>
      append.flat().some((record) => record.type === 'channel' && record.change.type === 'member-joined'),
    );
    expect(m.appends.slice(0, before).flat(2).flatMap(leaveOf).length).toBeLessThanOrEqual(2 * slice);
  });

  test('LOG73: an append with enough records, or bytes, takes no further command', async () => {
    const m = await begin();
    const keys = range(4).map((at) => liveKey(app, `c${at}`));
    for (const key of keys) await m.joined(range(slice), key);
    await Promise.all(keys.map((key) => m.log.submit(key, { type: 'kick' })));
    expect(m.leaves).toHaveLength(4 * slice);
    for (const append of m.appends) expect(append.flat().length).toBeLessThan(fixed.batchRecordsMax + slice);
    m.appends = [];
    const text = 'x'.repeat(32 * 1024);
    const place = { app, channelType: 'MESSAGE' as const, publisher: 'ann' };
    const kept = range(100).map((at) =>
      m.log.keepMessage({ ...place, channel: `m${at}`, content: { type: 'text', text } as never }),
    );
    for (const outcome of await Promise.all(kept)) expect(outcome.ok).toBe(true);
    for (const append of m.appends) expect(append.length).toBeLessThanOrEqual(32);
  });
});

describe('a crash between slices', () => {
  test('LOG72: leases that had ended end after the restart, each once, and with when they were heard', async () => {
    const m = await begin();
    const uids = range(3 * slice);
    await m.joined(uids);
    await m.silent(uids);
    const heardMs = m.clock.nowMs();
    afterSlices(m, 1, () => m.crash('power'));
    await m.clock.advance(leaseMs + 1_000);
    m.onDurable = () => undefined;
    await m.start();
    expect(m.uids).toHaveLength(2 * slice);
    await m.clock.advance(recoveryMs + 1_000);
    expect(m.uids).toEqual([]);
    expect(m.leaves.map(({ uid }) => uid)).toEqual(uids);
    for (const { reason, lastHeardMs } of m.leaves)
      expect({ reason, lastHeardMs }).toEqual({ reason: 'timeout', lastHeardMs: heardMs });
  });

  for (const isOfUid of [false, true])
    test(`LOG72: a rule that is in force ${isOfUid ? 'and names a user ' : ''}puts out the rest at once`, async () => {
      const m = await begin();
      const uids = range(3 * slice);
      await m.joined(uids);
      const other = liveKey(app, 'other');
      await m.joined([1, 2], other);
      // Of a user the rule alone is recorded, of everybody one slice besides.
      const draft = isOfUid ? { app, uid: 1, privileges: rule.privileges } : rule;
      let isAnswered = false;
      if (isOfUid) m.onDurable = () => m.crash('power');
      else afterSlices(m, 1, () => m.crash('power'));
      void m.log.createRule(draft, 60_000).then(() => {
        isAnswered = true;
      });
      await m.clock.advance(1);
      expect(isAnswered).toBe(false);
      m.onDurable = () => undefined;
      await m.start();
      await m.clock.advance(1);
      expect(m.uids).toEqual(isOfUid ? uids.slice(1) : []);
      expect(m.log.channel(other)?.roster.size).toBe(isOfUid ? 1 : 2);
      expect(m.leaves.map(({ uid }) => uid)).toEqual(isOfUid ? [1, 1] : uids);
      expect(m.largest).toBe(isOfUid ? 1 : slice);
      for (const { reason, ruleScope } of m.leaves)
        expect({ reason, ruleScope }).toEqual({ reason: 'kicked', ruleScope: isOfUid ? 'uid' : 'channel' });
    });

  test('LOG72, PERSON48: a rule that a crash comes into puts out the other halves as well, as it recorded them', async () => {
    const m = await begin();
    const hall = { app, kind: 'message', name: 'lobby' } as const;
    await m.joined([1, 2, 3]);
    const ann = { key: hall, identity: { account: 'ann' }, connectionId: 'session' } as const;
    await m.log.join({ ...ann, connectionKind: 'signaling', role: 'audience', platform: 0, leaseMs, ip: '' });
    for (const uid of [1, 2])
      await m.log.submit(lobby, { type: 'link', connectionId: `lobby${uid}`, userId: 'ann' });
    m.onDurable = (append) => {
      if (append.flat().some(({ type }) => type === 'rule-set')) m.crash('power');
    };
    void m.log.createRule({ ...rule, uid: 2 }, 60_000);
    await m.clock.advance(1);
    m.onDurable = () => undefined;
    await m.start();
    await m.clock.advance(1);
    expect(m.uids).toEqual([3]);
    expect(m.log.channel(hall)).toBeUndefined();
  });

  test('LOG72: a rule that a stop comes into is done whole, or refused and done at the next start', async () => {
    const m = await begin();
    const uids = range(3 * slice);
    await m.joined(uids);
    let stopping: Promise<void> | undefined;
    afterSlices(m, 1, () => {
      stopping ??= m.log.stop();
    });
    const outcome = await m.log.createRule(rule, 60_000);
    await stopping;
    expect(outcome.ok).toBe(m.uids.length === 0);
    m.crash('power');
    m.onDurable = () => undefined;
    await m.start();
    await m.clock.advance(1);
    expect(m.leaves.map(({ uid }) => uid)).toEqual(uids);
  });

  test('LOG72: a rule of no duration was not acknowledged: who is left may come back', async () => {
    const m = await begin();
    const uids = range(3 * slice);
    await m.joined(uids);
    afterSlices(m, 1, () => m.crash('power'));
    let isAnswered = false;
    void m.log.createRule(rule, 0).then(() => {
      isAnswered = true;
    });
    await m.clock.advance(1);
    m.onDurable = () => undefined;
    await m.start();
    await m.clock.advance(1);
    expect(isAnswered).toBe(false);
    expect(m.uids).toEqual(uids.slice(slice));
    expect(await m.log.submit(lobby, { type: 'resume', connectionId: `lobby${slice + 1}` })).toMatchObject({
      ok: true,
    });
  });
});
