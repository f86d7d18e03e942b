import { type AgoraNotice, noticeTypes, type Role } from '@housecount/protocol';

/** A member as the notices tell of it. */
export interface AuditedMember {
  readonly uid: number;
  readonly role: Role | 'communication';
  readonly account: string | undefined;
  readonly joinedSeq: number;
}

export type Heard = Pick<AgoraNotice, 'sid' | 'noticeId' | 'eventType' | 'payload'>;

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

/** One life of a channel, told in the order of seq, and the contradictions in it. */
export class Life {
  readonly members = new Map<number, AuditedMember>();
  readonly #clientSeqs = new Map<number, number>();
  readonly #broken: (violation: string) => void;
  /** Some types were not subscribed: seq may have holes. */
  readonly #partial: boolean;
  channel = '';
  lastSeq = 0;
  closed = false;
  /** True when the life began before it was listened to, or a part of it is lost: who was inside then is not known. */
  adopted = false;
  /** True when the last events are lost. */
  lostAtEnd = false;

  constructor(
    readonly sid: string,
    options: { partial: boolean; onViolation: (violation: string) => void },
  ) {
    this.#partial = options.partial;
    this.#broken = options.onViolation;
  }

  /** The server said that it does not tell up to here: who came and left meanwhile is not known, nor whether it ended. */
  skipTo(seq: number): void {
    this.adopted = true;
    this.members.clear();
    this.lastSeq = seq;
    this.lostAtEnd = true;
  }

  /** Takes the life up at the seq where it is first heard of. */
  adopt(firstSeq: number): void {
    this.adopted = true;
    this.lastSeq = firstSeq - 1;
  }

  tell({ eventType, payload }: Heard): void {
    const { seq, channelName, uid, count } = payload;
    if (!this.#partial && seq !== this.lastSeq + 1) this.#breaks(seq, `comes after seq ${this.lastSeq}`);
    if (this.channel !== '' && this.channel !== channelName)
      this.#breaks(seq, `is of channel ${channelName}, the life is of ${this.channel}`);
    if (this.closed) this.#breaks(seq, 'comes after 102');
    this.channel = channelName;
    this.lastSeq = seq;
    this.lostAtEnd = false;
    if (eventType === noticeTypes.channelCreate) {
      if (seq !== 1) this.#breaks(seq, 'is 101 and not the first');
    } else if (eventType === noticeTypes.channelDestroy) {
      this.closed = true;
      if (!this.#partial && this.members.size > 0)
        this.#breaks(seq, `is 102 with ${this.members.size} inside`);
    } else if (uid === undefined) {
      this.#breaks(seq, `is ${eventType} without a uid`);
    } else {
      if (!this.#partial && seq === 1) this.#breaks(seq, `is ${eventType}, not 101`);
      this.#tellMember(eventType, uid, payload);
    }
    if (this.#knowsAll && count !== this.members.size)
      this.#breaks(seq, `says count ${count}, ${this.members.size} are inside`);
  }

  get #knowsAll(): boolean {
    return !this.#partial && !this.adopted;
  }

  #tellMember(eventType: number, uid: number, payload: Heard['payload']): void {
    const { seq, clientSeq, account } = payload;
    const known = this.members.get(uid);
    const previous = this.#clientSeqs.get(uid) ?? 0;
    if (clientSeq === undefined || clientSeq <= previous)
      this.#breaks(seq, `has clientSeq ${clientSeq} after ${previous} of uid ${uid}`);
    this.#clientSeqs.set(uid, clientSeq ?? previous);
    if (joins.includes(eventType)) {
      if (known) this.#breaks(seq, `joins uid ${uid}, who is inside since seq ${known.joinedSeq}`);
      this.members.set(uid, { uid, role: roleOf(eventType), account, joinedSeq: seq });
    } else if (leaves.includes(eventType)) {
      if (!known && this.#knowsAll) this.#breaks(seq, `takes out uid ${uid}, who is not inside`);
      else if (known && known.role !== roleOf(eventType))
        this.#breaks(seq, `takes out uid ${uid} as ${roleOf(eventType)}, who is ${known.role}`);
      this.members.delete(uid);
    } else if (!known) {
      if (this.#knowsAll) this.#breaks(seq, `changes the role of uid ${uid}, who is not inside`);
    } else {
      this.members.set(uid, { ...known, role: roleOf(eventType) });
    }
  }

  #breaks(seq: number, what: string): void {
    this.#broken(`${this.sid} seq ${seq} ${what}`);
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
