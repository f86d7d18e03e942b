import { createSocket, type Socket } from 'node:dgram';
import { udpSocket } from './udp.ts';

export interface LossyRelay {
  /** The answer with its candidates pointing at the relay. */
  through(answerSdp: string): string;
  close(): void;
}

/** The answer with the media port's candidates at another port, and without others, which lead past it. */
export const relayed = (answerSdp: string, mediaPort: number, port: number): string =>
  answerSdp
    .replaceAll(` 127.0.0.1 ${mediaPort} typ host\r\n`, ` 127.0.0.1 ${port} typ host\r\n`)
    .replace(/^a=candidate:(?:\S+ ){5}(\d+) typ host.*\r\n/gm, (line, at) =>
      Number(at) === port ? line : '',
    );

/**
 * A UDP relay on loopback between clients and the media port, which drops what `drop` says. SRTP leaves RTP headers
 * readable, so a test can choose by sequence number.
 */
export async function lossyRelay(
  mediaPort: number,
  drop: (packet: Buffer, toServer: boolean) => boolean,
): Promise<LossyRelay> {
  const outside = await udpSocket();
  const inside = new Map<string, Socket>();
  outside.on('message', (packet, from) => {
    if (drop(packet, true)) return;
    const key = `${from.address}:${from.port}`;
    const known = inside.get(key);
    if (known !== undefined) return known.send(packet, mediaPort, '127.0.0.1');
    const socket = createSocket('udp4');
    inside.set(key, socket);
    socket.on('message', (answer) => {
      if (!drop(answer, false)) outside.send(answer, from.port, from.address);
    });
    socket.send(packet, mediaPort, '127.0.0.1');
  });
  const { port } = outside.address();
  return {
    through: (answerSdp) => relayed(answerSdp, mediaPort, port),
    close() {
      outside.close();
      for (const socket of inside.values()) socket.close();
    },
  };
}
