import { afterEach, expect, test } from 'bun:test';
import { createSocket } from 'node:dgram';
import { readdir, readlink } from 'node:fs/promises';
import { type MovingRelay, movingRelay } from '../../../testing/media/moving-relay.ts';
import {
  payloadTypes,
  rtpPacket,
  type SyntheticPeer,
  syntheticPeer,
  vp8Keyframe,
} from '../../../testing/media/synthetic-peer.ts';
import { freeUdpPort, udpSocket } from '../../../testing/media/udp.ts';
import { testClock } from '../../../testing/worlds/clock.ts';
import { systemClock } from '../../clock.ts';
import type { MediaAnswer } from '../contract.ts';
import { defaultMediaLimits } from '../engine-limits.ts';
import { mediaLimits } from '../limits.ts';
import { IceDoor } from './ice/ice-door.ts';
import type { ChildReport } from './messages.ts';
import { parseRtcp } from './rtp/rtcp.ts';
import { isRtcp, payloadEnd } from './rtp/rtp.ts';
import { Sfu } from './sfu.ts';

const cleanups: (() => unknown)[] = [];
const atRest = await sockets();
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  // A library closes its sockets later than it says: the next test counts its own.
  await until(async () => (await sockets()) <= atRest);
});

async function until(check: () => boolean | Promise<boolean>, deadlineMs = 10_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!(await check())) {
    if (performance.now() > endMs) throw new Error(`not in time: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A real SFU with a publisher and a player, both through relays that can move. */
async function bench(before: (udpPort: number) => Promise<void> = async () => undefined) {
  const udpPort = await freeUdpPort();
  await before(udpPort);
  const reports: Exclude<ChildReport, { type: 'seconds' }>[] = [];
  let aheadMs = 0;
  const clock = testClock(() => Math.floor(performance.now()) + aheadMs);
  const sfu = new Sfu({ udpPort, bindAddress: '127.0.0.1', announcedAddress: 'auto' }, clock, (report) => {
    if (report.type !== 'seconds') reports.push(report);
  });
  cleanups.push(() => sfu.stop());
  const received: Buffer[] = [];
  /** Sessions that were told goodbye. */
  const goodbyes = new Set<string>();
  const party = async (session: string, direction: 'sendonly' | 'recvonly') => {
    const relay = await movingRelay(udpPort);
    const onPacket = (packet: Buffer) => {
      if (!isRtcp(packet)) received.push(packet);
      else if (parseRtcp(packet).some(({ type }) => type === 'bye')) goodbyes.add(session);
    };
    const peer = await syntheticPeer({ direction, onPacket });
    cleanups.push(
      () => relay.close(),
      () => peer.close(),
    );
    const request = { room: 'r', publisher: '1', session, offerSdp: peer.offerSdp };
    const answer = sdpOf(
      await (direction === 'sendonly'
        ? sfu.publish(request)
        : sfu.play({ ...request, audio: true, video: true })),
    );
    await peer.accept(relay.through(answer));
    await until(() => reports.some((report) => report.session === session));
    return { session, peer, relay, answer };
  };
  const host = await party('host', 'sendonly');
  const viewer = await party('viewer', 'recvonly');
  let sequence = 0;
  return {
    sfu,
    udpPort,
    reports,
    goodbyes,
    host,
    viewer,
    advance: (ms: number) => {
      aheadMs += ms;
    },
    restart: async (of: { session: string; peer: SyntheticPeer; relay: MovingRelay }) =>
      sdpOf(await sfu.restart(of.session, of.relay.reoffered(of.peer.offerSdp))),
    /** Publishes until a new packet has come through: what is under way while a transport moves may be lost. */
    async flows() {
      const before = received.length;
      const tags = new Set<number>();
      await until(() => {
        sequence += 1;
        const tag = sequence & 0xff;
        tags.add(tag);
        const fields = { payloadType: payloadTypes.VP8, sequence, timestamp: sequence * 3_000, ssrc: 9 };
        host.peer.send(rtpPacket({ ...fields, payload: vp8Keyframe(tag) }));
        return received.slice(before).some((packet) => tags.has(packet[payloadEnd(packet) - 1] ?? -1));
      });
    },
  };
}

function sdpOf(answer: MediaAnswer): string {
  if (!answer.ok) throw new Error(answer.detail);
  return answer.answerSdp;
}

const credentials = { ufrag: 'aaaa', password: 'b'.repeat(22) };

/** A session of a library that is not there. */
const unconnected = (port: number) => ({
  own: credentials,
  client: credentials,
  candidates: [`candidate:1 1 UDP 1 127.0.0.1 ${port} typ host`],
  isConnected: () => false,
  isPreferred: false,
});

const lines = (sdp: string, start: string) => sdp.split('\r\n').filter((line) => line.startsWith(start));

test('MEDIA18: a restart has new credentials and candidates for the same transport', async () => {
  const { host, restart, udpPort, flows } = await bench();
  await flows();
  const [one, two] = [await restart(host), await restart(host)];
  for (const answer of [one, two]) {
    for (const kept of ['a=fingerprint:', 'a=setup:', 'm=', 'a=rtpmap:', 'a=mid:'])
      expect(lines(answer, kept)).toEqual(lines(host.answer, kept));
    expect(lines(answer, 'a=candidate:')).toHaveLength(1);
    expect(answer).not.toContain(` ${udpPort} typ`);
  }
  for (const changed of ['a=ice-ufrag:', 'a=ice-pwd:', 'o='])
    expect(new Set([host.answer, one, two].map((answer) => lines(answer, changed)[0])).size).toBe(3);
  // Nobody came: all goes on as before.
  await flows();
}, 20_000);

test('MEDIA18: publisher and player move, again and again, and the stream goes on with the first way dead', async () => {
  const { host, viewer, restart, reports, flows } = await bench();
  await flows();
  for (let round = 0; round < 3; round++) {
    for (const party of [viewer, host]) {
      await party.relay.move(await restart(party));
      party.relay.cut();
      await flows();
      // The server sends the new way: media to the player, reports to the publisher.
      await until(async () => {
        if (party === viewer) await flows();
        return party.relay.moved() > 0;
      });
    }
  }
  await flows();
  expect(reports.map((report) => report.type)).toEqual(['connected', 'connected']);
}, 40_000);

test('MEDIA18: a session moves before it has connected', async () => {
  const { sfu, reports, udpPort } = await bench();
  const relay = await movingRelay(udpPort);
  const peer = await syntheticPeer({ direction: 'recvonly' });
  cleanups.push(
    () => relay.close(),
    () => peer.close(),
  );
  const request = { room: 'r', publisher: '1', session: 'early', offerSdp: peer.offerSdp };
  const answer = sdpOf(await sfu.play({ ...request, audio: true, video: true }));
  const again = sdpOf(await sfu.restart('early', relay.reoffered(peer.offerSdp)));
  const accepted = peer.accept(relay.through(answer));
  await relay.move(again);
  await accepted;
  await until(() => reports.some((report) => report.session === 'early' && report.type === 'connected'));
}, 20_000);

test('MEDIA18: a restart that changes streams or fingerprint, or of nothing, is refused and the session lives', async () => {
  const { sfu, host, flows } = await bench();
  const other = await syntheticPeer({ direction: 'sendonly' });
  cleanups.push(() => other.close());
  const { offerSdp } = host.peer;
  const changed = [
    'v=0',
    '',
    other.offerSdp,
    offerSdp.replace('a=mid:1', 'a=mid:7').replace('BUNDLE 0 1', 'BUNDLE 0 7'),
    offerSdp.replaceAll('a=sendonly', 'a=recvonly'),
    offerSdp.replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:short'),
  ];
  for (const offer of changed)
    expect(await sfu.restart('host', offer)).toMatchObject({ ok: false, code: 'sdp_invalid' });
  expect(await sfu.restart('nobody', offerSdp)).toMatchObject({ ok: false, code: 'media_unavailable' });
  await flows();
}, 20_000);

test('MEDIA26: a restart that nobody came for frees its socket, and the next one works', async () => {
  const { viewer, restart, advance, flows } = await bench();
  const before = await sockets();
  await restart(viewer);
  const opened = await sockets();
  expect(opened).toBeGreaterThan(before);
  advance(mediaLimits.frontRenewMs);
  // Too old to be relied on: another takes its place.
  await restart(viewer);
  expect(await sockets()).toBe(opened);
  advance(mediaLimits.frontConnectMs);
  await until(async () => (await sockets()) === opened - 1);
  await viewer.relay.move(await restart(viewer));
  viewer.relay.cut();
  await flows();
}, 20_000);

test('MEDIA27: a player that never reports is judged after a restart by its answers to our checks', async () => {
  const { viewer, restart, advance, flows, reports } = await bench();
  await viewer.relay.move(await restart(viewer));
  viewer.relay.cut();
  await flows();
  // Answers go on: no silence, however long it sends no packet.
  for (let round = 0; round < 10; round++) {
    const checks = viewer.relay.checks();
    advance(mediaLimits.frontConsentCheckMs);
    await until(() => viewer.relay.checks() > checks);
  }
  expect(reports.some(({ session, type }) => session === 'viewer' && type === 'stalled')).toBe(false);
  viewer.relay.hush();
  // An answer may still be on its way, and be heard late: the silence begins with it.
  await until(() => {
    advance(mediaLimits.frontConsentCheckMs);
    return reports.some(({ session, type }) => session === 'viewer' && type === 'stalled');
  });
  const stalled = reports.find(({ session, type }) => session === 'viewer' && type === 'stalled');
  // Silent since the last answer, and not for the 80 s since it connected.
  const silentMs = stalled?.type === 'stalled' ? stalled.silentMs : 0;
  expect(silentMs).toBeGreaterThanOrEqual(mediaLimits.iceConsentMs);
  expect(silentMs).toBeLessThan(2 * mediaLimits.iceConsentMs);
}, 30_000);

test('MEDIA31: a goodbye reaches whoever has restarted ICE, at a close and at the end', async () => {
  const { sfu, host, viewer, restart, flows, goodbyes } = await bench();
  for (const party of [viewer, host]) {
    await party.relay.move(await restart(party));
    party.relay.cut();
    await flows();
    await until(async () => {
      if (party === viewer) await flows();
      return party.relay.moved() > 0;
    });
  }
  sfu.close('viewer');
  await until(() => goodbyes.has('viewer'));
  await sfu.stop();
  await until(() => goodbyes.has('host'));
}, 20_000);

test('MEDIA26: a closed session frees its socket, and a stopped engine all of them', async () => {
  const { sfu, host, viewer, restart } = await bench();
  const before = await sockets();
  await restart(viewer);
  const one = await sockets();
  await restart(host);
  expect(await sockets()).toBe(one + 1);
  const waiting = sfu.restart('viewer', viewer.relay.reoffered(viewer.peer.offerSdp));
  sfu.close('viewer');
  expect((await waiting).ok).toBe(false);
  await until(async () => (await sockets()) === one);
  void sfu.stop();
  await until(async () => (await sockets()) < before);
}, 20_000);

test('MEDIA26: the door takes the next port, or another if that is taken; a library that is not there is not waited for long', async () => {
  const { udpPort, viewer, restart, flows } = await bench(async (port) => {
    const occupied = createSocket('udp4');
    cleanups.push(() => occupied.close());
    // If another program has it already, that is as good.
    await new Promise<void>((resolve) => {
      occupied.once('error', () => resolve());
      occupied.bind(port + 1, '127.0.0.1', resolve);
    });
  });
  const answer = await restart(viewer);
  expect(answer).not.toContain(` ${udpPort + 1} typ`);
  await viewer.relay.move(answer);
  await flows();
  const silent = await udpSocket();
  cleanups.push(() => silent.close());
  const { port } = silent.address();
  let aheadMs = 0;
  const clock = testClock(() => Math.floor(performance.now()) + aheadMs);
  const door = new IceDoor({ udpPort: port, bindAddress: '127.0.0.1', clock });
  cleanups.push(() => door.close());
  const way = await door.serve(1, unconnected(port));
  const restarted = Promise.allSettled([way.restart(credentials)]);
  await until(() => door.size === 1);
  aheadMs = mediaLimits.frontOpenMs;
  const [refused] = await restarted;
  expect(String(refused?.status === 'rejected' && refused.reason)).toContain('cannot be moved');
  expect(door.size).toBe(0);
}, 20_000);

test('LIMIT7: as many sessions restart ICE as mediaRestartedSessionsMax says', async () => {
  const silent = await udpSocket();
  const { port } = silent.address();
  const limits = { ...defaultMediaLimits, mediaRestartedSessionsMax: 1 };
  const door = new IceDoor({ udpPort: port, bindAddress: '127.0.0.1', clock: systemClock(), limits });
  cleanups.push(
    () => silent.close(),
    () => door.close(),
  );
  const [one, two] = [await door.serve(1, unconnected(port)), await door.serve(2, unconnected(port))];
  const first = Promise.allSettled([one.restart(credentials)]);
  await expect(two.restart(credentials)).rejects.toThrow('Too many sessions');
  await until(async () => door.size === 1);
  door.close();
  const [ended] = await first;
  expect(String(ended?.status === 'rejected' && ended.reason)).toContain('cannot be moved');
}, 20_000);

test('MEDIA26: garbage at the door does no harm', async () => {
  const { viewer, restart, flows } = await bench();
  const answer = await restart(viewer);
  await viewer.relay.move(answer);
  const port = Number(/127\.0\.0\.1 (\d+) typ host/.exec(answer)?.[1]);
  const stranger = await udpSocket();
  cleanups.push(() => stranger.close());
  let heard = 0;
  stranger.on('message', () => {
    heard += 1;
  });
  for (let i = 0; i < 300; i++) {
    const packet = Buffer.from(Array.from({ length: i }, (_, at) => (at * 31 + i * 17) & 0xff));
    if (i > 8 && i % 2 === 0) packet.writeUInt32BE(0x2112a442, 4);
    if (i > 8 && i % 4 === 0) packet.writeUInt32BE((0x00010000 | Math.max(0, i - 20)) >>> 0, 0);
    stranger.send(packet, port, '127.0.0.1');
  }
  await flows();
  await flows();
  expect(heard).toBe(0);
}, 20_000);

/** Open sockets of this process. */
async function sockets(): Promise<number> {
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return open.filter((target) => target.startsWith('socket:')).length;
}
