import type { Role, SignalingRosterMember, SignalingStates } from '@housecount/protocol';

/** A link backs a person: membership of the live channel, or a subscription. There is more than one of a kind only where a uid and an account read the same. */
interface Link {
  readonly uid: number;
  /** Epoch milliseconds. */
  readonly joinedMs: number;
  /** Set while its connection is silent: since when, epoch milliseconds. */
  readonly silentSinceMs?: number;
}
export interface LiveLink extends Link {
  readonly role: Role;
}
export interface SubscribedLink extends Link {
  readonly quiet: boolean;
  readonly states: SignalingStates;
}

/** Somebody in a signaling channel, with all that makes them present. Immutable. */
export interface Person {
  readonly userId: string;
  readonly live: readonly LiveLink[];
  readonly subscribed: readonly SubscribedLink[];
  /** Place among those who are shown; undefined while nobody is told of them. */
  readonly order?: number;
  /** A `role` or `uid` among its own states is not shown. */
  readonly masked?: boolean;
}

export const noStates: SignalingStates = {};

/** True if others are told of the person, who is in the live channel, or subscribes and is not quiet. */
export const isShown = ({ live, subscribed }: Person): boolean =>
  live.length > 0 || subscribed.some(({ quiet }) => !quiet);

/**
 * The states that presence shows of a person: what they set, and over it what the server knows of the live member. While
 * the live channel is open nobody makes others believe in another role, or in a member that is none.
 */
export function shownStates({ live, subscribed, masked = false }: Person): SignalingStates {
  const own = ownStates(subscribed);
  const bound = live.at(-1);
  if (bound) return merged([...own, boundStates(bound)]);
  const shown = own.length === 1 && own[0] ? own[0] : merged(own);
  return masked ? withoutClaims(shown) : shown;
}

/** Tells whether they claim of themselves what the server says of members of the live channel, and are none. */
export const isClaimant = (person: Person): boolean =>
  person.live.length === 0 && isShown(person) && ownStates(person.subscribed).some(claims);

/** A person as the roster shows them. */
export function toSignalingRosterMember(person: Person): SignalingRosterMember {
  const { userId, live, subscribed } = person;
  const bound = live.at(-1);
  const subscription = subscribed.find(({ quiet }) => !quiet);
  const interruptedSinceMs = silentSinceMs(person);
  return {
    userId,
    states: shownStates(person),
    ...(bound && { live: { uid: bound.uid, role: bound.role, joinedMs: bound.joinedMs } }),
    ...(subscription && { signaling: { joinedMs: subscription.joinedMs } }),
    ...(interruptedSinceMs !== undefined && { interruptedSinceMs }),
  };
}

/** Since when nothing is heard of a person by any link that is shown; undefined while something is. */
export function silentSinceMs({ live, subscribed }: Person): number | undefined {
  let since: number | undefined;
  for (const link of live) {
    if (link.silentSinceMs === undefined) return undefined;
    since = Math.max(since ?? 0, link.silentSinceMs);
  }
  for (const link of subscribed) {
    if (link.quiet) continue;
    if (link.silentSinceMs === undefined) return undefined;
    since = Math.max(since ?? 0, link.silentSinceMs);
  }
  return since;
}

/** The states that binding gives a member of the live channel. */
export const boundStates = ({ uid, role }: { readonly uid: number; readonly role: Role }) => ({
  role,
  uid: String(uid),
});

const ownStates = (subscribed: readonly SubscribedLink[]): readonly SignalingStates[] =>
  subscribed.filter(({ quiet }) => !quiet).map(({ states }) => states);

const claims = (states: SignalingStates): boolean =>
  Object.hasOwn(states, 'role') || Object.hasOwn(states, 'uid');

/** Without what only the server says of members of an open live channel. */
export function withoutClaims(states: SignalingStates): SignalingStates {
  if (!claims(states)) return states;
  return Object.fromEntries(Object.entries(states).filter(([key]) => key !== 'role' && key !== 'uid'));
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
