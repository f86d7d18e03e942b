import type { RosterPoint, RosterSeq, RosterViewRequest, SignalingRosterChange } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Broadcast } from '../../net/socket/socket.ts';
import type { RosterLimits } from '../../rosters/roster-limits.ts';
import type { RosterStream } from '../../rosters/roster-stream.ts';
import {
  type RosterCursor,
  type RosterReader,
  RosterSubscription,
} from '../../rosters/roster-subscription.ts';
import { RosterViews } from '../../rosters/roster-views.ts';
import { rosterBusTopic, rosterViewBusTopic } from '../names/bus-topics.ts';
import { type ChannelKey, placeOf } from '../names/channel-key.ts';
import { type Person, toSignalingRosterMember } from '../presence/person.ts';
import type { PersonChange, PresenceFold } from '../presence/presence-fold.ts';
import type { PresenceLimits } from '../signaling-limits.ts';
import { PeopleFeed } from './people-feed.ts';
import { type NumberedPeople, viewedPeople } from './people-frames.ts';

export interface ChannelRosterOptions {
  readonly key: ChannelKey;
  readonly fold: PresenceFold;
  /** Its id, another one for every roster there ever was: its changes count from 1. */
  readonly stream: string;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  /** So many more changes, or fewer, are kept for readers that come back. */
  readonly onRingSize: (delta: number) => void;
  readonly limits: Pick<PresenceLimits, 'signalingRosterRingCharsMax' | keyof RosterLimits>;
}

/** The source of changes: a record of one of the two rosters. */
export interface ChangeSource {
  readonly roster: keyof RosterPoint;
  readonly record: { readonly atMs: number } & Partial<RosterSeq>;
}

/**
 * The roster of one signaling channel, for those who follow it: all of it, change by change, or views of it. It is exact at
 * once, and names everybody, however large the channel; presence is the same fold, told as its API has it.
 */
export class ChannelRoster {
  readonly #options: ChannelRosterOptions;
  readonly #feed: PeopleFeed;
  readonly #views: RosterViews<NumberedPeople, Person>;
  #now: NumberedPeople;

  constructor(options: ChannelRosterOptions) {
    this.#options = options;
    const { key, fold, stream, broadcast, clock, onRingSize, limits } = options;
    const id = { ...placeOf(key), stream };
    this.#now = { people: fold.state, seq: 0 };
    const state = () => this.#state();
    this.#feed = new PeopleFeed({
      id,
      topic: rosterBusTopic(key),
      broadcast,
      clock,
      state,
      onRingSize,
      ringCharsMax: limits.signalingRosterRingCharsMax,
    });
    this.#views = new RosterViews({
      roster: viewedPeople(id),
      topicOf: (view) => rosterViewBusTopic(key, view),
      broadcast,
      clock,
      state,
      limits,
      onEmpty: () => {},
    });
  }

  /** The number of readers, of all of it or of a view. */
  get readers(): number {
    return this.#feed.readers + this.#views.readers;
  }

  /** The number of readers that are sent every change. */
  get readersOfAll(): number {
    return this.#feed.readers;
  }

  /** True if there is room for one more reader of `view`. */
  hasRoom(view: RosterViewRequest): boolean {
    return this.#views.hasRoom(view);
  }

  /** Sends how it is, then what changes, until stopped. */
  follow(view: RosterViewRequest | undefined, reader: RosterReader, cursor?: RosterCursor): RosterStream {
    if (view) return this.#views.follow(view, reader);
    const subscription = new RosterSubscription({ ...this.#options, feed: this.#feed, reader });
    subscription.start(this.#feed.opening(cursor));
    return subscription;
  }

  /** Adds the changes that a record made; the fold has them already. */
  absorb(changes: readonly PersonChange[], source: ChangeSource): void {
    let arrived: string | undefined;
    for (const change of changes) {
      // A newcomer is told whole, with its states.
      if (change.type === 'states' && change.userId === arrived) continue;
      if (change.type === 'join') arrived = change.userId;
      const told = this.#told(change, source);
      if (!told) continue;
      this.#now = { people: this.#options.fold.state, seq: told.seq };
      this.#feed.add(told);
    }
  }

  /** The end of a batch of the log. */
  settle(): void {
    this.#feed.settle();
    this.#views.settle();
  }

  /** Keeps fewer changes for readers that come back: so many characters. */
  shed(chars: number): void {
    this.#feed.ring.shed(chars);
  }

  stop(): void {
    this.#feed.stop();
    this.#views.stop();
  }

  /** The same object until something is another. */
  #state(): NumberedPeople {
    const { state } = this.#options.fold;
    if (this.#now.people !== state) this.#now = { people: state, seq: this.#now.seq };
    return this.#now;
  }

  #told(
    change: PersonChange,
    { roster, record: { atMs, sid, seq: of } }: ChangeSource,
  ): SignalingRosterChange | undefined {
    const { userId } = change;
    const base = {
      seq: this.#now.seq + 1,
      atMs,
      ...(sid !== undefined && of !== undefined && { event: { roster, sid, seq: of } }),
    };
    if (change.type === 'leave' || change.type === 'timeout') {
      const { reason, into } = change;
      return { ...base, type: 'left', userId, reason, ...(into !== undefined && { into }) };
    }
    const person = this.#options.fold.person(userId);
    if (!person) return undefined;
    const member = toSignalingRosterMember(person);
    return { ...base, type: change.type === 'join' ? 'joined' : 'changed', member };
  }
}
