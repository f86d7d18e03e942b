import type { Entry, RosterMember } from './entry.ts';
import type { RosterLimits } from './roster-limits.ts';
import { UidMap } from './uid-map.ts';

/** One life of a channel, as far as its notices have come: true at `seq`. */
export interface Life {
  readonly sid: string;
  /** Everything up to here is in `members`; 0 before the first. */
  readonly seq: number;
  readonly closed: boolean;
  /** Times of the earliest and latest entry seen, waiting ones too, epoch seconds. */
  readonly minTs: number;
  readonly maxTs: number;
  readonly members: UidMap<RosterMember>;
  /** Entries that came before their turn, in order of seq. */
  readonly waiting: readonly Entry[];
  readonly waitingBytes: number;
  /** The members do not agree with what the server said: only a snapshot helps. */
  readonly doubt: boolean;
}

/** A change, as listeners are told. */
export type LifeChange =
  | { readonly type: 'opened' | 'closed'; readonly sid: string; readonly seq: number }
  | {
      readonly type: 'joined' | 'role';
      readonly sid: string;
      readonly seq: number;
      readonly member: RosterMember;
    }
  | {
      readonly type: 'left';
      readonly sid: string;
      readonly seq: number;
      readonly member: RosterMember;
      /** The reason in the notice; absent if the leave was learnt from a snapshot. */
      readonly reason?: number;
    };

export interface Folded {
  readonly life: Life;
  readonly verdict: 'applied' | 'duplicate' | 'waiting' | 'full';
  /** The first hole, both ends missing; present with `waiting` and `full`. */
  readonly hole?: Hole;
  readonly changes: readonly LifeChange[];
}

export type Hole = readonly [from: number, to: number];

/** A life of which nothing has been applied. */
export function newLife(sid: string, ts: number): Life {
  return {
    sid,
    seq: 0,
    closed: false,
    minTs: ts,
    maxTs: ts,
    members: UidMap.empty(),
    waiting: [],
    waitingBytes: 0,
    doubt: false,
  };
}

/** The life after an entry of its sid: entries are applied strictly in order of seq, and those too early wait. Pure. */
export function fold(life: Life, entry: Entry, limits: RosterLimits): Folded {
  if (life.closed || entry.seq <= life.seq) return { life, verdict: 'duplicate', changes: [] };
  if (entry.seq > life.seq + 1) return wait(life, entry, limits);
  const changes: LifeChange[] = [];
  const next = drain(apply(life, entry, changes), changes);
  return { life: next, verdict: 'applied', changes };
}

/** The first hole of a life, if something waits behind one. */
export function holeOf({ seq, waiting: [first] }: Life): Hole | undefined {
  return first === undefined ? undefined : [seq + 1, first.seq - 1];
}

/** The life as the server's snapshot has it; unchanged if it is further already. */
export function adopt(
  life: Life,
  snapshot: { readonly seq: number; readonly openedTs: number; readonly members: readonly RosterMember[] },
): { readonly life: Life; readonly changes: readonly LifeChange[] } {
  const isNewer = snapshot.seq > life.seq || (snapshot.seq === life.seq && life.doubt);
  if (life.closed || !isNewer) return { life, changes: [] };
  let members = UidMap.empty<RosterMember>();
  for (const member of snapshot.members) members = members.with(member.uid, member);
  const at = { sid: life.sid, seq: snapshot.seq };
  const changes: LifeChange[] = life.seq === 0 ? [{ ...at, type: 'opened' }] : [];
  for (const member of life.members.values())
    if (!members.has(member.uid)) changes.push({ ...at, type: 'left', member });
  for (const member of members.values()) {
    const before = life.members.get(member.uid);
    if (!before) changes.push({ ...at, type: 'joined', member });
    else if (before.role !== member.role) changes.push({ ...at, type: 'role', member });
  }
  const next = {
    ...life,
    seq: snapshot.seq,
    members,
    minTs: Math.min(life.minTs, snapshot.openedTs),
    doubt: false,
  };
  return { life: drain(next, changes), changes };
}

function wait(life: Life, entry: Entry, limits: RosterLimits): Folded {
  const index = life.waiting.findLastIndex(({ seq }) => seq <= entry.seq);
  if (life.waiting[index]?.seq === entry.seq) return { life, verdict: 'duplicate', changes: [] };
  const bytes = JSON.stringify(entry).length;
  if (life.waiting.length >= limits.waitingMax || life.waitingBytes + bytes > limits.waitingBytesMax)
    return { life, verdict: 'full', hole: [life.seq + 1, entry.seq - 1], changes: [] };
  const next = {
    ...life,
    minTs: Math.min(life.minTs, entry.ts),
    maxTs: Math.max(life.maxTs, entry.ts),
    waiting: life.waiting.toSpliced(index + 1, 0, entry),
    waitingBytes: life.waitingBytes + bytes,
  };
  const hole = holeOf(next);
  return { life: next, verdict: 'waiting', ...(hole && { hole }), changes: [] };
}

/** Applies what waited for its turn. */
function drain(life: Life, changes: LifeChange[]): Life {
  if (life.waiting.length === 0) return life;
  let next = life;
  let used = 0;
  for (const entry of life.waiting) {
    if (next.closed || entry.seq > next.seq + 1) break;
    used += 1;
    if (entry.seq === next.seq + 1) next = apply(next, entry, changes);
  }
  if (next.closed) return { ...next, waiting: [], waitingBytes: 0 };
  if (used === 0) return next;
  const waiting = life.waiting.slice(used);
  return {
    ...next,
    waiting,
    waitingBytes: waiting.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0),
  };
}

function apply(life: Life, entry: Entry, changes: LifeChange[]): Life {
  const { sid, seq, ts } = entry;
  const at = { sid, seq };
  const next = { ...life, seq, minTs: Math.min(life.minTs, ts), maxTs: Math.max(life.maxTs, ts) };
  switch (entry.what) {
    case 'opened':
      changes.push({ ...at, type: 'opened' });
      return next;
    case 'closed':
      for (const member of life.members.values()) changes.push({ ...at, type: 'left', member });
      changes.push({ ...at, type: 'closed' });
      return { ...next, closed: true, members: UidMap.empty(), doubt: false };
    case 'joined':
      changes.push({ ...at, type: 'joined', member: entry.member });
      return checked(next, entry, life.members.with(entry.member.uid, entry.member));
    case 'left': {
      const { uid, reason } = entry;
      const before = life.members.get(uid);
      if (!before) return { ...next, doubt: true };
      const member = linked(before, entry);
      changes.push({ ...at, type: 'left', member, ...(reason !== undefined && { reason }) });
      return checked(next, entry, life.members.without(uid));
    }
    case 'role': {
      const before = life.members.get(entry.uid);
      if (!before) return { ...next, doubt: true };
      // Roles mean nothing among communication members: they stay what their join said.
      if (before.role === 'communication') return next;
      const member = { ...linked(before, entry), role: entry.role };
      changes.push({ ...at, type: 'role', member });
      return checked(next, entry, life.members.with(entry.uid, member));
    }
  }
}

/** A member is linked without a notice: the next one about it says to whom. */
const linked = (member: RosterMember, { userId }: { readonly userId?: string }): RosterMember =>
  userId === undefined ? member : { ...member, userId };

/** Every notice says how many there are after it: a fold that disagrees has been told something wrong. */
function checked(life: Life, { count }: Entry, members: UidMap<RosterMember>): Life {
  return { ...life, members, doubt: life.doubt || (count !== undefined && count !== members.size) };
}
