import { afterEach, expect, test } from 'bun:test';
import {
  payloadTypes,
  rtpPacket,
  type SyntheticPeer,
  syntheticPeer,
  vp8Delta,
  vp8Keyframe,
} from '../../../testing/media/synthetic-peer.ts';
import { freeUdpPort } from '../../../testing/media/udp.ts';
import { testClock } from '../../../testing/worlds/clock.ts';
import type { MediaAnswer } from '../contract.ts';
import { mediaLimits } from '../limits.ts';
import type { ChildReport } from './messages.ts';
import { buildSenderReport } from './rtp/rtcp.ts';
import { Sfu } from './sfu.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function until(check: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const rowSeconds = mediaLimits.secondsToldMs / 1000;

/** The seconds that were told of each session; a second that is told twice stands here twice. */
class Told {
  readonly seconds = new Map<string, number[]>();
  readonly last: string[] = [];

  take(report: Extract<ChildReport, { type: 'seconds' }>): void {
    for (const { session, bits, isLast } of report.sessions) {
      const told = this.seconds.get(session) ?? [];
      for (let place = 0; place < 32; place++)
        if ((bits & (1 << place)) !== 0) told.push(report.first + place);
      this.seconds.set(session, told);
      if (isLast) this.last.push(session);
    }
  }
}

/** A real SFU with real transports, and a clock that stands still until the test moves it. */
async function bench() {
  let nowMs = 100_000;
  const told = new Told();
  const connected = new Set<string>();
  const options = { udpPort: await freeUdpPort(), bindAddress: '127.0.0.1', announcedAddress: 'auto' };
  let reads = 0;
  const clock = testClock(() => {
    reads += 1;
    return nowMs;
  });
  const sfu = new Sfu(options, clock, (report) => {
    if (report.type === 'seconds') told.take(report);
    if (report.type === 'connected') connected.add(report.session);
  });
  cleanups.push(() => sfu.stop());
  const accept = async (peer: SyntheticPeer, session: string, answer: MediaAnswer) => {
    if (!answer.ok) throw new Error(answer.detail);
    await peer.accept(answer.answerSdp);
    await until(() => connected.has(session));
  };
  /** Sends whatever it is told to; resolves when the SFU has it. */
  const host = async (publisher: string) => {
    const session = `host-${publisher}`;
    const peer = await syntheticPeer({ direction: 'sendonly' });
    cleanups.push(() => peer.close());
    await accept(
      peer,
      session,
      await sfu.publish({ room: 'r', publisher, session, offerSdp: peer.offerSdp }),
    );
    let sequence = 0;
    const arrived = async (packet: Buffer) => {
      const before = sfu.stats().packetsIn;
      peer.send(packet);
      await until(() => sfu.stats().packetsIn > before);
    };
    const packet = (payloadType: number, payload: Buffer) => {
      sequence += 1;
      return rtpPacket({ payloadType, sequence, timestamp: sequence * 3_000, ssrc: payloadType, payload });
    };
    return {
      keyframe: () => arrived(packet(payloadTypes.VP8, vp8Keyframe(1))),
      picture: () => arrived(packet(payloadTypes.VP8, vp8Delta(2))),
      sound: () => arrived(packet(payloadTypes.opus, Buffer.from([1, 2]))),
      unknown: () => arrived(packet(77, Buffer.from([1, 2]))),
      report: () => {
        const info = { ntpSeconds: 1, ntpFraction: 0, timestamp: 0, packets: 1, octets: 1 };
        return arrived(buildSenderReport(payloadTypes.VP8, info, 'c'));
      },
    };
  };
  const viewer = async (session: string, publisher: string) => {
    const peer = await syntheticPeer({ direction: 'recvonly', transportCc: false });
    cleanups.push(() => peer.close());
    const request = { room: 'r', publisher, session, offerSdp: peer.offerSdp };
    await accept(peer, session, await sfu.play({ ...request, audio: true, video: true }));
  };
  /** Moves the clock, and waits for a tick: packets on both sides of a jump would count as a flood (MEDIA22). */
  const ticked = async (move: () => void) => {
    move();
    const before = reads;
    await until(() => reads > before + 1);
  };
  return {
    sfu,
    told,
    host,
    viewer,
    at: (second: number) =>
      ticked(() => {
        nowMs = second * 1000;
      }),
    passes: (ms: number) =>
      ticked(() => {
        nowMs += ms;
      }),
  };
}

test('MEDIA35: seconds in which a packet was forwarded are told, those of a pause are not', async () => {
  const { told, host, viewer, at, passes } = await bench();
  const { keyframe, picture, sound } = await host('1');
  await viewer('viewer', '1');
  await keyframe();
  await at(101);
  for (let packet = 0; packet < 5; packet++) await picture();
  // Nothing in second 102; sound alone in 103, and at the end of 105.
  await at(103);
  await sound();
  await at(105);
  await passes(999);
  await sound();
  await at(100 + rowSeconds);
  await until(() => told.seconds.size === 2);
  expect(told.seconds.get('viewer')).toEqual([100, 101, 103, 105]);
  expect(told.seconds.get('host-1')).toEqual([100, 101, 103, 105]);
  // A session without media is not told of.
  await at(100 + 2 * rowSeconds);
  await sound();
  await at(100 + 3 * rowSeconds);
  await until(() => told.seconds.get('viewer')?.length === 5);
  expect(told.seconds.get('viewer')?.at(-1)).toBe(100 + 2 * rowSeconds);
  expect(told.last).toEqual([]);
}, 30_000);

test('MEDIA35: of two hosts at once each player has the seconds of its own', async () => {
  const { told, host, viewer, at } = await bench();
  const one = await host('1');
  const two = await host('2');
  await viewer('of-1', '1');
  await viewer('of-2', '2');
  await one.sound();
  await at(101);
  await one.sound();
  await two.sound();
  await at(102);
  await two.sound();
  await at(100 + rowSeconds);
  await until(() => told.seconds.size === 4);
  expect(Object.fromEntries(told.seconds)).toEqual({
    'host-1': [100, 101],
    'of-1': [100, 101],
    'host-2': [101, 102],
    'of-2': [101, 102],
  });
}, 30_000);

test('MEDIA35: a host that mutes, and still reports, is not counted; nor are its viewers', async () => {
  const { told, host, viewer, at } = await bench();
  const { sound, report, unknown } = await host('1');
  await viewer('viewer', '1');
  await sound();
  for (const second of [101, 102]) {
    await at(second);
    await report();
    await unknown();
  }
  await at(103);
  await sound();
  await at(100 + rowSeconds);
  await until(() => told.seconds.size === 2);
  expect(told.seconds.get('host-1')).toEqual([100, 103]);
  expect(told.seconds.get('viewer')).toEqual([100, 103]);
}, 30_000);

test('MEDIA35: a viewer that has switched off both kinds watches nothing, and the host goes on', async () => {
  const { sfu, told, host, viewer, at } = await bench();
  const { keyframe, sound, picture } = await host('1');
  await viewer('viewer', '1');
  await keyframe();
  sfu.select('viewer', { audio: false, video: false });
  await at(101);
  await picture();
  await sound();
  await at(102);
  // On again, but no picture begins without a keyframe.
  sfu.select('viewer', { audio: false, video: true });
  await picture();
  await at(103);
  await keyframe();
  await at(100 + rowSeconds);
  await until(() => told.seconds.size === 2);
  expect(told.seconds.get('host-1')).toEqual([100, 101, 102, 103]);
  expect(told.seconds.get('viewer')).toEqual([100, 103]);
}, 30_000);

test('MEDIA35: the last seconds of a session are told when it ends, in no row that has a second twice', async () => {
  const { sfu, told, host, viewer, at } = await bench();
  const { sound } = await host('1');
  await viewer('first', '1');
  await viewer('second', '1');
  await at(104);
  await sound();
  sfu.close('first');
  await until(() => told.last.length === 1);
  expect(told.seconds.get('first')).toEqual([104]);
  // The row is over when the next one ends: what it has of the second that runs is of the next row.
  await at(100 + rowSeconds - 1);
  await sound();
  await at(100 + rowSeconds);
  await sound();
  sfu.close('second');
  await at(101 + rowSeconds);
  sfu.close('host-1');
  expect(told.last).toEqual(['first', 'second', 'host-1']);
  expect(told.seconds.get('second')).toEqual([104, 99 + rowSeconds, 100 + rowSeconds]);
  expect(told.seconds.get('host-1')).toEqual([104, 99 + rowSeconds, 100 + rowSeconds]);
}, 30_000);
