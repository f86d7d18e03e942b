import { type RosterChange, type RosterSnapshotFrame, rosterPageMembersMax } from '@housecount/protocol';
import type { OpenChannel } from '../channel/state.ts';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import { changesText, type DirectReader, type RosterFeed, type RosterText } from './roster-feed.ts';
import { toRosterMember } from './roster-member.ts';
import type { RosterStream } from './roster-stream.ts';

/** Who reads a roster stream. */
export interface RosterReader {
  send(text: string): void;
  /** Bytes sent but not yet taken. */
  bufferedBytes(): number;
  /** From now on also receives what is published on the channel's roster topic, in order with what is sent. */
  goLive(): void;
  leaveLive(): void;
  /** It read too slowly: more than `rosterWaitingBytesMax` waited for the end of its snapshot. The subscription is over. */
  onSlow(): void;
}

/** Where a reader wants to go on from: the seq of a sid that it knows already. */
export interface RosterCursor {
  readonly sid: string;
  readonly after: number;
}

/**
 * One reader of one channel's roster: first a snapshot (or the changes since its cursor), then what follows, with no hole.
 *
 * Why there is no hole: the snapshot is the durable state at seq n, and the feed has handed out nothing after n yet,
 * because it follows the log behind that state. From the same moment on every frame of the feed is kept (`#waiting`) or
 * received live. Why there may be an overlap: the feed may still have frames at or before n to hand out; while waiting
 * they are dropped here, later ones the reader skips by seq.
 */
export class RosterSubscription implements DirectReader, RosterStream {
  readonly namesMembers = true;
  readonly #feed: RosterFeed;
  readonly #reader: RosterReader;
  readonly #clock: Clock;
  #pages: Iterator<string> | undefined;
  #snapshot: { readonly sid: string; readonly seq: number } | undefined;
  /** Frames that came while the snapshot is being sent. Their texts are shared among all readers. */
  #waiting: RosterText[] = [];
  #waitingLength = 0;
  #live = false;
  #stopped = false;
  #cancelPump: (() => void) | undefined;

  constructor(options: { feed: RosterFeed; reader: RosterReader; clock: Clock }) {
    this.#feed = options.feed;
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#feed.direct.add(this);
  }

  /** Sends what the reader lacks. Call once, in the same turn in which `state` was read. */
  start(state: OpenChannel | undefined, cursor?: RosterCursor): void {
    const missing = cursor && this.#missing(state, cursor);
    if (missing && cursor) {
      const count = state?.roster.size ?? 0;
      for (const part of partsOf(missing)) this.#reader.send(changesText(cursor.sid, count, part).text);
      const links = this.#feed.linksSince(cursor.after);
      if (links) this.#reader.send(links.text);
      this.#snapshot = { sid: cursor.sid, seq: missing.at(-1)?.seq ?? cursor.after };
    } else if (state) {
      this.#snapshot = { sid: state.sid, seq: state.seq };
      this.#pages = snapshotTexts(state);
    }
    this.#pump();
  }

  receive(frame: RosterText): void {
    this.#waiting.push(frame);
    this.#waitingLength += frame.text.length;
    if (this.#waitingLength > limits.rosterWaitingBytesMax) {
      this.stop();
      this.#reader.onSlow();
    }
  }

  /** The reader took some of what was sent. */
  drained(): void {
    if (this.#pages) this.#pump();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelPump?.();
    this.#pages = undefined;
    this.#waiting = [];
    this.#feed.direct.delete(this);
    if (this.#live) {
      this.#feed.topicReaders--;
      this.#reader.leaveLive();
    }
    this.#feed.idleSinceMs = this.#clock.nowMs();
  }

  /** The changes after the cursor, if all that the reader may lack is known. */
  #missing(state: OpenChannel | undefined, cursor: RosterCursor): readonly RosterChange[] | undefined {
    if (!state || state.sid !== cursor.sid || cursor.after > state.seq) return undefined;
    return this.#feed.ring.after(cursor.sid, cursor.after);
  }

  /** Sends pages while the reader takes them; a few per turn, so that one large roster holds up nobody else. */
  #pump(): void {
    this.#cancelPump?.();
    this.#cancelPump = undefined;
    for (let sent = 0; this.#pages && !this.#stopped; sent++) {
      if (this.#reader.bufferedBytes() > limits.rosterWindowBytes) return;
      if (sent >= limits.rosterPagesPerTurn) {
        this.#cancelPump = this.#clock.after(0, () => this.#pump());
        return;
      }
      const page = this.#pages.next();
      if (page.done) this.#pages = undefined;
      else this.#reader.send(page.value);
    }
    if (!this.#stopped && !this.#live) this.#cutOver();
  }

  /** The snapshot is sent: sends what came meanwhile and is not in it, then goes live. One turn, so that nothing slips through. */
  #cutOver(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#live = true;
    const known = this.#snapshot;
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

function* snapshotTexts({ sid, seq, profile, roster }: OpenChannel): Generator<string> {
  let after = 0;
  let left = roster.size;
  do {
    const page = roster.page(after, rosterPageMembersMax);
    after = page.at(-1)?.joinedSeq ?? after;
    left -= page.length;
    const frame: RosterSnapshotFrame = {
      type: 'roster-snapshot',
      sid,
      seq,
      profile,
      count: roster.size,
      members: page.map(toRosterMember),
      last: left <= 0,
    };
    yield JSON.stringify(frame);
  } while (left > 0);
}

function* partsOf(changes: readonly RosterChange[]): Generator<readonly RosterChange[]> {
  for (let start = 0; start < changes.length; start += limits.rosterFrameChangesMax)
    yield changes.slice(start, start + limits.rosterFrameChangesMax);
}
