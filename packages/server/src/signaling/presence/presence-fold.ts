import type { LeaveReason, RosterPoint, SignalingOccupant, SignalingStates } from '@housecount/protocol';
import type { OpenChannel } from '../../channel/channel.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import type { Link as MemberLink } from '../../channel/membership/member.ts';
import { userIdOf } from '../../channel/membership/member.ts';
import { Trie } from '../../channel/membership/trie.ts';
import {
  isClaimant,
  isShown,
  type LiveLink,
  noStates,
  type Person,
  type SubscribedLink,
  same,
  shownStates,
  silentSinceMs,
} from './person.ts';

/** `states`: those that were told before. */
interface Gone {
  readonly type: 'leave' | 'timeout';
  readonly userId: string;
  readonly states: SignalingStates;
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
  /** Uids of accounts, for records that name the uid alone. */
  readonly #accounts = { live: new Map<number, string>(), subscribed: new Map<number, string>() };
  /** Links to the live channel. While there are any, `role` and `uid` are what the server says, of everybody. */
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
    for (const { uid, account, role, joinedMs, link } of live?.roster ?? [])
      this.#liveJoined({ uid, role, joinedMs, ...silence(link) }, account);
    if (!signaling) return;
    for (const { uid, account, joinedMs, link, quiet = false } of signaling.roster) {
      const states = signaling.states.get(uid)?.states ?? noStates;
      this.#subscribed({ uid, joinedMs, quiet, states, ...silence(link) }, account);
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
      case 'member-joined': {
        const { uid, account, role, atMs } = record;
        return this.#liveJoined({ uid, role, joinedMs: atMs }, account);
      }
      case 'role-changed':
        return this.#change(userIdOf(record), (person) => ({
          ...person,
          live: withLink(person.live, record.uid, { role: record.role }),
        }));
      case 'member-left':
        this.#accounts.live.delete(record.uid);
        return this.#change(
          userIdOf(record),
          (person) => ({ ...person, live: without(person.live, record.uid) }),
          record.reason,
        );
      case 'link-silent':
      case 'link-live':
        return this.#change(this.#userOf('live', record.uid), (person) => ({
          ...person,
          live: heardOf(person.live, record),
        }));
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
        this.#accounts.subscribed.delete(change.uid);
        return this.#change(
          userIdOf(change),
          (person) => ({ ...person, subscribed: without(person.subscribed, change.uid) }),
          change.reason,
        );
      case 'states-set':
        return this.#resubscribed(change.uid, { states: change.states });
      case 'quiet-set':
        return this.#resubscribed(change.uid, { quiet: change.quiet });
      case 'link-silent':
      case 'link-live':
        return this.#change(this.#userOf('subscribed', change.uid), (person) => ({
          ...person,
          subscribed: heardOf(person.subscribed, change),
        }));
      default:
        return [];
    }
  }

  /** A record moves the point that all of this is true at. */
  #passed(roster: 'live' | 'signaling', record: { readonly type: string }): void {
    if (!('seq' in record && 'sid' in record)) return;
    const { [roster]: _, ...other } = this.#at;
    const { sid, seq } = record as { readonly sid: string; readonly seq: number };
    this.#at = record.type === 'channel-closed' ? other : { ...other, [roster]: { sid, seq } };
    this.#state = undefined;
  }

  #userOf(kind: 'live' | 'subscribed', uid: number): string {
    return this.#accounts[kind].get(uid) ?? String(uid);
  }

  #liveJoined(link: LiveLink, account: string | undefined): readonly PersonChange[] {
    if (account !== undefined) this.#accounts.live.set(link.uid, account);
    return this.#change(account ?? String(link.uid), (person) => ({
      ...person,
      live: [...without(person.live, link.uid), link],
    }));
  }

  #subscribed(link: SubscribedLink, account: string | undefined): readonly PersonChange[] {
    if (account !== undefined) this.#accounts.subscribed.set(link.uid, account);
    return this.#change(account ?? String(link.uid), (person) => ({
      ...person,
      subscribed: [...without(person.subscribed, link.uid), link],
    }));
  }

  #resubscribed(uid: number, over: Partial<SubscribedLink>): readonly PersonChange[] {
    return this.#change(this.#userOf('subscribed', uid), (person) => ({
      ...person,
      subscribed: withLink(person.subscribed, uid, over),
    }));
  }

  #change(
    userId: string,
    step: (person: Person) => Person,
    reason: LeaveReason = 'quit',
  ): readonly PersonChange[] {
    const before = this.#people.get(userId) ?? { userId, live: [], subscribed: [] };
    const { order, ...stepped } = step(before);
    const others = this.#opened(stepped.live.length - before.live.length, userId);
    const claims = isClaimant(stepped);
    if (claims) this.#claimants.add(userId);
    else this.#claimants.delete(userId);
    const after: Person = { ...stepped, masked: claims && this.#live > 0 };
    const statesBefore = shownStates(before);
    this.#state = undefined;
    this.#count(before, -1);
    if (!isShown(after)) {
      if (after.live.length === 0 && after.subscribed.length === 0) this.#people.delete(userId);
      else this.#people.set(userId, after);
      if (order === undefined) return others;
      this.#shown = this.#shown.without(order);
      const type = reason === 'timeout' ? 'timeout' : 'leave';
      return [...others, { type, userId, states: statesBefore, reason }];
    }
    const statesAfter = shownStates(after);
    if (order !== undefined) {
      const shown = { ...after, order };
      this.#show(shown);
      if (!same(statesBefore, statesAfter)) return [...others, { type: 'states', userId }];
      return isLinkedAlike(before, shown) ? others : [...others, { type: 'links', userId }];
    }
    this.#order += 1;
    this.#show({ ...after, order: this.#order });
    const joined: PersonChange = { type: 'join', userId };
    return same(statesAfter, noStates)
      ? [...others, joined]
      : [...others, joined, { type: 'states', userId }];
  }

  /** Keeps somebody who is shown. */
  #show(person: Person & { readonly order: number }): void {
    this.#people.set(person.userId, person);
    this.#shown = this.#shown.with(person.order, person);
    this.#count(person, 1);
  }

  #count(person: Person, by: 1 | -1): void {
    if (person.order === undefined) return;
    const role = person.live.at(-1)?.role;
    if (role === 'broadcaster') this.#hosts += by;
    if (role === 'audience') this.#audience += by;
    if (silentSinceMs(person) !== undefined) this.#interrupted += by;
  }

  /** So many more links to the live channel. Those but `userId` whose states show differently, when it opens or closes. */
  #opened(more: number, userId: string): readonly PersonChange[] {
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

const without = <Link extends { readonly uid: number }>(links: readonly Link[], uid: number): Link[] =>
  links.filter((link) => link.uid !== uid);

const withLink = <Link extends { readonly uid: number }>(
  links: readonly Link[],
  uid: number,
  over: Partial<Link>,
): Link[] => links.map((link) => (link.uid === uid ? { ...link, ...over } : link));

/** The links after a mark: one went silent, or is heard again. */
function heardOf<Link extends { readonly uid: number; readonly silentSinceMs?: number }>(
  links: readonly Link[],
  mark: Extract<ChannelChange, { type: 'link-silent' | 'link-live' }>,
): Link[] {
  return links.map((link) => {
    if (link.uid !== mark.uid) return link;
    const { silentSinceMs: _, ...heard } = link;
    return (mark.type === 'link-silent' ? { ...heard, silentSinceMs: mark.lastHeardMs } : heard) as Link;
  });
}

const silence = (link: MemberLink) => (link.state === 'silent' ? { silentSinceMs: link.lastHeardMs } : {});

/** True if the roster shows the same links for both. */
function isLinkedAlike(one: Person, other: Person): boolean {
  const [live, otherLive] = [one.live.at(-1), other.live.at(-1)];
  const shown = ({ quiet }: SubscribedLink) => !quiet;
  const [subscribed, otherSubscribed] = [one.subscribed.find(shown), other.subscribed.find(shown)];
  return (
    live?.uid === otherLive?.uid &&
    live?.role === otherLive?.role &&
    live?.joinedMs === otherLive?.joinedMs &&
    subscribed?.joinedMs === otherSubscribed?.joinedMs &&
    silentSinceMs(one) === silentSinceMs(other)
  );
}
