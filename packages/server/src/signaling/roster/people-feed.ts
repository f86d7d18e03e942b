import type { SignalingRosterChange } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Broadcast } from '../../net/socket/socket.ts';
import { ChangeRing } from '../../rosters/change-ring.ts';
import { mergeMs } from '../../rosters/merge.ts';
import type { DirectReader, Opening, ReadFeed, RosterCursor } from '../../rosters/roster-subscription.ts';
import {
  changesText,
  lengthOfChange,
  type NumberedPeople,
  type RosterId,
  snapshotTexts,
} from './people-frames.ts';

export interface PeopleFeedOptions {
  readonly id: RosterId;
  readonly topic: string;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  readonly state: () => NumberedPeople;
  readonly onRingSize: (delta: number) => void;
  /** Characters of changes that are kept for readers that come back. */
  readonly ringCharsMax: number;
}

/** Every change of one channel's roster, in frames that are made once for all who follow all of it. */
export class PeopleFeed implements ReadFeed {
  readonly direct = new Set<DirectReader>();
  topicReaders = 0;
  idleSinceMs: number;
  readonly ring: ChangeRing<SignalingRosterChange>;
  readonly #options: PeopleFeedOptions;
  #pending: SignalingRosterChange[] = [];
  #pendingLength = 0;
  #sentMs = Number.NEGATIVE_INFINITY;
  #cancelSend: (() => void) | undefined;

  constructor(options: PeopleFeedOptions) {
    this.#options = options;
    this.idleSinceMs = options.clock.steadyMs();
    this.ring = new ChangeRing({
      max: options.ringCharsMax,
      weightOf: lengthOfChange,
      onSize: options.onRingSize,
      begins: { sid: options.id.stream, seq: options.state().seq },
    });
  }

  get readers(): number {
    return this.topicReaders + this.direct.size;
  }

  /** The next change. `state` has it already, and perhaps others of the same record. */
  add(change: SignalingRosterChange): void {
    this.ring.push(this.#options.id.stream, change);
    if (this.readers === 0) return;
    if (isFull(this.#pending, this.#pendingLength)) this.#send('more follows');
    this.#pending.push(change);
    this.#pendingLength += lengthOfChange(change);
  }

  /** The end of a batch of the log: sends what was collected, at once or as soon as the load of the last frame allows (merge.ts). */
  settle(): void {
    if (this.#cancelSend || this.#pending.length === 0) return;
    const { clock } = this.#options;
    const { readers } = this;
    const waitMs = this.#sentMs + mergeMs({ readers }, fixed.rosterMergeMs) - clock.steadyMs();
    if (waitMs <= 0) {
      this.#send();
      return;
    }
    this.#cancelSend = clock.after(waitMs, () => {
      this.#cancelSend = undefined;
      this.#send();
    });
  }

  /** Opens a reader: with the deltas after its cursor if they are known, else with a snapshot of everybody. */
  opening(cursor?: RosterCursor): Opening {
    const { id, state } = this.#options;
    const now = state();
    const { seq } = now;
    const missing =
      cursor?.sid === id.stream && cursor.after <= seq ? this.#missing(cursor.after, seq) : undefined;
    if (!missing) return { sid: id.stream, seq, texts: snapshotTexts(id, now) };
    return { sid: id.stream, seq, texts: missingTexts(id, now, missing) };
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#cancelSend?.();
    this.#cancelSend = undefined;
    this.#pending = [];
    this.ring.clear();
  }

  #missing(after: number, seq: number): readonly SignalingRosterChange[] | undefined {
    return after === seq ? [] : this.ring.after(this.#options.id.stream, after);
  }

  #send(what?: 'more follows'): void {
    this.#cancelSend?.();
    this.#cancelSend = undefined;
    const { id, topic, broadcast, clock, state } = this.#options;
    const changes = this.#pending;
    this.#pending = [];
    this.#pendingLength = 0;
    this.#sentMs = clock.steadyMs();
    if (this.readers === 0 || changes.length === 0) return;
    const text = changesText(id, changes, what ? undefined : state());
    const to = changes.at(-1)?.seq ?? 0;
    if (this.topicReaders > 0) broadcast.publish(topic, text);
    for (const reader of this.direct) reader.receive({ sid: id.stream, to, text });
  }
}

/** Tells whether a frame of these changes, with so many characters, takes no more. Who goes on as part of another user is told with them. */
const isFull = (changes: readonly SignalingRosterChange[], length: number): boolean => {
  const last = changes.at(-1);
  if (last?.type === 'left' && last.into !== undefined) return false;
  return changes.length >= fixed.rosterFrameChangesMax || length >= fixed.signalingFrameLengthMax;
};

/** All of them, in frames of at most `rosterFrameChangesMax`. */
function* missingTexts(
  id: RosterId,
  now: NumberedPeople,
  missing: readonly SignalingRosterChange[],
): Generator<string> {
  let part: SignalingRosterChange[] = [];
  let length = 0;
  for (const change of missing) {
    if (isFull(part, length)) {
      yield changesText(id, part);
      part = [];
      length = 0;
    }
    part.push(change);
    length += lengthOfChange(change);
  }
  if (part.length > 0) yield changesText(id, part, now);
}
