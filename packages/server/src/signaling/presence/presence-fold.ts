import type { LeaveReason, RosterPoint, SignalingOccupant, SignalingStates } from '@housecount/protocol';
import type { OpenChannel } from '../../channel/channel.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import { type Member, type Link as MemberLink, userIdOf } from '../../channel/membership/member.ts';
import { Trie } from '../../channel/membership/trie.ts';
import {
  changed,
  heard,
  type LinkMark,
  liveLinkOf,
  silence,
  withLive,
  without,
  withoutLive,
} from './link-steps.ts';
import { LiveNames } from './live-names.ts';
import {
  isClaimant,
  isLinkedAlike,
  isProven,
  isShown,
  type LiveLink,
  noStates,
  type Person,
  roleOf,
  type SubscribedLink,
  same,
  shownLive,
  shownStates,
  silentSinceMs,
} from './person.ts';
import { UntoldLinks } from './untold-links.ts';

/** `states`: those that were told before. */
interface Gone {
  readonly type: 'leave' | 'timeout';
  readonly userId: string;
  readonly states: SignalingStates;
  /** Uids of the members of the live channel that they were; absent: none. */
  readonly members?: readonly number[];
  /** Nobody left: who was shown under that id is from now on part of this user, about whom the next change is. */
  readonly into?: string;
}
/** A change of who is there, by user, whatever links back them, as presence tells it. */
export type PresenceChange =
  | { readonly type: 'join'; readonly userId: string }
  | Gone
  | { readonly type: 'states'; readonly userId: string };

/** And as the roster does. */
export type PersonChange =
  | Exclude<PresenceChange, Gone>
  | (Gone & { readonly reason: LeaveReason })
  /** Another link backs them, or the links that do went silent or are heard again. */
  | { readonly type: 'links'; readonly userId: string };

/** The changes of a slice of those who are not back after a restart, by the roster that they are in. */
interface AbsentSlice {
  readonly live: readonly PersonChange[];
  readonly signaling: readonly PersonChange[];
}

/** The people in a channel at one moment. Immutable. */
export interface People {
  /** The point of the rosters that this state was made from. */
  readonly at: RosterPoint;
  /** The people that are shown, by order of arrival. */
  readonly shown: Trie<Person>;
  /** Counts of the people shown: by role in the live channel, and those of whom nothing is heard. */
  readonly hosts: number;
  readonly audience: number;
  readonly interrupted: number;
}

/**
 * The people in a signaling channel, as presence shows them: the fold of its subscribers and of the live channel that it is
 * bound to, in the order of the log. A person joins with the first link and leaves with the last.
 */
export class PresenceFold {
  /** Differs from that of every other fold of the channel, also over restarts: places are this fold's own. */
  readonly #name: string;
  readonly #people = new Map<string, Person>();
  #shown = Trie.empty<Person>();
  #order = 0;
  #hosts = 0;
  #audience = 0;
  #interrupted = 0;
  readonly #names = new LiveNames();
  /** Uids of the accounts of subscribers, for records that name the uid alone. */
  readonly #accounts = new Map<number, string>();
  readonly #untold = new UntoldLinks();
  /** Members of the live channel. While there are any, `role` and `uid` are what the server says, of everybody. */
  #live = 0;
  /** Users that are not in the live channel and set a `role` or `uid` of their own. */
  readonly #claimants = new Set<string>();
  #at: RosterPoint;
  #state: People | undefined;

  constructor({
    live,
    signaling,
    name = '',
  }: {
    readonly live?: OpenChannel | undefined;
    readonly signaling?: OpenChannel | undefined;
    readonly name?: string;
  }) {
    this.#name = name;
    this.#at = {
      ...(live && { live: { sid: live.sid, seq: live.seq } }),
      ...(signaling && { signaling: { sid: signaling.sid, seq: signaling.seq } }),
    };
    for (const member of live?.roster ?? []) {
      this.#liveJoined(member, member);
      this.#untold.note('live', member.uid, member.link);
    }
    if (!signaling) return;
    for (const { uid, account, joinedMs, link, quiet = false } of signaling.roster) {
      const states = signaling.states.get(uid)?.states ?? noStates;
      this.#subscribed({ uid, joinedMs, quiet, states, ...silence(link) }, account);
      this.#untold.note('signaling', uid, link);
    }
  }

  /** The number of people shown. */
  get occupancy(): number {
    return this.#shown.size;
  }

  /** The current people; the same object until something changes. */
  get state(): People {
    this.#state ??= {
      at: this.#at,
      shown: this.#shown,
      hosts: this.#hosts,
      audience: this.#audience,
      interrupted: this.#interrupted,
    };
    return this.#state;
  }

  has(userId: string): boolean {
    return this.person(userId) !== undefined;
  }

  /** Somebody who is shown. */
  person(userId: string): Person | undefined {
    const person = this.#people.get(userId);
    return person?.order === undefined ? undefined : person;
  }

  /** The states of somebody who is shown; none for others. */
  statesOf(userId: string): SignalingStates {
    const person = this.person(userId);
    return person ? shownStates(person) : noStates;
  }

  /** Uids of the members of the live channel that somebody is who is shown. */
  membersOf(userId: string): readonly number[] {
    const person = this.person(userId);
    return person ? shownLive(person).map(({ uid }) => uid) : [];
  }

  /** The people that came after the place `after` (0: all), with their places, in order of arrival. */
  *occupants(after = 0): IterableIterator<SignalingOccupant & { readonly order: number }> {
    for (const person of this.#shown.valuesAfter(after))
      yield { userId: person.userId, states: shownStates(person), order: person.order ?? 0 };
  }

  /** A text that stands for a place. */
  bookmark(order: number): string {
    return `${this.#name}.${order}`;
  }

  /** The place of a bookmark; undefined if it is not this fold's. */
  placeOf(bookmark: string): number | undefined {
    const [name, order = '', ...more] = bookmark.split('.');
    if (name !== this.#name || more.length > 0 || !/^\d{1,9}$/.test(order)) return undefined;
    return Number(order);
  }

  /** A record of the live channel. */
  absorbLive(record: ChannelChange): readonly PersonChange[] {
    this.#passed('live', record);
    switch (record.type) {
      case 'member-joined':
        return this.#liveJoined(record, { joinedMs: record.atMs, joinedSeq: record.seq });
      case 'role-changed': {
        const { uid, role } = record;
        return this.#liveChanged(uid, (link) => ({ ...link, role }));
      }
      case 'member-left':
        this.#untold.forget('live', record.uid);
        return this.#liveLeft(record.uid, record.reason);
      case 'link-silent':
      case 'link-live':
        this.#untold.forget('live', record.uid);
        return this.#liveChanged(record.uid, (link) => heard(link, record));
      case 'person-known':
        return this.#known(record.uid, record.userId);
      default:
        return [];
    }
  }

  /** A record of the signaling channel. */
  absorbSignaling(change: ChannelChange): readonly PersonChange[] {
    this.#passed('signaling', change);
    switch (change.type) {
      case 'member-joined': {
        const { uid, account, atMs, quiet = false } = change;
        return this.#subscribed({ uid, joinedMs: atMs, quiet, states: noStates }, account);
      }
      case 'member-left':
        this.#accounts.delete(change.uid);
        this.#untold.forget('signaling', change.uid);
        return this.#change(
          userIdOf(change),
          (person) => ({ ...person, subscribed: without(person.subscribed, change.uid) }),
          { reason: change.reason },
        );
      case 'states-set':
        return this.#resubscribed(change.uid, { states: change.states });
      case 'quiet-set':
        return this.#resubscribed(change.uid, { quiet: change.quiet });
      case 'link-silent':
      case 'link-live':
        this.#untold.forget('signaling', change.uid);
        return this.#subscriberHeard(change.uid, change);
      default:
        return [];
    }
  }

  /** Shows that those who were lost by a restart, and are not back, are interrupted: `most` of them at most. undefined: it were all. */
  showAbsent(most: number): AbsentSlice | undefined {
    const shown = { live: [] as PersonChange[], signaling: [] as PersonChange[] };
    const links = this.#untold.take(most);
    for (const { roster, uid, lastHeardMs } of links) {
      const mark = { type: 'link-silent', lastHeardMs } as const;
      shown[roster].push(
        ...(roster === 'live'
          ? this.#liveChanged(uid, (link) => heard(link, mark))
          : this.#subscriberHeard(uid, mark)),
      );
    }
    return links.length === 0 ? undefined : shown;
  }

  #subscriberHeard(uid: number, mark: LinkMark): readonly PersonChange[] {
    return this.#change(this.#subscriberOf(uid), (person) => ({
      ...person,
      subscribed: changed(person.subscribed, uid, (link) => heard(link, mark)),
    }));
  }

  /** A record moves the point that all of this is true at. */
  #passed(roster: 'live' | 'signaling', record: { readonly type: string }): void {
    if (!('seq' in record && 'sid' in record)) return;
    const { [roster]: _, ...other } = this.#at;
    const { sid, seq } = record as { readonly sid: string; readonly seq: number };
    this.#at = record.type === 'channel-closed' ? other : { ...other, [roster]: { sid, seq } };
    this.#state = undefined;
  }

  #subscriberOf(uid: number): string {
    return this.#accounts.get(uid) ?? String(uid);
  }

  #liveJoined(
    member: Pick<Member, 'uid' | 'account' | 'userId' | 'linkAwaited' | 'unproven' | 'role'>,
    at: Pick<Member, 'joinedMs' | 'joinedSeq'> & { readonly link?: MemberLink },
  ): readonly PersonChange[] {
    const link = liveLinkOf(member, at);
    const userId = this.#names.joined(member, link);
    const others = this.#opened(1, userId);
    return userId === undefined ? others : [...others, ...this.#change(userId, withLive(link))];
  }

  #liveLeft(uid: number, reason: LeaveReason): readonly PersonChange[] {
    const userId = this.#names.of(uid);
    this.#names.left(uid);
    const others = this.#opened(-1, userId);
    return userId === undefined ? others : [...others, ...this.#change(userId, withoutLive(uid), { reason })];
  }

  #liveChanged(uid: number, change: (link: LiveLink) => LiveLink): readonly PersonChange[] {
    const userId = this.#names.of(uid);
    if (userId !== undefined)
      return this.#change(userId, (person) => ({ ...person, live: changed(person.live, uid, change) }));
    this.#names.hides(uid, change);
    return [];
  }

  /** It is known who the member is: it is shown from now on, or as somebody else, with whom it is one from then on. */
  #known(uid: number, userId: string | undefined): readonly PersonChange[] {
    const renamed = this.#names.known(uid, userId);
    if (!renamed) return [];
    const { from, to } = renamed;
    const link = renamed.link ?? this.#people.get(from ?? '')?.live.find((one) => one.uid === uid);
    if (!link) return [];
    const { unproven: _, ...proven } = link;
    const add = withLive(userId === undefined ? link : proven);
    if (from === to) return this.#change(to, add, { isSame: true });
    // Folded in the order in which it is told: whoever is shown again under the name that is given up comes after `to`.
    const come = this.#change(to, add);
    const gone = from === undefined ? [] : this.#change(from, withoutLive(uid), { into: to });
    // Who proved nothing gives way first, and who proves nothing comes last, so that the change of `to` is next to that of `from`.
    const first = come.filter(isLeave);
    const [left] = gone.filter(isLeave);
    const rest = come.slice(first.length);
    return left ? [...first, left, ...rest, ...gone.slice(1)] : [...first, ...gone, ...rest];
  }

  #subscribed(link: SubscribedLink, account: string | undefined): readonly PersonChange[] {
    if (account !== undefined) this.#accounts.set(link.uid, account);
    return this.#change(account ?? String(link.uid), (person) => ({
      ...person,
      subscribed: [...without(person.subscribed, link.uid), link],
    }));
  }

  #resubscribed(uid: number, over: Partial<SubscribedLink>): readonly PersonChange[] {
    return this.#change(this.#subscriberOf(uid), (person) => ({
      ...person,
      subscribed: changed(person.subscribed, uid, (link) => ({ ...link, ...over })),
    }));
  }

  /** `into`: a link goes on as part of another user. `isSame`: whoever is shown then is who was shown. */
  #change(
    userId: string,
    step: (person: Person) => Person,
    how: { readonly reason?: LeaveReason; readonly into?: string; readonly isSame?: true } = {},
  ): readonly PersonChange[] {
    const before = this.#people.get(userId) ?? { userId, live: [], subscribed: [] };
    const { order, ...stepped } = step(before);
    const claims = isClaimant(stepped);
    if (claims) this.#claimants.add(userId);
    else this.#claimants.delete(userId);
    const after: Person = { ...stepped, masked: claims && this.#live > 0 };
    const statesBefore = shownStates(before);
    this.#state = undefined;
    this.#count(before, -1);
    // Where what proves nothing is shown after what did, or before, it is somebody else.
    const stays = isShown(after) && (how.isSame || isProven(before) === isProven(after));
    const changes: PersonChange[] = [];
    if (order !== undefined && !stays) {
      this.#shown = this.#shown.without(order);
      const { reason = 'quit', into } = how;
      const type = reason === 'timeout' ? 'timeout' : 'leave';
      const members = shownLive(before).map(({ uid }) => uid);
      const more = { ...(members.length > 0 && { members }), ...(into !== undefined && { into }) };
      changes.push({ type, userId, states: statesBefore, reason, ...more });
    }
    if (!isShown(after)) {
      if (after.live.length === 0 && after.subscribed.length === 0) this.#people.delete(userId);
      else this.#people.set(userId, after);
      return changes;
    }
    const statesAfter = shownStates(after);
    if (order !== undefined && stays) {
      const shown = { ...after, order };
      this.#show(shown);
      if (!same(statesBefore, statesAfter)) return [{ type: 'states', userId }];
      return isLinkedAlike(before, shown) ? [] : [{ type: 'links', userId }];
    }
    this.#order += 1;
    this.#show({ ...after, order: this.#order });
    changes.push({ type: 'join', userId });
    if (!same(statesAfter, noStates)) changes.push({ type: 'states', userId });
    return changes;
  }

  /** Keeps somebody who is shown. */
  #show(person: Person & { readonly order: number }): void {
    this.#people.set(person.userId, person);
    this.#shown = this.#shown.with(person.order, person);
    this.#count(person, 1);
  }

  #count(person: Person, by: 1 | -1): void {
    if (person.order === undefined) return;
    const role = roleOf(shownLive(person));
    if (role === 'broadcaster') this.#hosts += by;
    if (role === 'audience') this.#audience += by;
    if (silentSinceMs(person) !== undefined) this.#interrupted += by;
  }

  /** So many more members of the live channel. Those but `userId` whose states show differently, when it opens or closes. */
  #opened(more: 1 | -1, userId: string | undefined): readonly PersonChange[] {
    const wasOpen = this.#live > 0;
    this.#live += more;
    const masked = this.#live > 0;
    if (wasOpen === masked) return [];
    const others: PersonChange[] = [];
    for (const claimant of this.#claimants) {
      const person = this.person(claimant);
      if (claimant === userId || person?.order === undefined) continue;
      const after = { ...person, order: person.order, masked };
      this.#people.set(claimant, after);
      this.#shown = this.#shown.with(after.order, after);
      others.push({ type: 'states', userId: claimant });
    }
    return others;
  }
}

const isLeave = ({ type }: PersonChange): boolean => type === 'leave' || type === 'timeout';
