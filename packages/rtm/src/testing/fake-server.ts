import type { SocketLike } from '@housecount/link';
import { FakeTime } from '@housecount/link/testing/fake-time.ts';
import type {
  SignalingClientFrame,
  SignalingLogin,
  SignalingRequest,
  SignalingServerFrame,
  SignalingWelcome,
} from '@housecount/protocol';
import { faultOf } from '@housecount/schema';
import { signalingFrames } from '@housecount/schema/frames/signaling-frames';
import { replaceEnvironment } from '../settings/environment.ts';

/**
 * For tests: time that moves when told, and a server in memory behind fake sockets, which takes what the schemas take. Those are no part of
 * the SDK, so its manifest, which names what it is made of, does not have them.
 */
export class FakeWorld extends FakeTime {
  /** The time of the clock; it may be set. */
  nowMs = 1_000_000;
  /** The random number; 1 makes waits their longest. */
  random = 1;
  /** Sockets fail to open while true, and hang without a word while `mute`. */
  down = false;
  mute = false;
  /** While true there is no WebSocket here. */
  noSocket = false;
  readonly sockets: FakeSocket[] = [];
  readonly logins: SignalingLogin[] = [];
  readonly requests: SignalingRequest[] = [];
  /** Pings and logouts. */
  readonly others: SignalingClientFrame[] = [];
  onLogin: (login: SignalingLogin, socket: FakeSocket) => void = (login, socket) =>
    socket.tell(this.welcome({ resumed: login.session !== undefined }));
  onRequest: (request: SignalingRequest, socket: FakeSocket) => void = (request, socket) =>
    socket.ok(request.id);
  /** What the client sent and the schema of its frames does not take. */
  readonly #misfits: string[] = [];
  readonly #restore: () => void;

  constructor() {
    super();
    this.#restore = replaceEnvironment({
      nowMs: () => this.nowMs,
      passedMs: this.passedMs,
      after: this.after,
      random: () => this.random,
      openSocket: (url) => {
        if (this.noSocket) throw new TypeError('no socket');
        return new FakeSocket(this, url);
      },
    });
  }

  /** The end of the test. @throws Error if the client sent what no server would take. */
  restore(): void {
    this.#restore();
    if (this.#misfits.length > 0)
      throw new Error(`frames are not as their schemas say: ${this.#misfits.join('; ')}`);
  }

  protected override moved(byMs: number): void {
    this.nowMs += byMs;
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nobody has connected');
    return socket;
  }

  /** The requests of one type, in order. */
  of<T extends SignalingRequest['type']>(type: T): Extract<SignalingRequest, { type: T }>[] {
    return this.requests.filter((each): each is Extract<SignalingRequest, { type: T }> => each.type === type);
  }

  welcome(over: Partial<SignalingWelcome> = {}): SignalingWelcome {
    return {
      type: 'welcome',
      session: { id: 's1', key: 'k1' },
      resumed: false,
      serverMs: this.nowMs,
      pingMs: 5000,
      ...over,
    };
  }

  take(socket: FakeSocket, frame: SignalingClientFrame): void {
    const shape = signalingFrames[frame.type];
    const fault = shape ? faultOf(shape, frame) : 'no frame';
    if (fault) this.#misfits.push(`${JSON.stringify(fault)} of ${JSON.stringify(frame)}`);
    switch (frame.type) {
      case 'login':
        this.logins.push(frame);
        this.onLogin(frame, socket);
        return;
      case 'ping':
        this.others.push(frame);
        if (!this.mute) socket.tell({ type: 'pong', serverMs: this.nowMs });
        return;
      case 'logout':
        this.others.push(frame);
        socket.tell({ type: 'closing', code: 'left', message: 'Goodbye.', retry: false });
        return;
      default:
        this.requests.push(frame);
        if (!this.mute) this.onRequest(frame, socket);
    }
  }
}

/** The client's end of a connection to the fake server. */
export class FakeSocket implements SocketLike {
  readyState = 0;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;

  constructor(
    private readonly world: FakeWorld,
    readonly url: string,
  ) {
    world.sockets.push(this);
    queueMicrotask(() => {
      if (world.down) this.drop();
      else if (!world.mute && this.readyState === 0) {
        this.readyState = 1;
        this.onopen?.({} as never);
      }
    });
  }

  send(text: string): void {
    if (this.readyState === 1) this.world.take(this, JSON.parse(text) as SignalingClientFrame);
  }

  close(): void {
    this.readyState = 3;
  }

  /** The server says something. */
  tell(frame: SignalingServerFrame): void {
    this.say(JSON.stringify(frame));
  }

  /** The server says whatever this is. */
  say(data: unknown): void {
    queueMicrotask(() => this.onmessage?.({ data } as never));
  }

  ok(id: number): void {
    this.tell({ type: 'ok', id, serverMs: this.world.nowMs });
  }

  refuse(id: number, code: number): void {
    this.tell({ type: 'refused', id, code, reason: 'The server says no.' });
  }

  /** The connection breaks. */
  drop(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({} as never));
  }
}

/** The error code of the rejection of `promise`, as apps read it; or the value it resolved with. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return (error as { errorCode?: number }).errorCode ?? error;
  }
}

/** The error that `act` throws, as apps read it. */
export function thrown(act: () => unknown): { errorCode?: number; operation?: string; name?: string } {
  try {
    act();
  } catch (error) {
    return error as { errorCode?: number; operation?: string; name?: string };
  }
  return {};
}
