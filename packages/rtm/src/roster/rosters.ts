import type {
  RosterViewRequest,
  SignalingChannelType,
  SignalingRosterEnded,
  SignalingRosterFrame,
} from '@housecount/protocol';
import type { ErrorCodeName } from '../errors/error-codes.ts';
import { type RTMBaseError, rtmError } from '../errors/errors.ts';
import { askPatiently } from '../link/asking.ts';
import { type FailureCodes, isLost, requestError } from '../link/request-error.ts';
import type { SignalingLink } from '../link/signaling-link.ts';
import { environment } from '../settings/environment.ts';
import type { Log } from '../settings/log.ts';

import { RTMRoster } from './roster.ts';
import { RosterBook, type RosterNews } from './roster-book.ts';

/** A channel, and the part of its roster that is followed. */
export interface RosterPlace {
  readonly channelType: SignalingChannelType;
  readonly channel: string;
  /** Absent: all of it. */
  readonly view?: RosterViewRequest;
}

/** A part of a roster that is followed, shared by all objects of the app that show it. */
interface Followed {
  readonly place: RosterPlace;
  readonly book: RosterBook;
  readonly rosters: Set<RTMRoster>;
  /** Callers that wait for the first frame, or for its end. */
  waiting: { resolve(): void; reject(error: unknown): void }[];
  /** A request for it is under way: frames that arrive before the answer belong to the subscription before it. */
  isAsked: boolean;
}

const operation = 'roster';
const codes: FailureCodes = { lost: 'PRESENCE_OPERATION_FAILED', timeout: 'PRESENCE_OPERATION_TIMEOUT' };

/** Time allowed for the first frame after the answer, milliseconds: as long as for an answer. */
const firstMsMax = 10_000;

/** The rosters that the app follows, kept over every loss of the connection until it closes them, or logs out. */
export class Rosters {
  readonly #link: SignalingLink;
  readonly #log: Log;
  readonly #followed = new Map<string, Followed>();

  constructor(link: SignalingLink, log: Log) {
    this.#link = link;
    this.#log = log;
  }

  /** Resolves when it is known. Rejects as the server does, −13012 or −13013. */
  async open(place: RosterPlace): Promise<RTMRoster> {
    const name = nameOf(place);
    const known = this.#followed.get(name);
    const followed: Followed = known ?? {
      place,
      book: new RosterBook(),
      rosters: new Set(),
      waiting: [],
      isAsked: false,
    };
    const roster = new RTMRoster(
      place,
      followed.book,
      (closed) => this.#close(name, followed, closed),
      (event, error) => this.#log.error(`a listener of ${String(event)} threw`, error),
    );
    followed.rosters.add(roster);
    try {
      const whole = this.#whole(followed);
      if (!known) {
        this.#followed.set(name, followed);
        // Whoever else opens it meanwhile hears of a failure by `whole`.
        this.#ask(followed).catch((error: unknown) => this.#failed(name, followed, error));
      }
      await whole;
    } catch (error) {
      this.#close(name, followed, roster);
      throw error;
    }
    return roster;
  }

  onFrame(frame: SignalingRosterFrame): void {
    if (frame.type === 'roster-ended') {
      this.#onEnded(frame);
      return;
    }
    const followed = this.#followed.get(nameOf(placeOf(frame)));
    const difference = followed?.book.take(frame);
    if (!followed || difference === undefined) return;
    if (difference === 'hole') {
      if (followed.isAsked) return;
      this.#log.warn(`changes of the roster of ${frame.channel} are missing; it is asked for again`);
      // `#again` reports its own failure to the followers.
      void this.#again(followed);
      return;
    }
    for (const { resolve } of followed.waiting.splice(0)) resolve();
    for (const roster of followed.rosters) roster.tell(difference);
  }

  /** Asks a new connection for all that is followed: from what is known on, where that can be. */
  async restore(): Promise<void> {
    await Promise.all(Array.from(this.#followed.values(), (followed) => this.#again(followed)));
  }

  /** The session is over, and nothing of it is wanted. */
  clear(): void {
    const all = [...this.#followed.values()];
    this.#followed.clear();
    for (const { waiting } of all)
      for (const { reject } of waiting.splice(0)) reject(failure('NOT_CONNECTED', 'The client logged out'));
  }

  #onEnded({ channelType, channel, message }: SignalingRosterEnded): void {
    for (const [name, followed] of this.#followed) {
      const { place } = followed;
      if (place.channelType === channelType && place.channel === channel)
        this.#over(name, followed, failure('PRESENCE_OPERATION_FAILED', message));
    }
  }

  #over(name: string, followed: Followed, error: unknown): void {
    if (this.#followed.get(name) === followed) this.#followed.delete(name);
    for (const { reject } of followed.waiting.splice(0)) reject(error);
    for (const roster of followed.rosters) roster.emit('ended', error as RTMBaseError);
    followed.rosters.clear();
  }

  /** The first time: a failure is the app's to hear. */
  #failed(name: string, followed: Followed, error: unknown): void {
    this.#over(name, followed, requestError(operation, error, codes));
  }

  async #ask(followed: Followed): Promise<void> {
    const { place, book } = followed;
    const cursor = place.view ? undefined : book.cursor;
    book.begins();
    followed.isAsked = true;
    try {
      await askPatiently(this.#link, { type: 'subscribe-roster', ...place, ...(cursor && { cursor }) });
    } finally {
      followed.isAsked = false;
    }
  }

  async #again(followed: Followed): Promise<void> {
    try {
      await this.#ask(followed);
    } catch (error) {
      // Lost again: the next connection restores it.
      if (!isLost(error)) this.#failed(nameOf(followed.place), followed, error);
    }
  }

  #whole(followed: Followed): Promise<void> {
    if (followed.book.isWhole) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        followed.waiting = followed.waiting.filter((one) => one !== waiting);
      };
      const waiting = {
        resolve: () => {
          end();
          resolve();
        },
        reject: (error: unknown) => {
          end();
          reject(error);
        },
      };
      const cancel = environment.after(firstMsMax, () =>
        waiting.reject(failure('PRESENCE_OPERATION_TIMEOUT', 'The roster did not come in time')),
      );
      followed.waiting.push(waiting);
    });
  }

  #close(name: string, followed: Followed, roster: RTMRoster): void {
    if (!followed.rosters.delete(roster) || followed.rosters.size > 0) return;
    if (this.#followed.get(name) !== followed) return;
    this.#followed.delete(name);
    // A connection that is lost takes it along.
    if (this.#link.state !== 'CONNECTED') return;
    askPatiently(this.#link, { type: 'unsubscribe-roster', ...followed.place }).catch((error: unknown) => {
      if (!isLost(error))
        this.#log.warn(`the roster of ${followed.place.channel} could not be let go`, error);
    });
  }
}

const failure = (code: ErrorCodeName, reason: string): RTMBaseError => rtmError(operation, code, reason);

/** The channel and the part of its roster that a frame is about. */
function placeOf(frame: RosterNews): RosterPlace {
  const { channelType, channel } = frame;
  if (frame.type === 'roster-count') return { channelType, channel, view: { count: true } };
  return 'view' in frame ? { channelType, channel, view: frame.view } : { channelType, channel };
}

/** Equal for the same place; `first: n` is `from: 0, count: n`. */
function nameOf({ channelType, channel, view }: RosterPlace): string {
  if (!view) return `${channelType}/${channel}/`;
  if ('first' in view) return `${channelType}/${channel}/0+${view.first}`;
  return 'from' in view
    ? `${channelType}/${channel}/${view.from}+${view.count}`
    : `${channelType}/${channel}/count`;
}
