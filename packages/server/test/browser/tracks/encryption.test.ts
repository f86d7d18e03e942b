import { expect, test } from 'bun:test';
import { createDecipheriv, hkdfSync, pbkdf2Sync } from 'node:crypto';
import {
  isRtcp,
  payloadEnd,
  payloadStart,
  payloadTypeOf,
  sequenceOf,
  timestampOf,
} from '../../../src/media/embedded/rtp/rtp.ts';
import { tokenFor } from '../../../testing/clients/client.ts';
import { payloadTypes, syntheticPeer } from '../../../testing/media/synthetic-peer.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { eventIn, eventsOf, seesPictures } from '../room-page.ts';
import { hears, inPage, stage } from './stage.ts';

const own = stage();
const salt = Array.from({ length: 32 }, (_, at) => at * 7);
const secret = 'a9f0-Secret-of-the-channel';
const mode = 'aes-256-gcm2';

/** A frame as who has the key reads it, written anew here from the format's description; throws if any byte of it is another. */
function openFrame(frame: Buffer, clearBytes: number): Buffer {
  const at = frame.length - 13;
  if (frame[frame.length - 1] !== 1) throw new Error('not encrypted');
  const master = pbkdf2Sync(secret, Buffer.from(salt), 100_000, 32, 'sha256');
  const stream = frame.subarray(at, at + 8);
  const key = Buffer.from(hkdfSync('sha256', master, stream, 'housecount frames 1', 32));
  const nonce = Buffer.concat([Buffer.alloc(8), frame.subarray(at + 8, at + 12)]);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(frame.subarray(0, clearBytes));
  decipher.setAuthTag(frame.subarray(at - 16, at));
  return Buffer.concat([decipher.update(frame.subarray(clearBytes, at - 16)), decipher.final()]);
}

test('SDK184: who has the key sees and hears, who has another or none gets neither and is told; the server has nothing else than the codec needs', async () => {
  const channel = 'sealed';
  const encryption = [mode, secret, salt] as const;
  const host = await own.enter(channel, 1, 'host', { encryption });
  await inPage(host, async ({ AgoraRTC, room, wave }) => {
    room.file = await AgoraRTC.createBufferSourceAudioTrack({ source: wave(3000) });
    room.file.startProcessAudioBuffer({ loop: true });
    await room.client.publish(room.file);
  });
  const viewer = await own.enter(channel, 2, 'audience', { encryption });
  await seesPictures(viewer);
  await hears(viewer, 3000);

  const wrong = await own.enter(channel, 3, 'audience', { encryption: [mode, 'another secret', salt] });
  const none = await own.enter(channel, 4, 'audience');
  await eventIn(wrong, { name: 'crypt-error' });
  await eventIn(wrong, { name: 'user-published', uid: 1, detail: 'video' });
  // What was let through by then would show: the one with the key goes on seeing meanwhile.
  await seesPictures(viewer);
  await seesPictures(viewer);
  for (const page of [wrong, none]) {
    const received = await inPage(page, async ({ room }) => {
      const track = room.client.remoteUsers[0].videoTrack;
      let decoded = 0;
      for (const report of (await track.getRTCRtpTransceiver().receiver.getStats()).values())
        if (report.type === 'inbound-rtp') decoded += report.framesDecoded ?? 0;
      return decoded;
    });
    expect(received).toBe(0);
    await hears(page, 3000, false);
  }
  expect((await eventsOf(viewer)).filter(({ name }) => name === 'crypt-error')).toEqual([]);

  // What the server sends is what it has: every byte of it behind the clear ones is of the ciphertext, which its tag proves.
  const packets: Buffer[] = [];
  const tap = await syntheticPeer({
    direction: 'recvonly',
    video: ['VP8'],
    onPacket: (packet) => !isRtcp(packet) && packets.push(Buffer.from(packet)),
  });
  try {
    const response = await fetch(`${own.server.url}/v1/whep/${testApp.id}/${channel}?host=1`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/sdp',
        Authorization: `Bearer ${tokenFor(channel, { uid: 9 })}`,
      },
      body: tap.offerSdp,
    });
    expect(response.status).toBe(201);
    await tap.accept(await response.text());
    const sound = () =>
      packets.filter((packet) => payloadTypeOf(packet) === payloadTypes.opus && payloadOf(packet).length > 0);
    const pictures = () => framesOf(packets.filter((packet) => payloadTypeOf(packet) === payloadTypes.VP8));
    await until('sound and pictures', () => sound().length > 30 && pictures().length > 30);
    for (const packet of sound()) {
      const frame = payloadOf(packet);
      expect(frame.length > 29 && openFrame(frame, 1).length >= 0).toBe(true);
    }
    const opened = pictures().map((frame) => openFrame(frame, ((frame[0] ?? 0) & 1) === 0 ? 10 : 3).length);
    expect(Math.min(...opened)).toBeGreaterThan(0);
  } finally {
    tap.close();
  }
}, 180_000);

test('SDK185: H.264 is carried the same way, the key is asked for again after a leave, and a mode that is none is refused', async () => {
  const channel = 'sealed h264';
  const encryption = ['aes-128-gcm2', secret, salt] as const;
  const host = await own.enter(channel, 1, 'host', { encryption, codec: 'h264' });
  const viewer = await own.enter(channel, 2, 'audience', { encryption });
  const wrong = await own.enter(channel, 3, 'audience', { encryption: ['aes-128-gcm2', 'another', salt] });
  await seesPictures(viewer);
  await eventIn(wrong, { name: 'crypt-error' });
  expect(
    await inPage(host, async ({ room }) => {
      for (const report of (await room.tracks[1].getRTCRtpTransceiver().sender.getStats()).values())
        if (report.type === 'codec') return report.mimeType;
      return undefined;
    }),
  ).toBe('video/H264');
  // After a leave nothing is encrypted until it is asked for again.
  const at = (await eventsOf(viewer)).length;
  await inPage(host, async ({ room }) => {
    const { app, channel, token, uid } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    await room.client.leave();
    await room.client.join(app, channel, token, uid);
    await room.client.publish(room.tracks);
  });
  await seesPictures(await own.enter(channel, 4, 'audience'));
  await eventIn(viewer, { name: 'crypt-error' }, at);
  expect(
    await inPage(viewer, ({ room }) => {
      try {
        room.client.setEncryptionConfig('aes-128-xts', 'secret');
      } catch (error) {
        return (error as { code: string }).code;
      }
      return 'nothing';
    }),
  ).toBe('NOT_SUPPORTED');
}, 180_000);

test('SDK186: a browser without script transforms encrypts by its encoded streams; where no worker may run, nothing is sent in the clear', async () => {
  await own.browser.context.addInitScript('delete window.RTCRtpScriptTransform');
  const channel = 'older';
  const encryption = [mode, secret, salt] as const;
  await own.enter(channel, 1, 'host', { encryption });
  const viewer = await own.enter(channel, 2, 'audience', { encryption });
  await seesPictures(viewer);
  const plain = await own.enter(channel, 3, 'audience');
  await seesPictures(viewer);
  expect((await inPage(plain, ({ room }) => room.frames())).frames).toBe(0);

  // A security policy without `worker-src blob:` ends a worker like this one's.
  await own.browser.context.addInitScript(
    "window.Worker = class { postMessage() {} terminate() {} constructor() { setTimeout(() => this.onerror(new ErrorEvent('error', { message: 'refused' }))); } }",
  );
  const alone = await own.enter(`${channel} alone`, 1, 'host', { encryption });
  await eventIn(alone, { name: 'crypt-error' });
  const watching = await own.enter(`${channel} alone`, 2, 'audience');
  await eventIn(watching, { name: 'user-published', detail: 'video' });
  await seesPictures(viewer);
  await seesPictures(viewer);
  expect((await inPage(watching, ({ room }) => room.frames())).frames).toBe(0);
}, 180_000);

const payloadOf = (packet: Buffer): Buffer => packet.subarray(payloadStart(packet), payloadEnd(packet));

/** VP8 frames of packets (RFC 7741), those of which every packet is there. */
function framesOf(packets: readonly Buffer[]): Buffer[] {
  const frames = new Map<number, Buffer[]>();
  const once = new Map(packets.map((packet) => [sequenceOf(packet), packet]));
  for (const packet of [...once.values()].sort((a, b) => sequenceOf(a) - sequenceOf(b))) {
    const parts = frames.get(timestampOf(packet)) ?? [];
    parts.push(packet);
    frames.set(timestampOf(packet), parts);
  }
  return [...frames.values()].flatMap((parts) => {
    const [first, last] = [parts[0], parts.at(-1)];
    if (!first || !last || ((last[1] ?? 0) & 0x80) === 0) return [];
    const isWhole = ((sequenceOf(last) - sequenceOf(first)) & 0xffff) === parts.length - 1;
    const payloads = parts.map((packet) => payloadOf(packet));
    // The first packet of a frame begins its first partition.
    if (!isWhole || ((payloads[0]?.[0] ?? 0) & 0x17) !== 0x10) return [];
    return [Buffer.concat(payloads.map((payload) => payload.subarray(descriptorBytes(payload))))];
  });
}

function descriptorBytes(payload: Buffer): number {
  const [first = 0, second = 0, third = 0] = payload;
  if ((first & 0x80) === 0) return 1;
  const pictureId = (second & 0x80) === 0 ? 0 : (third & 0x80) === 0 ? 1 : 2;
  return 2 + pictureId + ((second & 0x40) === 0 ? 0 : 1) + ((second & 0x30) === 0 ? 0 : 1);
}
