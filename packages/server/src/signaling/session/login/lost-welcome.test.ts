import { afterEach, expect, test } from 'bun:test';
import type { SignalingLogin } from '@housecount/protocol';
import {
  app,
  leaseMs,
  loginFrame,
  SignalingWorld,
  type TestClient,
} from '../../../../testing/worlds/signaling-world.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { JoinOutcome, JoinRequest } from '../../../log/contract/commands.ts';
import { homeOf } from '../../names/home.ts';
import { makeSessionKey } from './session-key.ts';

let world: SignalingWorld | undefined;
async function begin(): Promise<SignalingWorld> {
  world = await SignalingWorld.start();
  return world;
}
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

type Session = NonNullable<SignalingLogin['session']>;
const home = homeOf(app.id, 'ann');

/** The session of ann's client, which it believes in, and which is no more. */
async function lapsed(w: SignalingWorld): Promise<Session> {
  const ann = await w.login('ann');
  await ann.drops();
  await w.advance(leaseMs + 1_000);
  expect(w.log.channel(home)).toBeUndefined();
  return ann.welcome.session;
}

async function restart(w: SignalingWorld): Promise<void> {
  await w.crash();
  await w.start();
}

/** Ann's client says login, and does not wait. */
function asks(w: SignalingWorld, over: Partial<SignalingLogin>): TestClient {
  const client = w.connect();
  client.userId = 'ann';
  client.handler?.onText(JSON.stringify(loginFrame('ann', w.clock.nowMs(), over)));
  return client;
}

/** A session that is no more, with the key that this server would have made. */
function sessionOf(userId: string): Session {
  const id = 'A'.repeat(24);
  return { id, key: makeSessionKey(new Uint8Array(32).fill(7), { app: app.id, userId, id }) };
}

const inLog = (w: SignalingWorld) => Array.from(w.log.channel(home)?.roster ?? [], (member) => member);

/** What the client subscribed to with the session that it does not know of any more. */
const places: Readonly<Record<string, (client: TestClient) => Promise<unknown>>> = {
  nothing: async () => undefined,
  'a message channel': (client) => client.subscribes('lobby'),
  'a stream channel': (client) => client.enters('stage'),
};

for (const [place, enter] of Object.entries(places))
  for (const crashes of [false, true])
    test(`SIG195: a client that lost welcomes is known, in ${place}, ${crashes ? 'over crashes' : 'without a crash'}`, async () => {
      const w = await begin();
      const session = await lapsed(w);
      const given: string[] = [];
      for (const attempt of [1, 2, 3]) {
        const client = await w.login('ann', { session, attempt });
        expect(client.welcome).toMatchObject({ resumed: false, attempt });
        given.push(client.welcome.session.id);
        expect(inLog(w)).toMatchObject([{ connectionId: given.at(-1), insteadOf: session.id, attempt }]);
        await enter(client);
        if (crashes) await restart(w);
      }
      const { session: last } = (await w.login('ann', { session, attempt: 4 })).welcome;
      expect(new Set([...given, last.id, session.id]).size).toBe(5);
      if (crashes) await restart(w);
      const back = await w.login('ann', { session: last, attempt: 5 });
      expect(back.welcome).toMatchObject({ resumed: !crashes, attempt: 5, session: { id: last.id } });
      expect(inLog(w)).toMatchObject([{ connectionId: last.id, attempt: 5 }]);
      expect(w.subscribers('lobby')).toEqual([]);
    });

test('SIG195: a client that does not count its attempts is known as well, over a crash, by the session that it heard of last', async () => {
  const w = await begin();
  const session = await lapsed(w);
  for (let time = 0; time < 3; time += 1) {
    const client = await w.login('ann', { session });
    expect(client.welcome).toMatchObject({ resumed: false, attempt: 0 });
    await client.subscribes('lobby');
    await restart(w);
  }
  const { session: last } = (await w.login('ann', { session })).welcome;
  expect((await w.login('ann', { session: last })).welcome).toMatchObject({ resumed: true, session: last });
});

for (const first of ['the older', 'the newer'])
  test(`SIG196: of two attempts of a client that cross, ${first} first, the newer one stays`, async () => {
    const w = await begin();
    const session = await lapsed(w);
    const clients = new Map<number, TestClient>();
    for (const attempt of first === 'the older' ? [1, 2] : [2, 1])
      clients.set(attempt, asks(w, { session, attempt }));
    await w.settled();
    const [older, newer] = [clients.get(1), clients.get(2)];
    expect(older?.closing).toMatchObject({ code: 'replaced', retry: false });
    expect(newer?.closed).toBeUndefined();
    expect(inLog(w)).toMatchObject([{ connectionId: newer?.welcome.session.id, attempt: 2 }]);
    await restart(w);
    expect((await w.login('ann', { session, attempt: 1 })).closing?.code).toBe('replaced');
    expect((await w.login('ann', { session, attempt: 3 })).welcome.attempt).toBe(3);
  });

/** Holds joins back, and what became of them, as long as a test likes. */
function held(w: SignalingWorld) {
  const { join } = w.log;
  const waiting: { decide: () => Promise<JoinOutcome>; answer: (outcome: JoinOutcome) => void }[] = [];
  w.log.join = (request: JoinRequest) =>
    new Promise((answer) => waiting.push({ decide: () => join(request), answer }));
  /** The log takes it now; its server hears of that when the test says so. */
  const decide = async (at: number) => {
    const outcome = waiting[at]?.decide();
    await w.settled();
    return async () => {
      if (outcome) waiting[at]?.answer(await outcome);
      await w.settled();
    };
  };
  return { decide, release: async (at: number) => (await decide(at))() };
}

test('SIG196: the order of two logins is that of the log, whichever came to the server first', async () => {
  const w = await begin();
  const session = await lapsed(w);
  const joins = held(w);
  const [older, newer] = [asks(w, { session, attempt: 1 }), asks(w, { session, attempt: 2 })];
  await w.settled();
  await joins.release(1);
  await joins.release(0);
  expect(older.closing?.code).toBe('replaced');
  expect(newer.closed).toBeUndefined();
  expect(inLog(w)).toMatchObject([{ connectionId: newer.welcome.session.id, attempt: 2 }]);
});

test('SIG196: a login that the log refuses ends nobody, and one that it puts out again at once is told so', async () => {
  const w = await begin();
  const session = await lapsed(w);
  const device = await w.login('ann');
  await device.subscribes('lobby');
  const joins = held(w);
  const old = asks(w, { session, attempt: 1 });
  await w.settled();
  const newest = asks(w, {});
  await w.settled();
  await joins.release(0);
  expect([old.closing?.code, device.closed]).toEqual(['replaced', undefined]);
  expect(w.subscribers('lobby')).toEqual(['ann']);
  // A third one, which comes last and is recorded first.
  const third = asks(w, {});
  await w.settled();
  await joins.release(2);
  expect([device.closing?.code, third.closed]).toEqual(['replaced', undefined]);
  await joins.release(1);
  expect([third.closing?.code, newest.closed]).toEqual(['replaced', undefined]);
  expect(inLog(w)).toMatchObject([{ connectionId: newest.welcome.session.id }]);
});

for (const crashes of [false, true])
  test(`SIG197: a client whose place another device took is told so, also when that one has gone again${crashes ? ', over crashes' : ''}`, async () => {
    const w = await begin();
    const restarted = () => (crashes ? restart(w) : undefined);
    const session = await lapsed(w);
    const device = await w.login('ann');
    await restarted();
    // It subscribes to nothing, and is none of the client's.
    expect((await w.login('ann', { session, attempt: 1 })).closing?.code).toBe('replaced');
    expect(inLog(w)).toMatchObject([{ connectionId: device.welcome.session.id }]);
    const back = await w.login('ann', { session: device.welcome.session, attempt: 1 });
    expect(back.welcome.session.id).toBe(device.welcome.session.id);
    await back.says({ type: 'logout' });
    // Nobody ended what it had; it lapsed.
    const unheard = await w.login('ann', { session, attempt: 2 });
    expect(unheard.welcome.resumed).toBe(false);
    await restarted();
    const other = await w.login('ann');
    await other.says({ type: 'logout' });
    await restarted();
    expect((await w.login('ann', { session, attempt: 3 })).closing).toMatchObject({
      code: 'replaced',
      retry: false,
    });
    expect(inLog(w)).toEqual([]);
  });

for (const crashes of [false, true])
  test(`SIG197: a client whose session was ended by the backend before it heard of it is told so${crashes ? ', over a crash' : ''}`, async () => {
    const w = await begin();
    const session = await lapsed(w);
    await w.login('ann', { session, attempt: 1 });
    const ended = w.signaling.backend.endSession(app.id, 'ann');
    await w.settled();
    expect(await ended).toBe(true);
    if (crashes) await restart(w);
    const back = await w.login('ann', { session, attempt: 2 });
    expect(back.closing).toMatchObject({ code: 'kicked', errorCode: -10012, retry: false });
    expect(inLog(w)).toEqual([]);
  });

test('SIG197: also when the end and the login are decided together', async () => {
  const w = await begin();
  const session = await lapsed(w);
  await w.login('ann', { session, attempt: 1 });
  const joins = held(w);
  const back = asks(w, { session, attempt: 2 });
  await w.settled();
  // What is asked in one turn is decided in one batch.
  const ended = w.log.submit(home, {
    type: 'leave',
    connectionId: inLog(w)[0]?.connectionId ?? '',
    evidence: 'kick',
  });
  await joins.release(0);
  expect(await ended).toMatchObject({ ok: true });
  expect(back.closing?.code).toBe('kicked');
  expect(inLog(w)).toEqual([]);
});

test('SIG196: of two logins it counts which the log took last, not which the server heard of last', async () => {
  const w = await begin();
  await w.login('bob');
  const joins = held(w);
  const [one, other] = [asks(w, {}), asks(w, {})];
  await w.settled();
  const answers = [await joins.decide(0), await joins.decide(1)];
  await answers[1]?.();
  await answers[0]?.();
  expect([one.closing?.code, other.closed]).toEqual(['replaced', undefined]);
  expect(inLog(w)).toMatchObject([{ connectionId: other.welcome.session.id }]);
});

const ends: Readonly<Record<string, (w: SignalingWorld) => Promise<unknown>>> = {
  'a rule about the user': (w) =>
    w.makesRule({ uid: w.log.uidOf(app.id, 'ann') ?? 0, privileges: ['join_channel'] }, 0),
  'a rule about a member of a live channel who is linked to the user': (w) =>
    w.makesRule({ uid: 77, privileges: ['join_channel'] }, 0),
  'a rule about the address': (w) =>
    w.rules.createRule({ app: app.id, ip: here, privileges: ['join_channel'] }, 0),
  'the backend': (w) => w.signaling.backend.endSession(app.id, 'ann'),
  'the end of the app': (w) => w.signaling.endApp(app.id),
};
const here = '192.0.2.1';

for (const [what, end] of Object.entries(ends))
  test(`SIG196, LOG91: ${what} ends a login as well that the log has taken, and of which the server has not heard`, async () => {
    const w = await begin();
    await (await w.joins({ uid: 77 })).links('ann');
    const joins = held(w);
    const ann = asks(w, {});
    await w.settled();
    const answer = await joins.decide(0);
    const ended = end(w);
    await w.advance(5);
    await answer();
    await w.advance(5);
    await ended;
    expect(ann.closing?.code).toBe(what === 'the end of the app' ? 'invalid_app_id' : 'kicked');
    expect(inLog(w)).toEqual([]);
  });

test('SIG195: a client whose session is there after all, as the log finds, has it again', async () => {
  const w = await begin();
  const ann = await w.login('ann');
  const { session } = ann.welcome;
  await restart(w);
  // As if what is read here were behind what is decided.
  const { channel } = w.log;
  w.log.channel = (key) => {
    if (key.kind !== 'user') return channel(key);
    w.log.channel = channel;
    return undefined;
  };
  const back = await w.login('ann', { session, attempt: 1 });
  expect(back.welcome).toMatchObject({ attempt: 1, session: { id: session.id } });
  expect(inLog(w)).toMatchObject([{ connectionId: session.id, attempt: 1 }]);
});

test('SIG196: while the log cannot be written this server knows its clients all the same', async () => {
  const w = await begin();
  const session = await lapsed(w);
  await w.login('ann', { session, attempt: 1 });
  w.disk.faults.spaceBytesLeft = 0;
  const login = async (over: Partial<SignalingLogin>) => {
    const client = await w.login('ann', over);
    // The log tries for a while.
    await w.advance(3_000);
    return client;
  };
  const back = await login({ session, attempt: 3 });
  expect(back.welcome).toMatchObject({ resumed: false, attempt: 3 });
  expect((await login({ session, attempt: 2 })).closing?.code).toBe('replaced');
  const again = await login({ session, attempt: 4 });
  expect([back.closing?.code, again.welcome.attempt]).toEqual(['replaced', 4]);
  const device = await login({});
  expect([again.closing?.code, device.welcome.attempt]).toEqual(['replaced', 0]);
  expect((await login({ session, attempt: 5 })).closing?.code).toBe('replaced');
  w.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
  await w.advance(3 * fixed.sweepMs);
  expect(device.closed).toBeUndefined();
  expect(inLog(w)).toMatchObject([{ connectionId: device.welcome.session.id, attempt: 0 }]);
});

test('SIG196: so it does of sessions that the log has, while that cannot be asked', async () => {
  const w = await begin();
  const session = await lapsed(w);
  const known = await w.login('ann', { session, attempt: 2 });
  const device = await w.login('bob');
  await device.drops();
  await restart(w);
  w.log.join = async () => ({ ok: false, code: 'overloaded' });
  // Of bob's session it knows by the log alone.
  const lost = await w.login('bob', { session: sessionOf('bob'), attempt: 1 });
  const late = await w.login('ann', { session, attempt: 1 });
  expect([late, lost].map(({ closing }) => closing?.code)).toEqual(['replaced', 'replaced']);
  const newer = await w.login('ann', { session, attempt: 3 });
  expect(newer.welcome.attempt).toBe(3);
  expect((await w.login('ann', { session: known.welcome.session })).closing?.code).toBe('replaced');
});

test('SIG196: what was let in while the log could not be written does not push out who came later', async () => {
  const w = await begin();
  await w.login('bob');
  w.disk.faults.spaceBytesLeft = 0;
  const unrecorded = await w.login('ann');
  expect(unrecorded.welcome.resumed).toBe(false);
  w.disk.faults.spaceBytesLeft = Number.POSITIVE_INFINITY;
  const joins = held(w);
  const device = asks(w, {});
  await w.settled();
  // The server looks after whom the log does not have.
  await w.advance(3 * fixed.sweepMs);
  await joins.release(0);
  await joins.release(1);
  expect([unrecorded.closing?.code, device.closed]).toEqual(['replaced', undefined]);
  expect(inLog(w)).toMatchObject([{ connectionId: device.welcome.session.id }]);
});
