import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import { defaultRosterLimits, type RosterLimits } from './roster-limits.ts';
import type { RosterStream } from './roster-stream.ts';

/** A frame of a roster stream, made once for all its readers. `to` is its last seq; absent if it carries no changes. */
export interface RosterText {
  readonly sid: string;
  readonly to?: number;
  readonly text: string;
}

/** A reader that is not on the topic yet: it waits for the end of its snapshot. */
export interface DirectReader {
  receive(frame: RosterText): void;
}

/** A stream of a roster's changes, and who reads it. */
export interface ReadFeed {
  readonly direct: Set<DirectReader>;
  /** Sockets on the topic. */
  topicReaders: number;
  /** Since when nobody reads, epoch milliseconds. */
  idleSinceMs: number;
}

/** The reader of a roster stream. */
export interface RosterReader {
  send(text: string): void;
  /** Bytes sent but not yet taken. */
  bufferedBytes(): number;
  /** From now on also receives what is published on the roster's topic, in order with what is sent. */
  goLive(): void;
  leaveLive(): void;
  /** It read too slowly: more than `rosterWaitingBytesMax` waited for the end of its snapshot. The subscription is over. */
  onSlow(): void;
}

/** The place from which a reader wants to go on: a sid, and the seq in it that the reader knows already. */
export interface RosterCursor {
  readonly sid: string;
  readonly after: number;
}

/** The opening of a reader: a snapshot, or the deltas since its cursor. */
export interface Opening {
  /** The sid and seq that the reader is at once it has read the frames. */
  readonly sid: string;
  readonly seq: number;
  readonly texts: Iterator<string>;
}

/**
 * One reader of one roster: first a snapshot (or the changes since its cursor), then what follows, with no hole.
 *
 * Why there is no hole: the opening is the durable state at seq n, and the feed has handed out nothing after n yet,
 * because it follows the log behind that state. From the same moment on every frame of the feed is kept (`#waiting`) or
 * received live. Why there may be an overlap: the feed may still have frames at or before n to hand out; while waiting
 * they are dropped here, later ones the reader skips by seq.
 */
export class RosterSubscription implements RosterStream {
  readonly namesMembers = true;
  readonly #feed: ReadFeed;
  readonly #reader: RosterReader;
  readonly #clock: Clock;
  readonly #waitingMax: number;
  #texts: Iterator<string> | undefined;
  #known: { readonly sid: string; readonly seq: number } | undefined;
  /** Frames that came while the snapshot is being sent. Their texts are shared among all readers. */
  #waiting: RosterText[] = [];
  #waitingLength = 0;
  #live = false;
  #stopped = false;
  #cancelPump: (() => void) | undefined;

  constructor(options: {
    feed: ReadFeed;
    reader: RosterReader;
    clock: Clock;
    limits?: Pick<RosterLimits, 'rosterWaitingBytesMax'>;
  }) {
    this.#feed = options.feed;
    this.#waitingMax = (options.limits ?? defaultRosterLimits).rosterWaitingBytesMax;
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#feed.direct.add(this);
  }

  /** Sends what the reader lacks. Call once, in the same turn in which the opening's state was read; undefined: there is none. */
  start(opening: Opening | undefined): void {
    this.#known = opening;
    this.#texts = opening?.texts;
    this.#pump();
  }

  receive(frame: RosterText): void {
    this.#waiting.push(frame);
    this.#waitingLength += frame.text.length;
    if (this.#waitingLength > this.#waitingMax) {
      this.stop();
      this.#reader.onSlow();
    }
  }

  /** The reader took some of what was sent. */
  drained(): void {
    if (this.#texts) this.#pump();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelPump?.();
    this.#texts = undefined;
    this.#waiting = [];
    this.#feed.direct.delete(this);
    if (this.#live) {
      this.#feed.topicReaders--;
      this.#reader.leaveLive();
    }
    this.#feed.idleSinceMs = this.#clock.steadyMs();
  }

  /** Sends pages while the reader takes them; a few per turn, so that one large roster holds up nobody else. */
  #pump(): void {
    this.#cancelPump?.();
    this.#cancelPump = undefined;
    for (let sent = 0; this.#texts && !this.#stopped; sent++) {
      if (this.#reader.bufferedBytes() > fixed.rosterWindowBytes) return;
      if (sent >= fixed.rosterPagesPerTurn) {
        this.#cancelPump = this.#clock.after(0, () => this.#pump());
        return;
      }
      const page = this.#texts.next();
      if (page.done) this.#texts = undefined;
      else this.#reader.send(page.value);
    }
    if (!this.#stopped && !this.#live) this.#cutOver();
  }

  /** The snapshot is sent: sends what came meanwhile and is not in it, then goes live. One turn, so that nothing slips through. */
  #cutOver(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#live = true;
    const known = this.#known;
    // Frames of another sid are of an earlier life until one of the snapshot's own came.
    let ownSeen = known === undefined;
    for (const frame of waiting) {
      const own = frame.sid === known?.sid;
      ownSeen ||= own;
      const contained = own && frame.to !== undefined && frame.to <= (known?.seq ?? 0);
      if (ownSeen && !contained) this.#reader.send(frame.text);
    }
    this.#reader.goLive();
    this.#feed.topicReaders++;
    this.#feed.direct.delete(this);
  }
}
