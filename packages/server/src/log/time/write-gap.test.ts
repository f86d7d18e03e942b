import { afterEach, describe, expect, test } from 'bun:test';
import type { Evidence, MemberLeft } from '@housecount/protocol';
import { SimClock, type SimProcessClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { emptyState, quiet } from '../../../testing/worlds/log-world.ts';
import { type ChannelKey, liveKey } from '../../channel/channel.ts';
import type { Member } from '../../channel/membership/member.ts';
import { openEmbeddedLog } from '../../engine/embedded/embedded-log.ts';
import type { JoinRequest } from '../contract/commands.ts';
import type { Log } from '../contract/log.ts';
import { openLog } from '../open-log.ts';
import type { LogRecord } from '../record/record.ts';

const app = '0123456789abcdef0123456789abcdef';
const lobby = liveKey(app, 'lobby');
const chat: ChannelKey = { app, kind: 'message', name: 'lobby' };
const leaseMs = 10_000;
const recoveryMs = 15_000;
/** A whole append fits into none of it. */
const noRoomBytes = 10;
/** The next try of what waits for a disk that has room again comes within this, milliseconds. */
const retryMs = 500;

/** A machine whose disk may be full for a while. */
class Machine {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(7));
  #process: SimProcessClock | undefined;
  log!: Log;

  async start(): Promise<void> {
    const clock = this.clock.process();
    this.#process = clock;
    const store = await openEmbeddedLog({ disk: this.disk.mount(clock), logger: quiet.logger, clock });
    const random = new SimRandom(11);
    this.log = await openLog({ ...quiet, store, partition: 'main', clock, random, recoveryMs });
  }

  crash(): void {
    this.#process?.kill();
    this.disk.crash('process');
  }

  full(): void {
    this.disk.faults.spaceBytesLeft = noRoomBytes;
  }

  failing(): void {
    this.disk.faults.syncFailures = Number.POSITIVE_INFINITY;
  }

  /** The disk works again; what waits is recorded. Returns when that was. */
  async freed(): Promise<number> {
    this.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    this.disk.faults.syncFailures = 0;
    await this.clock.advance(retryMs);
    return this.clock.nowMs();
  }

  join(uid: number, key: ChannelKey = lobby, more: Partial<JoinRequest> = {}) {
    return this.log.join({
      key,
      identity: { uid },
      connectionId: connectionOf(uid, key),
      connectionKind: key.kind === 'live' ? 'rtc' : 'signaling',
      role: 'audience',
      platform: 7,
      leaseMs,
      ip: '',
      ...more,
    });
  }

  async joined(uid: number, key?: ChannelKey, more?: Partial<JoinRequest>): Promise<void> {
    expect(await this.join(uid, key, more)).toMatchObject({ ok: true });
  }

  silent(uid: number, key: ChannelKey = lobby, evidence: Evidence = 'socket-closed') {
    return this.log.submit(key, {
      type: 'silent',
      connectionId: connectionOf(uid, key),
      silentMs: 0,
      evidence,
    });
  }

  resume(uid: number, key: ChannelKey = lobby) {
    return this.log.submit(key, { type: 'resume', connectionId: connectionOf(uid, key) });
  }

  link(uid: number, key: ChannelKey = lobby): Member['link'] {
    const member = this.log.channel(key)?.roster.get(uid);
    if (!member) throw new Error(`uid ${uid} is not in`);
    return member.link;
  }

  uids(key: ChannelKey = lobby): number[] {
    return Array.from(this.log.channel(key)?.roster ?? [], ({ uid }) => uid);
  }

  async records(): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    const stop = new AbortController();
    for await (const batch of this.log.follow(0, stop.signal)) {
      records.push(...batch.map(({ record }) => record));
      if (records.length >= this.log.lastPosition) stop.abort();
    }
    return records;
  }

  async blind(): Promise<Extract<LogRecord, { type: 'blind' }>[]> {
    return (await this.records()).filter((record) => record.type === 'blind');
  }

  async left(key: ChannelKey = lobby): Promise<MemberLeft[]> {
    return (await this.records()).flatMap((record) =>
      record.type === 'channel' && record.key.kind === key.kind && record.change.type === 'member-left'
        ? [record.change]
        : [],
    );
  }
}

const connectionOf = (uid: number, { kind, name }: ChannelKey): string => `${kind} ${name} ${uid}`;

let machine = new Machine();
const begin = async (): Promise<Machine> => {
  machine = new Machine();
  await machine.start();
  return machine;
};
afterEach(() => machine.crash());

const failures = [
  ['is full', (m: Machine) => m.full()],
  ['fails at every sync', (m: Machine) => m.failing()],
] as const;
for (const [name, begins] of failures)
  test(`LOG99: a disk ${name} for longer than 2 s: the first append that succeeds says so before anything else, and no lease ends before who was refused could come back`, async () => {
    const m = await begin();
    for (const uid of [1, 2, 3]) await m.joined(uid);
    for (const uid of [1, 2]) await m.silent(uid);
    const silentMs = m.clock.nowMs();
    await m.clock.advance(3_000);
    begins(m);
    const fullMs = m.clock.nowMs();
    expect(await m.resume(1)).toMatchObject({ ok: false, code: 'log_unavailable' });
    // The leases end meanwhile.
    await m.clock.advance(8_900);
    const position = m.log.lastPosition;
    const freedMs = await m.freed();
    const [first, ...rest] = (await m.records()).slice(position);
    expect(rest).toEqual([]);
    if (first?.type !== 'blind' || first.endsFromMs === undefined) throw new Error('it is not said');
    expect(first.atMs - fullMs - first.blindMs).toBe(0);
    expect(first.atMs).toBeGreaterThan(freedMs - retryMs);
    expect(first.endsFromMs).toBe(first.atMs + first.blindMs + 5_000);
    expect([m.link(1), m.link(2)]).toMatchObject([
      { lastHeardMs: silentMs, leaseEndsMs: first.endsFromMs },
      { lastHeardMs: silentMs, leaseEndsMs: first.endsFromMs },
    ]);
    await m.clock.advance(first.endsFromMs - m.clock.nowMs() - 1_000);
    expect(await m.resume(1)).toMatchObject({ ok: true });
    await m.clock.advance(2_000);
    expect(m.uids()).toEqual([1, 3]);
    const left = { uid: 2, reason: 'timeout', evidence: 'socket-closed', lastHeardMs: silentMs };
    expect(await m.left()).toMatchObject([left]);
    expect(await m.blind()).toHaveLength(1);
  });

test('LOG99: the time that they get is the recovery lease at most, and one that ends later stays', async () => {
  const m = await begin();
  await m.joined(1);
  await m.joined(2, lobby, { leaseMs: 300_000 });
  for (const uid of [1, 2]) await m.silent(uid);
  const longMs = m.clock.nowMs() + 300_000;
  m.full();
  expect(await m.join(3)).toMatchObject({ ok: false });
  await m.clock.advance(60_000);
  await m.freed();
  const [blind] = await m.blind();
  expect(blind?.endsFromMs).toBe((blind?.atMs ?? 0) + recoveryMs);
  expect([m.link(1), m.link(2)]).toMatchObject([{ leaseEndsMs: blind?.endsFromMs }, { leaseEndsMs: longMs }]);
});

test('LOG100: it is the same for members of every kind, for users who are logged in, and for locks; a token ends when it did', async () => {
  const m = await begin();
  const home: ChannelKey = { app, kind: 'user', name: 'ann' };
  const tokenEndsMs = m.clock.nowMs() + 6_000;
  await m.joined(1);
  await m.joined(2, lobby, { connectionKind: 'whip' });
  await m.joined(3, lobby, { connectionKind: 'whep' });
  await m.joined(4, lobby, { tokenEndsMs });
  await m.joined(1, chat);
  await m.joined(1, home);
  await m.log.submit(chat, { type: 'set-lock', name: 'door', ttlMs: 10_000, by: 'ann' });
  await m.log.submit(chat, { type: 'acquire-lock', name: 'door', by: 'ann' });
  await m.log.submit(chat, { type: 'lock-holder', owner: 'ann', offlineMs: 0 });
  for (const uid of [2, 3]) await m.silent(uid, lobby, 'media-silence');
  for (const key of [lobby, chat, home]) await m.silent(1, key);
  m.full();
  await m.clock.advance(9_000);
  // The token's end is what fails first, and waits.
  await m.clock.advance(9_000);
  await m.freed();
  const [blind] = await m.blind();
  const endsMs = blind?.endsFromMs ?? 0;
  expect((await m.left()).map(({ uid, reason }) => [uid, reason])).toEqual([[4, 'token']]);
  await m.clock.advance(endsMs - m.clock.nowMs() - 500);
  expect([m.uids(), m.uids(chat), m.uids(home)]).toEqual([[1, 2, 3], [1], [1]]);
  expect(m.log.known(chat).locks.door?.owner).toBe('ann');
  await m.clock.advance(1_000);
  expect([m.uids(), m.uids(chat), m.uids(home)]).toEqual([[], [], []]);
  expect(m.log.known(chat).locks.door?.owner).toBeUndefined();
});

describe('what waited', () => {
  test('LOG101: who fell silent while nothing could be recorded, and was heard again or comes back soon, has not left', async () => {
    const m = await begin();
    for (const uid of [1, 2, 3]) await m.joined(uid);
    m.full();
    const fullMs = m.clock.nowMs();
    const facts = [1, 2, 3].map((uid) => m.silent(uid));
    await m.clock.advance(4_000);
    facts.push(m.log.submit(lobby, { type: 'heard', connectionId: connectionOf(1, lobby) }));
    await m.clock.advance(leaseMs);
    const freedMs = await m.freed();
    expect(await Promise.all(facts)).toMatchObject(facts.map(() => ({ ok: true })));
    expect(m.link(1)).toEqual({ state: 'live' });
    const { leaseEndsMs } = m.link(2) as Extract<Member['link'], { state: 'silent' }>;
    expect(leaseEndsMs).toBeGreaterThan(freedMs - retryMs + recoveryMs - 1);
    expect(leaseEndsMs).toBeLessThanOrEqual(freedMs + recoveryMs);
    expect(m.link(3)).toMatchObject({ lastHeardMs: fullMs, leaseEndsMs });
    await m.clock.advance(leaseEndsMs - m.clock.nowMs() - 100);
    expect(await m.resume(2)).toMatchObject({ ok: true });
    await m.clock.advance(1_000);
    expect(m.uids()).toEqual([1, 2]);
    expect(await m.left()).toMatchObject([{ uid: 3, reason: 'timeout', lastHeardMs: fullMs }]);
  });

  test('LOG101: a lock of who went offline and came back meanwhile is theirs still', async () => {
    const m = await begin();
    for (const [name, owner] of [
      ['door', 'ann'],
      ['gate', 'bob'],
    ] as const) {
      await m.log.submit(chat, { type: 'set-lock', name, ttlMs: 10_000, by: owner });
      await m.log.submit(chat, { type: 'acquire-lock', name, by: owner });
    }
    m.full();
    const are = (owner: string, offlineMs: number | undefined) =>
      m.log.submit(chat, { type: 'lock-holder', owner, offlineMs });
    const facts = [are('ann', 0), are('bob', 0)];
    await m.clock.advance(4_000);
    facts.push(are('ann', undefined));
    await m.clock.advance(12_000);
    await m.freed();
    await Promise.all(facts);
    const owners = () => [m.log.known(chat).locks.door?.owner, m.log.known(chat).locks.gate?.owner];
    expect(owners()).toEqual(['ann', 'bob']);
    await m.clock.advance(recoveryMs - 1_000);
    expect(owners()).toEqual(['ann', 'bob']);
    await m.clock.advance(2_000);
    expect(owners()).toEqual(['ann', undefined]);
  });

  test('LOG101: a silence that is told long after it has its own lease alone', async () => {
    const m = await begin();
    await m.joined(1);
    await m.joined(2);
    await m.silent(2);
    m.full();
    await m.join(3);
    await m.clock.advance(5_000);
    await m.freed();
    await m.clock.advance(6_000);
    await m.resume(2);
    await m.clock.advance(recoveryMs);
    await m.silent(1);
    expect(m.link(1)).toMatchObject({ leaseEndsMs: m.clock.nowMs() + leaseMs });
  });
});

describe('no gap', () => {
  test('LOG102: 2 s and less change no lease', async () => {
    const m = await begin();
    await m.joined(1);
    await m.silent(1);
    const endsMs = m.clock.nowMs() + leaseMs;
    m.full();
    await m.join(2);
    await m.clock.advance(2_000);
    m.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    expect(await m.join(2)).toMatchObject({ ok: true });
    expect(await m.blind()).toEqual([]);
    expect(m.link(1)).toMatchObject({ leaseEndsMs: endsMs });
  });

  test('LOG102: an append that takes long is none: what came meanwhile is decided in order', async () => {
    const m = await begin();
    await m.joined(1);
    await m.joined(2);
    for (const uid of [1, 2]) await m.silent(uid);
    await m.clock.advance(5_000);
    m.disk.faults.latencyMs = () => 4_000;
    const joins = m.join(3);
    await m.clock.advance(1_000);
    const back = m.resume(1);
    m.disk.faults.latencyMs = () => 0;
    await m.clock.advance(8_000);
    expect(await joins).toMatchObject({ ok: true });
    expect(await back).toMatchObject({ ok: true });
    expect(m.uids()).toEqual([1, 3]);
    expect(await m.blind()).toEqual([]);
  });

  test('LOG102: where nothing runs out nothing is said, and a gap that is over counts no more', async () => {
    const m = await begin();
    await m.joined(1);
    m.full();
    await m.join(2);
    await m.clock.advance(60_000);
    m.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
    await m.joined(2);
    await m.silent(1);
    await m.clock.advance(3_000);
    await m.joined(3);
    expect(await m.blind()).toEqual([]);
  });
});

test('LOG99: the fold of the records is the state, locks too', async () => {
  const m = await begin();
  await m.joined(1);
  await m.silent(1);
  await m.log.submit(chat, { type: 'set-lock', name: 'door', ttlMs: 10_000, by: 'ann' });
  await m.log.submit(chat, { type: 'acquire-lock', name: 'door', by: 'ann' });
  m.full();
  const told = m.log.submit(chat, { type: 'lock-holder', owner: 'ann', offlineMs: 0 });
  await m.clock.advance(leaseMs + 1_000);
  await m.freed();
  expect(await told).toMatchObject({ ok: true });
  const folded = emptyState();
  for (const record of await m.records()) folded.absorb(record);
  expect(folded.channel(lobby)).toMatchObject({ roster: { endsMs: (await m.blind())[0]?.endsFromMs ?? 0 } });
  expect(folded.channel(chat).locks).toEqual(m.log.known(chat).locks);
  expect(m.log.known(chat).locks.door?.endsMs).toBe((await m.blind())[0]?.endsFromMs ?? 0);
});
