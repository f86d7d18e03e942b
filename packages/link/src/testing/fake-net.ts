import type { SocketLike, Surroundings } from '../surroundings.ts';
import { FakeTime } from './fake-time.ts';

export type Said = { readonly type: string; readonly id?: number } & Readonly<Record<string, unknown>>;

/** For tests: surroundings whose time moves when told, and whose network opens sockets, fails, or lets them hang. */
export class FakeNet extends FakeTime {
  /** The random number; 1 makes waits their longest. */
  chance = 1;
  /** `fails`: sockets fail to open; `hangs`: they stay unopened, and say nothing. */
  path: 'open' | 'fails' | 'hangs' = 'open';
  readonly sockets: FakeNetSocket[] = [];
  /** The frames that the server received, in order. */
  readonly said: Said[] = [];
  onSaid: (frame: Said, socket: FakeNetSocket) => void = () => undefined;

  readonly surroundings: Surroundings = {
    passedMs: this.passedMs,
    after: this.after,
    random: () => this.chance,
    openSocket: () => new FakeNetSocket(this),
  };

  /** The socket that was opened last. */
  get socket(): FakeNetSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nobody has connected');
    return socket;
  }
}

/** The client's end of a connection. */
export class FakeNetSocket implements SocketLike {
  readyState = 0;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;

  constructor(private readonly net: FakeNet) {
    net.sockets.push(this);
    queueMicrotask(() => {
      if (net.path === 'fails') this.drop();
      else if (net.path === 'open') this.opens();
    });
  }

  /** The server takes it. */
  opens(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  send(text: string): void {
    if (this.readyState !== 1) return;
    const frame = JSON.parse(text) as Said;
    this.net.said.push(frame);
    this.net.onSaid(frame, this);
  }

  close(): void {
    this.readyState = 3;
  }

  /** The server says something. */
  tell(frame: object): void {
    this.give(JSON.stringify(frame));
  }

  /** Something comes, whatever it is. */
  give(data: unknown): void {
    queueMicrotask(() => this.onmessage?.({ data } as never));
  }

  /** The connection breaks. */
  drop(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code: 1006, reason: '' } as never));
  }
}
