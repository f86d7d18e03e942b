import type { SignalingChannelEnded } from '@housecount/protocol';
import type { ChannelKey } from '../names/channel-key.ts';
import { LateNews } from './late-news.ts';
import type { SessionConnection } from './session-connection.ts';
import { FollowedRosters } from './subscription/followed-rosters.ts';
import type { FollowedUsers } from './subscription/followed-users.ts';
import type { SubscriptionOptions } from './subscription/subscription.ts';
import type { Subscriptions } from './subscription/subscriptions.ts';
import type { Telling } from './subscription/telling.ts';

export interface NewsParts {
  /** Whose turn it is of what begins to be told. */
  readonly telling: Pick<Telling, 'start' | 'go' | 'stop'>;
  readonly subscriptions: Subscriptions;
  readonly users: FollowedUsers;
}

/** Everything that one session is told while it has a connection: what it follows, and what came while it had none. */
export class News {
  readonly subscriptions: Subscriptions;
  readonly users: FollowedUsers;
  /** Rosters that its connection follows: they end with it, and the client asks again from where it is. */
  readonly rosters = new FollowedRosters();
  readonly #telling: NewsParts['telling'];
  readonly #late = new LateNews();

  constructor({ telling, subscriptions, users }: NewsParts) {
    this.#telling = telling;
    this.subscriptions = subscriptions;
    this.users = users;
  }

  /** Tells the connection all that is followed, as it is now, and what was late for the one before. */
  start(connection: SessionConnection): void {
    this.#telling.start(connection.socket);
    this.subscriptions.start();
    this.#late.tellEnded(connection);
    this.users.start();
    this.#late.giveAnswers(connection);
  }

  /** The connection has taken what was sent, or some of it: there may be room for what waits to be told. */
  tellMore(): void {
    this.#telling.go();
    this.rosters.drained();
  }

  /** Nothing is told any more; what is followed stays so, but for rosters. */
  stop(): void {
    this.#telling.stop();
    this.subscriptions.stop();
    this.rosters.end();
    this.users.stop();
  }

  /** Forgets what was to be told to a session that has ended, but for its subscriptions, which it leaves one by one. */
  end(): void {
    this.stop();
    this.users.end();
    this.#late.clear();
  }

  /** Restores a subscription that the log has, after a restart of the server. */
  restore(key: ChannelKey, options: SubscriptionOptions): void {
    this.subscriptions.restore(key, options);
    this.#late.entered(key);
  }

  /** Keeps a subscription that was asked for, in place of one of the same channel. */
  keep(key: ChannelKey, options: SubscriptionOptions, attachment: number): void {
    this.subscriptions.keep(key, options, attachment);
    this.#late.entered(key);
  }

  /** A stream channel was lost while there was no connection to say so. */
  endedLate(key: ChannelKey, frame: SignalingChannelEnded): void {
    this.#late.ended(key, frame);
  }

  /** Something is answered for which there was no connection. */
  answeredLate(answer: (connection: SessionConnection) => void): void {
    this.#late.answered(answer);
  }
}
