import type { Role, SignalingRosterMember, SignalingStates } from '@housecount/protocol';
import { fixed } from '../../fixed-limits.ts';

/** A link backs a person: membership of the live channel, or a subscription. */
interface Link {
  readonly uid: number;
  /** Epoch milliseconds. */
  readonly joinedMs: number;
  /** Set while its connection is silent: since when, epoch milliseconds. */
  readonly silentSinceMs?: number;
}
/** There are several where several members are linked to one user: another tab, a shared screen. */
export interface LiveLink extends Link {
  readonly role: Role;
  /** seq of its join: orders the links of a person by arrival. */
  readonly joinedSeq: number;
  /** Nothing proves that it is the user whose id it has: beside what does, it is not shown. */
  readonly unproven?: true;
}
export interface SubscribedLink extends Link {
  readonly quiet: boolean;
  readonly states: SignalingStates;
}

/** Somebody in a signaling channel, with all that makes them present. Immutable. */
export interface Person {
  readonly userId: string;
  /** In order of arrival. */
  readonly live: readonly LiveLink[];
  readonly subscribed: readonly SubscribedLink[];
  /** Place among those who are shown; undefined while nobody is told of them. */
  readonly order?: number;
  /** What only the server says of members of the live channel is not shown of their own states. */
  readonly masked?: boolean;
}

export const noStates: SignalingStates = {};

/** True if others are told of the person, who is in the live channel, or subscribes and is not quiet. */
export const isShown = ({ live, subscribed }: Person): boolean =>
  live.length > 0 || subscribed.some(({ quiet }) => !quiet);

/** True if something that is shown of the person is surely theirs: a subscription, or a member that is linked or whose token names it. */
export const isProven = ({ live, subscribed }: Person): boolean =>
  (live[0] !== undefined && !live[0].unproven) ||
  subscribed.some(({ quiet }) => !quiet) ||
  live.some(({ unproven }) => !unproven);

/** The links to the live channel that are shown, in order of arrival: none that proves nothing beside what does. */
export function shownLive(person: Person): readonly LiveLink[] {
  const { live } = person;
  // Nearly everybody has one, or none.
  if (live.length === 0 || (live.length === 1 && !live[0]?.unproven)) return live;
  return live.some(({ unproven }) => unproven) && isProven(person)
    ? live.filter(({ unproven }) => !unproven)
    : live;
}

/**
 * The states that presence shows of a person: what they set, and over it what the server knows of the live member. While
 * the live channel is open nobody makes others believe in another role, or in a member that is none.
 */
export function shownStates(person: Person): SignalingStates {
  const { subscribed, masked = false } = person;
  const live = shownLive(person);
  if (live.length > 0 && subscribed.length === 0) return boundStates(live);
  const own = ownStates(subscribed);
  if (live.length > 0) return merged([...own.map(withoutClaims), boundStates(live)]);
  const shown = own.length === 1 && own[0] ? own[0] : merged(own);
  return masked ? withoutClaims(shown) : shown;
}

/** Tells whether they claim of themselves what the server says of members of the live channel, and are none. */
export const isClaimant = (person: Person): boolean =>
  person.subscribed.length > 0 &&
  isShown(person) &&
  shownLive(person).length === 0 &&
  ownStates(person.subscribed).some(claims);

/** A person as the roster shows them. */
export function toSignalingRosterMember(person: Person): SignalingRosterMember {
  const { userId, subscribed } = person;
  const live = shownLive(person);
  const [first, ...more] = live;
  const subscription = subscribed.find(({ quiet }) => !quiet);
  const interruptedSinceMs = silentSinceMs(person);
  return {
    userId,
    states: shownStates(person),
    ...(first && {
      live: {
        uid: first.uid,
        role: roleOf(live) ?? first.role,
        joinedMs: first.joinedMs,
        ...(more.length > 0 && { uids: named(live).map(({ uid }) => uid) }),
      },
    }),
    ...(subscription && { signaling: { joinedMs: subscription.joinedMs } }),
    ...(interruptedSinceMs !== undefined && { interruptedSinceMs }),
  };
}

/** Since when nothing is heard of a person by any link that is shown; undefined while something is. */
export function silentSinceMs(person: Person): number | undefined {
  let since: number | undefined;
  for (const link of shownLive(person)) {
    if (link.silentSinceMs === undefined) return undefined;
    since = Math.max(since ?? 0, link.silentSinceMs);
  }
  for (const link of person.subscribed) {
    if (link.quiet) continue;
    if (link.silentSinceMs === undefined) return undefined;
    since = Math.max(since ?? 0, link.silentSinceMs);
  }
  return since;
}

/** The role of somebody with these links: that of a host if any link has it; undefined without links. */
export const roleOf = (live: readonly { readonly role: Role }[]): Role | undefined =>
  live.length > 1 && live.some(({ role }) => role === 'broadcaster') ? 'broadcaster' : live[0]?.role;

/** The states that binding gives to who has these links to the live channel, in order of arrival and at least one. */
function boundStates(live: readonly { readonly uid: number; readonly role: Role }[]): SignalingStates {
  const role = roleOf(live) ?? 'audience';
  const uid = String(live[0]?.uid ?? '');
  if (live.length < 2) return { role, uid };
  const uids = named(live).map((link) => link.uid);
  return { role, uid, uids: uids.join(',') };
}

/** The links whose uids are named: a bound on what others are told, whatever somebody opens. */
const named = <Live>(live: readonly Live[]): readonly Live[] => live.slice(0, fixed.personUidsMax);

const ownStates = (subscribed: readonly SubscribedLink[]): readonly SignalingStates[] =>
  subscribed.filter(({ quiet }) => !quiet).map(({ states }) => states);

/** The states that only the server gives to members of an open live channel. */
const bound: readonly string[] = ['role', 'uid', 'uids'];

const claims = (states: SignalingStates): boolean => bound.some((name) => Object.hasOwn(states, name));

/** Without what only the server says of members of an open live channel. */
function withoutClaims(states: SignalingStates): SignalingStates {
  if (!claims(states)) return states;
  return Object.fromEntries(Object.entries(states).filter(([key]) => !bound.includes(key)));
}

/** Merges by entries, not by assignment: a client may call a key `__proto__`. */
export const merged = (parts: readonly SignalingStates[]): SignalingStates =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)));

/** Do both say the same? */
export function same(one: SignalingStates, other: SignalingStates): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
  );
}

/** True if the roster shows the same links for both. */
export function isLinkedAlike(one: Person, other: Person): boolean {
  const [live, otherLive] = [shownLive(one), shownLive(other)];
  const shown = ({ quiet }: SubscribedLink) => !quiet;
  const [subscribed, otherSubscribed] = [one.subscribed.find(shown), other.subscribed.find(shown)];
  return (
    live.length === otherLive.length &&
    live.every(({ uid, role, joinedMs }, at) => {
      const link = otherLive[at];
      return uid === link?.uid && role === link.role && joinedMs === link.joinedMs;
    }) &&
    subscribed?.joinedMs === otherSubscribed?.joinedMs &&
    silentSinceMs(one) === silentSinceMs(other)
  );
}
