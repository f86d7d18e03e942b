import { afterEach, expect, test } from 'bun:test';
import { testApp } from '../../testing/processes/server-process.ts';
import {
  endWhipWorlds,
  offerSdp,
  openWhipWorld,
  playSdp,
  stage,
  tokenFor,
  tokenOf,
  videoSdp,
  videoSection,
} from '../../testing/worlds/whip-world.ts';
import { liveKey } from '../channel/channel.ts';
import { neverEndsMs, type PublishRights } from '../channel/membership/rights.ts';
import { buildRtcToken, buildTokenForBoth } from '../token/build.ts';
import { makeResumeKey } from '../token/resume-key.ts';

afterEach(endWhipWorlds);

test('WHIP10: who comes back by a new POST while silent has its membership again, without an event', async () => {
  const { service, publish, channel, until, closed } = await openWhipWorld();
  const first = await publish();
  await until('joined', () => channel()?.roster.get(7) !== undefined);
  const before = channel();
  service.report({ type: 'stalled', session: first, silentMs: 0 });
  await until('silent', () => channel()?.roster.get(7)?.link.state === 'silent');
  const second = await publish();
  await until('live again', () => channel()?.roster.get(7)?.link.state === 'live');
  expect(channel()?.sid).toBe(before?.sid ?? '');
  expect(channel()?.seq).toBe(before?.seq ?? 0);
  await until('the old session closed', () => closed.includes(first));
  expect(closed).not.toContain(second);
});

test('WHIP10: who comes back while still live with another token replaces itself, with the events of that', async () => {
  const { publish, channel, until, closed } = await openWhipWorld();
  const first = await publish();
  await until('joined', () => channel()?.roster.get(7) !== undefined);
  const seq = channel()?.seq ?? 0;
  await publish(7, offerSdp, tokenOf(7, { publishAudio: 0 }));
  await until('replaced', () => channel()?.seq === seq + 2);
  expect(channel()?.roster.size).toBe(1);
  await until('the old session closed', () => closed.includes(first));
});

test('WHIP9: a rule about one kind of media ends the sessions that can send it, refuses new ones, and leaves the others', async () => {
  const { log, publish, channel, until, during, closed, passes } = await openWhipWorld();
  const sound = await publish(1, offerSdp);
  const picture = await publish(2, videoSdp);
  const both = await publish(3, offerSdp + videoSection);
  await until('all joined', () => channel()?.roster.size === 3);
  const rule = { app: testApp.id, channel: 'stage', privileges: ['publish_audio'] } as const;
  await during(log.createRule(rule, 60_000));
  await until('two are closed', () => closed.length >= 2);
  expect(closed.sort()).toEqual([sound, both].sort());
  await expect(publish(4, offerSdp)).rejects.toMatchObject({ code: 'banned' });
  await expect(publish(5, offerSdp + videoSection)).rejects.toMatchObject({ code: 'banned' });
  expect(await publish(6, videoSdp)).toBeString();
  expect(closed).not.toContain(picture);
  // The rule is about publishing: nobody has left. But who has no session any more is silent, and leaves with its lease.
  await until('silent', () => channel()?.roster.get(1)?.link.state === 'silent');
  await passes(10_000);
  await until('gone', () => channel()?.roster.get(1) === undefined);
  expect(channel()?.roster.get(2)).toBeDefined();
});

test('PERSON48: who is linked to a user that a rule keeps from sending is cut off at once, and kept from it while that is so', async () => {
  const { log, publish, channel, until, during, closed } = await openWhipWorld();
  const first = await publish(1, offerSdp);
  const other = await publish(2, offerSdp);
  await until('both joined', () => channel()?.roster.size === 2);
  const uid = log.uidOf(testApp.id, 'ann');
  const rule = { app: testApp.id, channel: 'stage', privileges: ['publish_audio'] } as const;
  await during(log.createRule({ ...rule, ...(uid && { uid }), account: 'ann' }, 60_000));
  const { connectionId = '' } = channel()?.roster.get(1) ?? {};
  await during(log.submit(stage, { type: 'link', connectionId, userId: 'ann' }));
  await until('it is closed', () => closed.includes(first));
  expect(closed).not.toContain(other);
  await expect(publish(1, offerSdp)).rejects.toMatchObject({ code: 'banned' });
  expect(channel()?.roster.get(1)).toBeDefined();
});

const picture = { audio: false, video: true };
const sound = { audio: true, video: false };
const nothing = { audio: false, video: false };

test('WHIP11: who publishes again while its old session is silent is shown as sending, also when that one ends later', async () => {
  const { service, publish, channel, until, closed, sends, told } = await openWhipWorld();
  const first = await publish(7, videoSdp);
  await until('it sends', () => sends().video);
  service.report({ type: 'stalled', session: first, silentMs: 0 });
  await until('silent', () => channel()?.roster.get(7)?.link.state === 'silent');
  await publish(7, videoSdp);
  await until('the old session closed', () => closed.includes(first));
  service.report({ type: 'gone', session: first, reason: 'failed', silentMs: 0 });
  await service.remove(first);
  expect(sends()).toEqual(picture);
  expect(told).not.toContainEqual(nothing);
});

test('WHIP11: who publishes again after its old session has failed is shown as sending what it sends now', async () => {
  const { service, publish, channel, until, sends } = await openWhipWorld();
  const first = await publish(7, videoSdp);
  await until('it sends', () => sends().video);
  service.report({ type: 'gone', session: first, reason: 'failed', silentMs: 0 });
  await until('silent', () => channel()?.roster.get(7)?.link.state === 'silent');
  expect(sends()).toEqual(nothing);
  await publish(7, offerSdp);
  await until('it sends sound', () => sends().audio);
  expect(sends()).toEqual(sound);
});

test('WHIP11: a host who takes over by another kind of connection has its own streams, and the encoder has when it is back', async () => {
  const { member, publish, channel, until, closed, sends } = await openWhipWorld();
  const first = await publish(7, videoSdp);
  await until('it sends', () => sends().video);
  await member(7, { audioEndsMs: neverEndsMs });
  // An SDK host says itself what it sends, and here it does at once.
  await until('the encoder is closed', () => closed.includes(first));
  expect(sends()).toEqual({ audio: true, video: true });
  // And back: the encoder publishes again.
  const second = await publish(7, videoSdp);
  await until('it sends again', () => sends().video);
  await until('it is the member', () => channel()?.roster.get(7)?.connectionKind === 'whip');
  expect(closed).not.toContain(second);
});

test('ACCT1: neither a channel nor a token is for a name that no URL can carry', async () => {
  const { service } = await openWhipWorld();
  const open = (channel: string, bearer: string) =>
    service.create({
      ...{ kind: 'whep', app: testApp.id, channel, bearer, offerSdp, address: '127.0.0.1' },
      query: new URLSearchParams(),
    });
  for (const name of ['.', '..']) {
    await expect(open(name, tokenFor(name, { uid: 7 }))).rejects.toMatchObject({
      code: 'invalid_channel_name',
    });
    const ofAccount = tokenFor('stage', { account: name });
    await expect(open('stage', ofAccount)).rejects.toMatchObject({ code: 'invalid_account' });
  }
});

test('ACCT5: an account that is given another uid at its join than at its POST has its session closed, and leaves', async () => {
  const { service, log, channel, until, during, closed } = await openWhipWorld();
  const { session } = await during(
    service.create({
      ...{
        kind: 'whip',
        app: testApp.id,
        channel: 'stage',
        bearer: tokenFor('stage', { account: 'ann' }),
        offerSdp,
      },
      query: new URLSearchParams(),
      address: '127.0.0.1',
    }),
  );
  expect(session.uid).toBe(log.uidOf(testApp.id, 'ann') ?? 0);
  expect(log.lastPosition).toBe(0);
  const other = {
    connectionId: 'c',
    connectionKind: 'rtc',
    role: 'audience',
    platform: 7,
    leaseMs: 10_000,
    ip: '',
  } as const;
  await during(log.join({ key: stage, identity: { uid: session.uid }, ...other }));
  service.report({ type: 'connected', session: session.id, kinds: { audio: true, video: false } });
  await until('closed', () => closed.includes(session.id));
  await until('left', () => channel()?.roster.size === 1);
  expect(channel()?.roster.get(session.uid)?.account).toBeUndefined();
  expect(service.open).toBe(0);
});

test('SHARE1: a plain session that is opened counts as a join; a player that finds nothing to play, or brings no offer, does not', async () => {
  let left = 1;
  const asked: string[] = [];
  const { service, publish, channel, until } = await openWhipWorld({
    joins: {
      takeJoin({ address, isForOne }) {
        asked.push(`${address} ${isForOne}`);
        return left-- > 0;
      },
    },
  });
  const play = (sdp = playSdp) =>
    service.create({
      ...{ kind: 'whep', app: testApp.id, channel: 'stage', bearer: tokenFor('stage', { uid: 8 }) },
      ...{ offerSdp: sdp, query: new URLSearchParams(), address: '192.0.2.1' },
    });
  for (let again = 0; again < 3; again++) await expect(play()).rejects.toMatchObject({ code: 'no_stream' });
  await expect(play('nonsense')).rejects.toMatchObject({ code: 'sdp_invalid' });
  expect(asked).toEqual([]);
  await publish();
  await until('joined', () => channel()?.roster.get(7) !== undefined);
  const open = service.open;
  await expect(play()).rejects.toMatchObject({ code: 'rate_limited' });
  expect(asked).toEqual(['127.0.0.1 true', '192.0.2.1 true']);
  expect(service.open).toBe(open);
});

test('WHIP10: who publishes again at once with the same token is the same membership, its old session is closed', async () => {
  const { publish, channel, until, closed, sends, told } = await openWhipWorld();
  const first = await publish(7, videoSdp);
  await until('joined', () => sends().video);
  const before = channel();
  const second = await publish(7, videoSdp);
  await until('the old session closed', () => closed.includes(first));
  expect(closed).not.toContain(second);
  expect(channel()?.seq).toBe(before?.seq ?? 0);
  expect(channel()?.roster.get(7)).toMatchObject({ joinedSeq: 2, link: { state: 'live' } });
  expect(sends()).toEqual(picture);
  expect(told).not.toContainEqual(nothing);
});

test('WHIP10: a player that comes back at once with the same token is the same viewer', async () => {
  const { publish, play, channel, until, closed, sends } = await openWhipWorld();
  await publish();
  await until('it sends', () => sends().audio);
  const first = await play(2);
  await until('joined', () => channel()?.roster.get(2) !== undefined);
  const seq = channel()?.seq;
  await play(2);
  await until('the old session closed', () => closed.includes(first));
  expect(channel()?.seq).toBe(seq ?? 0);
  expect(channel()?.roster.size).toBe(2);
});

test('RIGHT3: a plain offer with a kind that the token does not allow is refused, one without is taken', async () => {
  const { publish, kindsOffered } = await openWhipWorld({ coHostAuthentication: true });
  const audioOnly = tokenOf(7, { publishAudio: 0 });
  await expect(publish(7, offerSdp + videoSection, audioOnly)).rejects.toMatchObject({
    code: 'token_no_privilege',
  });
  await expect(publish(7, videoSdp, audioOnly)).rejects.toMatchObject({ code: 'token_no_privilege' });
  await expect(publish(7, offerSdp, tokenOf(7, {}))).rejects.toMatchObject({ code: 'token_no_privilege' });
  expect(kindsOffered).toEqual([]);
  expect(await publish(7, offerSdp, audioOnly)).toBeString();
});

test('RIGHT3: of what an SDK client offers up front, the kinds that its member may send are taken', async () => {
  const { publish, member, kindsOffered, clock, passes, sends, closed, until } = await openWhipWorld({
    coHostAuthentication: true,
  });
  const { key } = await member(7, { audioEndsMs: clock.nowMs() + 5_000 });
  const session = await publish(7, offerSdp + videoSection, key);
  expect(kindsOffered).toEqual([sound]);
  expect(sends()).toEqual(sound);
  await expect(publish(7, videoSdp, key)).rejects.toMatchObject({ code: 'token_no_privilege' });
  await passes(5_000);
  await until('cut', () => closed.includes(session));
  await expect(publish(7, offerSdp, key)).rejects.toMatchObject({ code: 'token_no_privilege' });
});

test('RIGHT5: a session is cut when the first privilege of what it sends ends, others are not', async () => {
  const { publish, until, closed, clock, passes, channel, sends } = await openWhipWorld({
    coHostAuthentication: true,
  });
  const aheadSeconds = Math.ceil(clock.nowMs() / 1000) - 1_700_000_000;
  const ends = { publishAudio: aheadSeconds + 40, publishVideo: aheadSeconds + 20 };
  const first = await publish(1, offerSdp + videoSection, tokenOf(1, ends));
  const second = await publish(2, offerSdp, tokenOf(2, ends));
  await until('both send', () => sends(1).video && sends(2).audio);
  await passes(21_000);
  expect(closed).toEqual([first]);
  expect([sends(1), sends(2)]).toEqual([nothing, sound]);
  // RIGHT6: it may come back with what it may send still.
  await until('silent', () => channel()?.roster.get(1)?.link.state === 'silent');
  const seq = channel()?.seq;
  await publish(1, offerSdp, tokenOf(1, ends));
  await until('back', () => channel()?.roster.get(1)?.link.state === 'live');
  expect(channel()?.seq).toBe(seq ?? 0);
  await passes(20_000);
  await until('cut', () => closed.includes(second));
});

test('RIGHT6: a plain client that is cut and does not come back leaves when its lease ends', async () => {
  const { publish, until, clock, passes, channel } = await openWhipWorld({ coHostAuthentication: true });
  const ends = { publishAudio: Math.ceil(clock.nowMs() / 1000) - 1_700_000_000 + 5 };
  await publish(1, offerSdp, tokenOf(1, ends));
  await until('joined', () => channel()?.roster.get(1) !== undefined);
  await passes(6_000);
  await until('silent', () => channel()?.roster.get(1)?.link.state === 'silent');
  await passes(10_000);
  await until('gone', () => channel() === undefined);
});

test("RIGHT5: a token that is renewed with less cuts the member's session, one with more does not", async () => {
  const { publish, member, log, during, until, closed, clock } = await openWhipWorld({
    coHostAuthentication: true,
  });
  const laterMs = clock.nowMs() + 3_600_000;
  const { key, connectionId } = await member(7, { audioEndsMs: laterMs });
  const session = await publish(7, offerSdp, key);
  const renewed = (publish: PublishRights) =>
    during(log.submit(liveKey(testApp.id, 'stage'), { type: 'renew-token', connectionId, publish }));
  await renewed({ audioEndsMs: laterMs, videoEndsMs: laterMs });
  const other = await publish(7, offerSdp + videoSection, key);
  expect(closed).toEqual([]);
  await renewed({ audioEndsMs: laterMs });
  await until('the one with video is cut', () => closed.includes(other));
  await renewed({});
  await until('the other too', () => closed.includes(session));
});

test('RIGHT4: a member of whom the log knows no rights may send nothing until it has brought its token', async () => {
  const { publish, log, during } = await openWhipWorld({ coHostAuthentication: true });
  const place = { key: stage, role: 'broadcaster', ip: '192.0.2.1' } as const;
  const device = { connectionId: 'old', connectionKind: 'rtc', leaseMs: 10_000, platform: 7 } as const;
  // As an earlier version recorded it.
  await during(log.join({ ...place, ...device, identity: { uid: 8 } }));
  const key = makeResumeKey(new Uint8Array(32), {
    app: testApp.id,
    channel: 'stage',
    uid: 8,
    connectionId: 'old',
  });
  await expect(publish(8, offerSdp, key)).rejects.toMatchObject({ code: 'token_no_privilege' });
});

test('WHIP13: a plain player whose host has gone plays another live one, with video before sound alone', async () => {
  const { service, publish, play, until, moved, sends, channel } = await openWhipWorld();
  const left = await publish(1, videoSdp);
  await until('it sends', () => sends(1).video);
  const [player, faithful] = [await play(11), await play(12, 'host=1')];
  await until('they watch', () => channel()?.roster.size === 3);
  const quiet = await publish(2, offerSdp);
  const other = await publish(3, videoSdp);
  await until('all send', () => sends(2).audio && sends(3).video);
  expect(moved).toEqual([]);
  await service.remove(left);
  expect(moved).toEqual([[player, '3']]);
  await service.remove(other);
  expect(moved.slice(1)).toEqual([[player, '2']]);
  // With no host left the player waits, and is moved to the first host that comes.
  await service.remove(quiet);
  expect(moved).toHaveLength(2);
  await publish(4, videoSdp);
  await until('somebody is there again', () => sends(4).video);
  expect(moved.slice(2)).toEqual([[player, '4']]);
  expect(moved.flat()).not.toContain(faithful);
});

test('WHIP13: a host that is cut off and comes back to its membership keeps its players, if there is nobody else', async () => {
  const { service, publish, play, until, moved, sends } = await openWhipWorld();
  const first = await publish(1, videoSdp);
  await until('it sends', () => sends(1).video);
  await play(11);
  service.report({ type: 'gone', session: first, reason: 'failed', silentMs: 0 });
  await publish(1, videoSdp);
  await until('it sends again', () => sends(1).video);
  await publish(2, videoSdp);
  await until('another too', () => sends(2).video);
  expect(moved).toEqual([]);
});

test('WHIP14: a DELETE of a session that its client or the server had ended is no error, once', async () => {
  const { service, publish, until, closed, during } = await openWhipWorld();
  const [gone, replaced] = [await publish(1), await publish(2)];
  service.report({ type: 'gone', session: gone, reason: 'closed', silentMs: 0 });
  await publish(2);
  await until('the old session closed', () => closed.includes(replaced));
  for (const session of [gone, replaced])
    expect([await service.remove(session), await service.remove(session)]).toEqual([true, false]);
  const deleted = await publish(3);
  expect([await during(service.remove(deleted)), await service.remove(deleted)]).toEqual([true, false]);
  expect(await service.remove('unknown')).toBe(false);
});

test('PERSON13, PERSON14: a plain session whose token names a user beside it is linked to them; one with a token for anybody is unproven', async () => {
  const w = await openWhipWorld({ linkIdentities: true });
  const base = {
    appId: testApp.id,
    certificate: testApp.certificate,
    channel: 'stage',
    role: 'broadcaster',
  } as const;
  const when = { expireSeconds: 600, issuedSeconds: Math.floor(w.clock.wallMs() / 1_000), salt: 1 };
  const both = buildTokenForBoth({ ...base, ...when, identity: { uid: 7 }, userId: 'ann' });
  await w.publish(7, offerSdp, both);
  await w.publish(8, offerSdp, buildRtcToken({ ...base, ...when, identity: { uid: 8 } }));
  await w.open({
    kind: 'whep',
    bearer: buildRtcToken({ ...base, ...when, identity: { uid: 0 } }),
    offerSdp: playSdp,
  });
  await w.until('all are in', () => w.channel()?.roster.size === 3);
  const links = [...(w.channel()?.roster ?? [])].map(({ userId, unproven }) => ({ userId, unproven }));
  expect(links).toEqual([
    { userId: 'ann', unproven: undefined },
    { userId: undefined, unproven: undefined },
    { userId: undefined, unproven: true },
  ]);
});
