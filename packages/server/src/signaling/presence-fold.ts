import type { Role, SignalingOccupant, SignalingStates } from '@housecount/protocol';
import type { ChannelRecord } from '../channel/decision.ts';
import type { SignalingRecord, SignalingState } from '../channel/signaling.ts';
import type { OpenChannel } from '../channel/state.ts';
import { Trie } from '../channel/trie.ts';
import { userIdOf } from './identity.ts';

/** A change of who is there, as presence tells it: by user, whatever links back them. */
export type PersonChange =
  | { readonly type: 'join'; readonly userId: string }
  /** `states`: those that were told before. */
  | { readonly type: 'leave' | 'timeout'; readonly userId: string; readonly states: SignalingStates }
  | { readonly type: 'states'; readonly userId: string };

/** What makes a person present: members of the live channel, and subscriptions. More than one of a kind only where a uid and an account read the same. */
interface Person {
  readonly userId: string;
  readonly live: readonly { readonly uid: number; readonly role: Role }[];
  readonly subscribed: readonly {
    readonly uid: number;
    readonly quiet: boolean;
    readonly states: SignalingStates;
  }[];
  /** Place among those who are shown; undefined while nobody is told of them. */
  readonly order?: number;
}

const none: SignalingStates = {};

/**
 * Who is in a signaling channel, as presence shows it: the fold of its subscribers and of the live channel that it is
 * bound to, in the order of the log. A person joins with the first link and leaves with the last.
 */
export class PresenceFold {
  readonly #people = new Map<string, Person>();
  /** User ids of those who are shown, by order of arrival. */
  #shown = Trie.empty<string>();
  #order = 0;
  /** Places are this fold's own: a bookmark of another one says nothing here. */
  readonly #name: string;
  /** Uids of accounts, for records that name the uid alone. */
  readonly #accounts = new Map<number, string>();
  /** Links to the live channel. While there are any, `role` and `uid` are what the server says, of everybody. */
  #live = 0;
  /** Who is not in the live channel and set a `role` or `uid` of their own. */
  readonly #claimants = new Set<string>();

  /** `name` differs from that of every other fold of the channel, also over restarts. */
  constructor({
    live,
    signaling,
    name = '',
  }: {
    readonly live?: OpenChannel | undefined;
    readonly signaling?: SignalingState | undefined;
    readonly name?: string;
  }) {
    this.#name = name;
    for (const member of live?.roster ?? []) this.#liveJoined(member);
    if (signaling?.presence.sid === undefined) return;
    for (const member of signaling.presence.roster) {
      const states = signaling.states.get(member.uid)?.states ?? none;
      this.#subscribed({ ...member, quiet: member.quiet ?? false, states });
    }
  }

  /** How many are shown. */
  get occupancy(): number {
    return this.#shown.size;
  }

  has(userId: string): boolean {
    return this.#people.get(userId)?.order !== undefined;
  }

  /** Of somebody who is shown; none of others. */
  statesOf(userId: string): SignalingStates {
    const person = this.#people.get(userId);
    return person?.order === undefined ? none : this.#shownStates(person);
  }

  /** Those who came after the place `after` (0: all), with their places, in order of arrival. */
  *occupants(after = 0): IterableIterator<SignalingOccupant & { readonly order: number }> {
    for (const userId of this.#shown.valuesAfter(after)) {
      const person = this.#people.get(userId);
      if (person?.order === undefined) continue;
      yield { userId, states: this.#shownStates(person), order: person.order };
    }
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
  absorbLive(record: ChannelRecord): readonly PersonChange[] {
    switch (record.type) {
      case 'member-joined':
      case 'role-changed':
        return this.#liveJoined(record);
      case 'member-left':
        return this.#change(
          userIdOf(record),
          (person) => ({ ...person, live: without(person.live, record.uid) }),
          goneBy(record.reason),
        );
      default:
        return [];
    }
  }

  /** A record of the signaling channel. */
  absorbSignaling(change: SignalingRecord['change']): readonly PersonChange[] {
    switch (change.type) {
      case 'member-joined':
        return this.#subscribed({ ...change, quiet: change.quiet ?? false, states: none });
      case 'member-left':
        this.#accounts.delete(change.uid);
        return this.#change(
          userIdOf(change),
          (person) => ({ ...person, subscribed: without(person.subscribed, change.uid) }),
          goneBy(change.reason),
        );
      case 'states-set':
        return this.#resubscribed(change.uid, { states: change.states });
      case 'quiet-set':
        return this.#resubscribed(change.uid, { quiet: change.quiet });
      default:
        return [];
    }
  }

  #liveJoined({
    uid,
    account,
    role,
  }: {
    uid: number;
    account?: string;
    role: Role;
  }): readonly PersonChange[] {
    const userId = userIdOf({ uid, ...(account !== undefined && { account }) });
    return this.#change(userId, (person) => ({
      ...person,
      live: [...without(person.live, uid), { uid, role }],
    }));
  }

  #subscribed(member: {
    uid: number;
    account?: string;
    quiet: boolean;
    states: SignalingStates;
  }): readonly PersonChange[] {
    const { uid, account, quiet, states } = member;
    if (account !== undefined) this.#accounts.set(uid, account);
    return this.#change(account ?? String(uid), (person) => ({
      ...person,
      subscribed: [...without(person.subscribed, uid), { uid, quiet, states }],
    }));
  }

  #resubscribed(
    uid: number,
    over: { readonly quiet?: boolean; readonly states?: SignalingStates },
  ): readonly PersonChange[] {
    return this.#change(this.#accounts.get(uid) ?? String(uid), (person) => ({
      ...person,
      subscribed: person.subscribed.map((link) => (link.uid === uid ? { ...link, ...over } : link)),
    }));
  }

  #change(
    userId: string,
    step: (person: Person) => Person,
    gone: 'leave' | 'timeout' = 'leave',
  ): readonly PersonChange[] {
    const before = this.#people.get(userId) ?? { userId, live: [], subscribed: [] };
    const statesBefore = this.#shownStates(before);
    const { order, ...after } = step(before);
    const claims = this.#claims(before, after);
    if (!isShown(after)) {
      if (after.live.length === 0 && after.subscribed.length === 0) this.#people.delete(userId);
      else this.#people.set(userId, after);
      if (order === undefined) return claims;
      this.#shown = this.#shown.without(order);
      return [...claims, { type: gone, userId, states: statesBefore }];
    }
    const statesAfter = this.#shownStates(after);
    if (order !== undefined) {
      this.#people.set(userId, { ...after, order });
      return same(statesBefore, statesAfter) ? claims : [...claims, { type: 'states', userId }];
    }
    this.#order += 1;
    this.#people.set(userId, { ...after, order: this.#order });
    this.#shown = this.#shown.with(this.#order, userId);
    const joined: PersonChange = { type: 'join', userId };
    return same(statesAfter, none) ? [...claims, joined] : [...claims, joined, { type: 'states', userId }];
  }

  /** Counts who is live, and who claims to be; the others whose states show differently, when the live channel opens or closes. */
  #claims(before: Person, after: Person): readonly PersonChange[] {
    const { userId } = after;
    this.#claimants.delete(userId);
    const wasOpen = this.#live > 0;
    this.#live += after.live.length - before.live.length;
    const others =
      wasOpen === this.#live > 0
        ? []
        : Array.from(this.#claimants, (claimant) => ({ type: 'states', userId: claimant }) as const);
    if (after.live.length === 0 && isShown(after) && ownStates(after).some(claims))
      this.#claimants.add(userId);
    return others;
  }

  /**
   * What presence shows of a person: what they set, and over it what the server knows of the live member. While the live
   * channel is open nobody makes others believe in another role, or in a member that is none.
   */
  #shownStates(person: Person): SignalingStates {
    const own = ownStates(person);
    const bound = person.live.at(-1);
    if (bound) return merged([...own, boundStates(bound)]);
    const shown = own.length === 1 && own[0] ? own[0] : merged(own);
    return this.#live > 0 ? withoutClaims(shown) : shown;
  }
}

const ownStates = ({ subscribed }: Person): readonly SignalingStates[] =>
  subscribed.filter(({ quiet }) => !quiet).map(({ states }) => states);

const isShown = ({ live, subscribed }: Person): boolean =>
  live.length > 0 || subscribed.some(({ quiet }) => !quiet);

/** What binding says of a member of the live channel. */
export const boundStates = ({ uid, role }: { readonly uid: number; readonly role: Role }) => ({
  role,
  uid: String(uid),
});

const claims = (states: SignalingStates): boolean =>
  Object.hasOwn(states, 'role') || Object.hasOwn(states, 'uid');

/** Without what only the server says of members of an open live channel. */
export function withoutClaims(states: SignalingStates): SignalingStates {
  if (!claims(states)) return states;
  return Object.fromEntries(Object.entries(states).filter(([key]) => key !== 'role' && key !== 'uid'));
}

/** Of entries, not assigned: a client may call a key `__proto__`. */
export const merged = (parts: readonly SignalingStates[]): SignalingStates =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)));

const without = <Link extends { readonly uid: number }>(links: readonly Link[], uid: number): Link[] =>
  links.filter((link) => link.uid !== uid);

const goneBy = (reason: string): 'leave' | 'timeout' => (reason === 'timeout' ? 'timeout' : 'leave');

/** Do both say the same? */
export function same(one: SignalingStates, other: SignalingStates): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
  );
}
