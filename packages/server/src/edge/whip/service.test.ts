import { afterEach, expect, test } from 'bun:test';
import type { StreamState } from '@housecount/protocol';
import { tokenFor } from '../../../test/client.ts';
import { testApp } from '../../../test/server-process.ts';
import { settle } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { systemClock } from '../../clock.ts';
import { openEmbeddedLog } from '../../engine/embedded/embedded-log.ts';
import { openLog } from '../../log/open-log.ts';
import type { MediaEngine } from '../../media/contract.ts';
import { createLogger } from '../../observe/logger.ts';
import { createMetrics } from '../../observe/metrics.ts';
import { Streams } from '../../signal/streams.ts';
import { type WhipOptions, WhipService } from './service.ts';

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
const videoSdp = offerSdp.slice(0, offerSdp.indexOf('m=audio')) + videoSection;

/** The service over a real log, and an engine that takes every session and tells what was closed. */
async function begin(joins?: WhipOptions['joins']) {
  const clock = systemClock();
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
  const closed: string[] = [];
  const taken = async () => ({ ok: true, answerSdp: 'answer' }) as const;
  const media: MediaEngine = {
    publish: taken,
    play: taken,
    restart: taken,
    select: () => undefined,
    addCandidate: () => undefined,
    close: (session) => void closed.push(session),
    requestKeyframe: () => undefined,
    stats: () => Promise.reject(new Error('nobody asks')),
    stop: async () => undefined,
  };
  const app = {
    ...testApp,
    bindSignaling: false,
    rosterVisibleTo: 'everyone',
    coHostAuthentication: false,
  } as const;
  const told: StreamState[] = [];
  const streams = new Streams({
    channel: (id, name) => log.channel(id, name),
    onChange: (_app, _channel, _uid, state) => void told.push(state),
  });
  const service = new WhipService({
    ...{ clock, random, logger, log, media },
    apps: new Map([[testApp.id, app]]),
    resumeSecret: new Uint8Array(32),
    streams,
    ...(joins && { joins }),
    leaseMs: 10_000,
  });
  service.start();
  ends.push(() => service.stop());
  const publish = async (uid = 7, sdp = offerSdp): Promise<string> => {
    const bearer = tokenFor('stage', { uid });
    const request = { kind: 'whip', app: testApp.id, channel: 'stage', bearer, offerSdp: sdp } as const;
    const { session } = await service.create({
      ...request,
      query: new URLSearchParams(),
      address: '127.0.0.1',
    });
    service.report({ type: 'connected', session: session.id, kinds: session.kinds });
    return session.id;
  };
  const channel = () => log.channel(testApp.id, 'stage');
  /** Waits for what is decided behind a report. */
  const until = async (what: string, check: () => boolean) => {
    const deadline = Date.now() + 10_000;
    while (!check()) {
      if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
      await settle();
    }
  };
  const sends = (uid = 7) => streams.of(testApp.id, 'stage', uid);
  return { service, log, publish, channel, until, closed, clock, sends, told };
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

test('WHIP10: who comes back while still live replaces itself, with the events of that', async () => {
  const { publish, channel, until, closed } = await begin();
  const first = await publish();
  await until('joined', () => channel()?.roster.get(7) !== undefined);
  const seq = channel()?.seq ?? 0;
  await publish();
  await until('replaced', () => channel()?.seq === seq + 2);
  expect(channel()?.roster.size).toBe(1);
  await until('the old session closed', () => closed.includes(first));
});

test('WHIP9: a rule about one kind of media ends the sessions that can send it, refuses new ones, and leaves the others', async () => {
  const { log, publish, channel, until, closed } = await begin();
  const sound = await publish(1, offerSdp);
  const picture = await publish(2, videoSdp);
  const both = await publish(3, offerSdp + videoSection);
  await until('all joined', () => channel()?.roster.size === 3);
  const rule = { app: testApp.id, channel: 'stage', privileges: ['publish_audio'] } as const;
  await log.createRule(rule, 60_000);
  await until('two are closed', () => closed.length >= 2);
  expect(closed.sort()).toEqual([sound, both].sort());
  await expect(publish(4, offerSdp)).rejects.toMatchObject({ code: 'banned' });
  await expect(publish(5, offerSdp + videoSection)).rejects.toMatchObject({ code: 'banned' });
  expect(await publish(6, videoSdp)).toBeString();
  expect(closed).not.toContain(picture);
  // The rule is about publishing: nobody has left.
  expect(channel()?.roster.get(1)).toBeDefined();
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

test('WHIP11: a host who takes over by another kind of connection does not inherit the streams of the one before', async () => {
  const { log, publish, channel, until, closed, sends } = await begin();
  const first = await publish(7, videoSdp);
  await until('it sends', () => sends().video);
  const device = { connectionId: 'rtc', connectionKind: 'rtc', leaseMs: 10_000, platform: 7 } as const;
  const place = { app: testApp.id, channel: 'stage', role: 'broadcaster', ip: '192.0.2.1' } as const;
  await log.join({ ...place, ...device, identity: { uid: 7 } });
  await until('the encoder is closed', () => closed.includes(first));
  expect(sends()).toEqual(nothing);
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
  const { service, log, channel, until, closed } = await begin();
  const { session } = await service.create({
    ...{
      kind: 'whip',
      app: testApp.id,
      channel: 'stage',
      bearer: tokenFor('stage', { account: 'ann' }),
      offerSdp,
    },
    query: new URLSearchParams(),
    address: '127.0.0.1',
  });
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
  await log.join({ app: testApp.id, channel: 'stage', identity: { uid: session.uid }, ...other });
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
    takeJoin({ address, isForOne }) {
      asked.push(`${address} ${isForOne}`);
      return left-- > 0;
    },
  });
  const play = (sdp = offerSdp.replace('sendonly', 'recvonly')) =>
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
