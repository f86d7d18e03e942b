import type { SignalingRequest } from '@housecount/protocol';
import type { FakeSocket, FakeWorld } from './fake-server.ts';

export type States = Record<string, string>;

/** Holds what a session has, as far as a client may want it. */
export interface Held {
  readonly channels: Map<string, { options: string; states: States }>;
  readonly followed: Set<string>;
  token: string | undefined;
}

interface LossySession extends Held {
  readonly id: string;
  /** False: its client has to subscribe anew, and has not been heard to know that. */
  isWhole: boolean;
}

/** For tests: a server that keeps sessions as the real one does, and a path to it that breaks at any moment. */
export class LossyServer {
  /** The probability that something breaks, from 0 up to 1. */
  lossRate = 0.15;
  #session: LossySession | undefined;
  #sessions = 0;
  readonly #random: () => number;
  readonly #idOf = new WeakMap<FakeSocket, string>();

  constructor(world: FakeWorld, random: () => number) {
    this.#random = random;
    world.onLogin = ({ session, token }, socket) => {
      if (this.#breaks()) return socket.drop();
      const former = session?.id === this.#session?.id ? this.#session : undefined;
      const held = former ? this.#takeUp(former) : this.#begin();
      held.token = token;
      this.#session = held;
      this.#idOf.set(socket, held.id);
      if (this.#breaks()) return socket.drop();
      const resumed = held === former && held.isWhole;
      socket.tell(world.welcome({ session: { id: held.id, key: 'k' }, resumed }));
    };
    world.onRequest = (request, socket) => {
      if (!this.#session || this.#idOf.get(socket) !== this.#session.id) return socket.drop();
      if (this.#breaks()) return socket.drop();
      this.#session.isWhole = true;
      this.#do(this.#session, request);
      if (this.#breaks()) return socket.drop();
      socket.ok(request.id);
    };
  }

  get held(): Held {
    return this.#session ?? this.#begin();
  }

  /** The session ends. */
  forget(): void {
    this.#session = undefined;
  }

  #breaks(): boolean {
    return this.#random() < this.lossRate;
  }

  /** The session as it was; or as after a restart, which keeps memberships and states, but neither options nor followed users; or a new session. */
  #takeUp(former: LossySession): LossySession {
    if (this.#random() < this.lossRate / 2) return this.#begin();
    if (!this.#breaks()) return former;
    const channels = new Map([...former.channels].map(([name, of]) => [name, { ...of, options: '' }]));
    return { ...former, channels, followed: new Set(), isWhole: false };
  }

  #begin(): LossySession {
    this.#sessions += 1;
    const id = `s${this.#sessions}`;
    return { id, channels: new Map(), followed: new Set(), token: undefined, isWhole: true };
  }

  #do({ channels, followed }: LossySession, request: SignalingRequest): void {
    const name = 'channelType' in request ? `${request.channelType} ${request.channel}` : '';
    const of = channels.get(name);
    switch (request.type) {
      case 'subscribe': {
        const { withPresence, withMetadata, withLock, beQuiet } = request;
        const options = JSON.stringify({ withPresence, withMetadata, withLock, beQuiet });
        channels.set(name, { options, states: { ...of?.states, ...request.states } });
        return;
      }
      case 'unsubscribe':
        channels.delete(name);
        return;
      case 'set-state':
        if (of) of.states = { ...of.states, ...request.states };
        return;
      case 'remove-state': {
        const gone = (key: string) => request.keys.length === 0 || request.keys.includes(key);
        if (of) of.states = Object.fromEntries(Object.entries(of.states).filter(([key]) => !gone(key)));
        return;
      }
      case 'subscribe-user-metadata':
        followed.add(request.userId);
        return;
      case 'unsubscribe-user-metadata':
        followed.delete(request.userId);
        return;
      case 'renew-token':
        if (this.#session && request.channel === undefined) this.#session.token = request.token;
        return;
      default:
    }
  }
}
