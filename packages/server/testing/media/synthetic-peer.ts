/**
 * A WebRTC client without a browser, for tests and benchmarks: it offers, sends packets made by hand, and shows every
 * packet that comes. Like the server it shows the native library one media section only, and writes the real SDP itself.
 */

import { PeerConnection, Video } from 'node-datachannel';
import { transportCcUri } from '../../src/media/embedded/rtp/twcc.ts';

export interface SyntheticPeer {
  readonly offerSdp: string;
  /** Takes the answer; resolves when packets can flow. */
  accept(answerSdp: string): Promise<void>;
  send(packet: Uint8Array): boolean;
  /** Says goodbye (DTLS close_notify) and frees it. */
  close(): void;
}

export interface SyntheticOptions {
  readonly direction: 'sendonly' | 'recvonly';
  readonly kinds?: readonly ('audio' | 'video')[];
  /** Payload types: Opus 111, VP8 96, H264 102, in this order. */
  readonly video?: readonly ('VP8' | 'H264')[];
  /** The H264 profile; 42e01f if left out. */
  readonly profileLevelId?: string;
  readonly transportCc?: boolean;
  /** Repairs of VP8 (RFC 4588) are offered, as payload type 97. */
  readonly repairs?: boolean;
  readonly onPacket?: (packet: Buffer) => void;
}

export const payloadTypes = { opus: 111, VP8: 96, repairs: 97, H264: 102 } as const;
export const transportCcId = 3;

/** Makes the client and its offer. Throws if it gathers nothing within 5 s. */
export async function syntheticPeer(options: SyntheticOptions): Promise<SyntheticPeer> {
  const connection = new PeerConnection('client', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
    forceMediaTransport: true,
  });
  let closed = false;
  const section = new Video('0', 'SendRecv');
  section.addVP8Codec(96);
  const track = connection.addTrack(section);
  track.onMessage((packet) => {
    if (!closed) options.onPacket?.(packet);
  });
  const open = new Promise<void>((resolve) => track.onOpen(() => resolve()));
  connection.onStateChange(() => undefined);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the client gathered nothing')), 5_000);
    connection.onGatheringStateChange((state) => {
      if (state !== 'complete') return;
      clearTimeout(timer);
      resolve();
    });
    connection.setLocalDescription('offer');
  });
  const local = connection.localDescription()?.sdp ?? '';
  return {
    offerSdp: offer(local, options),
    async accept(answerSdp) {
      connection.setRemoteDescription(oneSection(answerSdp), 'answer');
      // Candidates only after the description is stored: the handshake may else begin before its fingerprint is known.
      for (const [, candidate = ''] of answerSdp.matchAll(/^a=(candidate:.*)\r$/gm))
        connection.addRemoteCandidate(candidate, '0');
      await Promise.race([
        open,
        new Promise((_, reject) => setTimeout(() => reject(new Error('the client did not connect')), 10_000)),
      ]);
    },
    send(packet) {
      return !closed && track.isOpen() && track.sendMessageBinary(packet as Buffer);
    },
    close() {
      if (closed) return;
      closed = true;
      track.close();
      connection.close();
    },
  };
}

const valueIn = (sdp: string, name: string): string =>
  new RegExp(`^a=${name}:(.*)\\r$`, 'm').exec(sdp)?.[1] ?? '';

function offer(local: string, options: SyntheticOptions): string {
  const kinds = options.kinds ?? ['audio', 'video'];
  const congestion = options.transportCc ?? true;
  const video = options.video ?? ['VP8', 'H264'];
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0'];
  lines.push(`a=group:BUNDLE ${kinds.map((_, i) => i).join(' ')}`);
  kinds.forEach((kind, i) => {
    const types = kind === 'audio' ? [payloadTypes.opus] : video.map((name) => payloadTypes[name]);
    const repairs = options.repairs === true && kind === 'video' ? [payloadTypes.repairs] : [];
    lines.push(
      `m=${kind} 9 UDP/TLS/RTP/SAVPF ${[...types, ...repairs].join(' ')}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${i}`,
    );
    lines.push(`a=ice-ufrag:${valueIn(local, 'ice-ufrag')}`, `a=ice-pwd:${valueIn(local, 'ice-pwd')}`);
    lines.push(`a=fingerprint:${valueIn(local, 'fingerprint')}`, 'a=setup:actpass');
    lines.push(`a=${options.direction}`, 'a=rtcp-mux');
    if (congestion) lines.push(`a=extmap:${transportCcId} ${transportCcUri}`);
    for (const type of repairs)
      lines.push(`a=rtpmap:${type} rtx/90000`, `a=fmtp:${type} apt=${payloadTypes.VP8}`);
    for (const type of types) {
      const encoding = type === 111 ? 'opus/48000/2' : type === 96 ? 'VP8/90000' : 'H264/90000';
      lines.push(`a=rtpmap:${type} ${encoding}`);
      if (congestion) lines.push(`a=rtcp-fb:${type} transport-cc`);
      if (type === 102)
        lines.push(
          `a=fmtp:${type} packetization-mode=1;profile-level-id=${options.profileLevelId ?? '42e01f'}`,
        );
      if (kind === 'video') lines.push(`a=rtcp-fb:${type} nack`, `a=rtcp-fb:${type} nack pli`);
    }
  });
  return `${lines.join('\r\n')}\r\n`;
}

const oneSection = (answer: string): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    `a=ice-ufrag:${valueIn(answer, 'ice-ufrag')}`,
    `a=ice-pwd:${valueIn(answer, 'ice-pwd')}`,
    `a=fingerprint:${valueIn(answer, 'fingerprint')}`,
    `a=setup:${valueIn(answer, 'setup')}`,
    'a=rtpmap:96 VP8/90000',
    '',
  ].join('\r\n');

/** One RTP packet; with `transportSequence` it has the transport-wide extension. */
export function rtpPacket(fields: {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
  readonly transportSequence?: number;
}): Buffer {
  const extension = fields.transportSequence === undefined ? 0 : 8;
  const packet = Buffer.alloc(12 + extension + fields.payload.length);
  packet[0] = extension > 0 ? 0x90 : 0x80;
  packet[1] = fields.payloadType;
  packet.writeUInt16BE(fields.sequence & 0xffff, 2);
  packet.writeUInt32BE(fields.timestamp >>> 0, 4);
  packet.writeUInt32BE(fields.ssrc, 8);
  if (fields.transportSequence !== undefined) {
    packet.writeUInt32BE(0xbede0001, 12);
    packet[16] = (transportCcId << 4) | 1;
    packet.writeUInt16BE(fields.transportSequence & 0xffff, 17);
  }
  packet.set(fields.payload, 12 + extension);
  return packet;
}

/** VP8 payloads: the first packet of a keyframe, and of another frame. */
export const vp8Keyframe = (tag: number): Buffer => Buffer.from([0x10, 0x00, tag]);
export const vp8Delta = (tag: number): Buffer => Buffer.from([0x10, 0x01, tag]);
