import { type AgoraNotice, noticeTypes, type Role } from '@housecount/protocol';

/** A member as the notices tell of it. */
export interface AuditedMember {
  readonly uid: number;
  readonly role: Role | 'communication';
  readonly account: string | undefined;
  readonly joinedSeq: number;
}

export interface Audit {
  /** Sentences, each about one broken promise; empty when all is well. */
  readonly violations: readonly string[];
  /** Who is there by the notices: channel name to uid to member. Channels with nobody are absent. */
  readonly rosters: ReadonlyMap<string, ReadonlyMap<number, AuditedMember>>;
  /** Each life of a channel that was heard of. */
  readonly lives: ReadonlyMap<string, { channel: string; lastSeq: number; closed: boolean }>;
}

export interface AuditOptions {
  /** The receiver subscribed to some types only, or from the middle: seq may have holes, and counts are not checked. */
  readonly partial?: boolean;
}

type Heard = Pick<AgoraNotice, 'sid' | 'noticeId' | 'eventType' | 'payload'>;

/**
 * Folds what a receiver of one app was told, in whatever order and however often it was told, and says which promises
 * of the notices do not hold: dense seq, one notice per (sid, seq), joins before leaves, 101 first, 102 last.
 */
export function audit(notices: Iterable<Heard>, { partial = false }: AuditOptions = {}): Audit {
  const violations: string[] = [];
  const rosters = new Map<string, Map<number, AuditedMember>>();
  const lives = new Map<string, { channel: string; lastSeq: number; closed: boolean }>();
  const openSids = new Map<string, string>();
  for (const [sid, bySeq] of distinct(notices, violations)) {
    const events = [...bySeq.values()].sort((a, b) => a.payload.seq - b.payload.seq);
    const life = new Life(sid, partial, violations);
    for (const event of events) life.tell(event);
    lives.set(sid, { channel: life.channel, lastSeq: life.lastSeq, closed: life.closed });
    if (life.closed || events.length === 0) continue;
    const other = openSids.get(life.channel);
    if (other !== undefined) violations.push(`channel ${life.channel} is open as ${other} and as ${sid}`);
    openSids.set(life.channel, sid);
    if (life.members.size > 0) rosters.set(life.channel, life.members);
  }
  return { violations, rosters, lives };
}

/** One notice per (sid, seq); copies must say the same under the same noticeId. */
function distinct(notices: Iterable<Heard>, violations: string[]): Map<string, Map<number, Heard>> {
  const bySid = new Map<string, Map<number, Heard>>();
  const placeOfId = new Map<string, string>();
  for (const notice of notices) {
    const { sid, noticeId, payload } = notice;
    const place = `${sid} seq ${payload.seq}`;
    const knownPlace = placeOfId.get(noticeId);
    if (knownPlace !== undefined && knownPlace !== place)
      violations.push(`noticeId ${noticeId} stands for ${knownPlace} and for ${place}`);
    placeOfId.set(noticeId, place);
    const bySeq = bySid.get(sid) ?? new Map<number, Heard>();
    bySid.set(sid, bySeq);
    const known = bySeq.get(payload.seq);
    if (!known) bySeq.set(payload.seq, notice);
    else if (known.noticeId !== noticeId)
      violations.push(`${place} was sent under ${known.noticeId} and under ${noticeId}`);
    else if (contentOf(known) !== contentOf(notice)) violations.push(`copies of ${place} differ`);
  }
  return bySid;
}

function contentOf({ eventType, payload }: Heard): string {
  return JSON.stringify([eventType, Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

const joins: readonly number[] = [
  noticeTypes.broadcasterJoin,
  noticeTypes.audienceJoin,
  noticeTypes.communicationJoin,
];
const leaves: readonly number[] = [
  noticeTypes.broadcasterLeave,
  noticeTypes.audienceLeave,
  noticeTypes.communicationLeave,
];

/** One life of a channel, told in the order of seq. */
class Life {
  readonly members = new Map<number, AuditedMember>();
  readonly #clientSeqs = new Map<number, number>();
  channel = '';
  lastSeq = 0;
  closed = false;

  constructor(
    readonly sid: string,
    readonly partial: boolean,
    readonly violations: string[],
  ) {}

  tell({ eventType, payload }: Heard): void {
    const { seq, channelName, uid, count } = payload;
    if (!this.partial && seq !== this.lastSeq + 1) this.#broken(seq, `comes after seq ${this.lastSeq}`);
    if (this.channel !== '' && this.channel !== channelName)
      this.#broken(seq, `is of channel ${channelName}, the life is of ${this.channel}`);
    if (this.closed) this.#broken(seq, 'comes after 102');
    this.channel = channelName;
    this.lastSeq = seq;
    if (eventType === noticeTypes.channelCreate) {
      if (seq !== 1) this.#broken(seq, 'is 101 and not the first');
    } else if (eventType === noticeTypes.channelDestroy) {
      this.closed = true;
      if (!this.partial && this.members.size > 0)
        this.#broken(seq, `is 102 with ${this.members.size} inside`);
    } else if (uid === undefined) {
      this.#broken(seq, `is ${eventType} without a uid`);
    } else {
      if (!this.partial && seq === 1) this.#broken(seq, `is ${eventType}, not 101`);
      this.#tellMember(eventType, uid, payload);
    }
    if (!this.partial && count !== this.members.size)
      this.#broken(seq, `says count ${count}, ${this.members.size} are inside`);
  }

  #tellMember(eventType: number, uid: number, payload: Heard['payload']): void {
    const { seq, clientSeq, account } = payload;
    const known = this.members.get(uid);
    const previous = this.#clientSeqs.get(uid) ?? 0;
    if (clientSeq === undefined || clientSeq <= previous)
      this.#broken(seq, `has clientSeq ${clientSeq} after ${previous} of uid ${uid}`);
    this.#clientSeqs.set(uid, clientSeq ?? previous);
    if (joins.includes(eventType)) {
      if (known) this.#broken(seq, `joins uid ${uid}, who is inside since seq ${known.joinedSeq}`);
      this.members.set(uid, { uid, role: roleOf(eventType), account, joinedSeq: seq });
    } else if (leaves.includes(eventType)) {
      if (!known && !this.partial) this.#broken(seq, `takes out uid ${uid}, who is not inside`);
      else if (known && known.role !== roleOf(eventType))
        this.#broken(seq, `takes out uid ${uid} as ${roleOf(eventType)}, who is ${known.role}`);
      this.members.delete(uid);
    } else if (!known) {
      if (!this.partial) this.#broken(seq, `changes the role of uid ${uid}, who is not inside`);
    } else {
      this.members.set(uid, { ...known, role: roleOf(eventType) });
    }
  }

  #broken(seq: number, what: string): void {
    this.violations.push(`${this.sid} seq ${seq} ${what}`);
  }
}

function roleOf(eventType: number): AuditedMember['role'] {
  switch (eventType) {
    case noticeTypes.broadcasterJoin:
    case noticeTypes.broadcasterLeave:
    case noticeTypes.becameBroadcaster:
      return 'broadcaster';
    case noticeTypes.communicationJoin:
    case noticeTypes.communicationLeave:
      return 'communication';
    default:
      return 'audience';
  }
}
