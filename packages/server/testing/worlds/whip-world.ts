import type { StreamState } from '@housecount/protocol';
import { liveKey } from '../../src/channel/channel.ts';
import type { PublishRights } from '../../src/channel/membership/rights.ts';
import type { Clock } from '../../src/clock.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { EdgeWords } from '../../src/kicks/edge-words.ts';
import { HeardRules } from '../../src/kicks/heard-rules.ts';
import { Streams } from '../../src/live/roster/streams.ts';
import { LogFollower } from '../../src/log/feed/log-follower.ts';
import { openLog } from '../../src/log/open-log.ts';
import { liveChangeOf } from '../../src/log/record/record.ts';
import type { MediaEngine } from '../../src/media/contract.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { buildRtcToken, type RtcTokenRequest } from '../../src/token/build.ts';
import { makeResumeKey } from '../../src/token/resume-key.ts';
import { openWhip, type WhipOptions } from '../../src/whip/open-whip.ts';
import type { OpenRequest } from '../../src/whip/opening.ts';
import type { WhipService } from '../../src/whip/service.ts';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { testApp } from '../processes/server-process.ts';

export const stage = liveKey(testApp.id, 'stage');
const ends: (() => Promise<void>)[] = [];

/** Ends every world that was begun; for afterEach. */
export async function endWhipWorlds(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

export const offerSdp = [
  ...['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0'],
  ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=ice-ufrag:abcd'],
  ...['a=ice-pwd:0123456789012345678901', 'a=fingerprint:sha-256 AA:BB', 'a=setup:actpass', 'a=sendonly'],
  ...['a=rtcp-mux', 'a=rtpmap:111 opus/48000/2', ''],
].join('\r\n');

export const videoSection = offerSdp.slice(offerSdp.indexOf('m=audio')).replace('m=audio', 'm=video');
export const playSdp = offerSdp.replace('sendonly', 'recvonly');
export const videoSdp = offerSdp.slice(0, offerSdp.indexOf('m=audio')) + videoSection;

/** A token of the app for a channel, good for an hour. */
export const tokenFor = (
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
export const tokenOf = (uid: number, privileges?: RtcTokenRequest['privileges']) =>
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
  const log = await openLog({ store, partition: 'main', clock, random, logger, metrics, ...times, onFenced });
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

/** The service over a real log, and an engine that takes every session and tells what was closed. */
export async function openWhipWorld({
  coHostAuthentication = false,
  linkIdentities = false,
  joins,
}: {
  coHostAuthentication?: boolean;
  linkIdentities?: boolean;
  joins?: NonNullable<WhipOptions['joins']>;
} = {}) {
  const simulated = new SimClock();
  const { clock, random, logger, log } = await startLog(simulated);
  const { media, closed, moved, kindsOffered } = recordingMedia();
  const { until, during } = waitingOn(simulated);
  const app = {
    ...testApp,
    bindSignaling: false,
    linkIdentities,
    signaling: { debounceMs: 0 },
    rosterVisibleTo: 'everyone',
    coHostAuthentication,
    profiles: [],
  } as const;
  const told: StreamState[] = [];
  const streams = new Streams({ log, logger });
  const words = new EdgeWords(clock);
  const rules = new HeardRules({ log, words });
  const follower = new LogFollower({
    ...{ log, clock, logger },
    part: 'told',
    absorb({ record }) {
      const change = liveChangeOf(record);
      if (change?.type === 'streams-set') told.push({ audio: change.audio, video: change.video });
    },
  });
  ends.push(() => follower.stop());
  const service: WhipService = openWhip({
    ...{ clock, random, logger, log, media },
    apps: new Map([[testApp.id, app]]),
    resumeSecret: new Uint8Array(32),
    streams,
    words,
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
    await during(streams.set(source, { audio: true, video: true }) ?? Promise.resolve());
    return { connectionId, key: makeResumeKey(new Uint8Array(32), source) };
  };
  return {
    ...{ service, log, rules, publish, play, open, member, channel, until, during, passes },
    ...{ closed, moved, clock, sends, told, kindsOffered },
  };
}
