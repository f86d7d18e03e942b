import type { SignalingKey } from '../../log/contract.ts';
import type { Socket } from '../../net/socket/socket.ts';
import type { SignalingContext } from '../context.ts';
import { locksOf } from '../locks/lock-requests.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { follow } from '../names/follow.ts';
import { intervalsTopic, locksTopic, messagesTopic, storageTopic } from '../names/topics.ts';
import { lockText, storageText } from '../storage/storage-frames.ts';
import type { Begin, Telling } from './telling.ts';

export interface SubscriptionOptions {
  /** Of message channels. */
  readonly withMessage?: boolean;
  readonly withPresence: boolean;
  readonly withMetadata: boolean;
  readonly withLock: boolean;
}

type Needs = Pick<SignalingContext, 'presences' | 'audiences' | 'log' | 'clock'>;

/** One channel of one session: while the session has a socket, what happens there goes to it. */
export class Subscription {
  readonly key: ChannelKey;
  readonly #options: SubscriptionOptions;
  readonly #userId: string;
  readonly #context: Needs;
  #stops: (() => void)[] = [];

  constructor(key: ChannelKey, userId: string, options: SubscriptionOptions, context: Needs) {
    this.key = key;
    this.#userId = userId;
    this.#options = options;
    this.#context = context;
  }

  /** From now on the socket is told; of presence, metadata and locks first how they are, when it is their turn. */
  start(socket: Socket, telling: Telling): void {
    this.stop();
    const { key } = this;
    const { withMessage, withPresence, withMetadata, withLock } = this.#options;
    if (withMessage) this.#stops.push(follow(this.#context.audiences, socket, messagesTopic(key)));
    if (withPresence) this.#stops.push(telling.begin((told) => this.#watch(socket, told)));
    if (withMetadata) this.#stops.push(telling.begin(followStorage(this.#context, socket, key)));
    if (withLock) this.#stops.push(telling.begin((told) => this.#followLocks(socket, told)));
  }

  /** Until it is started or stopped, what another one of the same channel is told goes on. */
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
    const { log, clock, audiences } = this.#context;
    const { key } = this;
    const stop = follow(audiences, socket, locksTopic(key));
    const locks = locksOf(log.signalingState(key).locks);
    socket.send(lockText(key, { type: 'SNAPSHOT', locks }, clock.nowMs()));
    told();
    return stop;
  }

  #watch(socket: Socket, told: () => void): () => void {
    const intervals = intervalsTopic(this.key);
    return this.#context.presences.watch(this.key, {
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

/** Tells the socket a set of metadata, then each change of it. */
export const followStorage =
  (
    { log, clock, audiences }: Pick<Needs, 'audiences' | 'log' | 'clock'>,
    socket: Socket,
    key: SignalingKey,
  ): Begin =>
  (told) => {
    const stop = follow(audiences, socket, storageTopic(key));
    const { metadata } = log.signalingState(key);
    socket.send(storageText(key, 'SNAPSHOT', { publisher: '', metadata, serverMs: clock.nowMs() }));
    told();
    return stop;
  };
