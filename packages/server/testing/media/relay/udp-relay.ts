import { createSocket, type Socket } from 'node:dgram';
import { udpSocket } from '../udp.ts';
import { type LinkCounts, LinkQueue, type LinkShape } from './link-queue.ts';
import { seededFractions } from './seeded-fractions.ts';

/** The two directions of a link: up is to the server. */
export interface LinkShapes {
  readonly up?: LinkShape;
  readonly down?: LinkShape;
}

/** One client's link to the server, however many connections it has over it. */
export interface RelayedFlow {
  /** Resolves with the answer, its UDP candidates replaced by the relay's, one for each port of the server; others are taken out. */
  through(answerSdp: string): Promise<string>;
  /** The link is another from now on; a direction that is left out stays as it is. */
  reshape(shapes: LinkShapes): void;
  counts(): { readonly up: LinkCounts; readonly down: LinkCounts };
  /** The ports at which the client finds the server. */
  readonly ports: readonly number[];
}

export interface UdpRelay {
  /** A flow has two queues of its own: no packet of another waits in them. */
  flow(shapes?: LinkShapes): RelayedFlow;
  close(): void;
}

/**
 * A UDP relay on loopback between clients and the media ports of a server, over links that are slow, long, lossy or cut.
 * What is lost is drawn from `seed`; when packets arrive is up to the machine.
 */
export function udpRelay(options: { readonly seed?: number } = {}): UdpRelay {
  const random = seededFractions(options.seed ?? 1);
  const flows: Flow[] = [];
  return {
    flow(shapes = {}) {
      const flow = new Flow(shapes, random);
      flows.push(flow);
      return flow;
    },
    close() {
      for (const flow of flows) flow.close();
    },
  };
}

/** The offer without its own candidates: a server that heeded them would send around the relay. */
export const withoutCandidates = (offerSdp: string): string =>
  offerSdp.replaceAll(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gm, '');

class Flow implements RelayedFlow {
  readonly #up: TimedQueue;
  readonly #down: TimedQueue;
  /** The sockets that clients send to, by the server's port. */
  readonly #outside = new Map<number, Promise<Socket>>();
  /** The sockets that the server sees, by the client's address and the server's port. */
  readonly #inside = new Map<string, Socket>();
  readonly #ports: number[] = [];
  #isClosed = false;

  constructor(shapes: LinkShapes, random: () => number) {
    this.#up = new TimedQueue(shapes.up ?? {}, random);
    this.#down = new TimedQueue(shapes.down ?? {}, random);
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  async through(answerSdp: string): Promise<string> {
    const lines: string[] = [];
    const written = new Set<number>();
    for (const line of answerSdp.split('\r\n')) {
      const candidate = /^a=(candidate:\S+ \d+) (\S+) (\d+) \S+ (\d+) typ \S+/i.exec(line);
      if (candidate === null) {
        lines.push(line);
        continue;
      }
      const [, name = '', protocol = '', priority = '', portText = ''] = candidate;
      const serverPort = Number(portText);
      // A machine with several addresses has one candidate of a port for each.
      if (protocol.toLowerCase() !== 'udp' || written.has(serverPort)) continue;
      written.add(serverPort);
      const { port } = (await this.#outsideFor(serverPort)).address();
      lines.push(`a=${name} UDP ${priority} 127.0.0.1 ${port} typ host`);
    }
    return lines.join('\r\n');
  }

  reshape({ up, down }: LinkShapes): void {
    if (up !== undefined) this.#up.reshape(up);
    if (down !== undefined) this.#down.reshape(down);
  }

  counts(): { up: LinkCounts; down: LinkCounts } {
    return { up: this.#up.counts, down: this.#down.counts };
  }

  close(): void {
    this.#isClosed = true;
    this.#up.close();
    this.#down.close();
    for (const socket of this.#inside.values()) socket.close();
    for (const opening of this.#outside.values()) void opening.then((socket) => socket.close());
  }

  #outsideFor(serverPort: number): Promise<Socket> {
    const known = this.#outside.get(serverPort);
    if (known !== undefined) return known;
    const opening = this.#open(serverPort);
    this.#outside.set(serverPort, opening);
    return opening;
  }

  async #open(serverPort: number): Promise<Socket> {
    const outside = await udpSocket();
    this.#ports.push(outside.address().port);
    outside.on('message', (packet, from) => {
      if (this.#isClosed) return;
      const inside = this.#insideFor(serverPort, outside, from);
      this.#up.push(packet, (arrived) => inside.send(arrived, serverPort, '127.0.0.1'));
    });
    return outside;
  }

  #insideFor(serverPort: number, outside: Socket, from: { address: string; port: number }): Socket {
    const key = `${from.address}:${from.port}>${serverPort}`;
    const known = this.#inside.get(key);
    if (known !== undefined) return known;
    const inside = createSocket('udp4');
    this.#inside.set(key, inside);
    inside.on('message', (packet) => {
      if (!this.#isClosed)
        this.#down.push(packet, (arrived) => outside.send(arrived, from.port, from.address));
    });
    return inside;
  }
}

/** A queue with the one timer that moves it. */
class TimedQueue {
  readonly #queue: LinkQueue;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(shape: LinkShape, random: () => number) {
    this.#queue = new LinkQueue(shape, random, performance.now());
    this.#arm();
  }

  get counts(): LinkCounts {
    return this.#queue.counts;
  }

  push(packet: Buffer, deliver: (packet: Buffer) => void): void {
    this.#queue.push(packet, deliver, performance.now());
    this.#arm();
  }

  reshape(shape: LinkShape): void {
    this.#queue.reshape(shape, performance.now());
    this.#arm();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const { nextMs } = this.#queue;
    if (nextMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = nextMs;
    // A timer rounds to whole milliseconds, and may fire a little early.
    this.#timer = setTimeout(
      () => {
        this.#timerMs = Number.POSITIVE_INFINITY;
        this.#queue.advance(performance.now());
        this.#arm();
      },
      Math.max(0, Math.ceil(nextMs - performance.now())),
    );
  }
}
