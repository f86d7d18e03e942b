/**
 * Everything of the native WebRTC library. It is given a single media section to carry whatever kinds we forward: with
 * one section it hands us every packet, RTP and RTCP, instead of sorting them by announced SSRC and dropping the rest
 * (reports without a block, streams without an `a=ssrc`). Sorting is ours, by payload type.
 */

import { randomBytes } from 'node:crypto';
import { IceUdpMuxListener, initLogger, PeerConnection, type Track, Video } from 'node-datachannel';
import { mediaLimits } from '../../limits.ts';
import type { LocalTransport } from '../sdp/sdp-answer.ts';
import type { Offer } from '../sdp/sdp-offer.ts';

export interface PeerEvents {
  /** ICE and DTLS are up: packets may be sent. */
  open(): void;
  /** An RTP or RTCP packet; the buffer is the receiver's to keep. */
  packet(packet: Buffer): void;
  /** The other end closed it, or ICE failed. Not after `close`. */
  ended(reason: 'closed' | 'failed'): void;
}

export interface Peer {
  /** Sends a copy at once; false if the transport is not up (any more). */
  send(packet: Uint8Array): boolean;
  /** Frees it and tells the other end. Idempotent. */
  close(): void;
}

/** The library lets a port go when its listener is garbage-collected, so whoever holds one must be held. */
const heldPorts = new Set<IceUdpMuxListener>();

/** Holds the UDP port for the life of this process, with or without peers. Throws if it cannot be had. */
export function holdPort(port: number, bindAddress: string): void {
  heldPorts.add(new IceUdpMuxListener(port, boundTo(bindAddress)));
}

/** Sends the library's warnings to `write` instead of stderr. */
export function nativeWarnings(write: (message: string) => void): void {
  initLogger('Error', (_level, message) => write(message));
}

// The library takes "any address" as no address.
const boundTo = (address: string): string | undefined =>
  address === '0.0.0.0' || address === '::' || address === '' ? undefined : address;

/**
 * Answers an offer's transport. `sends`: we send media (else we receive it). Throws if the library refuses the offer or
 * gathers nothing within `gatherMs`.
 */
export async function openPeer(options: {
  readonly offer: Offer;
  readonly sends: boolean;
  readonly port: number;
  readonly bindAddress: string;
  readonly announcedAddress: string;
  /** How our ufrag begins. */
  readonly ufragPrefix: string;
  readonly events: PeerEvents;
}): Promise<{
  readonly peer: Peer;
  readonly transport: LocalTransport;
  /** ICE has found a way to the other end, and that has chosen it. */
  readonly isConnected: () => boolean;
}> {
  const { events, offer } = options;
  const bindAddress = boundTo(options.bindAddress);
  const connection = new PeerConnection('housecount', {
    iceServers: [],
    ...(bindAddress === undefined ? {} : { bindAddress }),
    enableIceUdpMux: true,
    disableAutoNegotiation: true,
    forceMediaTransport: true,
    portRangeBegin: options.port,
    portRangeEnd: options.port,
  });
  let track: Track | undefined;
  let open = false;
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    open = false;
    track?.close();
    connection.close();
  };
  const end = (reason: 'closed' | 'failed') => {
    if (closed) return;
    close();
    events.ended(reason);
  };
  const gathered = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('no local candidate was gathered')),
      mediaLimits.gatherMs,
    );
    connection.onGatheringStateChange((state) => {
      if (state !== 'complete') return;
      clearTimeout(timer);
      resolve();
    });
  });
  connection.onStateChange((state) => {
    if (state === 'failed' || state === 'closed') end(state);
  });
  try {
    const section = new Video('0', options.sends ? 'SendOnly' : 'RecvOnly');
    section.addVP8Codec(96);
    track = connection.addTrack(section);
    track.onOpen(() => {
      if (closed) return;
      open = true;
      events.open();
    });
    track.onMessage((packet) => {
      if (!closed) events.packet(packet);
    });
    connection.setRemoteDescription(transportOffer(offer, options.sends), 'offer');
    // Longer than the library's own four characters: on one port the name alone tells 2,000 sessions apart.
    connection.setLocalDescription('answer', {
      iceUfrag:
        options.ufragPrefix + randomBytes(9).toString('base64').replaceAll('+', 'x').replaceAll('/', 'y'),
      icePwd: randomBytes(18).toString('base64').replaceAll('+', 'x').replaceAll('/', 'y'),
    });
    await gathered;
    const transport = localTransport(connection.localDescription()?.sdp ?? '', options.announcedAddress);
    const peer: Peer = {
      send(packet) {
        if (!open) return false;
        try {
          return track?.sendMessageBinary(packet as Buffer) ?? false;
        } catch {
          // The transport went away between two turns; `ended` follows.
          return false;
        }
      },
      close,
    };
    // Not `connected`: that is the library's own check of an address whose checks it refuses, as those with a tie-breaker of zero.
    const isConnected = () => !closed && connection.iceState() === 'completed';
    return { peer, transport, isConnected };
  } catch (cause) {
    gathered.catch(() => undefined);
    close();
    throw cause;
  }
}

function transportOffer(offer: Offer, sends: boolean): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    sends ? 'a=recvonly' : 'a=sendonly',
    'a=rtcp-mux',
    `a=ice-ufrag:${offer.ufrag}`,
    `a=ice-pwd:${offer.password}`,
    `a=fingerprint:${offer.fingerprint}`,
    `a=setup:${offer.setup}`,
    'a=rtpmap:96 VP8/90000',
    '',
  ].join('\r\n');
}

function localTransport(sdp: string, announcedAddress: string): LocalTransport {
  const value = (name: string): string => {
    const found = new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1];
    if (found === undefined) throw new Error(`the native description lacks ${name}`);
    return found;
  };
  const candidates = [...sdp.matchAll(/^a=(candidate:.*?)\r?$/gm)].map(([, candidate = '']) => candidate);
  return {
    ufrag: value('ice-ufrag'),
    password: value('ice-pwd'),
    fingerprint: value('fingerprint'),
    setup: value('setup') === 'passive' ? 'passive' : 'active',
    candidates: announced(candidates, announcedAddress),
  };
}

/** Puts the announced address into the candidates of the machine's own addresses of the same family. */
export function announced(candidates: readonly string[], address: string): string[] {
  if (address === 'auto') return [...candidates];
  const six = address.includes(':');
  const rewritten = candidates.flatMap((candidate) => {
    const parts = candidate.split(' ');
    if ((parts[4] ?? '').includes(':') !== six) return [];
    parts[4] = address;
    // One foundation and priority, so that a machine with several addresses announces one candidate, not copies.
    parts[0] = 'candidate:1';
    parts[3] = '2130706431';
    return [parts.join(' ')];
  });
  return [...new Set(rewritten)];
}
