/**
 * A relay that restarts ICE for a synthetic client whose library cannot: it stands between the client and the
 * media port, and after `move` carries the client's packets from a new socket, over an ICE of its own.
 */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { integrityHolds, isStun, readStun, writeStun } from '../../src/media/embedded/ice/stun.ts';
import { relayed } from './lossy-relay.ts';
import { udpSocket } from './udp.ts';

export interface MovingRelay {
  /** The answer with its candidates pointing at the relay. */
  through(answerSdp: string): string;
  /** Offers with new credentials. */
  reoffered(offerSdp: string): string;
  /** Goes to the candidate of a restart's answer; resolves when the server has proved the new way. */
  move(answerSdp: string): Promise<void>;
  /** The first way is dead from now on. */
  cut(): void;
  /** Checks of the server that came the newest way, and were answered. */
  checks(): number;
  /** Nothing comes or goes any more: neither way. */
  hush(): void;
  /** Packets, STUN aside, that came the newest way. */
  moved(): number;
  close(): void;
}

/** Makes a relay for one client of a media port on loopback. */
export async function movingRelay(mediaPort: number): Promise<MovingRelay> {
  const outside = await udpSocket();
  const first = await udpSocket();
  const later: Socket[] = [];
  const timers: ReturnType<typeof setInterval>[] = [];
  let client = 0;
  let cut = false;
  let hushed = false;
  let checks = 0;
  let arrived = 0;
  let route = { socket: first, port: mediaPort };
  let mine = { ufrag: '', password: '' };
  const toClient = (packet: Buffer): void => {
    // The server may speak first, to a client that has not come yet.
    if (client !== 0) outside.send(packet, client, '127.0.0.1');
  };
  outside.on('message', (packet, from) => {
    if (hushed) return;
    client = from.port;
    // The client's library knows the first way only.
    if (!isStun(packet)) route.socket.send(packet, route.port, '127.0.0.1');
    else if (!cut) first.send(packet, mediaPort, '127.0.0.1');
  });
  first.on('message', (packet) => {
    if (!cut) toClient(packet);
  });
  return {
    through: (answerSdp) => relayed(answerSdp, mediaPort, outside.address().port),
    reoffered(offerSdp) {
      mine = { ufrag: randomBytes(6).toString('hex'), password: randomBytes(18).toString('hex') };
      return withCredentials(offerSdp, mine);
    },
    async move(answerSdp) {
      const socket = await udpSocket();
      later.push(socket);
      const port = Number(/^a=candidate:\S+ 1 UDP \d+ 127\.0\.0\.1 (\d+) typ host/m.exec(answerSdp)?.[1]);
      const theirs = { ufrag: valueIn(answerSdp, 'ice-ufrag'), password: valueIn(answerSdp, 'ice-pwd') };
      const own = mine;
      const { ufrag, password } = own;
      const check = () => {
        if (!hushed) socket.send(checkOf(own, theirs), port, '127.0.0.1');
      };
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('the new way was not proved')), 5_000);
        arrived = 0;
        socket.on('message', (packet) => {
          if (hushed) return;
          const message = readStun(packet);
          if (message === undefined) {
            arrived += 1;
            toClient(packet);
          } else if (message.type === 'request' && integrityHolds(packet, message, password)) {
            if (message.username !== `${ufrag}:${theirs.ufrag}`) return;
            const answer = writeStun('success', message.transaction, {}, password);
            socket.send(answer, port, '127.0.0.1');
            checks += 1;
            clearTimeout(timer);
            resolve();
          }
        });
        timers.push(setInterval(check, 100));
        check();
      });
      route = { socket, port };
    },
    cut() {
      cut = true;
    },
    checks: () => checks,
    hush() {
      cut = true;
      hushed = true;
    },
    moved: () => arrived,
    close() {
      for (const timer of timers) clearInterval(timer);
      for (const socket of [outside, first, ...later]) socket.close();
    },
  };
}

interface Credentials {
  readonly ufrag: string;
  readonly password: string;
}

const withCredentials = (sdp: string, { ufrag, password }: Credentials): string =>
  sdp
    .replaceAll(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${ufrag}\r`)
    .replaceAll(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${password}\r`)
    .replaceAll('\r\r', '\r');

/** A check of the side that controls, which nominates the way on which it goes. */
function checkOf(mine: Credentials, theirs: Credentials): Buffer {
  const fields = {
    username: `${theirs.ufrag}:${mine.ufrag}`,
    priority: 1,
    useCandidate: true,
    controlling: Buffer.alloc(8),
  };
  return writeStun('request', randomBytes(12), fields, theirs.password);
}

const valueIn = (sdp: string, name: string): string =>
  new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1] ?? '';
