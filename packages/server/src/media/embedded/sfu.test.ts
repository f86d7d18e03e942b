import { afterEach, expect, test } from 'bun:test';
import { type LossyRelay, lossyRelay } from '../../../testing/media/lossy-relay.ts';
import {
  payloadTypes,
  rtpPacket,
  type SyntheticOptions,
  type SyntheticPeer,
  syntheticPeer,
  transportCcId,
  vp8Delta,
  vp8Keyframe,
} from '../../../testing/media/synthetic-peer.ts';
import { freeUdpPort } from '../../../testing/media/udp.ts';
import { testClock } from '../../../testing/worlds/clock.ts';
import type { MediaAnswer } from '../contract.ts';
import { defaultMediaLimits } from '../engine-limits.ts';
import { mediaLimits } from '../limits.ts';
import type { ChildReport } from './messages.ts';
import { buildNack, buildPli, buildSenderReport, parseRtcp, type Rtcp } from './rtp/rtcp.ts';
import {
  extensionAt,
  isRtcp,
  payloadEnd,
  payloadStart,
  payloadTypeOf,
  sequenceOf,
  ssrcOf,
  timestampOf,
} from './rtp/rtp.ts';
import { turnedBack } from './rtp/rtx.ts';
import { Sfu } from './sfu.ts';

/** A real SFU with real transports, and a clock that the test may push ahead. */
async function bench(limits = defaultMediaLimits) {
  const reports: Exclude<ChildReport, { type: 'seconds' }>[] = [];
  const seconds: Extract<ChildReport, { type: 'seconds' }>[] = [];
  let aheadMs = 0;
  const clock = testClock(() => Math.floor(performance.now()) + aheadMs);
  const options = {
    udpPort: await freeUdpPort(),
    bindAddress: '127.0.0.1',
    announcedAddress: 'auto',
    limits,
  };
  const sfu = new Sfu(options, clock, (report) => {
    if (report.type === 'seconds') seconds.push(report);
    else reports.push(report);
  });
  const peers: SyntheticPeer[] = [];
  cleanups.push(async () => {
    await sfu.stop();
    for (const peer of peers) peer.close();
  });
  const client = async (clientOptions: SyntheticOptions) => {
    const packets: Buffer[] = [];
    const peer = await syntheticPeer({ onPacket: (packet) => packets.push(packet), ...clientOptions });
    peers.push(peer);
    return {
      peer,
      packets,
      rtp: () => packets.filter((packet) => !isRtcp(packet)),
      video: () => packets.filter((packet) => !isRtcp(packet) && payloadTypeOf(packet) !== payloadTypes.opus),
      rtcp: (type: Rtcp['type']) =>
        packets
          .filter(isRtcp)
          .flatMap(parseRtcp)
          .filter((part) => part.type === type),
    };
  };
  const join = async (made: Awaited<ReturnType<typeof client>>, answer: MediaAnswer, relay?: LossyRelay) => {
    if (!answer.ok) throw new Error(answer.detail);
    await made.peer.accept(relay?.through(answer.answerSdp) ?? answer.answerSdp);
    return made;
  };
  return {
    sfu,
    udpPort: options.udpPort,
    reports,
    seconds,
    client,
    advance: (ms: number) => {
      aheadMs += ms;
    },
    async publisher(session: string, clientOptions: Partial<SyntheticOptions> = {}, relay?: LossyRelay) {
      const made = await client({ direction: 'sendonly', ...clientOptions });
      const request = { room: 'r', publisher: '1', session, offerSdp: made.peer.offerSdp };
      await join(made, await sfu.publish(request), relay);
      await until(() => reports.some((report) => report.type === 'connected' && report.session === session));
      return made;
    },
    async player(session: string, clientOptions: Partial<SyntheticOptions> = {}, relay?: LossyRelay) {
      const made = await client({ direction: 'recvonly', ...clientOptions });
      const request = { room: 'r', publisher: '1', session, offerSdp: made.peer.offerSdp };
      await join(made, await sfu.play({ ...request, audio: true, video: true }), relay);
      await until(() => reports.some((report) => report.type === 'connected' && report.session === session));
      return made;
    },
  };
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function until(check: () => boolean, deadlineMs = 8_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const video = (sequence: number, payload: Buffer, ssrc = 77, timestamp = sequence * 3_000): Buffer =>
  rtpPacket({ payloadType: payloadTypes.VP8, sequence, timestamp, ssrc, payload });
const audio = (sequence: number, ssrc = 78): Buffer =>
  rtpPacket({
    payloadType: payloadTypes.opus,
    sequence,
    timestamp: sequence * 960,
    ssrc,
    payload: Buffer.from([1, sequence & 0xff]),
  });
const tagOf = (packet: Buffer): number => packet[payloadEnd(packet) - 1] ?? -1;
const payloadOf = (packet: Buffer): string =>
  packet.subarray(payloadStart(packet), payloadEnd(packet)).toString('hex');

test('MEDIA2: packets reach every player unchanged but for a header of its own', async () => {
  const { publisher, player, sfu } = await bench();
  const host = await publisher('host');
  const viewers = [await player('v1'), await player('v2')];
  host.peer.send(video(65_534, vp8Keyframe(1)));
  for (let i = 2; i <= 20; i++) host.peer.send(video(65_533 + i, vp8Delta(i)));
  for (let i = 0; i < 10; i++) host.peer.send(audio(i));
  for (const viewer of viewers) {
    await until(() => viewer.rtp().length >= 30);
    const pictures = viewer.video();
    expect(pictures.map(tagOf)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(payloadOf(pictures[0] ?? Buffer.alloc(0))).toBe('100001');
    const first = sequenceOf(pictures[0] ?? Buffer.alloc(0));
    expect(pictures.map(sequenceOf)).toEqual(pictures.map((_, i) => (first + i) & 0xffff));
    const start = timestampOf(pictures[0] ?? Buffer.alloc(0));
    expect((timestampOf(pictures[1] ?? Buffer.alloc(0)) - start) >>> 0).toBe(3_000);
    expect(new Set(viewer.rtp().map(ssrcOf)).size).toBe(2);
    expect(viewer.rtp().some((packet) => ssrcOf(packet) === 77 || ssrcOf(packet) === 78)).toBe(false);
  }
  expect(new Set(viewers.flatMap((viewer) => viewer.rtp().map(ssrcOf))).size).toBe(4);
  const { packetsIn, packetsOut, publishers, players } = sfu.stats();
  expect({ packetsIn, packetsOut, publishers, players }).toEqual({
    packetsIn: 30,
    packetsOut: 60,
    publishers: 1,
    players: 2,
  });
}, 20_000);

test('MEDIA2: only those who play this publisher get its packets', async () => {
  const { publisher, client, sfu } = await bench();
  const host = await publisher('host');
  const other = await client({ direction: 'recvonly' });
  const request = { room: 'r', publisher: '2', session: 'other', offerSdp: other.peer.offerSdp };
  const answer = await sfu.play({ ...request, audio: true, video: true });
  if (!answer.ok) throw new Error(answer.detail);
  await other.peer.accept(answer.answerSdp);
  host.peer.send(video(1, vp8Keyframe(1)));
  await until(() => sfu.stats().packetsIn === 1);
  expect(sfu.stats().packetsOut).toBe(0);
}, 20_000);

test('MEDIA3: video begins with a keyframe, which is asked for at once and again', async () => {
  const { publisher, player, sfu } = await bench();
  const host = await publisher('host');
  host.peer.send(video(1, vp8Keyframe(1)));
  await until(() => sfu.stats().packetsIn === 1);
  const viewer = await player('viewer');
  await until(() => host.rtcp('pli').length === 1);
  host.peer.send(video(2, vp8Delta(2)));
  host.peer.send(audio(1));
  await until(() => viewer.rtp().length === 1);
  expect(viewer.video()).toHaveLength(0);
  // No keyframe came: asked again.
  await until(() => host.rtcp('pli').length === 2);
  host.peer.send(video(3, vp8Keyframe(3)));
  host.peer.send(video(4, vp8Delta(4)));
  await until(() => viewer.video().length === 2);
  expect(viewer.video().map(tagOf)).toEqual([3, 4]);
  expect(host.rtcp('pli')).toEqual(
    host.rtcp('pli').map((pli) => ({ ...pli, type: 'pli', mediaSsrc: 77 }) as typeof pli),
  );
}, 20_000);

test('MEDIA3: a player asks, many players ask once, and the engine can be told to ask', async () => {
  const { publisher, player, sfu, advance } = await bench();
  const host = await publisher('host');
  const viewer = await player('viewer');
  host.peer.send(video(1, vp8Keyframe(1)));
  await until(() => viewer.video().length === 1);
  advance(mediaLimits.keyframeIntervalMs);
  const before = sfu.stats().keyframeRequests;
  for (let i = 0; i < 20; i++) viewer.peer.send(buildPli(5, ssrcOf(viewer.video()[0] ?? Buffer.alloc(0))));
  await until(() => sfu.stats().keyframeRequests > before);
  expect(sfu.stats().keyframeRequests - before).toBeLessThanOrEqual(2);
  const asked = sfu.stats().keyframeRequests;
  advance(mediaLimits.keyframeIntervalMs);
  sfu.requestKeyframe('r', '1');
  await until(() => sfu.stats().keyframeRequests > asked);
  sfu.requestKeyframe('r', 'nobody');
}, 20_000);

test('MEDIA4: what a player lost is sent again, under the number it knows', async () => {
  const { publisher, player, sfu, udpPort } = await bench();
  const host = await publisher('host');
  // The relay loses the fourth and the eighth video packet, once each.
  const seen: number[] = [];
  const relay = await lossyRelay(udpPort, (packet, toServer) => {
    const version = (packet[0] ?? 0) >> 6;
    if (toServer || version !== 2 || isRtcp(packet) || seen.includes(sequenceOf(packet))) return false;
    seen.push(sequenceOf(packet));
    return seen.length === 4 || seen.length === 8;
  });
  cleanups.push(() => relay.close());
  const viewer = await player('viewer', {}, relay);
  host.peer.send(video(100, vp8Keyframe(0)));
  for (let i = 1; i < 10; i++) host.peer.send(video(100 + i, vp8Delta(i)));
  await until(() => viewer.video().length === 8);
  const [first = Buffer.alloc(0)] = viewer.video();
  const lost = [3, 7].map((step) => (sequenceOf(first) + step) & 0xffff);
  viewer.peer.send(buildNack(5, ssrcOf(first), lost));
  await until(() => viewer.video().length === 10);
  const resent = viewer.video().slice(8);
  expect(resent.map(tagOf)).toEqual([3, 7]);
  expect(resent.map(sequenceOf)).toEqual(lost);
  expect(resent.map((packet) => (timestampOf(packet) - timestampOf(first)) >>> 0)).toEqual([9_000, 21_000]);
  // Never sent, and not of this stream.
  viewer.peer.send(buildNack(5, ssrcOf(first), [(lost[0] ?? 0) + 5_000]));
  viewer.peer.send(buildNack(5, 12_345, lost));
  await until(() => sfu.stats().nacksIn === 3);
  expect(sfu.stats().resends).toBe(2);
}, 20_000);

test('MEDIA60: what a player lost comes in the stream of repairs that it offered', async () => {
  const { publisher, player } = await bench();
  const host = await publisher('host', { repairs: true });
  const viewer = await player('viewer', { repairs: true });
  const pictures = () => viewer.video().filter((packet) => payloadTypeOf(packet) === payloadTypes.VP8);
  const repairs = () => viewer.video().filter((packet) => payloadTypeOf(packet) === payloadTypes.repairs);
  for (let i = 0; i < 5; i++) host.peer.send(video(100 + i, i === 0 ? vp8Keyframe(0) : vp8Delta(i)));
  await until(() => pictures().length === 5);
  const [, second = Buffer.alloc(0)] = pictures();
  viewer.peer.send(buildNack(5, ssrcOf(second), [sequenceOf(second)]));
  await until(() => repairs().length === 1);
  const [repair = Buffer.alloc(0)] = repairs();
  expect(turnedBack(repair, payloadTypes.VP8, ssrcOf(second))?.equals(second)).toBe(true);
}, 20_000);

test('MEDIA4: what the publisher lost is asked of it, and passed on when it comes', async () => {
  const { publisher, player, sfu } = await bench();
  const host = await publisher('host');
  const viewer = await player('viewer');
  host.peer.send(video(100, vp8Keyframe(0)));
  for (const i of [1, 2, 5, 6]) host.peer.send(video(100 + i, vp8Delta(i)));
  await until(() => host.rtcp('nack').length >= 1);
  expect(host.rtcp('nack')[0]).toMatchObject({ mediaSsrc: 77, sequences: [103, 104] });
  // One comes; the other is asked for again.
  host.peer.send(video(104, vp8Delta(4)));
  await until(() =>
    host.rtcp('nack').some((nack) => nack.type === 'nack' && nack.sequences.join() === '103'),
  );
  host.peer.send(video(103, vp8Delta(3)));
  await until(() => viewer.video().length === 7);
  const first = sequenceOf(viewer.video()[0] ?? Buffer.alloc(0));
  expect(viewer.video().map((packet) => [tagOf(packet), (sequenceOf(packet) - first) & 0xffff])).toEqual(
    [0, 1, 2, 5, 6, 4, 3].map((tag) => [tag, tag]),
  );
  expect(sfu.stats().nacksOut).toBeGreaterThanOrEqual(2);
}, 20_000);

test('MEDIA5: a publisher that comes back goes on in the same stream', async () => {
  const { publisher, player, sfu } = await bench();
  const first = await publisher('first');
  const viewer = await player('viewer');
  first.peer.send(video(500, vp8Keyframe(1), 77));
  first.peer.send(video(501, vp8Delta(2), 77));
  await until(() => viewer.video().length === 2);
  // It overlaps with its old session: the new one is played.
  const second = await publisher('second');
  second.peer.send(video(9, vp8Delta(3), 99, 1));
  second.peer.send(video(10, vp8Keyframe(4), 99, 3_001));
  second.peer.send(video(11, vp8Delta(5), 99, 6_001));
  await until(() => viewer.video().length === 4);
  first.peer.send(video(502, vp8Keyframe(6), 77));
  sfu.close('first');
  second.peer.send(video(12, vp8Delta(7), 99, 9_001));
  await until(() => viewer.video().length === 5);
  const packets = viewer.video();
  expect(packets.map(tagOf)).toEqual([1, 2, 4, 5, 7]);
  const [start = Buffer.alloc(0)] = packets;
  expect(packets.map((packet) => (sequenceOf(packet) - sequenceOf(start)) & 0xffff)).toEqual([0, 1, 2, 3, 4]);
  expect(new Set(packets.map(ssrcOf)).size).toBe(1);
  const steps = packets.map((packet, i) => (timestampOf(packet) - timestampOf(packets[i - 1] ?? packet)) | 0);
  expect(steps.every((step, i) => i === 0 || (step > 0 && step < 90_000 * 10))).toBe(true);
}, 20_000);

test('MEDIA5: a player may come first, and follows a change of codec if it offered both', async () => {
  const { publisher, player, sfu } = await bench();
  const viewer = await player('viewer');
  const first = await publisher('first', { video: ['VP8'] });
  first.peer.send(video(1, vp8Keyframe(1)));
  await until(() => viewer.video().length === 1);
  sfu.close('first');
  const second = await publisher('second', { video: ['H264'] });
  second.peer.send(
    rtpPacket({
      payloadType: payloadTypes.H264,
      sequence: 1,
      timestamp: 1,
      ssrc: 80,
      payload: Buffer.from([0x65, 2]),
    }),
  );
  await until(() => viewer.video().length === 2);
  expect(viewer.video().map(payloadTypeOf)).toEqual([payloadTypes.VP8, payloadTypes.H264]);
}, 20_000);

test('MEDIA5: a player without the codec that the publisher sends is refused', async () => {
  const { publisher, client, sfu } = await bench();
  await publisher('host', { video: ['H264'] });
  const viewer = await client({ direction: 'recvonly', video: ['VP8'] });
  const request = { room: 'r', publisher: '1', session: 'v', offerSdp: viewer.peer.offerSdp };
  expect(await sfu.play({ ...request, audio: true, video: true })).toMatchObject({
    ok: false,
    code: 'sdp_invalid',
  });
}, 20_000);

test('MEDIA9: kinds are switched off and on, video with a keyframe', async () => {
  const { publisher, player, sfu } = await bench();
  const host = await publisher('host');
  const viewer = await player('viewer');
  host.peer.send(video(1, vp8Keyframe(1)));
  await until(() => viewer.video().length === 1);
  sfu.select('viewer', { audio: true, video: false });
  host.peer.send(video(2, vp8Delta(2)));
  host.peer.send(audio(1));
  await until(() => viewer.rtp().length === 2);
  sfu.select('viewer', { audio: false, video: true });
  const asked = host.rtcp('pli').length;
  host.peer.send(audio(2));
  host.peer.send(video(3, vp8Delta(3)));
  await until(() => host.rtcp('pli').length > asked);
  host.peer.send(video(4, vp8Keyframe(4)));
  await until(() => viewer.video().length === 2);
  expect(viewer.rtp()).toHaveLength(3);
  const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = viewer.video();
  expect((sequenceOf(two) - sequenceOf(one)) & 0xffff).toBe(1);
}, 20_000);

test('MEDIA8: sender reports pass with the player’s own numbers, sound and picture on one clock', async () => {
  const { publisher, player } = await bench();
  const host = await publisher('host');
  const viewer = await player('viewer');
  host.peer.send(video(1, vp8Keyframe(1)));
  host.peer.send(audio(1));
  await until(() => viewer.rtp().length === 2);
  const at = { ntpSeconds: 1_000, ntpFraction: 0, packets: 0, octets: 0 };
  host.peer.send(buildSenderReport(77, { ...at, timestamp: 3_000 + 9_000 }, 'c'));
  host.peer.send(buildSenderReport(78, { ...at, ntpFraction: 0x80000000, timestamp: 960 + 480 }, 'c'));
  await until(() => viewer.rtcp('sr').length === 2);
  const [picture, sound] = viewer.rtcp('sr');
  if (picture?.type !== 'sr' || sound?.type !== 'sr') throw new Error('no reports');
  const [frame = Buffer.alloc(0)] = viewer.video();
  expect(picture.ssrc).toBe(ssrcOf(frame));
  expect((picture.info.timestamp - timestampOf(frame)) >>> 0).toBe(9_000);
  expect(picture.info.packets).toBe(1);
  const clock = ({ ntpSeconds, ntpFraction }: typeof picture.info) => ntpSeconds + ntpFraction / 2 ** 32;
  expect(clock(sound.info) - clock(picture.info)).toBeCloseTo(0.5, 4);
  // On the server's clock, not the publisher's of 1900.
  expect(Math.abs(clock(picture.info) - 2_208_988_800 - Date.now() / 1000)).toBeLessThan(60);
}, 20_000);

test('MEDIA7: the publisher is told when its packets came, and how many were lost', async () => {
  const { publisher } = await bench();
  const host = await publisher('host');
  for (let i = 0; i < 5; i++)
    host.peer.send(
      rtpPacket({
        payloadType: payloadTypes.VP8,
        sequence: i,
        timestamp: 0,
        ssrc: 77,
        payload: vp8Keyframe(i),
        transportSequence: 100 + i,
      }),
    );
  await until(() => host.packets.some((packet) => packet[1] === 205 && ((packet[0] ?? 0) & 0x1f) === 15));
  const feedback = host.packets.find((packet) => packet[1] === 205);
  expect(feedback?.readUInt16BE(12)).toBe(100);
  await until(() => host.rtcp('rr').some((report) => report.type === 'rr' && report.blocks.length === 1));
}, 20_000);

test('MEDIA7: what the publisher’s transport numbered is not passed on', async () => {
  const { publisher, player } = await bench();
  const host = await publisher('host');
  const viewer = await player('viewer');
  const packet = video(1, vp8Keyframe(1));
  const fields = { payloadType: payloadTypes.VP8, sequence: 2, timestamp: 0, ssrc: 77, payload: vp8Delta(2) };
  host.peer.send(packet);
  host.peer.send(rtpPacket({ ...fields, transportSequence: 7 }));
  await until(() => viewer.video().length === 2);
  expect(extensionAt(viewer.video()[1] ?? Buffer.alloc(0), transportCcId)).toBe(-1);
}, 20_000);

test('MEDIA6: silence is reported after 5 s, and that it ended', async () => {
  const { publisher, reports, advance, sfu } = await bench();
  const host = await publisher('host');
  // The time that the test skips must not be what the library is given to agree.
  await until(() => sfu.stats().sessionsFront === 1);
  for (let i = 0; i < 5; i++) host.peer.send(audio(i));
  host.peer.send(video(1, vp8Keyframe(1)));
  await until(() => host.rtcp('rr').some((report) => report.type === 'rr' && report.blocks.length === 2));
  advance(mediaLimits.stallMs);
  await until(() => reports.some((report) => report.type === 'stalled'));
  const stalled = reports.find((report) => report.type === 'stalled');
  expect(stalled?.type === 'stalled' && stalled.silentMs >= mediaLimits.stallMs).toBe(true);
  // One kind is enough.
  host.peer.send(audio(6));
  await until(() => reports.some((report) => report.type === 'resumed'));
  expect(reports.map((report) => report.type)).toEqual(['connected', 'stalled', 'resumed']);
}, 20_000);

test('MEDIA6: a silent listener is probed', async () => {
  const { player, advance } = await bench();
  const viewer = await player('viewer', { kinds: ['audio'] });
  advance(mediaLimits.probeAfterMs);
  await until(() => viewer.rtp().length === 1);
  const [probe = Buffer.alloc(0)] = viewer.rtp();
  expect(payloadStart(probe)).toBe(payloadEnd(probe));
  expect(payloadTypeOf(probe)).toBe(payloadTypes.opus);
  advance(mediaLimits.probeIntervalMs);
  await until(() => viewer.rtp().length === 2);
  expect((sequenceOf(viewer.rtp()[1] ?? probe) - sequenceOf(probe)) & 0xffff).toBe(1);
}, 20_000);

test('MEDIA27: a player that never reports stays for as long as ICE has it, and ends with ICE', async () => {
  const { publisher, player, reports, advance, udpPort } = await bench();
  // Straight to the library: the front would see that nobody answered it in the time that the test skips.
  const straight = await lossyRelay(udpPort, () => false);
  await publisher('silent-host', {}, straight);
  const host = await publisher('host', {}, straight);
  let cut = false;
  const relay = await lossyRelay(udpPort, () => cut);
  cleanups.push(
    () => straight.close(),
    () => relay.close(),
  );
  const mute = { transportCc: false };
  const viewer = await player('viewer', mute, relay);
  host.peer.send(audio(0));
  await until(() => viewer.rtp().length === 1);
  advance(600_000);
  // The host did send, and so it is seen that everybody has been judged.
  await until(() => reports.some((report) => report.type === 'stalled'));
  host.peer.send(audio(1));
  await until(() => viewer.rtp().length === 2 && reports.some((report) => report.type === 'resumed'));
  expect(reports.filter(({ type }) => type !== 'connected')).toMatchObject([
    { type: 'stalled', session: 'host' },
    { type: 'resumed', session: 'host' },
  ]);
  cut = true;
  await until(() => reports.some((report) => report.type === 'gone'), 60_000);
  const gone = reports.filter((report) => report.type === 'gone');
  // When it was last known to be there, and not when it connected.
  expect(gone).toEqual([
    { type: 'gone', session: 'viewer', reason: 'failed', silentMs: mediaLimits.iceConsentMs },
  ]);
}, 90_000);

test('MEDIA6: a peer that never connects is given up', async () => {
  const { client, sfu, reports, advance } = await bench();
  const absent = await client({ direction: 'sendonly' });
  const request = { room: 'r', publisher: '1', session: 'absent', offerSdp: absent.peer.offerSdp };
  expect((await sfu.publish(request)).ok).toBe(true);
  advance(defaultMediaLimits.mediaConnectMs);
  await until(() => reports.length > 0);
  expect(reports).toMatchObject([{ type: 'gone', session: 'absent', reason: 'never-connected' }]);
  expect(sfu.stats()).toMatchObject({ publishers: 0, players: 0 });
}, 20_000);

test('LIMIT7: media is waited for as long as mediaConnectMs says', async () => {
  const { client, sfu, reports, advance } = await bench({ ...defaultMediaLimits, mediaConnectMs: 100 });
  const absent = await client({ direction: 'sendonly' });
  const request = { room: 'r', publisher: '1', session: 'absent', offerSdp: absent.peer.offerSdp };
  expect((await sfu.publish(request)).ok).toBe(true);
  advance(100);
  await until(() => sfu.stats().publishers === 0, defaultMediaLimits.mediaConnectMs / 3);
  expect(reports).toMatchObject([{ type: 'gone', session: 'absent', reason: 'never-connected' }]);
}, 20_000);

test('MEDIA31: whom the server closes is told goodbye on every stream, publishers too', async () => {
  const { publisher, player, sfu } = await bench();
  const host = await publisher('host');
  const viewer = await player('viewer');
  host.peer.send(video(1, vp8Keyframe(1)));
  host.peer.send(audio(1));
  await until(() => viewer.rtp().length === 2 && host.rtcp('rr').length > 0);
  const byes = (of: typeof host) => of.rtcp('bye').map((part) => part.type === 'bye' && part.ssrc);
  sfu.close('host');
  await until(() => byes(host).length > 0);
  const [report] = host.rtcp('rr');
  expect(byes(host)).toEqual([report?.type === 'rr' && report.ssrc]);
  const next = await publisher('next');
  await until(() => next.rtcp('rr').length > 0);
  // The end of the engine is one, too.
  await sfu.stop();
  await until(() => byes(next).length > 0 && byes(viewer).length === 2);
  expect(new Set(byes(viewer))).toEqual(new Set(viewer.rtp().map(ssrcOf)));
}, 20_000);

test('MEDIA6: what the caller closes is not reported, and a player is told goodbye', async () => {
  const { publisher, player, sfu, reports } = await bench();
  const host = await publisher('host');
  const viewer = await player('viewer');
  host.peer.send(video(1, vp8Keyframe(1)));
  await until(() => viewer.video().length === 1);
  sfu.close('viewer');
  sfu.close('viewer');
  await until(() => viewer.rtcp('bye').length > 0);
  expect(viewer.rtcp('bye')).toContainEqual({
    type: 'bye',
    ssrc: ssrcOf(viewer.video()[0] ?? Buffer.alloc(0)),
  });
  sfu.close('host');
  expect(sfu.stats()).toMatchObject({ publishers: 0, players: 0 });
  expect(reports.map((report) => report.type)).toEqual(['connected', 'connected']);
}, 20_000);

test('MEDIA17: one session id is one session', async () => {
  const { publisher, client, sfu } = await bench();
  await publisher('host');
  const twin = await client({ direction: 'sendonly' });
  const request = { room: 'r', publisher: '1', session: 'host', offerSdp: twin.peer.offerSdp };
  expect(await sfu.publish(request)).toMatchObject({ ok: false, code: 'media_unavailable' });
  expect(sfu.stats().publishers).toBe(1);
}, 20_000);
