import { afterEach, describe, expect, test } from 'bun:test';
import { strictApp, TestWorld, token } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { fixed } from '../fixed-limits.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const app = strictApp.id;
const nowSeconds = () => Math.floor(world.clock.nowMs() / 1000);
/** A token with these privileges beside that to join, each for so many seconds from now. */
const allows = (privileges: { publishAudio?: number; publishVideo?: number }, channel = 'lobby') =>
  token({ app: strictApp, channel, privileges: { join: 0, ...privileges } }, nowSeconds());
const streamsOf = (uid: number) => world.fanOut.streams.of(app, 'lobby', uid);
const both = { audio: true, video: true };
const sound = { audio: true, video: false };

describe('publishing with co-host authentication', () => {
  test('RIGHT1: streams of a kind that the token does not allow are refused, and a hello as broadcaster needs one', async () => {
    await begin();
    const joins = { app, uid: 1, role: 'broadcaster' } as const;
    expect((await world.hello({ ...joins, token: allows({}) })).closed?.reason).toBe('token_no_privilege');
    const host = await world.hello({ ...joins, token: allows({ publishAudio: 60 }) });
    await host.says({ type: 'streams', id: 1, ...both });
    await host.says({ type: 'streams', id: 2, ...sound });
    expect(host.one('error')).toMatchObject({ id: 1, code: 'token_no_privilege' });
    expect(streamsOf(1)).toEqual(sound);
  });

  test('RIGHT2: a join-only token neither opens nor enters a channel as communication', async () => {
    await begin();
    const call = { app, channel: 'private', profile: 'communication' } as const;
    const audience = allows({}, 'private');
    const viewer = await world.hello({ ...call, uid: 1, token: audience });
    expect(viewer.closed?.reason).toBe('token_no_privilege');
    expect(world.log.channel(liveKey(app, 'private'))).toBeUndefined();
    const caller = await world.hello({ ...call, uid: 2, token: allows({ publishAudio: 0 }, 'private') });
    expect(caller.welcome.role).toBe('broadcaster');
    const again = await world.hello({ ...call, uid: 1, token: audience });
    expect(again.closed?.reason).toBe('token_no_privilege');
    expect(world.log.channel(liveKey(app, 'private'))?.roster.size).toBe(1);
  });

  test('RIGHT5: when a privilege ends, and when a renewed token allows less or more, what is shown follows', async () => {
    await begin();
    const publishes = { publishAudio: 0, publishVideo: 30 };
    const host = await world.hello({ app, uid: 1, role: 'broadcaster', token: allows(publishes) });
    const viewer = await world.hello({ app, uid: 2, token: allows({}) });
    await host.says({ type: 'streams', id: 1, ...both });
    for (let second = 0; second < 40; second++) {
      await world.advance(1_000);
      host.handler?.onPong();
      viewer.handler?.onPong();
    }
    expect(streamsOf(1)).toEqual(sound);
    expect(viewer.all('host-streams').at(-1)).toMatchObject(sound);
    await host.says({ type: 'renew-token', id: 2, token: allows({ publishAudio: 0, publishVideo: 0 }) });
    await world.advance(fixed.sweepMs);
    // The host goes on sending, and need not say so again.
    expect(streamsOf(1)).toEqual(both);
    await host.says({ type: 'renew-token', id: 3, token: allows({}) });
    await world.advance(fixed.sweepMs);
    expect(streamsOf(1)).toEqual({ audio: false, video: false });
    await host.says({ type: 'set-role', id: 4, role: 'audience' });
    await host.says({ type: 'set-role', id: 5, role: 'broadcaster' });
    expect(host.one('error')).toMatchObject({ id: 5, code: 'token_no_privilege' });
  });

  test('RIGHT5: a rule takes a kind from what is shown while it lasts', async () => {
    await begin();
    const host = await world.hello({ app, uid: 1, role: 'broadcaster' });
    await host.says({ type: 'streams', id: 1, ...both });
    await world.log.createRule({ app, uid: 1, privileges: ['publish_video'] }, 5_000);
    await world.advance(fixed.sweepMs);
    expect(streamsOf(1)).toEqual(sound);
    for (let second = 0; second < 6; second++) {
      await world.advance(1_000);
      host.handler?.onPong();
    }
    expect(streamsOf(1)).toEqual(both);
  });

  test('RIGHT4: a resume counts as its token says, and what a token allowed survives a crash', async () => {
    await begin();
    const joins = { app, uid: 1, role: 'broadcaster' } as const;
    const host = await world.hello({ ...joins, token: allows({ publishAudio: 0 }) });
    const { resume, connectionId } = host.welcome;
    const rights = () =>
      world.log.channel(liveKey(app, 'lobby'))?.roster.getByConnection(connectionId)?.publish;
    const before = rights();
    expect(Object.keys(before ?? {})).toEqual(['audioEndsMs']);
    await world.crash();
    await world.start();
    expect(rights()).toEqual(before);
    const back = await world.hello({ ...joins, resume, token: allows({ publishVideo: 0 }) });
    expect(back.welcome.resumed).toBe(true);
    expect(Object.keys(rights() ?? {})).toEqual(['videoEndsMs']);
    await back.says({ type: 'streams', id: 1, ...sound });
    expect(back.one('error')).toMatchObject({ code: 'token_no_privilege' });
    await back.drops();
    await world.hello({ ...joins, resume, token: allows({}) });
    expect(rights()).toBeUndefined();
  });

  test('RIGHT7: a pinned profile is not for clients to choose', async () => {
    await begin();
    const calls = { app, channel: 'call-7' };
    const publishes = { publishAudio: 0 };
    const named = await world.hello({
      ...calls,
      profile: 'live',
      uid: 1,
      token: allows(publishes, 'call-7'),
    });
    expect(named.closed?.reason).toBe('profile_mismatch');
    const unnamed = await world.hello({ ...calls, uid: 2, token: allows(publishes, 'call-7') });
    expect(unnamed.welcome).toMatchObject({ profile: 'communication', role: 'broadcaster' });
    const audience = await world.hello({ ...calls, uid: 3, token: allows({}, 'call-7') });
    expect(audience.closed?.reason).toBe('token_no_privilege');
    expect((await world.hello({ app, channel: 'show', uid: 4 })).welcome.profile).toBe('live');
  });
});
