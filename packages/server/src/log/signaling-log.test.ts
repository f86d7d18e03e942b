import { afterEach, expect, test } from 'bun:test';
import { SimClock, type SimProcessClock } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { quiet } from '../../testing/worlds/log-world.ts';
import { toldOf } from '../../testing/worlds/records.ts';
import { type ChannelKey, liveKey } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import type { Asked, JoinRequest } from './contract/commands.ts';
import type { Log } from './contract/log.ts';
import { openLog } from './open-log.ts';
import type { LogRecord } from './record/record.ts';

const app = '0123456789abcdef0123456789abcdef';
const key: ChannelKey = { app, kind: 'message', name: 'lobby' };
const recoveryMs = 15_000;

/** A log over a disk that may be crashed. */
class Machine {
  readonly clock = new SimClock();
  readonly disk = new SimDisk(new SimRandom(7));
  readonly #random = new SimRandom(11);
  #process: SimProcessClock | undefined;
  /** The number of timers that were set. */
  timers = 0;
  log!: Log;

  async start(): Promise<void> {
    const process = this.clock.process();
    this.#process = process;
    const clock: Clock = {
      nowMs: () => process.nowMs(),
      steadyMs: () => process.steadyMs(),
      wallMs: () => process.wallMs(),
      notBefore: (floorMs) => process.notBefore(floorMs),
      after: (delayMs, run) => {
        this.timers += 1;
        // Without this limit, a server that never rests would hang the test.
        if (this.timers > 10_000) throw new Error('it sets timers without end');
        return process.after(delayMs, run);
      },
    };
    const store = await openEmbeddedLog({ disk: this.disk.mount(), logger: quiet.logger, clock });
    const random = this.#random;
    this.log = await openLog({ ...quiet, store, partition: 'main', clock, random, recoveryMs });
  }

  crash(kind: 'process' | 'power'): void {
    this.#process?.kill();
    this.disk.crash(kind);
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
}

let machine: Machine | undefined;
afterEach(() => machine?.crash('process'));
async function begin(): Promise<Machine> {
  machine = new Machine();
  await machine.start();
  return machine;
}

const join = (account: string, more: Partial<JoinRequest> = {}): JoinRequest => ({
  key,
  connectionKind: 'signaling',
  role: 'audience',
  platform: 0,
  identity: { account },
  connectionId: `session of ${account}`,
  quiet: false,
  leaseMs: 10_000,
  ip: '127.0.0.1',
  ...more,
});
const set = (account: string, states: Record<string, string>) =>
  ({ type: 'change-states', connectionId: `session of ${account}`, set: states, remove: [] }) as const;

const shown = ({ log }: Machine) => {
  const state = log.channel(key);
  if (!state) return undefined;
  return Array.from(state.roster, ({ uid, account, link, quiet }) => [
    account,
    link.state,
    state.states.get(uid)?.states ?? {},
    quiet ?? false,
  ]);
};

test('SIG4: who subscribes, and their states, outlive a power cut, and come back within the recovery lease', async () => {
  const m = await begin();
  await m.log.join(join('ann'));
  await m.log.join(join('bob', { quiet: true }));
  await m.log.submit(key, set('ann', { mood: 'good' }));
  m.crash('power');
  await m.clock.advance(60_000);
  await m.start();
  expect(shown(m)).toEqual([
    ['ann', 'silent', { mood: 'good' }, false],
    ['bob', 'silent', {}, true],
  ]);
  expect(await m.log.submit(key, { type: 'resume', connectionId: 'session of ann' })).toMatchObject({
    ok: true,
  });
  await m.clock.advance(recoveryMs);
  expect(shown(m)).toEqual([['ann', 'live', { mood: 'good' }, false]]);
});

test('SIG4: a snapshot has them too', async () => {
  const m = await begin();
  await m.log.join(join('ann'));
  await m.log.submit(key, set('ann', { mood: 'good' }));
  await m.log.join(join('cid', { key: { ...key, kind: 'stream' } }));
  await m.log.stop();
  m.crash('power');
  await m.start();
  expect(shown(m)).toEqual([['ann', 'silent', { mood: 'good' }, false]]);
  expect(m.log.channel({ ...key, kind: 'stream' })?.sid).toBeString();
});

test('SIG5: a channel of the same name is another channel for each kind, and the live one keeps its seqs', async () => {
  const m = await begin();
  await m.log.join(join('ann'));
  await m.log.join({
    key: liveKey(app, 'lobby'),
    identity: { account: 'ann' },
    connectionId: 'c1',
    connectionKind: 'rtc',
    role: 'audience',
    platform: 7,
    leaseMs: 10_000,
    ip: '127.0.0.1',
  });
  await m.log.submit(key, { type: 'leave', connectionId: 'session of ann', evidence: 'bye' });
  expect(m.log.channel(liveKey(app, 'lobby'))).toMatchObject({ seq: 2 });
  expect(m.log.channel(liveKey(app, 'lobby'))?.roster.size).toBe(1);
  expect(m.log.channel(key)).toBeUndefined();
  const live = (await m.records()).flatMap((record) => {
    if (record.type !== 'channel') return toldOf(record).map(({ type }) => type);
    return record.key.kind === 'live' ? record.change.type : [];
  });
  expect(live).toEqual(['account-key', 'channel-opened', 'member-joined']);
  // One person has one uid, whichever way they came.
  const uids = (await m.records()).flatMap((record) => {
    const change = record.type === 'channel' ? record.change : undefined;
    return change?.type === 'member-joined' ? [change.uid] : [];
  });
  expect(new Set(uids).size).toBe(1);
});

test('SIG6: revisions grow also where all is removed in the moment in which it was written', async () => {
  const m = await begin();
  const change = (mode: 'set' | 'remove') =>
    m.log.submit(key, {
      type: 'change-metadata',
      mode,
      items: mode === 'set' ? [{ key: 'topic', value: 'news', revision: -1 }] : [],
      majorRevision: -1,
      author: 'ann',
      addTimeStamp: false,
      addUserId: false,
      lockName: '',
    });
  const outcomes = await Promise.all([change('set'), change('set'), change('remove')]);
  outcomes.push(await change('set'));
  const revisions = outcomes.map((outcome) => (outcome.ok ? outcome.channel.metadata.majorRevision : 0));
  expect(revisions).toEqual([...new Set(revisions)].sort((one, other) => one - other));
});

test('SIG141: who wrote has the revision of what they wrote, whoever writes at the same time', async () => {
  const m = await begin();
  const write = (author: string, more: Partial<Extract<Asked, { type: 'change-metadata' }>> = {}) =>
    m.log.submit(key, {
      type: 'change-metadata',
      mode: 'set',
      items: [{ key: author, value: '1', revision: -1 }],
      majorRevision: -1,
      author,
      addTimeStamp: false,
      addUserId: false,
      lockName: '',
      ...more,
    });
  // The requests are of one turn, and so of one append.
  const outcomes = await Promise.all(['ann', 'bob', 'cid'].map((author) => write(author)));
  const written = outcomes.map((outcome) => (outcome.ok ? outcome.channel.metadata : undefined));
  const { majorRevision, items } = m.log.known(key).metadata;
  expect(written.map((metadata) => metadata?.majorRevision)).toEqual(
    ['ann', 'bob', 'cid'].map((author) => items[author]?.revision),
  );
  expect(written.map((metadata) => Object.keys(metadata?.items ?? {}).length)).toEqual([1, 2, 3]);
  // Ann has not seen what the others wrote, and shall not write over it.
  const unseen = written[0]?.majorRevision ?? 0;
  expect(await write('ann', { majorRevision: unseen })).toEqual({ ok: false, code: 'metadata_outdated' });
  expect(await write('cid', { majorRevision })).toMatchObject({ ok: true });
});

test('SIG6: metadata and locks outlive a power cut and a snapshot', async () => {
  const m = await begin();
  const write = {
    type: 'change-metadata',
    mode: 'set',
    items: [{ key: 'topic', value: 'news', revision: -1 }],
    majorRevision: -1,
    author: 'ann',
    addTimeStamp: true,
    addUserId: true,
    lockName: '',
  } as const;
  await m.log.submit(key, write);
  await m.log.submit({ ...key, kind: 'user', name: 'ann' }, write);
  await m.log.submit(key, { type: 'set-lock', name: 'stage', ttlMs: 10_000, by: 'ann' });
  await m.log.submit(key, { type: 'acquire-lock', name: 'stage', by: 'ann' });
  for (const end of [() => Promise.resolve(), () => m.log.stop()]) {
    await end();
    m.crash('power');
    await m.start();
    expect(m.log.known(key).metadata.items.topic).toMatchObject({ value: 'news', author: 'ann' });
    expect(m.log.known({ ...key, kind: 'user', name: 'ann' }).metadata.items.topic?.value).toBe('news');
    expect(m.log.known(key).locks.stage).toMatchObject({ owner: 'ann' });
  }
  // The holder never came back.
  await m.clock.advance(recoveryMs + 10_000 + 1);
  expect(m.log.known(key).locks.stage?.owner).toBeUndefined();
});

test.each(['metadata', 'a lock'])(
  'SIG121: a channel that is kept for %s alone sets no timer, and is not forgotten',
  async (kept) => {
    const m = await begin();
    await m.log.join(join('ann'));
    if (kept === 'a lock')
      await m.log.submit(key, { type: 'set-lock', name: 'stage', ttlMs: 10_000, by: 'ann' });
    else
      await m.log.submit(key, {
        type: 'change-metadata',
        mode: 'set',
        items: [{ key: 'topic', value: 'news', revision: -1 }],
        majorRevision: -1,
        author: 'ann',
        addTimeStamp: false,
        addUserId: false,
        lockName: '',
      });
    await m.log.submit(key, { type: 'leave', connectionId: 'session of ann', evidence: 'bye' });
    const timers = m.timers;
    // The mark of life is set about once a second.
    await m.clock.advance(10_000);
    expect(m.timers - timers).toBeLessThan(30);
    const { metadata, locks } = m.log.known(key);
    expect([metadata.items.topic?.value, locks.stage?.name]).toEqual(
      kept === 'metadata' ? ['news', undefined] : [undefined, 'stage'],
    );
  },
);

test('SIG4: a lease that ends by itself is told', async () => {
  const m = await begin();
  await m.log.join(join('ann'));
  const lastHeardMs = m.clock.nowMs();
  await m.log.submit(key, {
    type: 'silent',
    connectionId: 'session of ann',
    silentMs: 0,
    evidence: 'silence',
  });
  await m.clock.advance(9_999);
  expect(shown(m)).toHaveLength(1);
  await m.clock.advance(2);
  expect(shown(m)).toBeUndefined();
  expect((await m.records()).at(-2)).toMatchObject({
    type: 'channel',
    key,
    change: { type: 'member-left', reason: 'timeout', evidence: 'silence', lastHeardMs },
  });
});

test('SIG4: a banned user is refused by the rule', async () => {
  const m = await begin();
  await m.log.join(join('ann'));
  await m.log.submit(key, { type: 'leave', connectionId: 'session of ann', evidence: 'bye' });
  const uid = m.log.uidOf(app, 'ann');
  await m.log.createRule(
    { app, channel: 'lobby', ...(uid !== undefined && { uid }), privileges: ['join_channel'] },
    60_000,
  );
  expect(await m.log.join(join('ann'))).toMatchObject({ ok: false, code: 'banned' });
});

test('SIG62: who publishes in topics outlives a power cut and a snapshot', async () => {
  const m = await begin();
  const arena = { ...key, kind: 'stream' } as const;
  const publish = (account: string, topic: string, meta = '') =>
    m.log.submit(arena, {
      type: 'join-topic',
      connectionId: `session of ${account}`,
      topic,
      meta,
    });
  for (const account of ['ann', 'bob']) await m.log.join(join(account, { key: arena }));
  await m.log.submit(arena, set('bob', { mood: 'good' }));
  await publish('ann', 'moves', 'red');
  await publish('ann', 'chat');
  await publish('bob', 'moves', 'blue');
  const published = () =>
    Array.from(m.log.channel(arena)?.publishers.byUid.values() ?? [], ({ topics }) => topics);
  const before = published();
  expect(before).toEqual(expect.arrayContaining([{ moves: 'red', chat: '' }, { moves: 'blue' }]));
  for (const end of [() => Promise.resolve(), () => m.log.stop()]) {
    await end();
    m.crash('power');
    await m.start();
    expect(published()).toEqual(before);
    expect(m.log.channel(arena)?.publishers.count).toBe(3);
    expect(m.log.channel(arena)?.states.size).toBe(1);
  }
  // Nobody came back.
  await m.clock.advance(recoveryMs + 1);
  expect(m.log.channel(arena)?.publishers.byUid.size ?? 0).toBe(0);
});
