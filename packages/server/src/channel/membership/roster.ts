import { assert } from '../assert.ts';
import { endsMs, interruptedSinceMs } from './lease.ts';
import type { Link, Member } from './member.ts';
import { Trie } from './trie.ts';

/** Counts of members: those who are silent, and those of them that others are told of. */
interface Silences {
  readonly silent: number;
  readonly told: number;
}

/** The joinedSeqs under one hash, in order of arrival: nearly always one, which stands alone and not in a list of its own. */
type Filed = number | readonly number[];

const noSilences: Silences = { silent: 0, told: 0 };

/**
 * The members of a channel: an immutable collection in order of arrival. A changed roster shares nearly everything with the
 * one it was made from, so a tentative state is just another reference and a kept one is a snapshot at its seq.
 */
export class Roster implements Iterable<Member> {
  static readonly empty = new Roster(
    Trie.empty<Member>(endsMs),
    Trie.empty(),
    Trie.empty(),
    Trie.empty(),
    Trie.empty(),
    noSilences,
  );

  /** The members by joinedSeq, measured by the time at which the membership ends if nothing is heard. */
  readonly #members: Trie<Member>;
  /** joinedSeq by uid. */
  readonly #uids: Trie<number>;
  /** joinedSeqs by hash of the connection id. */
  readonly #connections: Trie<Filed>;
  /** joinedSeqs of the broadcasters, by itself. */
  readonly #broadcasters: Trie<number>;
  /** joinedSeqs by hash of the user that they are linked to; of linked members alone. */
  readonly #linked: Trie<Filed>;
  readonly #silences: Silences;

  private constructor(
    members: Trie<Member>,
    uids: Trie<number>,
    connections: Trie<Filed>,
    broadcasters: Trie<number>,
    linked: Trie<Filed>,
    silences: Silences,
  ) {
    this.#members = members;
    this.#uids = uids;
    this.#connections = connections;
    this.#broadcasters = broadcasters;
    this.#linked = linked;
    this.#silences = silences;
  }

  get size(): number {
    return this.#members.size;
  }

  /** The number of members who are silent. */
  get silent(): number {
    return this.#silences.silent;
  }

  /** The number of those that others are told of. */
  get interrupted(): number {
    return this.#silences.told;
  }

  /** The number of members who are broadcasters. */
  get hosts(): number {
    return this.#broadcasters.size;
  }

  /** The earliest time at which a lease or a token of a member ends, epoch milliseconds; Infinity if none does. */
  get endsMs(): number {
    return this.#members.least;
  }

  /** The number of broadcasters whose membership has not ended by `nowMs`. */
  hostsAt(nowMs: number): number {
    if (this.endsMs > nowMs) return this.hosts;
    let hosts = 0;
    for (const member of this.broadcasters()) if (endsMs(member) > nowMs) hosts += 1;
    return hosts;
  }

  get(uid: number): Member | undefined {
    const joinedSeq = this.#uids.get(uid);
    return joinedSeq === undefined ? undefined : this.#members.get(joinedSeq);
  }

  getByConnection(connectionId: string): Member | undefined {
    for (const joinedSeq of listed(this.#connections.get(hash(connectionId)))) {
      const member = this.#members.get(joinedSeq);
      if (member?.connectionId === connectionId) return member;
    }
    return undefined;
  }

  /** The members that are linked to this user, in order of arrival. */
  linkedTo(userId: string): readonly Member[] {
    const members: Member[] = [];
    for (const joinedSeq of listed(this.#linked.get(hash(userId)))) {
      const member = this.#members.get(joinedSeq);
      if (member?.userId === userId) members.push(member);
    }
    return members;
  }

  /** The roster with this member, in place of what was known of the same arrival. A uid arrives once until it is taken out. */
  with(member: Member): Roster {
    const { uid, joinedSeq, connectionId } = member;
    const known = this.#members.get(joinedSeq);
    if (known === undefined) assert(this.#uids.get(uid) === undefined, 'a uid is in a roster once');
    else assert(known.uid === uid, 'a joinedSeq is of one member');
    let connections = this.#connections;
    if (known?.connectionId !== connectionId) {
      if (known) connections = unfiled(connections, known.connectionId, joinedSeq);
      connections = filed(connections, connectionId, joinedSeq);
    }
    let broadcasters = this.#broadcasters;
    if (known?.role !== member.role) {
      broadcasters =
        member.role === 'broadcaster'
          ? broadcasters.with(joinedSeq, joinedSeq)
          : broadcasters.without(joinedSeq);
    }
    let linked = this.#linked;
    if (known?.userId !== member.userId) {
      if (known?.userId !== undefined) linked = unfiled(linked, known.userId, joinedSeq);
      if (member.userId !== undefined) linked = filed(linked, member.userId, joinedSeq);
    }
    return new Roster(
      this.#members.with(joinedSeq, member),
      known ? this.#uids : this.#uids.with(uid, joinedSeq),
      connections,
      broadcasters,
      linked,
      counted(this.#silences, member.link, known?.link),
    );
  }

  /** The roster without this uid; the same roster if it was not there. */
  without(uid: number): Roster {
    const member = this.get(uid);
    if (!member) return this;
    const { joinedSeq, connectionId, userId } = member;
    return new Roster(
      this.#members.without(joinedSeq),
      this.#uids.without(uid),
      unfiled(this.#connections, connectionId, joinedSeq),
      this.#broadcasters.without(joinedSeq),
      userId === undefined ? this.#linked : unfiled(this.#linked, userId, joinedSeq),
      counted(this.#silences, undefined, member.link),
    );
  }

  /** The roster in which each member has the link that `linkOf` gives, in one pass; the same roster if all of them keep theirs. */
  relinked(linkOf: (member: Member) => Link, whom?: 'who may end'): Roster {
    let silences = this.#silences;
    const relink = (member: Member): Member => {
      const link = linkOf(member);
      if (link === member.link) return member;
      silences = counted(silences, link, member.link);
      return { ...member, link };
    };
    const members = this.#members.mapped(relink, whom && Number.MAX_VALUE);
    if (members === this.#members) return this;
    return new Roster(members, this.#uids, this.#connections, this.#broadcasters, this.#linked, silences);
  }

  /** Members in order of arrival. */
  [Symbol.iterator](): IterableIterator<Member> {
    return this.#members.values();
  }

  /** At most `limit` members that arrived after `afterJoinedSeq` (0 for the first page), in order of arrival. */
  page(afterJoinedSeq: number, limit: number): Member[] {
    const page: Member[] = [];
    if (limit <= 0) return page;
    for (const member of this.#members.valuesAfter(afterJoinedSeq)) {
      page.push(member);
      if (page.length >= limit) break;
    }
    return page;
  }

  /** At most `limit` members from place `from` on (0 is the first that arrived), in order of arrival. Costs as much as they are. */
  range(from: number, limit: number): Member[] {
    const range: Member[] = [];
    if (limit <= 0) return range;
    for (const member of this.#members.valuesFrom(from)) {
      range.push(member);
      if (range.length >= limit) break;
    }
    return range;
  }

  /** Members that arrived after `joinedSeq`, in order of arrival. */
  after(joinedSeq: number): IterableIterator<Member> {
    return this.#members.valuesAfter(joinedSeq);
  }

  /** Broadcasters in order of arrival; costs as much as they are, however large the audience. */
  *broadcasters(): IterableIterator<Member> {
    for (const joinedSeq of this.#broadcasters.values()) {
      const member = this.#members.get(joinedSeq);
      if (member) yield member;
    }
  }

  /** Members whose lease or token has ended by `nowMs`, in order of arrival; costs as much as they are. */
  *endedBy(nowMs: number): IterableIterator<Member> {
    for (const [, member] of this.#members.atMost(nowMs)) yield member;
  }

  /** How many those are, counted no further than to `most`. */
  endedCount(nowMs: number, most: number): number {
    return this.#members.countAtMost(nowMs, most);
  }
}

/** The counts with one link more, and one less. */
function counted(counts: Silences, more: Link | undefined, less: Link | undefined): Silences {
  const silent = isSilent(more) - isSilent(less);
  const told = isTold(more) - isTold(less);
  if (silent === 0 && told === 0) return counts;
  return { silent: counts.silent + silent, told: counts.told + told };
}

const isSilent = (link: Link | undefined): number => (link?.state === 'silent' ? 1 : 0);
const isTold = (link: Link | undefined): number =>
  link !== undefined && interruptedSinceMs(link) !== undefined ? 1 : 0;

const listed = (found: Filed | undefined): readonly number[] => {
  if (found === undefined) return [];
  return typeof found === 'number' ? [found] : found;
};

/** With a joinedSeq under a name, in order of arrival. */
function filed(files: Trie<Filed>, name: string, joinedSeq: number): Trie<Filed> {
  const key = hash(name);
  const others = listed(files.get(key));
  if (others.length === 0) return files.with(key, joinedSeq);
  const at = others.findLastIndex((other) => other < joinedSeq) + 1;
  return files.with(key, others.toSpliced(at, 0, joinedSeq));
}

function unfiled(files: Trie<Filed>, name: string, joinedSeq: number): Trie<Filed> {
  const key = hash(name);
  const rest = listed(files.get(key)).filter((other) => other !== joinedSeq);
  const [first] = rest;
  if (first === undefined) return files.without(key);
  return files.with(key, rest.length === 1 ? first : rest);
}

/**
 * FNV-1a over UTF-16 units. Connection ids are random and the server's own, so nobody can aim for collisions; user ids need a login, or a
 * token that names them, each.
 */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
