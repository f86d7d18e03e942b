import type { RosterPoint, SignalingRosterMember } from '@housecount/protocol';
import type { RTMBaseError } from '../errors/errors.ts';
import { Emitter } from '../events/emitter.ts';
import type { RosterBook, RosterDifference } from './roster-book.ts';

/** Somebody in a channel: `userId`, `states`, the links that back them, and since when nothing is heard of them, if so. */
export type RTMRosterMember = SignalingRosterMember;

/** The part of a roster to follow: all of it; the first by arrival; those at places `from` to `from` + `count` − 1; or only the counts. */
export type RosterOptions = {
  /** Default `MESSAGE`. */
  channelType?: 'MESSAGE' | 'STREAM';
} & (
  | { first?: undefined; from?: undefined; count?: undefined; countOnly?: false }
  | { first: number; from?: undefined; count?: undefined; countOnly?: false }
  | { from: number; count: number; first?: undefined; countOnly?: false }
  | { countOnly: true; first?: undefined; from?: undefined; count?: undefined }
);

/** The changes of one step. A roster of counts alone names nobody. */
export interface RosterChange {
  /** Members who came; in a window, those who are in it now. */
  joined: readonly RTMRosterMember[];
  /** Members who left; in a window, those who are not in it any more. `reason`: `quit`, `timeout`, `kicked`, `replaced`, `token`, `other`; absent where it is not known. `into`: nobody left, who was shown so is part of that user from now on. */
  left: readonly { readonly member: RTMRosterMember; readonly reason?: string; readonly into?: string }[];
  /** Members who have other states or links, went silent, or are heard again. */
  changed: readonly RTMRosterMember[];
}

export interface RTMRosterEventMap {
  change: (change: RosterChange) => void;
  /** The roster is no longer followed, because the token does not allow it; the error says so. Not emitted after `close()` or a logout. */
  ended: (error: RTMBaseError) => void;
}

/**
 * The live roster of a channel: all members by name, a window of them, or only the counts. It is kept over every loss of the
 * connection; what happened meanwhile is one `change`.
 */
export class RTMRoster extends Emitter<RTMRosterEventMap> {
  readonly channelName: string;
  readonly channelType: 'MESSAGE' | 'STREAM';
  readonly #book: RosterBook;
  readonly #close: (roster: RTMRoster) => void;

  /** @internal */
  constructor(
    place: { readonly channel: string; readonly channelType: 'MESSAGE' | 'STREAM' },
    book: RosterBook,
    close: (roster: RTMRoster) => void,
    onListenerError: (event: string | symbol, error: unknown) => void,
  ) {
    super(onListenerError);
    this.channelName = place.channel;
    this.channelType = place.channelType;
    this.#book = book;
    this.#close = close;
  }

  /** The members by user id, in order of arrival: all of them, or those in the window. */
  get members(): ReadonlyMap<string, RTMRosterMember> {
    return this.#book.members;
  }
  /** The number of members in the channel, however much of the roster is followed. */
  get count(): number {
    return this.#book.counts.count;
  }
  /** The number of members who are in the live channel as hosts. */
  get hostCount(): number {
    return this.#book.counts.hosts;
  }
  /** The number of members who are in the live channel as audience. */
  get audienceCount(): number {
    return this.#book.counts.audience;
  }
  /** The number of members who are silent right now. */
  get interruptedCount(): number {
    return this.#book.counts.interrupted;
  }
  /** The change up to which this is true: of the live channel, as webhooks and REST number it, and of those who subscribe. */
  get at(): RosterPoint {
    return this.#book.at;
  }

  /** Follows it no more. What is known stays. */
  close(): void {
    this.#close(this);
    this.removeAllListeners();
  }

  /** @internal */
  tell(difference: RosterDifference): void {
    this.emit('change', difference);
  }
}
