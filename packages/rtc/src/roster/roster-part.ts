import {
  type RosterCountFrame,
  type RosterCounts,
  type RosterWindowChangesFrame,
  type RosterWindowFrame,
  rosterWindowMembersMax,
} from '@housecount/protocol';
import { failure } from '../errors.ts';
import { type Member, type Roster, toMember } from './roster.ts';

/** The numbers of members in the channel, at `seq` of `sid`. */
export interface ChannelCounts {
  /** Members: hosts and audience. */
  readonly count: number;
  readonly hostCount: number;
  readonly audienceCount: number;
  /** The number of members whose connection is silent right now. */
  readonly interruptedCount: number;
  readonly seq: number;
  readonly sid: string;
}

/** Some members of the channel, live: those at places `from` on in order of arrival, with the counts of the whole channel. */
export interface RosterWindow extends ChannelCounts {
  /** Place of the first of `members`, counted from 0. */
  readonly from: number;
  readonly members: readonly Member[];
}

/** The members that a window shows: the first by arrival, or those at places `from` to `from` + `count` − 1. */
export type RosterRange = { readonly first: number } | { readonly from: number; readonly count: number };

/** A range, checked. */
export interface WindowRange {
  readonly from: number;
  readonly count: number;
}

/** Checks what a page gave. Throws INVALID_PARAMS: 1 to 1,000 members, from place 0 on. */
export function readRange(range: RosterRange): WindowRange {
  if (typeof range !== 'object' || range === null)
    throw failure('INVALID_PARAMS', 'a window is { first } or { from, count }');
  const { from, count } = 'first' in range ? { from: 0, count: range.first } : range;
  if (!Number.isSafeInteger(from) || from < 0)
    throw failure('INVALID_PARAMS', 'a window begins at a whole number from 0');
  if (!Number.isInteger(count) || count < 1 || count > rosterWindowMembersMax)
    throw failure('INVALID_PARAMS', `a window shows 1 to ${rosterWindowMembersMax} members`);
  return { from, count };
}

export interface PartHandlers {
  /** Called at the first counts, and whenever one of them changes. */
  counts(counts: ChannelCounts): void;
  /** Called whenever the window's content changes. */
  window(window: RosterWindow): void;
  /** A change is missing: the window must be asked for again. */
  hole(): void;
}

/** Holds what is known of a channel without its whole roster: the counts, and a window if the page wants one. */
export class RosterPart implements RosterWindow {
  #counts: RosterCounts = { count: 0, hosts: 0, audience: 0, interrupted: 0 };
  #sid = '';
  #seq = 0;
  #from = 0;
  #members: readonly Member[] = [];
  #isCounted = false;
  /** The window is whole; changes of one that is not are dropped. */
  #isWhole = false;
  #waitingForCounts: (() => void)[] = [];
  readonly #waitingForWindow = new Set<{ readonly from: number; readonly resolve: () => void }>();

  constructor(private readonly handlers: PartHandlers) {}

  get count(): number {
    return this.#counts.count;
  }
  get hostCount(): number {
    return this.#counts.hosts;
  }
  get audienceCount(): number {
    return this.#counts.audience;
  }
  get interruptedCount(): number {
    return this.#counts.interrupted;
  }
  get seq(): number {
    return this.#seq;
  }
  get sid(): string {
    return this.#sid;
  }
  get from(): number {
    return this.#from;
  }
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Resolves once the counts are known. */
  whenCounted(): Promise<void> {
    return this.#isCounted
      ? Promise.resolve()
      : new Promise((resolve) => this.#waitingForCounts.push(resolve));
  }

  /** `shown` resolves at the next whole window from this place; `forget` is for who waits no longer. */
  whenShown({ from }: WindowRange): { readonly shown: Promise<void>; forget(): void } {
    const waiting = { from, resolve: (): void => undefined };
    const shown = new Promise<void>((resolve) => {
      waiting.resolve = resolve;
    });
    this.#waitingForWindow.add(waiting);
    return { shown, forget: () => this.#waitingForWindow.delete(waiting) };
  }

  takeCounts(frame: RosterCountFrame): void {
    this.#note(frame, frame);
  }

  takeWindow(frame: RosterWindowFrame): void {
    this.#isWhole = true;
    this.#show(frame.from, frame.members.map(toMember), frame, frame);
  }

  takeChanges(frame: RosterWindowChangesFrame): void {
    if (!this.#isWhole) return;
    if (frame.sid !== this.#sid || frame.after !== this.#seq) {
      this.#isWhole = false;
      this.handlers.hole();
      return;
    }
    const left = new Set(frame.left);
    const changed = new Map(frame.changed?.map((member) => [member.uid, toMember(member)]));
    const entered = frame.entered?.map(toMember) ?? [];
    if (left.size + changed.size + entered.length === 0) {
      this.#note(frame, frame);
      return;
    }
    const rest = this.#members.filter(({ numericUid }) => !left.has(numericUid));
    const kept = rest.map((member) => changed.get(member.numericUid) ?? member);
    this.#show(this.#from, [...kept, ...entered], frame, frame);
  }

  /** The page has the whole roster anyway: counts and window are cut out of it. */
  cutFrom(roster: Roster & { readonly interruptedCount: number }, range: WindowRange | undefined): void {
    const { count, audienceCount, interruptedCount } = roster;
    const counts = {
      count,
      hosts: count - audienceCount,
      audience: audienceCount,
      interrupted: interruptedCount,
    };
    if (!range) {
      this.#note(counts, roster);
      return;
    }
    const members: Member[] = [];
    let place = 0;
    for (const member of roster.members.values()) {
      if (place >= range.from + range.count) break;
      if (place++ >= range.from) members.push(member);
    }
    const isSame =
      this.#isWhole &&
      range.from === this.#from &&
      members.length === this.#members.length &&
      members.every((member, index) => member === this.#members[index]);
    this.#isWhole = true;
    if (isSame) this.#note(counts, roster);
    else this.#show(range.from, members, counts, roster);
  }

  #show(
    from: number,
    members: readonly Member[],
    counts: RosterCounts,
    at: { readonly sid: string; readonly seq: number },
  ): void {
    this.#from = from;
    this.#members = members;
    this.#note(counts, at);
    for (const waiting of this.#waitingForWindow) if (waiting.from === from) waiting.resolve();
    this.handlers.window(this);
  }

  #note(
    { count, hosts, audience, interrupted }: RosterCounts,
    { sid, seq }: { readonly sid: string; readonly seq: number },
  ): void {
    const before = this.#counts;
    const isNews =
      !this.#isCounted ||
      count !== before.count ||
      hosts !== before.hosts ||
      interrupted !== before.interrupted;
    this.#counts = { count, hosts, audience, interrupted };
    this.#sid = sid;
    this.#seq = seq;
    this.#isCounted = true;
    for (const resolve of this.#waitingForCounts.splice(0)) resolve();
    if (isNews)
      this.handlers.counts({
        count,
        hostCount: hosts,
        audienceCount: audience,
        interruptedCount: interrupted,
        seq,
        sid,
      });
  }
}
