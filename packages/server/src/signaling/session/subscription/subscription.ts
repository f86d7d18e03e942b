import type { Socket } from '../../../net/socket/socket.ts';
import { locksOf } from '../../locks/lock-requests.ts';
import { locksBusTopic, messagesBusTopic, presenceBusTopic } from '../../names/bus-topics.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import { follow } from '../../names/follow.ts';
import type { Presences } from '../../presence/presences.ts';
import { lockText } from '../../storage/storage-frames.ts';
import { followStorage, type StorageNeeds } from './follow-storage.ts';
import type { Telling } from './telling.ts';

export interface SubscriptionOptions {
  /** For message channels only. */
  readonly withMessage?: boolean;
  readonly withPresence: boolean;
  readonly withMetadata: boolean;
  readonly withLock: boolean;
}

export interface SubscriptionNeeds extends StorageNeeds {
  readonly presences: Pick<Presences, 'watch'>;
}

/** One channel of one session: while the session has a socket, what happens there goes to it. */
export class Subscription {
  readonly key: ChannelKey;
  /** The attachment that backs the membership, as the session knows it; undefined after a restart, until its client is back. */
  attachment: number | undefined;
  readonly #options: SubscriptionOptions;
  readonly #userId: string;
  readonly #needs: SubscriptionNeeds;
  #stops: (() => void)[] = [];

  constructor(key: ChannelKey, userId: string, options: SubscriptionOptions, needs: SubscriptionNeeds) {
    this.key = key;
    this.#userId = userId;
    this.#options = options;
    this.#needs = needs;
  }

  /** From now on the socket is told; of presence, metadata and locks first how they are, when it is their turn. */
  start(socket: Socket, telling: Telling): void {
    this.stop();
    const { key } = this;
    const { withMessage, withPresence, withMetadata, withLock } = this.#options;
    if (withMessage) this.#stops.push(follow(this.#needs.audiences, socket, messagesBusTopic(key)));
    if (withPresence) this.#stops.push(telling.begin((told) => this.#watch(socket, told)));
    if (withMetadata) this.#stops.push(telling.begin(followStorage(this.#needs, socket, key)));
    if (withLock) this.#stops.push(telling.begin((told) => this.#followLocks(socket, told)));
  }

  /** Keeps up what an earlier subscription of the same channel is told, until this one is started or stopped. */
  takeOver(before: Subscription): void {
    this.stop();
    this.#stops = before.#stops;
    before.#stops = [];
  }

  /** Nothing of this channel is told any more. */
  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #followLocks(socket: Socket, told: () => void): () => void {
    const { log, clock, audiences } = this.#needs;
    const { key } = this;
    const stop = follow(audiences, socket, locksBusTopic(key));
    const locks = locksOf(log.known(key).locks);
    socket.send(lockText(key, { type: 'SNAPSHOT', locks }, clock.nowMs()));
    told();
    return stop;
  }

  #watch(socket: Socket, told: () => void): () => void {
    const intervals = presenceBusTopic(this.key);
    return this.#needs.presences.watch(this.key, {
      userId: this.#userId,
      socket,
      send: (text) => {
        socket.send(text);
        told();
      },
      goLive: () => socket.subscribe(intervals),
      leaveLive: () => socket.unsubscribe(intervals),
    });
  }
}
