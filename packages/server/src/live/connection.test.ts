import { afterEach, describe, expect, test } from 'bun:test';
import { clientFrameBytesMax, codes } from '@housecount/protocol';
import fixtures from '@housecount/protocol/fixtures/frames.json';
import tokens from '@housecount/protocol/fixtures/tokens.json';
import { helloFrame, strictApp, TestWorld, testApp, token } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
  return world;
};
afterEach(() => world.stop());

describe('hello', () => {
  test('WIRE3, BACK1: is answered by a welcome that says what stands in the log, and the leases', async () => {
    await begin();
    const host = await world.hello({ uid: 1, role: 'broadcaster', platform: 7 });
    const viewer = await world.hello({ account: 'alice_01' });
    expect(host.frames[0]).toMatchObject({
      type: 'welcome',
      resumed: false,
      seq: 2,
      uid: 1,
      role: 'broadcaster',
      profile: 'live',
      hosts: [{ uid: 1, audio: false, video: false }],
      count: 1,
      pingMs: 3000,
      leaseMs: 10_000,
      recoveryMs: 15_000,
      iceServers: [{ urls: 'stun:192.0.2.9:3478' }],
    });
    expect(viewer.welcome).toMatchObject({
      sid: host.welcome.sid,
      seq: 3,
      account: 'alice_01',
      role: 'audience',
      count: 2,
    });
    expect(viewer.welcome.uid).toBe(world.log.uidOf(testApp.id, 'alice_01') ?? -1);
    expect(world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(1)).toMatchObject({
      platform: 7,
      role: 'broadcaster',
    });
  });

  test('WIRE3: without a uid, or with 0, one is assigned', async () => {
    await begin();
    const first = await world.hello({ uid: 0 });
    const second = await world.connect().says({ ...helloFrame(), uid: undefined });
    expect(first.welcome.uid).toBeGreaterThan(0);
    expect(second.welcome.uid).toBeGreaterThan(0);
    expect(second.welcome.uid).not.toBe(first.welcome.uid);
  });

  for (const { name, frame } of fixtures.client.hello.valid.filter(
    ({ frame }) => !('resume' in frame) && frame.app === testApp.id,
  ))
    test(`WIRE3: ${name}: is welcome`, async () => {
      await begin();
      const { channel } = frame;
      const socket = await world.connect().says({ ...frame, token: token({ channel }) });
      expect(socket.welcome.count).toBe(1);
      expect(world.log.channel(liveKey(testApp.id, channel))?.roster.size).toBe(1);
    });

  for (const { name, frame, code } of fixtures.client.hello.invalid)
    test(`WIRE4: ${name}: closes with ${code}, and nobody joined`, async () => {
      await begin();
      const socket = await world.connect().says(frame);
      expect(socket.frames).toMatchObject([
        { type: 'closing', code, retry: codes[code as 'frame_invalid'].retry },
      ]);
      expect(socket.closed).toEqual({ code: codes[code as 'frame_invalid'].close, reason: code });
      expect(await world.records()).toEqual([]);
    });

  for (const { name, text, code } of fixtures.notFrames)
    test(`WIRE4: ${name} before hello: closes with ${code}`, async () => {
      await begin();
      const socket = await world.connect().says(text);
      expect(socket.closed?.reason).toBe(code);
    });

  for (const [type, { valid }] of Object.entries(fixtures.client).filter(([type]) => type !== 'hello'))
    test(`WIRE4: ${type} before hello closes with frame_unexpected`, async () => {
      await begin();
      const socket = await world.connect().says(valid[0]?.frame ?? '');
      expect(socket.closed).toEqual({ code: 4003, reason: 'frame_unexpected' });
    });

  test('WIRE4: none within the time closes with hello_timeout, which may be retried', async () => {
    await begin();
    const socket = world.connect();
    await world.advance(limits.helloMs - 100);
    expect(socket.closed).toBeUndefined();
    await world.advance(fixed.sweepMs + 200);
    expect(socket.one('closing')).toMatchObject({ code: 'hello_timeout', retry: true });
  });

  test('WIRE4: pongs do not stand for a hello', async () => {
    await begin();
    const socket = world.connect();
    for (let second = 0; second < 6; second++) {
      await world.advance(1_000);
      socket.handler?.onPong();
    }
    expect(socket.closed?.reason).toBe('hello_timeout');
  });

  test('WIRE4: an app that is not configured is refused', async () => {
    await begin();
    expect((await world.hello({ app: '1'.repeat(32) })).closed?.reason).toBe('invalid_app_id');
  });

  for (const [name, over, code] of [
    ['no token', { token: '' }, 'token_required'],
    ['not a token', { token: 'secret' }, 'invalid_token'],
    ['version 006', { token: '006abc' }, 'invalid_token'],
    ['wrong certificate', { token: token({ certificate: '0'.repeat(32) }) }, 'invalid_token'],
    ['another app', { token: token({ app: strictApp }) }, 'token_app_mismatch'],
    ['another channel', { token: token({ channel: 'elsewhere' }) }, 'token_channel_mismatch'],
    ['another uid', { token: token({ identity: { uid: 41 } }) }, 'token_uid_mismatch'],
    [
      'another account',
      { account: 'bob', token: token({ identity: { account: 'alice' } }) },
      'token_uid_mismatch',
    ],
    ['RTM only', { token: tokens.valid[4]?.token ?? '' }, 'token_no_privilege'],
    ['no privilege to join', { token: tokens.valid[10]?.token ?? '' }, 'token_no_privilege'],
    ['ended', { token: token({}, 1_699_900_000) }, 'token_expired'],
    ['privilege ended', { token: token({ privilegeSeconds: 60 }, 1_699_999_900) }, 'token_expired'],
    ['too long', { token: `007${'A'.repeat(8_190)}` }, 'invalid_token'],
  ] as const)
    test(`WIRE4: a token with ${name} is refused with ${code}`, async () => {
      await begin();
      const channel = code === 'token_no_privilege' ? 'housecount' : 'lobby';
      const identity = name === 'no privilege to join' ? { uid: 12345 } : {};
      const socket = await world.hello({ channel, ...identity, ...over });
      expect(socket.one('closing')).toMatchObject({ code, retry: false });
      expect(socket.closed).toEqual({ code: codes[code].close, reason: code });
      expect(await world.records()).toEqual([]);
    });

  test('WIRE4: who is banned is refused, by uid, address and channel', async () => {
    await begin();
    const base = { app: testApp.id, privileges: ['join_channel'] as const };
    await world.log.createRule({ ...base, uid: 5 }, 60_000);
    await world.log.createRule({ ...base, ip: '198.51.100.7' }, 60_000);
    await world.log.createRule({ ...base, channel: 'shut' }, 60_000);
    const refused = async (...hello: Parameters<typeof world.hello>) =>
      (await world.hello(...hello)).one('closing');
    expect(await refused({ uid: 5 })).toMatchObject({ code: 'banned', scope: 'uid' });
    expect(await refused({ uid: 6 }, '198.51.100.7')).toMatchObject({ code: 'banned', scope: 'ip' });
    expect(await refused({ uid: 6, channel: 'shut' })).toMatchObject({ code: 'banned', scope: 'channel' });
    expect((await world.hello({ uid: 6 })).welcome.count).toBe(1);
  });

  test('WIRE4: another profile than the channel has is refused', async () => {
    await begin();
    await world.hello({ uid: 1 });
    const other = await world.hello({ uid: 2, profile: 'communication' });
    expect(other.closed?.reason).toBe('profile_mismatch');
  });

  test('WIRE5: with co-host authentication a broadcaster needs a token to publish with', async () => {
    await begin();
    const audience = token({ app: strictApp, role: 'audience' });
    const refused = await world.hello({ app: strictApp.id, role: 'broadcaster', token: audience });
    expect(refused.closed?.reason).toBe('token_no_privilege');
    expect((await world.hello({ app: strictApp.id, token: audience })).welcome.role).toBe('audience');
    expect((await world.hello({ app: strictApp.id, uid: 2, role: 'broadcaster' })).welcome.role).toBe(
      'broadcaster',
    );
  });

  test('WIRE6: said twice is an error, and changes nothing', async () => {
    await begin();
    const socket = await world.hello();
    await socket.says(helloFrame({ channel: 'other' }));
    expect(socket.one('error')).toMatchObject({ code: 'already_joined' });
    expect(socket.closed).toBeUndefined();
    expect(world.log.channel(liveKey(testApp.id, 'other'))).toBeUndefined();
  });

  test('WIRE6: said twice in one breath joins once', async () => {
    await begin();
    const socket = world.connect();
    socket.handler?.onText(JSON.stringify(helloFrame()));
    socket.handler?.onText(JSON.stringify(helloFrame()));
    await world.settled();
    expect(socket.frames.map(({ type }) => type)).toEqual(['welcome', 'error']);
    expect(await world.events()).toEqual(['channel-opened', 'member-joined']);
  });

  test('WIRE6: frames sent before the welcome are done after it, in order', async () => {
    await begin();
    const socket = world.connect();
    for (const frame of [
      helloFrame({ role: 'broadcaster' }),
      { type: 'ping', id: 1 },
      { type: 'set-role', id: 2, role: 'audience' },
      { type: 'streams', id: 3, audio: true, video: true },
      { type: 'ping', id: 4 },
    ])
      socket.handler?.onText(JSON.stringify(frame));
    await world.settled();
    const answers = socket.frames.filter(({ type }) => ['welcome', 'pong', 'ok', 'error'].includes(type));
    expect(answers).toMatchObject([
      { type: 'welcome' },
      { type: 'pong', id: 1 },
      { type: 'ok', id: 2 },
      { type: 'error', id: 3, code: 'role_forbidden' },
      { type: 'pong', id: 4 },
    ]);
  });
});

describe('after the welcome', () => {
  for (const [type, { invalid }] of Object.entries(fixtures.client))
    for (const { name, frame, code } of invalid)
      test(`WIRE2: ${type}, ${name}: is an error of that frame only`, async () => {
        await begin();
        const socket = await world.hello();
        await socket.says(frame);
        expect(socket.one('error')).toMatchObject({ code });
        const id: unknown = 'id' in frame ? frame.id : undefined;
        if (Number.isSafeInteger(id) && Number(id) >= 0) expect(socket.one('error').id).toBe(Number(id));
        await socket.says({ type: 'ping', id: 77 });
        expect(socket.one('pong')).toEqual({ type: 'pong', id: 77 });
        expect(await world.events()).toEqual(['channel-opened', 'member-joined']);
      });

  test('WIRE2: what is no frame is an error of that frame only', async () => {
    await begin();
    const socket = await world.hello();
    for (const { text } of fixtures.notFrames) await socket.says(text);
    expect(socket.all('error').map(({ code }) => code)).toEqual(
      fixtures.notFrames.map(({ code }) => code as 'frame_invalid'),
    );
    expect(socket.closed).toBeUndefined();
  });

  test('WIRE7: a frame that is too large ends the connection, which may resume', async () => {
    await begin();
    const socket = await world.hello();
    const frame = (bytes: number) => `{"type":"ping"${' '.repeat(bytes - 15)}}`;
    await socket.says(frame(clientFrameBytesMax));
    expect(socket.all('pong')).toHaveLength(1);
    await socket.says(frame(clientFrameBytesMax + 1));
    expect(socket.one('closing')).toMatchObject({ code: 'frame_too_large' });
    const { resume } = socket.welcome;
    expect((await world.hello({ resume })).welcome.resumed).toBe(true);
    expect(await world.events()).toEqual(['channel-opened', 'member-joined']);
  });

  test('WIRE7: size is counted in bytes', async () => {
    await begin();
    const socket = await world.hello();
    await socket.says(`{"type":"bye","x":"${'房'.repeat(clientFrameBytesMax / 3)}"}`);
    expect(socket.closed?.reason).toBe('frame_too_large');
  });

  test('WIRE7: a binary frame ends the connection', async () => {
    await begin();
    const socket = await world.hello();
    socket.handler?.onBinary();
    expect(socket.closed?.reason).toBe('frame_not_json');
  });

  test('WIRE7: too many frames end the connection; a burst and the steady rate do not', async () => {
    await begin();
    const socket = await world.hello();
    const ping = JSON.stringify({ type: 'ping' });
    for (let second = 0; second < 10; second++) {
      for (let frame = 0; frame < limits.framesPerSecondMax - 1; frame++) socket.handler?.onText(ping);
      await world.advance(1_000);
    }
    expect(socket.closed).toBeUndefined();
    for (let frame = 0; frame <= limits.framesPerSecondMax * 5 + 1; frame++) socket.handler?.onText(ping);
    expect(socket.one('closing')).toMatchObject({ code: 'rate_limited', retry: true });
  });

  test('WIRE8: bye leaves at once, and is answered by closing left', async () => {
    await begin();
    const socket = await world.hello();
    await socket.says({ type: 'bye' });
    expect(socket.frames.at(-1)).toMatchObject({ type: 'closing', code: 'left', retry: false });
    expect(socket.closed).toEqual({ code: 4305, reason: 'left' });
    expect(await world.events()).toEqual([
      'channel-opened',
      'member-joined',
      'member-left',
      'channel-closed',
    ]);
    const left = (await world.records()).find(({ type }) => type === 'member-left');
    expect(left).toMatchObject({ reason: 'quit', evidence: 'bye' });
  });

  test('WIRE8: bye said twice leaves once', async () => {
    await begin();
    const socket = await world.hello();
    socket.handler?.onText('{"type":"bye"}');
    socket.handler?.onText('{"type":"bye"}');
    await world.settled();
    expect(socket.all('closing')).toHaveLength(1);
    expect((await world.events()).filter((type) => type === 'member-left')).toHaveLength(1);
  });

  test('WIRE9: set-role changes the role, and needs the privilege with co-host authentication', async () => {
    await begin();
    const free = await world.hello({ uid: 1 });
    await free.says({ type: 'set-role', id: 1, role: 'broadcaster' });
    expect(free.one('ok')).toEqual({ type: 'ok', id: 1 });
    expect(free.one('host-joined')).toMatchObject({ host: { uid: 1 }, seq: 3 });

    const strict = await world.hello({
      app: strictApp.id,
      uid: 2,
      token: token({ app: strictApp, role: 'audience' }),
    });
    await strict.says({ type: 'set-role', id: 1, role: 'broadcaster' });
    expect(strict.one('error')).toMatchObject({ id: 1, code: 'token_no_privilege' });
    await strict.says({ type: 'renew-token', id: 2, token: token({ app: strictApp }) });
    await strict.says({ type: 'set-role', id: 3, role: 'broadcaster' });
    expect(strict.all('ok').map(({ id }) => id)).toEqual([2, 3]);
  });

  test('WIRE9: set-role in a communication channel is refused', async () => {
    await begin();
    const socket = await world.hello({ profile: 'communication' });
    expect(socket.welcome.role).toBe('broadcaster');
    await socket.says({ type: 'set-role', id: 1, role: 'audience' });
    expect(socket.one('error')).toMatchObject({ id: 1, code: 'role_invalid' });
  });

  test('WIRE10: renew-token takes a good token and names what is wrong with a bad one', async () => {
    await begin();
    const socket = await world.hello({ token: token({ privilegeSeconds: 100 }) });
    expect(socket.welcome.tokenEndsMs).toBe(1_700_000_100_000);
    await socket.says({ type: 'renew-token', id: 1, token: token({ channel: 'other' }) });
    await socket.says({ type: 'renew-token', id: 2, token: token({ identity: { uid: 43 } }) });
    expect(socket.all('error')).toMatchObject([
      { code: 'token_channel_mismatch' },
      { code: 'token_uid_mismatch' },
    ]);
    await socket.says({ type: 'renew-token', id: 3, token: token({ privilegeSeconds: 200 }) });
    expect(socket.one('ok').id).toBe(3);
    await world.advance(110_000);
    expect(socket.closed).toBeUndefined();
    await world.advance(100_000);
    expect(socket.one('closing')).toMatchObject({ code: 'token_expired' });
    expect((await world.records()).find(({ type }) => type === 'member-left')).toMatchObject({
      reason: 'token',
    });
  });

  test('WIRE10: 30 s before the join privilege ends the client is told, once for each end', async () => {
    await begin();
    const socket = await world.hello({ token: token({ privilegeSeconds: 100 }) });
    await world.advance(69_000);
    expect(socket.all('token-will-expire')).toEqual([]);
    await world.advance(3_000);
    expect(socket.one('token-will-expire')).toEqual({ type: 'token-will-expire', endsMs: 1_700_000_100_000 });
    await socket.says({ type: 'renew-token', id: 1, token: token({ privilegeSeconds: 150 }) });
    await world.advance(50_000);
    expect(socket.all('token-will-expire').map(({ endsMs }) => endsMs)).toEqual([
      1_700_000_100_000, 1_700_000_150_000,
    ]);
  });

  test('MEDIA50: a member is told passwords of its own, and others before they end, for as long as it is there', async () => {
    world = new TestWorld();
    world.iceServers = [
      { urls: 'stun:192.0.2.9:3478' },
      { urls: 'turn:192.0.2.9:3478', secret: 'shared', lifetimeMs: 100_000 },
    ];
    await world.start();
    const [ann, bob] = [await world.hello({ uid: 1 }), await world.hello({ uid: 2 })];
    const endsMs = ({ username = '' }: { username?: string }) => Number(username.split(':')[0]) * 1_000;
    const named = [ann, bob].map(({ welcome }) => welcome.iceServers[1]?.username?.split('/').at(-1));
    expect(named).toEqual(['1', '2']);
    let inForce = ann.welcome.iceServers;
    for (let round = 0; round < 4; round++) {
      await world.advance(30_000);
      await ann.says({ type: 'ping', id: 1 });
      const { iceServers = inForce } = ann.all('ice-servers').at(-1) ?? {};
      inForce = iceServers;
      expect(inForce.map(({ urls }) => urls)).toEqual(['stun:192.0.2.9:3478', 'turn:192.0.2.9:3478']);
      expect(endsMs(inForce[1] ?? {})).toBeGreaterThan(world.clock.nowMs() + 30_000);
    }
    const told = ann.all('ice-servers').length;
    expect([told >= 1, told <= 3]).toEqual([true, true]);
  });

  test('WIRE11: streams of a broadcaster reach everybody, and those of others are refused', async () => {
    await begin();
    const host = await world.hello({ uid: 1, role: 'broadcaster' });
    const viewer = await world.hello({ uid: 2 });
    await host.says({ type: 'streams', id: 1, audio: true, video: false });
    expect(host.one('ok').id).toBe(1);
    expect(viewer.one('host-streams')).toEqual({ type: 'host-streams', uid: 1, audio: true, video: false });
    await viewer.says({ type: 'streams', id: 1, audio: true, video: false });
    expect(viewer.one('error')).toMatchObject({ id: 1, code: 'role_forbidden' });
    expect((await world.hello({ uid: 3 })).welcome.hosts).toEqual([{ uid: 1, audio: true, video: false }]);
  });

  test('WIRE11: streams need the privilege of their kind with co-host authentication, and no ban', async () => {
    await begin();
    const host = await world.hello({ app: strictApp.id, uid: 1, role: 'broadcaster' });
    await host.says({ type: 'renew-token', id: 1, token: token({ app: strictApp, role: 'audience' }) });
    await host.says({ type: 'streams', id: 2, audio: false, video: true });
    await host.says({ type: 'streams', id: 3, audio: false, video: false });
    expect(host.one('error')).toMatchObject({ id: 2, code: 'token_no_privilege' });
    const muted = await world.hello({ uid: 8, role: 'broadcaster' });
    await world.log.createRule({ app: testApp.id, uid: 8, privileges: ['publish_audio'] }, 60_000);
    await muted.says({ type: 'streams', id: 4, audio: true, video: true });
    await muted.says({ type: 'streams', id: 5, audio: false, video: true });
    expect(muted.one('error')).toMatchObject({ id: 4, code: 'banned' });
    expect(muted.one('ok').id).toBe(5);
  });

  test('WIRE12: select is handed to the media side with the connection that asks', async () => {
    await begin();
    const socket = await world.hello();
    await socket.says({ type: 'select', id: 1, session: 'S1', audio: false, video: true });
    await socket.says({ type: 'select', id: 2, session: 'unknown', audio: false, video: true });
    expect(world.selected).toEqual([
      { connectionId: socket.welcome.connectionId, session: 'S1', audio: false, video: true },
    ]);
    expect(socket.one('ok').id).toBe(1);
    expect(socket.one('error')).toMatchObject({ id: 2, code: 'not_found' });
  });

  test('WIRE60: select may name the largest picture, and media-layer goes to the connection that has the session alone', async () => {
    await begin();
    const [socket, other] = [await world.hello(), await world.hello({ uid: 9 })];
    const { connectionId } = socket.welcome;
    await socket.says({ type: 'select', id: 1, session: 'S1', audio: true, video: true, layer: 'low' });
    await socket.says({ type: 'select', id: 2, session: 'S1', audio: true, video: true, layer: 'middle' });
    expect(world.selected).toEqual([{ connectionId, session: 'S1', audio: true, video: true, layer: 'low' }]);
    expect(socket.one('error')).toMatchObject({ id: 2, code: 'frame_invalid' });
    world.connections.tell(connectionId, { type: 'media-layer', session: 'S1', layer: 'low' });
    world.connections.tell('gone', { type: 'media-layer', session: 'S1', layer: 'high' });
    expect(socket.all('media-layer')).toEqual([{ type: 'media-layer', session: 'S1', layer: 'low' }]);
    expect(other.all('media-layer')).toEqual([]);
  });
});
