import type { Socket } from '../edge/socket.ts';
import type { ChannelKey } from './channel-key.ts';
import type { Presences } from './presences.ts';
import { intervalsTopic, messagesTopic } from './topics.ts';

export interface SubscriptionOptions {
  readonly withMessage: boolean;
  readonly withPresence: boolean;
}

/** One channel of one session: while the session has a socket, what happens there goes to it. */
export class Subscription {
  readonly key: ChannelKey;
  readonly #options: SubscriptionOptions;
  readonly #userId: string;
  readonly #presences: Presences;
  #stop: (() => void) | undefined;

  constructor(key: ChannelKey, userId: string, options: SubscriptionOptions, presences: Presences) {
    this.key = key;
    this.#userId = userId;
    this.#options = options;
    this.#presences = presences;
  }

  /** From now on the socket is told; of presence first who is there. */
  start(socket: Socket): void {
    this.stop();
    const { key } = this;
    const { withMessage, withPresence } = this.#options;
    if (withMessage) socket.subscribe(messagesTopic(key));
    const intervals = intervalsTopic(key);
    const unwatch = withPresence
      ? this.#presences.watch(key, {
          userId: this.#userId,
          send: (text) => socket.send(text),
          goLive: () => socket.subscribe(intervals),
          leaveLive: () => socket.unsubscribe(intervals),
        })
      : undefined;
    this.#stop = () => {
      if (withMessage) socket.unsubscribe(messagesTopic(key));
      unwatch?.();
    };
  }

  /** Nothing of this channel is told any more. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
