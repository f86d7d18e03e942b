import {
  type ChannelEvent,
  type RosterChange,
  type RosterChangesFrame,
  type RosterInterruptedFrame,
  type RosterLinkedFrame,
  toRosterChange,
} from '@housecount/protocol';
import type { OpenChannel } from '../../channel/channel.ts';
import type { LinkMark } from '../../channel/decision.ts';
import { interruptedSinceMs } from '../../channel/membership/lease.ts';
import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Broadcast } from '../../net/socket/socket.ts';
import { ChangeRing } from '../../rosters/change-ring.ts';
import { mergeMs } from '../../rosters/merge.ts';
import type { DirectReader, ReadFeed, RosterText } from '../../rosters/roster-subscription.ts';
import { defaultLiveRosterLimits } from '../live-limits.ts';
import { rosterBusTopic } from './bus-topics.ts';
import { ToldStates } from './told-states.ts';

export interface RosterFeedOptions {
  readonly app: string;
  readonly channel: string;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  /** The channel as it is; undefined while nobody is in it. */
  readonly state: () => OpenChannel | undefined;
  /** Changes that are kept for readers that come back; default: as limits.ts says. */
  readonly ringChangesMax?: number;
  readonly onRingSize: (delta: number) => void;
}

/**
 * The roster stream of one channel: collects its changes from the log, makes frames of them, and hands each frame to all
 * readers. Exists while somebody follows, and a while longer so that they can come back.
 */
export class RosterFeed implements ReadFeed {
  readonly app: string;
  readonly channel: string;
  readonly ring: ChangeRing<RosterChange>;
  readonly direct = new Set<DirectReader>();
  topicReaders = 0;
  idleSinceMs: number;
  readonly #options: RosterFeedOptions;
  #pending: { sid: string; count: number; changes: RosterChange[] } | undefined;
  /** Since when each is silent, or undefined for back. */
  readonly #silences = new ToldStates<number | undefined>();
  /** The users that members were linked to after they had come. */
  readonly #users = new ToldStates<string>();
  /** The life that both are of. */
  #statesSid = '';
  #lastSeq = 0;
  #flushedMs = Number.NEGATIVE_INFINITY;
  #cancelFlush: (() => void) | undefined;
  #cancelAbsent: (() => void) | undefined;

  constructor(options: RosterFeedOptions) {
    this.#options = options;
    this.app = options.app;
    this.channel = options.channel;
    this.idleSinceMs = options.clock.steadyMs();
    this.ring = new ChangeRing({
      max: options.ringChangesMax ?? defaultLiveRosterLimits.rosterRingChangesMax,
      onSize: options.onRingSize,
    });
  }

  get readers(): number {
    return this.topicReaders + this.direct.size;
  }

  /** The next event of the channel. */
  add(event: ChannelEvent): void {
    if (this.#pending && this.#pending.sid !== event.sid) this.#send();
    // A frame of states goes out after the changes, so what was said of an earlier stay must not be in it.
    if (event.type === 'member-joined' || event.type === 'member-left') {
      this.#silences.forget(event.uid);
      this.#users.forget(event.uid);
    }
    const change = toRosterChange(event);
    this.ring.push(event.sid, change);
    this.#lastSeq = event.seq;
    this.#pending ??= { sid: event.sid, count: 0, changes: [] };
    this.#pending.count = event.count;
    this.#pending.changes.push(change);
    if (this.#pending.changes.length >= fixed.rosterFrameChangesMax) this.#send();
  }

  /** A member of the life `sid` went silent or is back. */
  mark(mark: LinkMark, sid: string): void {
    this.#link(mark.uid, mark.type === 'link-silent' ? mark.lastHeardMs : undefined, sid);
  }

  /**
   * Tells of those who have not come back after a start of the server, a slice at a time: by how it is at that moment, so that of who
   * is back meanwhile nothing is said. To be called when they are shown, once.
   */
  showAbsent(): void {
    const state = this.#options.state();
    if (state) this.#absentSlice(state.sid, 0);
  }

  #absentSlice(sid: string, fromSeq: number): void {
    this.#cancelAbsent = undefined;
    const state = this.#options.state();
    if (state?.sid !== sid) return;
    let told = 0;
    for (const { uid, link, joinedSeq } of state.roster.after(fromSeq)) {
      const sinceMs = interruptedSinceMs(link);
      // The others were shown already.
      if (link.state === 'live' || link.evidence !== 'server-crash' || sinceMs === undefined) continue;
      this.#link(uid, sinceMs, sid);
      if (++told < fixed.rosterFrameChangesMax) continue;
      this.#cancelAbsent = this.#options.clock.after(fixed.absentSliceMs, () => {
        this.#absentSlice(sid, joinedSeq);
        this.settle();
      });
      return;
    }
  }

  /** A member of the life `sid` is interrupted since then, epoch milliseconds, or, with undefined, is back. */
  #link(uid: number, sinceMs: number | undefined, sid: string): void {
    this.#enter(sid);
    this.#silences.set(uid, sinceMs);
    if (this.#silences.size >= fixed.rosterFrameChangesMax) this.#send();
  }

  /** A member of the life `sid` was linked to a user after it had come. */
  linked(uid: number, userId: string, sid: string): void {
    this.#enter(sid);
    this.#users.set(uid, userId);
    if (this.#users.size >= fixed.rosterFrameChangesMax) this.#send();
  }

  /** States from here on are of that life: those of another one go before. */
  #enter(sid: string): void {
    if (this.#statesSid !== sid && this.#hasStates) this.#send();
    this.#statesSid = sid;
  }

  get #hasStates(): boolean {
    return this.#silences.size > 0 || this.#users.size > 0;
  }

  /** The end of a batch of the log: sends what was collected, at once or as soon as the load of the last frame allows (merge.ts). */
  settle(): void {
    if (this.#cancelFlush || (!this.#pending && !this.#hasStates)) return;
    const { clock } = this.#options;
    const { readers } = this;
    const waitMs = this.#flushedMs + mergeMs({ readers }, fixed.rosterMergeMs) - clock.steadyMs();
    if (waitMs <= 0) {
      this.#send();
      return;
    }
    this.#cancelFlush = clock.after(waitMs, () => {
      this.#cancelFlush = undefined;
      this.#send();
    });
  }

  /** What was told beside the changes since `seq` of the present sid, as frames. */
  statesSince(seq: number): readonly RosterText[] {
    return stateTexts(this.#statesSid, this.#silences.since(seq), this.#users.since(seq));
  }

  /** Forgets everything; nothing is sent any more. */
  stop(): void {
    this.#cancelFlush?.();
    this.#cancelAbsent?.();
    this.ring.clear();
  }

  #send(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#flushedMs = this.#options.clock.steadyMs();
    const pending = this.#pending;
    this.#pending = undefined;
    const silences = this.#silences.take(this.#lastSeq);
    const users = this.#users.take(this.#lastSeq);
    if (this.readers === 0) return;
    if (pending) this.#hand(changesText(pending.sid, pending.count, pending.changes));
    for (const text of stateTexts(this.#statesSid, silences, users)) this.#hand(text);
  }

  #hand(frame: RosterText): void {
    const { app, channel, broadcast } = this.#options;
    if (this.topicReaders > 0) broadcast.publish(rosterBusTopic(app, channel), frame.text);
    for (const reader of this.direct) reader.receive(frame);
  }
}

/** A frame of changes, which are dense and at least one. */
export function changesText(sid: string, count: number, changes: readonly RosterChange[]): RosterText {
  const from = changes[0]?.seq ?? 0;
  const to = changes.at(-1)?.seq ?? 0;
  const frame: RosterChangesFrame = { type: 'roster-changes', sid, from, to, count, changes };
  return { sid, to, text: JSON.stringify(frame) };
}

/** A frame for each kind of state of which there is something to tell. */
function stateTexts(
  sid: string,
  silences: ReadonlyMap<number, number | undefined>,
  users: ReadonlyMap<number, string>,
): readonly RosterText[] {
  return [
    ...(silences.size > 0 ? [interruptedText(sid, silences)] : []),
    ...(users.size > 0 ? [linkedText(sid, users)] : []),
  ];
}

function linkedText(sid: string, users: ReadonlyMap<number, string>): RosterText {
  const linked = Array.from(users, ([uid, userId]) => ({ uid, userId }));
  const frame: RosterLinkedFrame = { type: 'roster-linked', sid, linked };
  return { sid, text: JSON.stringify(frame) };
}

function interruptedText(sid: string, links: ReadonlyMap<number, number | undefined>): RosterText {
  const silent: { uid: number; sinceMs: number }[] = [];
  const back: number[] = [];
  for (const [uid, sinceMs] of links)
    if (sinceMs === undefined) back.push(uid);
    else silent.push({ uid, sinceMs });
  const frame: RosterInterruptedFrame = { type: 'roster-interrupted', sid, silent, back };
  return { sid, text: JSON.stringify(frame) };
}
