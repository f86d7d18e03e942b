import { idOf } from '../../../channel/channel.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import { type StreamLimits, StreamMembership, type StreamNeeds } from './stream-membership.ts';
import { Subscription, type SubscriptionNeeds, type SubscriptionOptions } from './subscription.ts';
import type { Telling } from './telling.ts';

/** The subscriptions of one session, and its memberships of the stream channels among them. They are told while it has a socket. */
export class Subscriptions {
  readonly #userId: string;
  readonly #needs: SubscriptionNeeds & StreamNeeds;
  readonly #limits: StreamLimits;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Memberships of the stream channels among them. */
  readonly #streams = new Map<string, StreamMembership>();
  readonly #telling: Telling;

  constructor(
    userId: string,
    telling: Telling,
    needs: SubscriptionNeeds & StreamNeeds,
    limits: StreamLimits,
  ) {
    this.#telling = telling;
    this.#userId = userId;
    this.#limits = limits;
    this.#needs = needs;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** Channels of a kind. */
  countOf(kind: ChannelKey['kind']): number {
    return kind === 'stream' ? this.#streams.size : this.size - this.#streams.size;
  }

  has(key: ChannelKey): boolean {
    return this.#subscriptions.has(idOf(key));
  }

  /** The list is a copy: subscriptions may begin and end while somebody goes through it. */
  keys(): readonly ChannelKey[] {
    return Array.from(this.#subscriptions.values(), ({ key }) => key);
  }

  /** The log has attached the session to its membership anew. */
  attached(key: ChannelKey, attachment: number): void {
    const subscription = this.#subscriptions.get(idOf(key));
    if (subscription) subscription.attachment = attachment;
  }

  /** The attachment that the session may tell something of; undefined: it knows none. */
  attachmentOf(key: ChannelKey): number | undefined {
    return this.#subscriptions.get(idOf(key))?.attachment;
  }

  /** Its membership of a stream channel; undefined if it is not in it. */
  stream(key: ChannelKey): StreamMembership | undefined {
    return this.#streams.get(idOf(key));
  }

  get streams(): Iterable<StreamMembership> {
    return this.#streams.values();
  }

  /** Publishers of topics whose messages it gets, in all channels. */
  get followedPublishers(): number {
    let count = 0;
    for (const { publishers } of this.#streams.values()) count += publishers;
    return count;
  }

  /** Notes one that the log has; nothing of it is told yet. */
  restore(key: ChannelKey, options: SubscriptionOptions): void {
    const name = idOf(key);
    this.#subscriptions.set(name, new Subscription(key, this.#userId, options, this.#needs));
    if (key.kind !== 'stream' || this.#streams.has(name)) return;
    this.#streams.set(name, new StreamMembership(key, this.#needs, this.#limits));
  }

  /** The same of one that was asked for, in place of one of the same channel: what that is told goes on until `listen`. */
  keep(key: ChannelKey, options: SubscriptionOptions, attachment: number): void {
    const name = idOf(key);
    const before = this.#subscriptions.get(name);
    this.restore(key, options);
    this.attached(key, attachment);
    // The socket is told what it was told before until the answer is sent, so that nothing is missed in between.
    if (before) this.#subscriptions.get(name)?.takeOver(before);
    this.#streams.get(name)?.entered();
  }

  /** Begins to tell the socket, if there is one, what happens in the channel. */
  listen(key: ChannelKey): void {
    const { socket } = this.#telling;
    if (!socket) return;
    const name = idOf(key);
    this.#subscriptions.get(name)?.start(socket, this.#telling);
    this.#streams.get(name)?.start(socket, this.#telling);
  }

  /** Begins to tell the socket what happens in all of them: first in the channels, then in topics. */
  start(): void {
    const { socket } = this.#telling;
    if (!socket) return;
    for (const subscription of this.#subscriptions.values()) subscription.start(socket, this.#telling);
    for (const stream of this.#streams.values()) stream.start(socket, this.#telling);
  }

  /** Nothing is told any more; what is subscribed stays so. */
  stop(): void {
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    for (const stream of this.#streams.values()) stream.stop();
  }

  /** Takes one out. False if there is none. */
  drop(key: ChannelKey): boolean {
    const name = idOf(key);
    this.#subscriptions.get(name)?.stop();
    this.#streams.get(name)?.stop();
    this.#streams.delete(name);
    return this.#subscriptions.delete(name);
  }
}
