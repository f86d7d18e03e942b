import { buildSignalingToken } from '../../packages/server/src/token/build.ts';
import { testApp } from '../../packages/server/testing/processes/server-process.ts';
import { serveCalls } from '../child.ts';
import { clientFrame, FrameReader } from './frame-reader.ts';

/**
 * Thousands of subscribers in one process, on bare TCP: they count what comes and look into it only where a delay is
 * to be known, so that the server has the cores.
 */

export type Service = 'housecount' | 'socket.io';

/** The frames that a subscriber sends, each as soon as something that begins with the text before has come. */
interface Entry {
  readonly path: string;
  readonly steps: readonly (readonly [after: string, say: string])[];
  /** The beginning of the frame after which the subscriber is in. */
  readonly done: string;
  /** The beginning of a message. */
  readonly message: string;
}

const channel = 'bench';
/** One of this many subscribers reads every message for its delay. */
const lookingEvery = 50;

/** The events that a subscriber of Housecount follows: messages alone, presence too, or the channel's roster without being in it. */
export type Follows = 'messages' | 'presence' | 'roster' | 'first-50' | 'count';

const views = { roster: {}, 'first-50': { view: { first: 50 } }, count: { view: { count: true } } };

function entryOf(service: Service, index: number, follows: Follows): Entry {
  if (service === 'socket.io')
    // The frames that its client sends over WebSocket alone; the server puts everybody into the room.
    return {
      path: '/socket.io/?EIO=4&transport=websocket',
      steps: [['0{', '40']],
      done: '40{',
      message: '42["message"',
    };
  const userId = `subscriber ${index}`;
  const token = buildSignalingToken({
    appId: testApp.id,
    certificate: testApp.certificate,
    userId,
    expireSeconds: 3600,
    issuedSeconds: Math.floor(Date.now() / 1000),
    salt: index + 1,
  });
  const login = {
    type: 'login',
    version: 1,
    app: testApp.id,
    userId,
    token,
    heartbeatInterval: 5,
    presenceTimeout: 300,
  };
  const place = { id: 1, channelType: 'MESSAGE', channel };
  const subscribe =
    follows === 'messages' || follows === 'presence'
      ? {
          type: 'subscribe',
          ...place,
          withMessage: true,
          withPresence: follows === 'presence',
          withMetadata: false,
          withLock: false,
          beQuiet: false,
        }
      : { type: 'subscribe-roster', ...place, ...views[follows] };
  return {
    path: '/v1/signaling',
    steps: [
      ['', JSON.stringify(login)],
      ['{"type":"welcome"', JSON.stringify(subscribe)],
    ],
    done: '{"type":"ok"',
    message: '{"type":"message"',
  };
}

let received = 0;
let bytes = 0;
let delaysMs: number[] = [];
let closed = 0;

class Subscriber {
  readonly #entry: Entry;
  readonly #looks: boolean;
  readonly #reader = new FrameReader();
  readonly #entered: () => void;
  #socket: Bun.Socket | undefined;
  #isUpgraded = false;
  #step = 0;

  constructor(entry: Entry, looks: boolean, entered: () => void) {
    this.#entry = entry;
    this.#looks = looks;
    this.#entered = entered;
  }

  async open(port: number): Promise<void> {
    this.#socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        data: (_, part) => this.#take(part),
        close: () => {
          closed += 1;
        },
        error() {},
      },
    });
    this.#socket.write(
      `GET ${this.#entry.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
  }

  /** Reads nothing any more, or again. */
  setReading(isReading: boolean): void {
    if (isReading) this.#socket?.resume();
    else this.#socket?.pause();
  }

  close(): void {
    this.#socket?.terminate();
  }

  ping(): void {
    if (this.#isUpgraded) this.#say('{"type":"ping"}');
  }

  #take(part: Uint8Array): void {
    let frames = part;
    if (!this.#isUpgraded) {
      const end = Buffer.from(part).indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#isUpgraded = true;
      this.#said('');
      frames = part.subarray(end + 4);
    }
    this.#reader.take(frames, (opcode, payload) => this.#frame(opcode, payload));
  }

  #frame(opcode: number, payload: Uint8Array): void {
    if (opcode === 9) {
      this.#socket?.write(clientFrame(10, payload));
      return;
    }
    if (opcode !== 1) return;
    bytes += payload.length;
    if (this.#step > this.#entry.steps.length && payload.length > 40) {
      received += 1;
      if (this.#looks) this.#look(Buffer.from(payload).toString('latin1'));
      return;
    }
    this.#said(Buffer.from(payload).toString('latin1'));
  }

  #said(text: string): void {
    // The engine of socket.io asks whether one is there.
    if (text === '2') {
      this.#say('3');
      return;
    }
    const step = this.#entry.steps[this.#step];
    if (step && text.startsWith(step[0])) {
      this.#step += 1;
      this.#say(step[1]);
    } else if (this.#step === this.#entry.steps.length && text.startsWith(this.#entry.done)) {
      this.#step += 1;
      this.#entered();
    }
  }

  #look(text: string): void {
    if (!text.startsWith(this.#entry.message)) return;
    const sentMs = Number(/at (\d+\.\d+) ms/.exec(text)?.[1]);
    delaysMs.push(performance.timeOrigin + performance.now() - sentMs);
  }

  #say(text: string): void {
    this.#socket?.write(clientFrame(1, Buffer.from(text)));
  }
}

const subscribers: Subscriber[] = [];

/** The interval of pings that docs/signaling.md asks of a client: the server's own pings wait behind what is being read. Milliseconds. */
const pingMs = 3_000;
function pingAll(): void {
  for (const subscriber of subscribers) subscriber.ping();
}

const calls = {
  /** Opens `count` more, `together` at a time; resolves when all are in. */
  async open(options: {
    readonly service: Service;
    readonly port: number;
    readonly count: number;
    readonly first: number;
    readonly follows?: Follows;
  }): Promise<void> {
    const { service, port, count, first, follows = 'messages' } = options;
    // Other subscribers get little, and the server hears them by their answers to its pings.
    if (follows === 'roster' && subscribers.length === 0) setInterval(pingAll, pingMs);
    let next = first;
    const one = async () => {
      while (next < first + count) {
        const index = next++;
        await new Promise<void>((resolve, reject) => {
          const looks = index % lookingEvery === 0;
          const subscriber = new Subscriber(entryOf(service, index, follows), looks, resolve);
          subscribers.push(subscriber);
          subscriber.open(port).catch(reject);
        });
      }
    };
    await Promise.all(Array.from({ length: 64 }, one));
  },
  /** The numbers of messages and of bytes of texts that came in all, and of connections that are gone. */
  counts: (_: Record<string, never>) => ({ received, bytes, closed }),
  /** The delays since the last call, milliseconds. */
  delays(_: Record<string, never>): number[] {
    const taken = delaysMs;
    delaysMs = [];
    return taken;
  },
  /** The first `count` read nothing any more, or again. */
  setReading({ count, isReading }: { readonly count: number; readonly isReading: boolean }): void {
    for (const subscriber of subscribers.slice(0, count)) subscriber.setReading(isReading);
  },
  close(_: Record<string, never>): void {
    for (const subscriber of subscribers.splice(0)) subscriber.close();
  },
};
export type SubscribersCalls = typeof calls;
serveCalls(calls);
