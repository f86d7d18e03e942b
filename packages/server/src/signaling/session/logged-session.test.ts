import { afterEach, expect, test } from 'bun:test';
import { app, leaseMs, recoveryMs, SignalingWorld } from '../../../testing/worlds/signaling-world.ts';
import { fixed } from '../../fixed-limits.ts';
import type { LogRecord } from '../../log/record/record.ts';
import { homeOf } from '../names/home.ts';

let world: SignalingWorld | undefined;
async function begin(over?: Parameters<typeof SignalingWorld.start>[2]): Promise<SignalingWorld> {
  world = await SignalingWorld.start({}, false, over);
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const statusOf = (w: SignalingWorld, userId: string) => w.signaling.backend.statusOf(app.id, userId);

/** What the log has of channels after a position. */
async function recordsAfter(w: SignalingWorld, position: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  if (w.log.lastPosition === position) return records;
  const ending = new AbortController();
  for await (const batch of w.log.follow(position, ending.signal)) {
    records.push(...batch.map(({ record }) => record));
    if (batch.at(-1)?.position === w.log.lastPosition) ending.abort();
  }
  return records.filter(({ type }) => type === 'channel');
}

test('SIG191: a login is one record, a logout another, and a second login of the user two', async () => {
  const w = await begin();
  await w.login('bob');
  const position = w.log.lastPosition;
  const ann = await w.login('ann');
  const again = await w.login('ann');
  await again.says({ type: 'logout' });
  const records = await recordsAfter(w, position);
  const key = homeOf(app.id, 'ann');
  const [one, other] = [ann, again].map(({ welcome }) => ({ connectionId: welcome.session.id }));
  expect(records).toMatchObject([
    { key, change: { type: 'member-joined', account: 'ann', connectionKind: 'signaling', seq: 1, ...one } },
    { key, change: { type: 'member-left', reason: 'replaced', evidence: 'new-device', count: 0, ...one } },
    { key, change: { type: 'member-joined', seq: 1, ...other } },
    { key, change: { type: 'member-left', reason: 'quit', evidence: 'bye', count: 0, ...other } },
  ]);
  expect(w.log.known(key).sid).toBeUndefined();
});

test('SIG191: the lease of a session that subscribes to nothing is in the log, and ends it', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const position = w.log.lastPosition;
  expect(statusOf(w, 'ann')).toBe('online');
  await ann.drops();
  expect(statusOf(w, 'ann')).toBe('reconnecting');
  await w.advance(leaseMs - 2_000);
  expect(statusOf(w, 'ann')).toBe('reconnecting');
  await w.advance(3_000);
  expect(statusOf(w, 'ann')).toBe('offline');
  expect(await recordsAfter(w, position)).toMatchObject([
    { change: { type: 'link-silent', evidence: 'socket-closed' } },
    { change: { type: 'member-left', reason: 'timeout' } },
  ]);
  const again = await w.login('ann', { session: ann.welcome.session });
  expect(again.welcome).toMatchObject({ resumed: false });
  expect(again.welcome.session.id).not.toBe(ann.welcome.session.id);
});

test('SIG192: after a crash a session that subscribes to nothing is taken up again, or ends with the recovery lease', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await w.crash();
  await w.start();
  expect([statusOf(w, 'ann'), statusOf(w, 'bob'), statusOf(w, 'cid')]).toEqual([
    'reconnecting',
    'reconnecting',
    'offline',
  ]);
  const position = w.log.lastPosition;
  const again = await w.login('ann', { session: ann.welcome.session });
  // What it followed is not known any more, so it is told to begin anew.
  expect(again.welcome).toMatchObject({ resumed: false, session: { id: ann.welcome.session.id } });
  expect(statusOf(w, 'ann')).toBe('online');
  await w.advance(recoveryMs + 1_000);
  expect([statusOf(w, 'ann'), statusOf(w, 'bob')]).toEqual(['online', 'offline']);
  expect(await recordsAfter(w, position)).toMatchObject([
    { key: homeOf(app.id, 'ann'), change: { type: 'link-live' } },
    {
      key: homeOf(app.id, 'bob'),
      change: { type: 'member-left', reason: 'timeout', evidence: 'server-crash' },
    },
  ]);
  expect((await w.login('bob', { session: bob.welcome.session })).welcome.session.id).not.toBe(
    bob.welcome.session.id,
  );
});

test('SIG192: after a crash a newer device takes the place of a session, whose client is told so, also after the next crash', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await w.crash();
  await w.start();
  const newer = await w.login('ann');
  expect(newer.welcome.resumed).toBe(false);
  for (let life = 0; life < 2; life += 1) {
    const old = await w.login('ann', { session: ann.welcome.session });
    expect(old.closing).toMatchObject({ code: 'replaced', retry: false });
    await w.crash();
    await w.start();
  }
  expect((await w.login('ann', { session: newer.welcome.session })).welcome.session.id).toBe(
    newer.welcome.session.id,
  );
});

test('SIG192: a client whose session had ended, and whose welcome to another a crash took, is let in', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const { session } = ann.welcome;
  await ann.drops();
  await w.advance(leaseMs + 1_000);
  // It comes back for it, is given another, and never hears of that.
  const unheard = await w.login('ann', { session, attempt: 1 });
  await w.crash();
  await w.start();
  const back = await w.login('ann', { session, attempt: 2 });
  expect(back.welcome).toMatchObject({ resumed: false, attempt: 2 });
  expect((await w.login('ann', { session: unheard.welcome.session })).closing).toMatchObject({
    code: 'replaced',
  });
  expect(back.closed).toBeUndefined();
});

test('SIG192: the number of the attempt is in the log: a late one of before a crash takes nothing up', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const { session } = ann.welcome;
  await ann.drops();
  await w.login('ann', { session, attempt: 5 });
  await w.crash();
  await w.start();
  expect((await w.login('ann', { session, attempt: 4 })).closing).toMatchObject({ code: 'replaced' });
  const back = await w.login('ann', { session, attempt: 6 });
  expect(back.welcome).toMatchObject({ attempt: 6, session: { id: session.id } });
});

test('SIG192: a session that a server of before knew by its subscriptions alone is taken up, and is in the log from then on', async () => {
  const w = await begin();
  const [ann, bob] = [await w.login('ann'), await w.login('bob')];
  await bob.subscribes('lobby');
  await ann.subscribes('lobby');
  bob.news();
  const { session } = ann.welcome;
  // As if it had never been written.
  await w.log.submit(homeOf(app.id, 'ann'), { type: 'leave', connectionId: session.id, evidence: 'bye' });
  await w.crash();
  await w.start();
  const again = await w.login('ann', { session });
  expect(again.welcome).toMatchObject({ resumed: false, session: { id: session.id } });
  expect([statusOf(w, 'ann'), w.subscribers()]).toEqual(['online', ['bob', 'ann']]);
});

test('SIG193: while the log cannot be written users are let in all the same, and are recorded once it can', async () => {
  const w = await begin();
  await w.login('bob');
  w.disk.faults.spaceBytesLeft = 0;
  const ann = await w.login('ann');
  expect(ann.welcome.resumed).toBe(false);
  await w.advance(3_000);
  expect(statusOf(w, 'ann')).toBe('offline');
  w.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
  await w.advance(3 * fixed.sweepMs);
  expect([statusOf(w, 'ann'), ann.closed]).toEqual(['online', undefined]);
  await ann.drops();
  expect(statusOf(w, 'ann')).toBe('reconnecting');
});

test('SIG193: a login that the log fails at is recorded at a later look', async () => {
  const w = await begin();
  w.disk.faults.spaceBytesLeft = 0;
  const ann = await w.login('ann');
  w.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
  const { join } = w.log;
  let asked = 0;
  w.log.join = async () => {
    asked += 1;
    throw new Error('the log is broken');
  };
  await w.advance(3 * fixed.sweepMs);
  expect([asked > 1, statusOf(w, 'ann')]).toEqual([true, 'offline']);
  w.log.join = join;
  await w.advance(3 * fixed.sweepMs);
  expect([statusOf(w, 'ann'), ann.closed]).toEqual(['online', undefined]);
});

test('SIG193: a log that takes its time is asked once, and the welcome comes after the record', async () => {
  const w = await begin();
  await w.login('bob');
  const recorded = Promise.withResolvers<void>();
  const { join } = w.log;
  let asked = 0;
  w.log.join = async (request) => {
    asked += 1;
    await recorded.promise;
    return join(request);
  };
  const ann = await w.login('ann');
  await w.advance(5 * fixed.sweepMs);
  expect([asked, ann.frames]).toEqual([1, []]);
  recorded.resolve();
  await w.settled();
  expect(ann.welcome.resumed).toBe(false);
  await w.advance(3 * fixed.sweepMs);
  expect([asked, ann.closing, statusOf(w, 'ann')]).toEqual([1, undefined, 'online']);
});

test('SIG194: a rule about a channel is not about the user of its name; one about the app ends the session, also one that the log alone has', async () => {
  const w = await begin();
  await w.login('ann');
  const uid = w.log.uidOf(app.id, 'ann') ?? 0;
  const privileges = ['join_channel'] as const;
  await w.makesRule({ channel: 'ann', uid, privileges }, 60_000);
  expect(statusOf(w, 'ann')).toBe('online');
  expect((await w.login('ann')).closing).toBeUndefined();
  await w.crash();
  await w.start();
  await w.makesRule({ uid, privileges }, 0);
  expect(statusOf(w, 'ann')).toBe('offline');
});

test('SIG194: nobody is shown in the channel of a user, and a session counts as no channel of the app', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  await ann.subscribes('lobby');
  const channels = await w.signaling.backend.channelsOf(app.id, 'ann');
  expect(channels).toEqual([{ channelName: 'lobby', channelType: 'MESSAGE' }]);
  expect(await w.signaling.backend.count({ app: app.id, kind: 'message', name: 'ann' })).toBe(0);
});
