import type {
  RosterCounts,
  RosterPoint,
  SignalingRosterChange,
  SignalingRosterChanges,
  SignalingRosterCount,
  SignalingRosterCursor,
  SignalingRosterMember,
  SignalingRosterSnapshot,
  SignalingRosterWindow,
  SignalingRosterWindowChanges,
} from '@housecount/protocol';

/** The frames that say who is there. */
export type RosterNews =
  | SignalingRosterSnapshot
  | SignalingRosterChanges
  | SignalingRosterCount
  | SignalingRosterWindow
  | SignalingRosterWindowChanges;

/** Somebody who is not there any more. `into`: who went on as part of that user, and did not leave. */
export interface Left {
  readonly member: SignalingRosterMember;
  readonly reason?: string;
  readonly into?: string;
}

/** The difference that one frame made. */
export interface RosterDifference {
  /** Members who came, or came into the window. */
  readonly joined: readonly SignalingRosterMember[];
  /** Members who left, or are not in the window any more; `reason` where it is known. */
  readonly left: readonly Left[];
  readonly changed: readonly SignalingRosterMember[];
}

const nobody: RosterCounts = { count: 0, hosts: 0, audience: 0, interrupted: 0 };

/** Folds the frames of a roster, or of one view of it: a snapshot, then deltas (docs/signaling.md). */
export class RosterBook {
  #members = new Map<string, SignalingRosterMember>();
  #counts = nobody;
  #at: RosterPoint = {};
  #stream = '';
  #seq = 0;
  #isWhole = false;
  /** Pages of a snapshot that has not ended. */
  #pages: SignalingRosterMember[] = [];

  /** The members in order of arrival; empty when only the counts are followed. */
  get members(): ReadonlyMap<string, SignalingRosterMember> {
    return this.#members;
  }
  get counts(): RosterCounts {
    return this.#counts;
  }
  get at(): RosterPoint {
    return this.#at;
  }
  /** Everything was told once. */
  get isWhole(): boolean {
    return this.#isWhole;
  }
  /** The stream and seq that a whole roster is known up to; a window has no cursor. */
  get cursor(): SignalingRosterCursor | undefined {
    return this.#isWhole ? { stream: this.#stream, after: this.#seq } : undefined;
  }

  /** A subscription begins: what was told half by another one is of no use. */
  begins(): void {
    this.#pages = [];
  }

  /** Takes a frame and gives the difference it made; 'hole' if something before it is missing; undefined if nothing is to be told yet. */
  take(frame: RosterNews): RosterDifference | 'hole' | undefined {
    switch (frame.type) {
      case 'roster-snapshot': {
        this.#pages.push(...frame.members);
        if (!frame.last) return undefined;
        const members = this.#pages;
        this.#pages = [];
        const difference = this.#replace(members);
        this.#counts = members.reduce((counts, member) => counted(counts, member, 1), nobody);
        return this.#stands(frame, difference);
      }
      case 'roster-changes':
        return this.#isWhole ? this.#apply(frame) : undefined;
      case 'roster-count':
        this.#counts = countsOf(frame);
        return this.#stands(frame, { joined: [], left: [], changed: [] });
      case 'roster-window':
        this.#counts = countsOf(frame);
        return this.#stands(frame, this.#replace(frame.members));
      case 'roster-window-changes': {
        if (!this.#isWhole) return undefined;
        if (frame.stream !== this.#stream || frame.after > this.#seq) return 'hole';
        if (frame.after < this.#seq) return undefined;
        this.#counts = countsOf(frame);
        return this.#stands(frame, this.#moved(frame));
      }
    }
  }

  #stands(
    { stream, seq, at }: { readonly stream: string; readonly seq: number; readonly at: RosterPoint },
    difference: RosterDifference,
  ): RosterDifference {
    this.#stream = stream;
    this.#seq = seq;
    this.#at = at;
    this.#isWhole = true;
    return difference;
  }

  #apply({ stream, at, changes }: SignalingRosterChanges): RosterDifference | 'hole' | undefined {
    if (stream !== this.#stream) return 'hole';
    const news = changes.filter(({ seq }) => seq > this.#seq);
    const [first] = news;
    if (!first) return undefined;
    if (first.seq !== this.#seq + 1) return 'hole';
    const difference = { joined: [], left: [], changed: [] } satisfies RosterDifference;
    for (const change of news) this.#step(change, difference);
    if (at) this.#at = at;
    return difference;
  }

  #step(
    change: SignalingRosterChange,
    {
      joined,
      left,
      changed,
    }: {
      joined: SignalingRosterMember[];
      left: Left[];
      changed: SignalingRosterMember[];
    },
  ): void {
    this.#seq = change.seq;
    if (change.type === 'left') {
      const member = this.#members.get(change.userId);
      if (!member) return;
      this.#members.delete(change.userId);
      this.#counts = counted(this.#counts, member, -1);
      const { reason, into } = change;
      left.push({ member, reason, ...(into !== undefined && { into }) });
      return;
    }
    const { member } = change;
    const before = this.#members.get(member.userId);
    if (before) this.#counts = counted(this.#counts, before, -1);
    this.#members.set(member.userId, member);
    this.#counts = counted(this.#counts, member, 1);
    (change.type === 'joined' ? joined : changed).push(member);
  }

  #moved({ left = [], changed = [], entered = [] }: SignalingRosterWindowChanges): RosterDifference {
    const gone = left.flatMap((userId) => {
      const member = this.#members.get(userId);
      this.#members.delete(userId);
      return member ? [{ member }] : [];
    });
    for (const member of [...changed, ...entered]) this.#members.set(member.userId, member);
    return { joined: entered, left: gone, changed };
  }

  /** Puts these in the place of who was known; what differs, net. */
  #replace(members: readonly SignalingRosterMember[]): RosterDifference {
    const before = this.#members;
    this.#members = new Map(members.map((member) => [member.userId, member]));
    const joined: SignalingRosterMember[] = [];
    const changed: SignalingRosterMember[] = [];
    for (const member of members) {
      const known = before.get(member.userId);
      if (!known) joined.push(member);
      else if (JSON.stringify(known) !== JSON.stringify(member)) changed.push(member);
    }
    const left = [...before.values()]
      .filter(({ userId }) => !this.#members.has(userId))
      .map((member) => ({ member }));
    return { joined, left, changed };
  }
}

const countsOf = ({ count, hosts, audience, interrupted }: RosterCounts): RosterCounts => ({
  count,
  hosts,
  audience,
  interrupted,
});

function counted(
  { count, hosts, audience, interrupted }: RosterCounts,
  { live, interruptedSinceMs }: SignalingRosterMember,
  by: 1 | -1,
): RosterCounts {
  return {
    count: count + by,
    hosts: hosts + (live?.role === 'broadcaster' ? by : 0),
    audience: audience + (live?.role === 'audience' ? by : 0),
    interrupted: interrupted + (interruptedSinceMs === undefined ? 0 : by),
  };
}
