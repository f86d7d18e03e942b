/** An ICE client of checks alone, which goes to any candidate of an answer and says what came back. */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { framed, framedBytesMax, PacketFrames } from '../../src/media/embedded/ice/packet-frames.ts';
import {
  integrityHolds,
  isStun,
  readStun,
  type StunFields,
  writeStun,
} from '../../src/media/embedded/ice/stun.ts';
import { udpSocket } from './udp.ts';

export interface StunClient {
  /** Sends a check, which nominates, with a tie-breaker of zero or not. */
  check(tieBreaker?: Buffer): void;
  /** Answers that had the server's password: their error code, 0 if they were none. */
  readonly answers: readonly number[];
  /** Checks of the server that were answered. */
  asked(): number;
  /** Packets that were not STUN. */
  readonly data: readonly Buffer[];
  send(packet: Buffer): void;
  close(): void;
}

export interface StunRoute {
  send(packet: Buffer): void;
  close(): void;
}

const valueIn = (sdp: string, name: string): string =>
  new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1] ?? '';

/** Answers the server's checks, as a client that made this offer would. `open` makes its route, with what hears of each packet. */
export async function stunClient(
  offerSdp: string,
  answerSdp: string,
  open: (heard: (packet: Buffer) => void) => Promise<StunRoute>,
): Promise<StunClient> {
  const mine = { ufrag: valueIn(offerSdp, 'ice-ufrag'), password: valueIn(offerSdp, 'ice-pwd') };
  const theirs = { ufrag: valueIn(answerSdp, 'ice-ufrag'), password: valueIn(answerSdp, 'ice-pwd') };
  const answers: number[] = [];
  const data: Buffer[] = [];
  let asked = 0;
  const route: StunRoute = await open((packet) => {
    const message = readStun(packet);
    if (message === undefined) {
      if (!isStun(packet)) data.push(packet);
    } else if (message.type === 'request') {
      if (!integrityHolds(packet, message, mine.password)) return;
      asked += 1;
      route.send(writeStun('success', message.transaction, {}, mine.password));
    } else if (integrityHolds(packet, message, theirs.password)) answers.push(message.errorCode ?? 0);
  });
  return {
    answers,
    data,
    asked: () => asked,
    check(tieBreaker = Buffer.alloc(8, 1)) {
      const username = `${theirs.ufrag}:${mine.ufrag}`;
      const fields: StunFields = { username, priority: 1, useCandidate: true, controlling: tieBreaker };
      route.send(writeStun('request', randomBytes(12), fields, theirs.password));
    },
    send: route.send,
    close: route.close,
  };
}

/** A route over UDP to a port of the loopback. */
export const overUdp =
  (port: number) =>
  async (heard: (packet: Buffer) => void): Promise<StunRoute> => {
    const socket = await udpSocket();
    socket.on('message', heard);
    return {
      send: (packet) => socket.send(packet, port, '127.0.0.1'),
      close: () => socket.close(),
    };
  };

/** A route over TCP to a port of the loopback, in frames. */
export const overTcp =
  (port: number) =>
  async (heard: (packet: Buffer) => void): Promise<StunRoute> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    const frames = new PacketFrames();
    socket.on('data', (chunk: Buffer) => {
      for (const packet of frames.take(chunk, framedBytesMax) ?? []) heard(packet);
    });
    return {
      send: (packet) => void socket.write(framed(packet)),
      close: () => void socket.destroy(),
    };
  };
