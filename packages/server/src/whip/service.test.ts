import { afterEach, expect, test } from 'bun:test';
import type { StreamState } from '@housecount/protocol';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { testApp } from '../../testing/processes/server-process.ts';
import { liveKey } from '../channel/channel.ts';
import { neverEndsMs, type PublishRights } from '../channel/membership/rights.ts';
import type { Clock } from '../clock.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import { fixed } from '../fixed-limits.ts';
import { Streams } from '../live/roster/streams.ts';
import type { Feed } from '../log/contract/feed.ts';
import { openLog } from '../log/open-log.ts';
import type { MediaWatched } from '../log/record/record.ts';
import type { MediaEngine } from '../media/contract.ts';
import { createLogger } from '../observe/logger.ts';
import { createMetrics } from '../observe/metrics.ts';
import { buildRtcToken, type RtcTokenRequest } from '../token/build.ts';
import { makeResumeKey } from '../token/resume-key.ts';
import { openWhip, type WhipOptions } from './open-whip.ts';
import type { OpenRequest } from './opening.ts';
import type { WhipService } from './service.ts';

const stage = liveKey(testApp.id, 'stage');
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const offerSdp = [
  ...['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
  ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=ice-ufrag:abcd'],
  ...['a=ice-pwd:0123456789012345678901', 'a=fingerprint:sha-256 AA:BB', 'a=setup:actpass', 'a=sendonly'],
  ...['a=rtcp-mux', 'a=rtpmap:111 opus/48000/2', ''],
].join('\r\n');

const videoSection = offerSdp.slice(offerSdp.indexOf('m=audio')).replace('m=audio', 'm=video');
const playSdp = offerSdp.replace('sendonly', 'recvonly');
const videoSdp = offerSdp.slice(0, offerSdp.indexOf('m=audio')) + videoSection;

/** The service over a real log, and an engine that takes every session and tells what was closed. */
const tokenFor = (
  channel: string,
  identity: RtcTokenRequest['identity'],
  privileges?: RtcTokenRequest['privileges'],
) =>
  buildRtcToken({
    appId: testApp.id,
    certificate: testApp.certificate,
    channel,
    identity,
    role: 'broadcaster',
    expireSeconds: 3600,
    issuedSeconds: 1_700_000_000,
    salt: 7,
    ...(privileges && { privileges: { join: 0, ...privileges } }),
  });
/** A token for the stage, with these privileges beside that to join; without: all of a broadcaster's. */
const tokenOf = (uid: number, privileges?: RtcTokenRequest['privileges']) =>
  tokenFor('stage', { uid }, privileges);

/** A log on a simulated disk, in simulated time. */
async function startLog(simulated: SimClock) {
  const clock: Clock = simulated.process();
  const random = new SimRandom(4);
  const logger = createLogger({ level: 'error', format: 'json', sink: { write: () => true } });
  const disk = new SimDisk(new SimRandom(9)).mount();
  const store = await openEmbeddedLog({ disk, logger, clock });
  ends.push(() => store.close());
  const metrics = createMetrics();
  const times = { recoveryMs: 15_000, retentionMs: 1, retentionBytes: 1e9 };
  const onFenced = (cause: Error) => {
    throw cause;
  };
  const log = await openLog({ store, clock, random, logger, metrics, ...times, onFenced });
  ends.push(() => log.stop());
  return { clock, random, logger, log };
}

/** A media engine that takes whatever is offered, and notes it. */
function recordingMedia() {
  const closed: string[] = [];
  const moved: [session: string, publisher: string][] = [];
  const kindsOffered: unknown[] = [];
  const taken = async (request: object) => {
    if ('kinds' in request) kindsOffered.push(request.kinds);
    return { ok: true, answerSdp: 'answer' } as const;
  };
  const media: MediaEngine = {
    publish: taken,
    play: taken,
    restart: () => taken({}),
    select: () => undefined,
    move: (session, publisher) => void moved.push([session, publisher]),
    addCandidate: () => undefined,
    close: (session) => void closed.push(session),
    requestKeyframe: () => undefined,
    stats: () => Promise.reject(new Error('nobody asks')),
    stop: async () => undefined,
  };
  return { media, closed, moved, kindsOffered };
}

/** Ways to wait for what takes simulated time. */
function waitingOn(simulated: SimClock) {
  /** Waits for what is decided behind a report. */
  const until = async (what: string, check: () => boolean) => {
    for (let turn = 0; !check(); turn++) {
      if (turn > 500) throw new Error(`waited in vain: ${what}`);
      await simulated.advance(1);
    }
  };
  /** Awaits a promise while the simulated disk and time go on. */
  const during = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    work.then(done, done);
    await until('it is done', () => isDone);
    return work;
  };
  return { until, during };
}

async function begin({
  coHostAuthentication = false,
  joins,
}: {
  coHostAuthentication?: boolean;
  joins?: NonNullable<WhipOptions['joins']>;
} = {}) {
  const simulated = new SimClock();
  const { clock, random, logger, log } = await startLog(simulated);
  const { media, closed, moved, kindsOffered } = recordingMedia();
  const { until, during } = waitingOn(simulated);
  const app = {
    ...testApp,
    bindSignaling: false,
    rosterVisibleTo: 'everyone',
    coHostAuthentication,
    profiles: [],
  } as const;
  const told: StreamState[] = [];
  const streams = new Streams({
    channel: (id, name) => log.channel(liveKey(id, name)),
    onChange: (_app, _channel, _uid, state) => {
      told.push(state);
    },
  });
  const service: WhipService = openWhip({
    ...{ clock, random, logger, log, media },
    apps: new Map([[testApp.id, app]]),
    resumeSecret: new Uint8Array(32),
    streams,
    ...(joins && { joins }),
    leaseMs: 10_000,
  });
  service.start();
  ends.push(() => service.stop());
  const publish = (uid = 7, sdp = offerSdp, bearer = tokenOf(uid)) =>
    open({ kind: 'whip', bearer, offerSdp: sdp });
  const play = (uid: number, query = '') =>
    open({ kind: 'whep', bearer: tokenOf(uid), offerSdp: playSdp, query: new URLSearchParams(query) });
  const open = async (request: Partial<OpenRequest> & Pick<OpenRequest, 'kind' | 'bearer' | 'offerSdp'>) => {
    const { session } = await during(
      service.create({
        app: testApp.id,
        channel: 'stage',
        query: new URLSearchParams(),
        address: '127.0.0.1',
        ...request,
      }),
    );
    service.report({ type: 'connected', session: session.id, kinds: session.kinds });
    return session.id;
  };
  const channel = () => log.channel(liveKey(testApp.id, 'stage'));
  const passes = (ms: number) => simulated.advance(ms);
  const sends = (uid = 7) => streams.of(testApp.id, 'stage', uid);
  /** A member over WebSocket, and the key with which its media sessions are opened. */
  const member = async (uid: number, publish: PublishRights) => {
    const connectionId = `rtc-${uid}`;
    const device = { connectionId, connectionKind: 'rtc', leaseMs: 10_000, platform: 7 } as const;
    const place = { key: stage, role: 'broadcaster', ip: '192.0.2.1' } as const;
    const joined = await during(log.join({ ...place, ...device, identity: { uid }, publish }));
    if (!joined.ok) throw new Error(joined.code);
    const source = { app: testApp.id, channel: 'stage', uid, connectionId };
    streams.set(source, { audio: true, video: true });
    return { connectionId, key: makeResumeKey(new Uint8Array(32), source) };
  };
  return {
    ...{ service, log, publish, play, open, member, channel, until, during, passes },
    ...{ closed, moved, clock, sends, told, kindsOffered },
  };
}

test('WHIP10: who comes back by a new POST while silent has its membership again, without an event', async () => {
  const { service, publish, channel, until, closed, clock } = await begin();
  const first = await publish();
  await until('joined', () => channel()?.roster.get(7) !== undefined);
  const before = channel();
  service.report({ type: 'stalled', session: first, lastHeardMs: clock.nowMs() });
  await until('silent', () => channel()?.roster.get(7)?.link.state === 'silent');
  const second = await publish();
  await until('live again', () => channel()?.roster.get(7)?.link.state === 'live');
  expect(channel()?.sid).toBe(before?.sid ?? '');
  expect(channel()?.seq).toBe(before?.seq ?? 0);
  await until('the old session closed', () => closed.includes(first));
  expect(closed).not.toContain(second);
});

test('WHIP10: who comes back while still live with another token replaces itself, with the events of that', async () => {
  const { publish, channel, until, closed } = await begin();
  const first = await publish();
  await until('joined', () => channel()?.roster.get(7) !== undefined);
  const seq = channel()?.seq ?? 0;
  await publish(7, offerSdp, tokenOf(7, { publishAudio: 0 }));
  await until('replaced', () => channel()?.seq === seq + 2);
  expect(channel()?.roster.size).toBe(1);
  await until('the old session closed', () => closed.includes(first));
});

test('WHIP9: a rule about one kind of media ends the sessions that can send it, refuses new ones, and leaves the others', async () => {
  const { log, publish, channel, until, during, closed, passes } = await begin();
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

const picture = { audio: false, video: true };
const sound = { audio: true, video: false };
const nothing = { audio: false, video: false };

test('WHIP11: who publishes again while its old session is silent is shown as sending, also when that one ends later', async () => {
  const { service, publish, channel, until, closed, clock, sends, told } = await begin();
  const first = await publish(7, videoSdp);
  await until('it sends', () => sends().video);
  service.report({ type: 'stalled', session: first, lastHeardMs: clock.nowMs() });
  await until('silent', () => channel()?.roster.get(7)?.link.state === 'silent');
  await publish(7, videoSdp);
  await until('the old session closed', () => closed.includes(first));
  service.report({ type: 'gone', session: first, reason: 'failed', lastHeardMs: clock.nowMs() });
  await service.remove(first);
  expect(sends()).toEqual(picture);
  expect(told).not.toContainEqual(nothing);
});

test('WHIP11: who publishes again after its old session has failed is shown as sending what it sends now', async () => {
  const { service, publish, channel, until, clock, sends } = await begin();
  const first = await publish(7, videoSdp);
  await until('it sends', () => sends().video);
  service.report({ type: 'gone', session: first, reason: 'failed', lastHeardMs: clock.nowMs() });
  await until('silent', () => channel()?.roster.get(7)?.link.state === 'silent');
  expect(sends()).toEqual(nothing);
  await publish(7, offerSdp);
  await until('it sends sound', () => sends().audio);
  expect(sends()).toEqual(sound);
});

test('WHIP11: a host who takes over by another kind of connection has its own streams, and the encoder has when it is back', async () => {
  const { member, publish, channel, until, closed, sends } = await begin();
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
  const { service } = await begin();
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
  const { service, log, channel, until, during, closed } = await begin();
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
  const { service, publish, channel, until } = await begin({
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
  const { publish, channel, until, closed, sends, told } = await begin();
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
  const { publish, play, channel, until, closed, sends } = await begin();
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
  const { publish, kindsOffered } = await begin({ coHostAuthentication: true });
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
  const { publish, member, kindsOffered, clock, passes, sends, closed, until } = await begin({
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
  const { publish, until, closed, clock, passes, channel, sends } = await begin({
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
  const { publish, until, clock, passes, channel } = await begin({ coHostAuthentication: true });
  const ends = { publishAudio: Math.ceil(clock.nowMs() / 1000) - 1_700_000_000 + 5 };
  await publish(1, offerSdp, tokenOf(1, ends));
  await until('joined', () => channel()?.roster.get(1) !== undefined);
  await passes(6_000);
  await until('silent', () => channel()?.roster.get(1)?.link.state === 'silent');
  await passes(10_000);
  await until('gone', () => channel() === undefined);
});

test("RIGHT5: a token that is renewed with less cuts the member's session, one with more does not", async () => {
  const { publish, member, log, during, until, closed, clock } = await begin({ coHostAuthentication: true });
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
  const { publish, log, during } = await begin({ coHostAuthentication: true });
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
  const { service, publish, play, until, moved, sends, channel } = await begin();
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
  const { service, publish, play, until, moved, sends, clock } = await begin();
  const first = await publish(1, videoSdp);
  await until('it sends', () => sends(1).video);
  await play(11);
  service.report({ type: 'gone', session: first, reason: 'failed', lastHeardMs: clock.nowMs() });
  await publish(1, videoSdp);
  await until('it sends again', () => sends(1).video);
  await publish(2, videoSdp);
  await until('another too', () => sends(2).video);
  expect(moved).toEqual([]);
});

test('WHIP14: a DELETE of a session that its client or the server had ended is no error, once', async () => {
  const { service, publish, until, closed, clock, during } = await begin();
  const [gone, replaced] = [await publish(1), await publish(2)];
  service.report({ type: 'gone', session: gone, reason: 'closed', lastHeardMs: clock.nowMs() });
  await publish(2);
  await until('the old session closed', () => closed.includes(replaced));
  for (const session of [gone, replaced])
    expect([await service.remove(session), await service.remove(session)]).toEqual([true, false]);
  const deleted = await publish(3);
  expect([await during(service.remove(deleted)), await service.remove(deleted)]).toEqual([true, false]);
  expect(await service.remove('unknown')).toBe(false);
});

/** The marks of what was watched, in the log's order. */
async function marksOf(log: Feed): Promise<readonly MediaWatched[]> {
  const marks: MediaWatched[] = [];
  if (log.lastPosition === 0) return marks;
  for await (const batch of log.follow(0, new AbortController().signal)) {
    for (const { record } of batch) if (record.type === 'media-watched') marks.push(record);
    if (batch.at(-1)?.position === log.lastPosition) break;
  }
  return marks;
}

const sumOf = (marks: readonly MediaWatched[], what: 'watchedMs' | 'publishedMs'): number =>
  marks.reduce((sum, mark) => sum + mark[what], 0);

/** Ten seconds, all with media. */
const wholeRow = 0b11_1111_1111;

/** A host on the stage, and what is told of the seconds of sessions. */
async function onAir() {
  const world = await begin();
  const { service, publish, member, play, log, during, until, channel } = world;
  const host = await publish(7, videoSdp);
  await until('the host is in', () => channel()?.roster.get(7) !== undefined);
  const tell = (first: number, session: string, bits: number, last: { readonly isLast?: true } = {}) =>
    service.report({ type: 'seconds', first, sessions: [{ session, bits, ...last }] });
  const marks = () => during(marksOf(log));
  const marksOfUid = async (uid: number) => (await marks()).filter((mark) => mark.uid === uid);
  const leaves = (connectionId: string) =>
    during(log.submit(stage, { type: 'leave', connectionId, evidence: 'bye' }));
  /** A member over WebSocket that plays hosts in sessions of its own. */
  const viewer = async (uid: number) => {
    const { connectionId, key } = await member(uid, { videoEndsMs: neverEndsMs });
    const plays = (of = '') =>
      world.open({ kind: 'whep', bearer: key, offerSdp: playSdp, query: new URLSearchParams(of) });
    return { connectionId, plays, joinedSeq: channel()?.roster.get(uid)?.joinedSeq ?? 0 };
  };
  return { ...world, host, tell, marks, marksOfUid, leaves, viewer, play };
}

test('WATCH2: a viewer of two hosts has watched the seconds of either once, and a mark names its stay', async () => {
  const { publish, viewer, tell, marksOfUid, leaves, channel, until, passes, host } = await onAir();
  await publish(8, videoSdp);
  await until('both hosts are in', () => channel()?.roster.size === 2);
  const { connectionId, plays, joinedSeq } = await viewer(1);
  const [one, two] = [await plays('host=7'), await plays('host=8')];
  tell(100, one, 0b0111);
  tell(100, two, 0b1110, { isLast: true });
  tell(110, one, 0b0001);
  tell(110, host, 0b0011);
  const sid = channel()?.sid;
  await leaves(connectionId);
  tell(110, one, 0b0010, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([
    { app: testApp.id, channel: 'stage', sid, joinedSeq, uid: 1, watchedMs: 6_000, publishedMs: 0 },
  ]);
});

test('WATCH2: seconds of a client that came back by a new POST are of the one stay', async () => {
  const { service, host, publish, tell, marksOfUid, channel, until, passes, during } = await onAir();
  tell(100, host, 0b0011);
  const again = await publish(7, videoSdp);
  await until('taken up', () => channel()?.roster.get(7)?.connectionId !== undefined && service.open === 1);
  tell(100, again, 0b0110);
  tell(100, host, 0b0010, { isLast: true });
  await during(service.remove(again));
  tell(100, again, 0, { isLast: true });
  await passes(2 * fixed.watchedSweepMs);
  expect(await marksOfUid(7)).toMatchObject([{ joinedSeq: 2, publishedMs: 3_000, watchedMs: 0 }]);
});

test('WATCH3: marks are 5 minutes apart and one comes at the end; together they have every second', async () => {
  const { host, tell, marksOfUid, passes, service, during } = await onAir();
  const rows = 70;
  for (let row = 0; row < rows; row++) {
    await passes(10_000);
    tell(10 * row, host, wholeRow);
  }
  await during(service.remove(host));
  tell(10 * rows, host, 0b111, { isLast: true });
  await passes(fixed.watchedSweepMs);
  const marks = await marksOfUid(7);
  expect(marks).toHaveLength(3);
  expect(sumOf(marks, 'publishedMs')).toBe((10 * rows + 3) * 1000);
  const [first, second] = marks;
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(fixed.watchedMarkMs);
  await passes(2 * fixed.watchedMarkMs);
  expect(await marksOfUid(7)).toHaveLength(3);
});

test('WATCH3: who plays again and again has a mark at the first end, then each 5 minutes, then at the leave', async () => {
  const { viewer, tell, marksOfUid, leaves, passes, clock } = await onAir();
  const { connectionId, plays } = await viewer(1);
  const beganMs = clock.nowMs();
  for (let row = 0; row < 40; row++) {
    const session = await plays('host=7');
    tell(10 * row, session, 0b1, { isLast: true });
    await passes(10_000);
  }
  await leaves(connectionId);
  await passes(fixed.watchedSweepMs);
  const marks = await marksOfUid(1);
  expect(marks).toHaveLength(3);
  expect((marks[0]?.atMs ?? 0) - beganMs).toBeLessThan(10_000);
  expect((marks[1]?.atMs ?? 0) - (marks[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(fixed.watchedMarkMs);
  expect(sumOf(marks, 'watchedMs')).toBe(40_000);
});

test('WATCH3: a player that never got anything is known to have watched nothing; marks of a moment are one batch', async () => {
  const { viewer, tell, marks, passes } = await onAir();
  const sessions = [];
  for (const uid of [1, 2, 3]) sessions.push(await (await viewer(uid)).plays());
  for (const session of sessions) tell(100, session, 0, { isLast: true });
  await passes(fixed.watchedSweepMs);
  const told = await marks();
  expect(told).toMatchObject([1, 2, 3].map((uid) => ({ uid, watchedMs: 0, publishedMs: 0 })));
  expect(new Set(told.map(({ atMs }) => atMs)).size).toBe(1);
  await passes(2 * fixed.watchedMarkMs);
  expect(await marks()).toHaveLength(3);
});

test('WATCH4: a mark that comes after the leave and a rejoin is of the stay that watched', async () => {
  const { viewer, tell, marksOfUid, leaves, passes, channel } = await onAir();
  const first = await viewer(1);
  const before = await first.plays();
  tell(100, before, 0b11);
  await leaves(first.connectionId);
  const second = await viewer(1);
  expect(second.joinedSeq).toBeGreaterThan(first.joinedSeq);
  const after = await second.plays();
  tell(100, after, 0b1100);
  await passes(fixed.watchedSweepMs);
  // The engine has not said the last of the first stay.
  expect(await marksOfUid(1)).toEqual([]);
  tell(100, before, 0b100, { isLast: true });
  await passes(fixed.watchedSweepMs);
  const { joinedSeq } = first;
  expect(await marksOfUid(1)).toMatchObject([{ sid: channel()?.sid, joinedSeq, watchedMs: 3_000 }]);
  tell(110, after, 0, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([
    { joinedSeq, watchedMs: 3_000 },
    { joinedSeq: second.joinedSeq, watchedMs: 2_000 },
  ]);
});

test('WATCH4: if the engine says nothing, the mark comes 10 s after the leave; what it says later is one more', async () => {
  const { viewer, tell, marksOfUid, leaves, passes } = await onAir();
  const { connectionId, plays } = await viewer(1);
  const session = await plays();
  tell(100, session, 0b11);
  await leaves(connectionId);
  await passes(fixed.watchedLastWordMs - 2 * fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toEqual([]);
  await passes(3 * fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([{ watchedMs: 2_000 }]);
  tell(100, session, 0b111, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(sumOf(await marksOfUid(1), 'watchedMs')).toBe(3_000);
});

test('WATCH5: a mark changes nothing of its channel', async () => {
  const { host, tell, marks, channel, passes } = await onAir();
  const before = channel();
  tell(100, host, 0b1, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(await marks()).toHaveLength(1);
  expect(channel()).toBe(before);
});

test('WATCH6: when the engine is killed, what it had told stands, and its next seconds are others', async () => {
  const { service, publish, viewer, tell, marksOfUid, leaves, passes, channel, until } = await onAir();
  const { connectionId, plays } = await viewer(1);
  const killed = await plays('host=7');
  tell(100, killed, 0b111);
  service.report({ type: 'restarted' });
  // A word of a session that is not any more.
  tell(100, killed, 0b1_1111);
  await passes(fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([{ watchedMs: 3_000 }]);
  // The new engine counts from its own beginning.
  await publish(7, videoSdp);
  await until('the host is back', () => channel()?.roster.get(7)?.link.state === 'live');
  tell(100, await plays('host=7'), 0b1, { isLast: true });
  await leaves(connectionId);
  await passes(fixed.watchedSweepMs);
  expect(sumOf(await marksOfUid(1), 'watchedMs')).toBe(4_000);
});

test('WATCH6: a server that stops records what no mark has', async () => {
  const { service, host, tell, marks, during } = await onAir();
  tell(100, host, 0b101);
  await during(service.stop());
  expect(await marks()).toMatchObject([{ uid: 7, publishedMs: 2_000 }]);
});
