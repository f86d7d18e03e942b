import type {
  LeaveReason,
  Role,
  RosterChange,
  RosterChangesFrame,
  RosterInterruptedFrame,
  RosterLinkedFrame,
  RosterMember,
  RosterSnapshotFrame,
} from '@housecount/protocol';
import type { UID } from '../api/uid.ts';

/** One member of the channel, named as the page names it: by its string uid if it joined with one, else by its number. */
export interface Member extends Omit<RosterMember, 'uid' | 'role'> {
  readonly uid: UID;
  /** The member's number, also where `uid` is a string. */
  readonly numericUid: number;
  readonly role: 'host' | 'audience';
}

/** The channel's members, live: read it whenever you like. It is true at `seq` of `sid`. */
export interface Roster {
  /** The members in order of arrival. */
  readonly members: ReadonlyMap<UID, Member>;
  /** The number of members of the channel, hosts and audience. */
  readonly count: number;
  /** The number of members who are audience. */
  readonly audienceCount: number;
  readonly seq: number;
  readonly sid: string;
}

/** Why somebody is no longer audience: the leave's reason, or that the member became a host and is still there. */
export type AudienceLeftReason = LeaveReason | 'became-host';

export interface RosterHandlers {
  audienceJoined(member: Member): void;
  audienceLeft(member: Member, reason: AudienceLeftReason): void;
  /** Called after the changes of a frame, if the number changed. */
  audienceCount(count: number): void;
  interrupted(member: Member): void;
  back(member: Member): void;
  /** A change is missing: a new snapshot is needed. */
  hole(): void;
}

/** Frames that wait for the end of a snapshot, at most; then the snapshot is asked for again. */
const earlyFramesMax = 1000;

/** Folds the roster stream into the live view: a snapshot first, then dense changes. Needs no clock and no network. */
export class RosterView implements Roster {
  readonly #members = new Map<UID, Member>();
  readonly #names = new Map<number, UID>();
  #sid = '';
  #seq = 0;
  #count = 0;
  #audience = 0;
  #toldAudience = -1;
  #interrupted = 0;
  #ready = false;
  /** Parts of a snapshot under way. */
  #parts: RosterMember[] | undefined;
  #early: RosterChangesFrame[] = [];
  #waiting: (() => void)[] = [];

  constructor(private readonly handlers: RosterHandlers) {}

  get members(): ReadonlyMap<UID, Member> {
    return this.#members;
  }
  get count(): number {
    return this.#count;
  }
  get audienceCount(): number {
    return this.#audience;
  }
  /** Members whose connection is silent. */
  get interruptedCount(): number {
    return this.#interrupted;
  }
  /** Tells whether this is the roster of some seq: from the first complete snapshot on. */
  get isReady(): boolean {
    return this.#ready;
  }
  get seq(): number {
    return this.#seq;
  }
  get sid(): string {
    return this.#sid;
  }

  /**
   * The position to resume from after a reconnection; undefined when only a snapshot will do: nothing is known yet, or
   * somebody was silent, and the server does not repeat who came back meanwhile.
   */
  get cursor(): { sid: string; after: number } | undefined {
    return this.#ready && this.#interrupted === 0 ? { sid: this.#sid, after: this.#seq } : undefined;
  }

  /** Resolves at the first complete snapshot. */
  whenReady(): Promise<void> {
    return this.#ready ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A new subscription begins: what was half received is worth nothing. */
  restart(): void {
    this.#parts = undefined;
    this.#early = [];
  }

  /** The subscription wants a snapshot whatever it had: everything until then waits. */
  expectSnapshot(): void {
    this.#parts = [];
    this.#early = [];
  }

  takeSnapshot(frame: RosterSnapshotFrame): void {
    this.#parts = [...(this.#parts ?? []), ...frame.members];
    if (!frame.last) return;
    const members = this.#parts;
    const early = this.#early;
    this.restart();
    this.#replaceAll(members, frame);
    for (const each of early) this.takeChanges(each);
  }

  takeChanges(frame: RosterChangesFrame): void {
    if (this.#parts || !this.#ready) {
      this.#keepEarly(frame);
      return;
    }
    if (frame.sid !== this.#sid || frame.from > this.#seq + 1) {
      this.#hole();
      return;
    }
    for (const change of frame.changes) {
      if (change.seq <= this.#seq) continue;
      if (change.seq !== this.#seq + 1) {
        this.#hole();
        return;
      }
      this.#seq = change.seq;
      this.#apply(change);
    }
    this.#count = frame.count;
    this.#tellAudience();
  }

  takeInterrupted(frame: RosterInterruptedFrame): void {
    if (frame.sid !== this.#sid) return;
    for (const { uid, sinceMs } of frame.silent) {
      const member = this.#update(uid, { interruptedSinceMs: sinceMs });
      if (member) this.handlers.interrupted(member);
    }
    for (const uid of frame.back) {
      if (this.#find(uid)?.interruptedSinceMs === undefined) continue;
      const member = this.#update(uid, { interruptedSinceMs: undefined });
      if (member) this.handlers.back(member);
    }
  }

  takeLinked(frame: RosterLinkedFrame): void {
    if (frame.sid === this.#sid) for (const { uid, userId } of frame.linked) this.#update(uid, { userId });
  }

  #keepEarly(frame: RosterChangesFrame): void {
    if (this.#early.length >= earlyFramesMax) this.#hole();
    else this.#early.push(frame);
  }

  #hole(): void {
    this.expectSnapshot();
    this.handlers.hole();
  }

  #replaceAll(members: readonly RosterMember[], frame: RosterSnapshotFrame): void {
    const first = !this.#ready;
    const before = new Map(this.#members);
    this.#members.clear();
    this.#names.clear();
    this.#audience = 0;
    this.#interrupted = 0;
    for (const member of members) this.#put(toMember(member));
    this.#sid = frame.sid;
    this.#seq = frame.seq;
    this.#count = frame.count;
    this.#ready = true;
    // The first snapshot is where the view begins, not a change of it.
    if (!first) this.#tellDifference(before);
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#tellAudience();
  }

  #tellDifference(before: ReadonlyMap<UID, Member>): void {
    for (const old of before.values()) {
      const now = this.#members.get(old.uid);
      if (old.role !== 'audience' || now?.role === 'audience') continue;
      this.handlers.audienceLeft(old, now ? 'became-host' : 'other');
    }
    for (const member of this.#members.values())
      if (member.role === 'audience' && before.get(member.uid)?.role !== 'audience')
        this.handlers.audienceJoined(member);
  }

  #apply(change: RosterChange): void {
    switch (change.type) {
      case 'opened':
      case 'closed':
        return;
      case 'joined': {
        const member = toMember(change.member);
        this.#put(member);
        if (member.role === 'audience') this.handlers.audienceJoined(member);
        return;
      }
      case 'left': {
        const member = this.#remove(change.uid);
        if (member?.role === 'audience') this.handlers.audienceLeft(member, change.reason);
        return;
      }
      case 'role': {
        const before = this.#find(change.uid);
        const role = toRole(change.role);
        if (!before || before.role === role) return;
        const member = this.#update(change.uid, { role });
        if (!member) return;
        if (role === 'audience') this.handlers.audienceJoined(member);
        else this.handlers.audienceLeft(member, 'became-host');
      }
    }
  }

  #find(number: number): Member | undefined {
    const name = this.#names.get(number);
    return name === undefined ? undefined : this.#members.get(name);
  }

  #put(member: Member): void {
    this.#remove(member.numericUid);
    this.#members.set(member.uid, member);
    this.#names.set(member.numericUid, member.uid);
    this.#tally(member, 1);
  }

  #remove(number: number): Member | undefined {
    const member = this.#find(number);
    if (!member) return undefined;
    this.#members.delete(member.uid);
    this.#names.delete(number);
    this.#tally(member, -1);
    return member;
  }

  #tally(member: Member, sign: 1 | -1): void {
    if (member.role === 'audience') this.#audience += sign;
    if (member.interruptedSinceMs !== undefined) this.#interrupted += sign;
  }

  #update(
    number: number,
    fields: { role?: Member['role']; userId?: string; interruptedSinceMs?: number | undefined },
  ): Member | undefined {
    const before = this.#find(number);
    if (!before) return undefined;
    const { interruptedSinceMs, ...rest } = { ...before, ...fields };
    const member: Member = { ...rest, ...(interruptedSinceMs !== undefined && { interruptedSinceMs }) };
    this.#tally(before, -1);
    this.#tally(member, 1);
    // The member keeps its place in the map, so that the order stays that of arrival.
    this.#members.set(member.uid, member);
    return member;
  }

  #tellAudience(): void {
    if (this.#audience === this.#toldAudience) return;
    this.#toldAudience = this.#audience;
    this.handlers.audienceCount(this.#audience);
  }
}

const toRole = (role: Role): Member['role'] => (role === 'broadcaster' ? 'host' : 'audience');

/** A member as the page sees it. */
export function toMember({ uid, role, ...rest }: RosterMember): Member {
  return { ...rest, uid: rest.account ?? uid, numericUid: uid, role: toRole(role) };
}
