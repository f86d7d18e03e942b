import { afterEach, describe, expect, test } from 'bun:test';
import { helloFrame, strictApp, TestWorld, testApp, token } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';
import { SocketCount } from '../net/socket/socket-count.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const lobby = () => world.log.channel(liveKey(testApp.id, 'lobby'));
const linkOf = (uid: number) => lobby()?.roster.get(uid)?.link;
const joinedOnce = ['channel-opened', 'member-joined'];
/** Awaits `promise` while the time that its appends need passes. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  await world.settled();
  return promise;
}

describe('silence', () => {
  test('WIRE13: a client that answers pings stays, however quiet it is otherwise', async () => {
    await begin();
    const socket = await world.hello();
    await world.advance(120_000);
    expect(socket.closed).toBeUndefined();
    expect(socket.pings).toBeGreaterThan(20);
    expect((await world.records()).filter(({ type }) => type === 'link-silent')).toEqual([]);
  });

  test('WIRE13: a client that sends as it is told is not pinged', async () => {
    await begin();
    const socket = await world.hello();
    for (let ping = 0; ping < 20; ping++) {
      await world.advance(fixed.pingMs - 200);
      await socket.says({ type: 'ping' });
    }
    expect(socket.pings).toBe(0);
  });

  test('WIRE14: silence shows as interrupted within 5 s, and the leave comes at the end of the lease', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    const quiet = await world.hello({ uid: 2 });
    quiet.answersPings = false;
    const lastHeardMs = world.clock.nowMs();
    let shownMs = 0;
    while (watcher.all('roster-interrupted').length === 0) {
      await world.advance(50);
      shownMs = world.clock.nowMs();
      if (shownMs - lastHeardMs > 9_000) break;
    }
    expect(shownMs - lastHeardMs).toBeLessThanOrEqual(5_000);
    const { silent, back } = watcher.one('roster-interrupted');
    expect(silent).toMatchObject([{ uid: 2 }]);
    expect(Math.abs((silent[0]?.sinceMs ?? 0) - lastHeardMs)).toBeLessThan(20);
    expect(back).toEqual([]);
    expect(quiet.closed).toBeUndefined();

    await world.advance(lastHeardMs + 10_100 - world.clock.nowMs());
    expect(
      watcher
        .all('roster-changes')
        .flatMap(({ changes }) => changes)
        .at(-1),
    ).toMatchObject({
      type: 'left',
      uid: 2,
      reason: 'timeout',
    });
    expect(quiet.one('closing')).toMatchObject({ code: 'lease_ended', retry: true });
    expect(quiet.closed?.code).toBe(4302);
    const left = (await world.records()).find(({ type }) => type === 'member-left');
    expect(left).toMatchObject({ evidence: 'silence', reason: 'timeout' });
  });

  test('WIRE14: one frame is enough to be back, without an event', async () => {
    await begin();
    const watcher = await world.hello({ uid: 1 });
    await watcher.says({ type: 'subscribe-roster', id: 1 });
    const quiet = await world.hello({ uid: 2 });
    quiet.answersPings = false;
    await world.advance(8_000);
    expect(linkOf(2)?.state).toBe('silent');
    await quiet.says({ type: 'ping' });
    expect(linkOf(2)?.state).toBe('live');
    expect(watcher.all('roster-interrupted').at(-1)).toMatchObject({ silent: [], back: [2] });
    quiet.answersPings = true;
    await world.advance(30_000);
    expect(quiet.closed).toBeUndefined();
    expect(await world.events()).toEqual([...joinedOnce, 'member-joined']);
  });

  test('WIRE14: a pong is enough to be back', async () => {
    await begin();
    const quiet = await world.hello({ uid: 2 });
    quiet.answersPings = false;
    await world.advance(6_000);
    expect(linkOf(2)?.state).toBe('silent');
    quiet.handler?.onPong();
    await world.settled();
    expect(linkOf(2)?.state).toBe('live');
  });

  test('WIRE15: a socket that closes without bye is silent at once, with when it was last heard', async () => {
    await begin();
    const socket = await world.hello({ uid: 2 });
    await world.advance(2_000);
    await socket.drops();
    expect(linkOf(2)).toMatchObject({ state: 'silent', evidence: 'socket-closed' });
    expect(await world.events()).toEqual(joinedOnce);
    await world.advance(10_000);
    expect((await world.records()).find(({ type }) => type === 'member-left')).toMatchObject({
      reason: 'timeout',
      evidence: 'socket-closed',
    });
  });

  test('WIRE15: a socket that closes while its hello is being decided is silent once it has joined', async () => {
    await begin();
    const socket = world.connect();
    socket.handler?.onText(JSON.stringify(helloFrame({ uid: 2 })));
    await socket.drops();
    expect(linkOf(2)).toMatchObject({ state: 'silent', evidence: 'socket-closed' });
    await world.advance(11_000);
    expect(lobby()).toBeUndefined();
  });

  test('WIRE15: a lost socket is told to the log even if the log refuses at first', async () => {
    await begin();
    const socket = await world.hello({ uid: 2 });
    const submit = world.log.submit.bind(world.log);
    let refusals = 3;
    world.log.submit = async (...request) => {
      if (refusals === 0) return submit(...request);
      refusals--;
      if (refusals === 1) throw new Error('the disk is on fire');
      return { ok: false, code: 'log_unavailable' };
    };
    await socket.drops();
    expect(linkOf(2)?.state).toBe('live');
    await world.advance(4 * fixed.sweepMs);
    expect(linkOf(2)).toMatchObject({ state: 'silent', evidence: 'socket-closed' });
  });

  test('WIRE15: silence that the log refuses at first is told again', async () => {
    await begin();
    const socket = await world.hello({ uid: 2 });
    socket.answersPings = false;
    const submit = world.log.submit.bind(world.log);
    let refusals = 2;
    world.log.submit = async (...request) =>
      refusals-- > 0 ? { ok: false, code: 'overloaded' } : submit(...request);
    await world.advance(fixed.silentMs + 4 * fixed.sweepMs);
    expect(linkOf(2)?.state).toBe('silent');
  });

  test('WIRE16: a pause of the server itself is not held against the clients', async () => {
    await begin();
    const socket = await world.hello({ uid: 2 });
    socket.answersPings = false;
    // The process stood still for a minute: no timer ran, and what the client said waits in its socket.
    world.stall(60_000);
    await world.advance(fixed.sweepMs);
    expect(linkOf(2)?.state).toBe('live');
    await socket.says({ type: 'ping' });
    await world.advance(2_000);
    expect(linkOf(2)?.state).toBe('live');
    expect(socket.closed).toBeUndefined();
    expect((await world.records()).filter(({ type }) => type === 'link-silent')).toEqual([]);
  });

  test('WIRE16: nor is it against who had only just connected', async () => {
    await begin();
    const [hello, quiet] = [world.connect(), world.connect()];
    // The frame that the client sends waits in its socket.
    world.stall(60_000);
    await world.advance(fixed.sweepMs);
    await hello.says(helloFrame());
    expect([hello.welcome.resumed, hello.closed]).toEqual([false, undefined]);
    await world.advance(fixed.sweepMs);
    expect(quiet.closed?.reason).toBe('hello_timeout');
  });
});

describe('resume', () => {
  test('WIRE18: takes the same membership up, without an event', async () => {
    await begin();
    const first = await world.hello({ uid: 2, role: 'broadcaster' });
    await first.drops();
    await world.advance(5_000);
    const { resume, connectionId, sid } = first.welcome;
    const second = await world.hello({ uid: 2, role: 'audience', resume });
    expect(second.welcome).toMatchObject({
      resumed: true,
      connectionId,
      sid,
      uid: 2,
      role: 'broadcaster',
      resume,
    });
    expect(linkOf(2)?.state).toBe('live');
    await world.advance(30_000);
    expect(second.closed).toBeUndefined();
    expect(await world.events()).toEqual(joinedOnce);
  });

  test('WIRE18: works for assigned uids and for accounts, with the hello as it was first', async () => {
    await begin();
    const assigned = await world.hello({ uid: 0 });
    await assigned.drops();
    const back = await world.hello({ uid: 0, resume: assigned.welcome.resume });
    expect(back.welcome).toMatchObject({ resumed: true, uid: assigned.welcome.uid });
    const alice = await world.hello({ account: 'alice', token: token({ identity: { account: 'alice' } }) });
    await alice.drops();
    const again = await world.hello({
      account: 'alice',
      token: token({ identity: { account: 'alice' } }),
      resume: alice.welcome.resume,
    });
    expect(again.welcome).toMatchObject({ resumed: true, account: 'alice' });
  });

  test('WIRE18: while the old socket still seems open, the new one takes over', async () => {
    await begin();
    const old = await world.hello({ uid: 2 });
    const next = await world.hello({ uid: 2, resume: old.welcome.resume });
    expect(next.welcome.resumed).toBe(true);
    expect(old.one('closing')).toMatchObject({ code: 'replaced', retry: false });
    await world.advance(30_000);
    expect(next.closed).toBeUndefined();
    expect(linkOf(2)?.state).toBe('live');
    expect(await world.events()).toEqual(joinedOnce);
    await next.says({ type: 'ping' });
    expect(next.all('pong')).toHaveLength(1);
  });

  test('WIRE18: of two that come with the same key at once, one stays, and the member is live', async () => {
    await begin();
    const old = await world.hello({ uid: 2 });
    const { resume } = old.welcome;
    await old.drops();
    const sockets = [world.connect(), world.connect()];
    for (const socket of sockets) socket.handler?.onText(JSON.stringify(helloFrame({ uid: 2, resume })));
    await world.settled();
    expect(sockets.map(({ closed }) => closed?.reason)).toEqual(['replaced', undefined]);
    await world.advance(20_000);
    expect(linkOf(2)?.state).toBe('live');
    expect(await world.events()).toEqual(joinedOnce);
  });

  test('WIRE18: one of two closes before it is welcome: the other is live and stays', async () => {
    await begin();
    const old = await world.hello({ uid: 2 });
    const { resume } = old.welcome;
    await old.drops();
    const [first, second] = [world.connect(), world.connect()];
    for (const socket of [first, second])
      socket.handler?.onText(JSON.stringify(helloFrame({ uid: 2, resume })));
    await first.drops();
    await world.advance(500);
    await second.says({ type: 'ping' });
    await world.advance(20_000);
    expect(second.closed).toBeUndefined();
    expect(linkOf(2)?.state).toBe('live');
    expect(await world.events()).toEqual(joinedOnce);
  });

  test('WIRE18: survives a crash of the server, and only for the recovery lease', async () => {
    await begin();
    const [came, stayedAway] = [await world.hello({ uid: 2 }), await world.hello({ uid: 3 })];
    await world.crash();
    await world.advance(3_000);
    await world.start();
    const back = await world.hello({ uid: 2, resume: came.welcome.resume });
    expect(back.welcome).toMatchObject({ resumed: true, sid: came.welcome.sid });
    await world.advance(16_000);
    expect(await world.events()).toEqual([...joinedOnce, 'member-joined', 'member-left']);
    const late = await world.hello({ uid: 3, resume: stayedAway.welcome.resume });
    expect(late.one('closing')).toMatchObject({ code: 'resume_invalid', retry: false });
  });

  test('WIRE19: a key that is not the server’s, or not of this hello, is refused', async () => {
    await begin();
    const { resume } = (await world.hello({ uid: 2 })).welcome;
    const [version, claim = '', mac = ''] = resume.split('.');
    const forged = Buffer.from(JSON.stringify([testApp.id, 'lobby', 3, 'x'])).toString('base64url');
    for (const key of [
      'x',
      `${version}.${claim}`,
      `${version}.${claim}.`,
      `${version}..${mac}`,
      `hc2.${claim}.${mac}`,
      `${version}.${forged}.${mac}`,
      `${version}.${claim}.${mac.slice(1)}`,
      `${version}.${claim}.${mac}.`,
    ])
      expect((await world.hello({ uid: 2, resume: key })).closed?.reason).toBe('resume_invalid');
    expect((await world.hello({ uid: 3, resume })).closed?.reason).toBe('resume_invalid');
    expect((await world.hello({ account: 'two', resume })).closed?.reason).toBe('resume_invalid');
    expect((await world.hello({ uid: 2, channel: 'other', resume })).closed?.reason).toBe('resume_invalid');
    expect((await world.hello({ app: strictApp.id, uid: 2, resume })).closed?.reason).toBe('resume_invalid');
    expect(world.connections.size).toBe(1);
  });

  test('WIRE19: after a bye, a kick or the end of the lease the key is worth nothing', async () => {
    await begin();
    const left = await world.hello({ uid: 2 });
    await left.says({ type: 'bye' });
    expect((await world.hello({ uid: 2, resume: left.welcome.resume })).closed?.reason).toBe(
      'resume_invalid',
    );
    const late = await world.hello({ uid: 3 });
    await late.drops();
    await world.advance(10_500);
    expect((await world.hello({ uid: 3, resume: late.welcome.resume })).closed?.reason).toBe(
      'resume_invalid',
    );
    expect(lobby()).toBeUndefined();
  });

  test('WIRE47: who was replaced while it was away is told so, and does not push the new device out', async () => {
    await begin();
    const old = await world.hello({ uid: 2 });
    await old.drops();
    const next = await world.hello({ uid: 2 });
    const back = await world.hello({ uid: 2, resume: old.welcome.resume });
    expect(back.one('closing')).toMatchObject({ code: 'replaced', retry: false });
    expect(next.closed).toBeUndefined();
    expect(await world.events()).toEqual([...joinedOnce, 'member-left', 'member-joined']);
    await next.says({ type: 'bye' });
    // As if it had been there when that one came.
    expect((await world.hello({ uid: 2, resume: old.welcome.resume })).closed?.reason).toBe('replaced');
  });

  for (const how of ['by then', 'after a crash', 'from a snapshot'] as const)
    test(`BACK20: who was kicked while it was away is told how, ${how}, and may join anew`, async () => {
      await begin();
      await world.hello({ uid: 1 });
      const away = await world.hello({ uid: 2 });
      const { resume } = away.welcome;
      await away.drops();
      const rule = { app: testApp.id, channel: 'lobby', uid: 2, privileges: ['join_channel'] } as const;
      await inTime(world.log.createRule(rule, 0));
      // A stop writes a snapshot.
      if (how === 'from a snapshot') await inTime(world.log.stop());
      if (how !== 'by then') {
        await world.crash();
        await world.start();
      }
      expect((await world.hello({ uid: 2, resume })).one('closing')).toMatchObject({
        code: 'kicked',
        retry: false,
        scope: 'uid',
      });
      expect(linkOf(2)).toBeUndefined();
      expect((await world.hello({ uid: 2 })).welcome.resumed).toBe(false);
      expect((await world.hello({ uid: 2, resume })).closed?.reason).toBe('kicked');
    });

  test('BACK20: a kick that is decided together with a resume is told, not undone', async () => {
    await begin();
    const away = await world.hello({ uid: 2 });
    await away.drops();
    const kicked = world.log.submit(liveKey(testApp.id, 'lobby'), { type: 'kick', uid: 2, ruleScope: 'uid' });
    const back = await world.hello({ uid: 2, resume: away.welcome.resume });
    await kicked;
    expect(back.one('closing')).toMatchObject({ code: 'kicked', scope: 'uid' });
    expect(lobby()).toBeUndefined();
  });

  test('WIRE20: needs a good token and no ban, like a join', async () => {
    await begin();
    const { resume } = (await world.hello({ uid: 2, token: token({ privilegeSeconds: 0 }) })).welcome;
    const refused = async (over: object) => (await world.hello({ uid: 2, resume, ...over })).closed?.reason;
    expect(await refused({ token: '' })).toBe('token_required');
    expect(await refused({ token: token({}, 1_699_900_000) })).toBe('token_expired');
    expect(await refused({ token: token({ identity: { uid: 5 } }) })).toBe('token_uid_mismatch');
    await world.log.createRule({ app: testApp.id, ip: '203.0.113.5', privileges: ['join_channel'] }, 60_000);
    const banned = await world.hello({ uid: 2, resume }, '203.0.113.5');
    expect(banned.closed?.reason).toBe('banned');
    expect(world.connections.size).toBe(1);
  });

  test('WIRE20: the new token’s end counts from then on, also if it has none', async () => {
    await begin();
    const first = await world.hello({ uid: 2, token: token({ privilegeSeconds: 60 }) });
    await first.drops();
    const { resume } = first.welcome;
    const longer = await world.hello({ uid: 2, resume, token: token({ privilegeSeconds: 120 }) });
    expect(longer.welcome.tokenEndsMs).toBe(1_700_000_120_000);
    const endless = await world.hello({ uid: 2, resume, token: token({ privilegeSeconds: 0 }) });
    expect(endless.welcome).not.toHaveProperty('tokenEndsMs');
    await world.advance(150_000);
    expect(endless.closed).toBeUndefined();
  });

  test('WIRE20: if the log cannot take the resume, the member is silent until the client is back', async () => {
    await begin();
    const old = await world.hello({ uid: 2 });
    await old.drops();
    const submit = world.log.submit.bind(world.log);
    world.log.submit = async (key, command) =>
      command.type === 'resume' ? { ok: false, code: 'overloaded' } : submit(key, command);
    const refused = await world.hello({ uid: 2, resume: old.welcome.resume });
    expect(refused.one('closing')).toMatchObject({ code: 'overloaded', retry: true });
    expect(linkOf(2)?.state).toBe('silent');
    world.log.submit = submit;
    expect((await world.hello({ uid: 2, resume: old.welcome.resume })).welcome.resumed).toBe(true);
    expect(linkOf(2)?.state).toBe('live');
  });

  test('WIRE20, WIRE57: if the log fails while resuming, the client hears internal, and its old socket goes on', async () => {
    await begin();
    const old = await world.hello({ uid: 2 });
    const submit = world.log.submit.bind(world.log);
    world.log.submit = async (key, command) => {
      if (command.type === 'resume') throw new Error('unexpected');
      return submit(key, command);
    };
    const refused = await world.hello({ uid: 2, resume: old.welcome.resume });
    expect(refused.one('closing')).toMatchObject({ code: 'internal' });
    expect([old.closed, linkOf(2)?.state]).toEqual([undefined, 'live']);
    await old.drops();
    expect(linkOf(2)?.state).toBe('silent');
  });
});

describe('removal by others', () => {
  test('WIRE21: the same uid from a new device replaces the old, which is told and shall not come back', async () => {
    await begin();
    const old = await world.hello({ uid: 2 });
    const next = await world.hello({ uid: 2 });
    expect(old.one('closing')).toMatchObject({ code: 'replaced', retry: false });
    expect(old.closed).toEqual({ code: 4300, reason: 'replaced' });
    expect(next.closed).toBeUndefined();
    expect(next.welcome.resumed).toBe(false);
    expect(await world.events()).toEqual([...joinedOnce, 'member-left', 'member-joined']);
    await world.advance(30_000);
    expect(await world.events()).toHaveLength(4);
  });

  test('WIRE21: who is kicked is told so', async () => {
    await begin();
    const socket = await world.hello({ uid: 2 });
    const other = await world.hello({ uid: 3 });
    await world.log.createRule({ app: testApp.id, uid: 2, privileges: ['join_channel'] }, 60_000);
    await world.settled();
    expect(socket.one('closing')).toMatchObject({ code: 'kicked', retry: false, scope: 'uid' });
    expect(socket.closed?.code).toBe(4301);
    expect(other.closed).toBeUndefined();
  });

  test('WIRE21: and what the rule is about: the member, its address, or the channel', async () => {
    await begin();
    const fromThere = await world.hello({ uid: 2 }, '198.51.100.7');
    const other = await world.hello({ uid: 3 });
    const rule = { app: testApp.id, privileges: ['join_channel'] as const };
    await world.log.createRule({ ...rule, ip: '198.51.100.7', channel: 'lobby' }, 0);
    await world.settled();
    expect(fromThere.one('closing')).toMatchObject({ code: 'kicked', scope: 'ip' });
    expect(other.closed).toBeUndefined();
    await world.log.createRule({ ...rule, channel: 'lobby' }, 0);
    await world.settled();
    expect(other.one('closing')).toMatchObject({ code: 'kicked', scope: 'channel' });
    const left = (await world.records()).filter(({ type }) => type === 'member-left');
    expect(left).toMatchObject([
      { uid: 2, ruleScope: 'ip' },
      { uid: 3, ruleScope: 'channel' },
    ]);
  });
});

describe('limits', () => {
  test('WIRE22: a reader whose backlog grows over the limit is cut by name, and may resume', async () => {
    await begin();
    const socket = await world.hello({ uid: 2 });
    socket.backlog = limits.socketBacklogBytesMax;
    await world.advance(fixed.sweepMs * 2);
    expect(socket.closed).toBeUndefined();
    socket.backlog = limits.socketBacklogBytesMax + 1;
    await world.advance(fixed.sweepMs * 2);
    expect(socket.one('closing')).toMatchObject({ code: 'slow_reader', retry: true, retryAfterMs: 0 });
    expect(socket.closed).toEqual({ code: 4303, reason: 'slow_reader' });
    expect(linkOf(2)?.state).toBe('silent');
    expect((await world.hello({ uid: 2, resume: socket.welcome.resume })).welcome.resumed).toBe(true);
    expect(await world.events()).toEqual(joinedOnce);
  });

  test('WIRE22: a socket that does not close when told to is cut', async () => {
    await begin();
    const socket = world.connect();
    let cut = false;
    // Sends the close frame into a path that is dead: the adapter hears of no end.
    socket.close = () => undefined;
    socket.terminate = () => {
      cut = true;
      world.sockets.delete(socket);
      socket.handler?.onClosed();
    };
    await socket.says('not json');
    expect(cut).toBe(false);
    await world.advance(limits.closingMs + 2 * fixed.sweepMs);
    expect(cut).toBe(true);
  });

  test('WIRE23: sockets from one address are limited, and counted down again', async () => {
    await begin();
    const sockets = Array.from({ length: limits.connectionsPerAddressMax }, () =>
      world.connect('203.0.113.1'),
    );
    const over = world.connect('203.0.113.1');
    expect(over.closed).toEqual({ code: 4400, reason: 'too_many_connections' });
    expect(world.connect('203.0.113.2').closed).toBeUndefined();
    sockets[0]?.close(1000, '');
    expect(world.connect('203.0.113.1').closed).toBeUndefined();
    expect(world.connect('203.0.113.1').closed?.reason).toBe('too_many_connections');
  });

  test('PROXY6: the addresses that one subscriber of IPv6 has count as one', () => {
    const count = new SocketCount();
    const from = (address: string) => count.enter(address);
    for (let host = 0; host < limits.connectionsPerAddressMax; host++)
      from(`2001:db8:1:2::${host.toString(16)}`);
    expect(from('2001:db8:1:2:3::')).toBe(false);
    expect(from('2001:db8:1:3::1')).toBe(true);
    count.leave('2001:db8:1:2::1');
    count.leave('2001:db8:1:2::2');
    expect(from('2001:db8:1:2:4::')).toBe(true);
  });

  for (const max of [limits.pendingFramesMax, 3])
    test(`WIRE24: frames that wait for a slow decision are bounded by pendingFramesMax (${max})`, async () => {
      world = await TestWorld.start({ pendingFramesMax: max });
      const socket = await world.hello();
      const decided: (() => void)[] = [];
      world.log.submit = () =>
        new Promise((resolve) => {
          decided.push(() => resolve({ ok: false, code: 'hosts_full' }));
        });
      let sent = 0;
      const say = () => socket.says({ type: 'set-role', id: sent++, role: 'broadcaster' });
      await say();
      for (let frame = 0; frame < max; frame++) {
        await say();
        await world.advance(60);
      }
      expect(socket.closed).toBeUndefined();
      expect(decided).toHaveLength(1);
      await say();
      expect(socket.closed?.reason).toBe('rate_limited');
    });
});

describe('the end of the server', () => {
  test('WIRE17: everybody is told when to come back, and nobody leaves or is marked silent', async () => {
    await begin();
    const sockets = [await world.hello({ uid: 1 }), await world.hello({ uid: 2 }), world.connect()];
    const before = await world.records();
    await world.connections.stop(1_500);
    for (const socket of sockets) {
      expect(socket.frames.at(-1)).toMatchObject({
        type: 'closing',
        code: 'going_away',
        retry: true,
        retryAfterMs: 1_500,
      });
      expect(socket.closed).toEqual({ code: 4304, reason: 'going_away' });
    }
    expect(world.connect().closed?.reason).toBe('going_away');
    await world.settled();
    expect(await world.records()).toEqual(before);
  });
});
