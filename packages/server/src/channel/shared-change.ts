import { assert } from './assert.ts';
import type { Channel } from './channel.ts';
import type { Link, Member } from './membership/member.ts';
import type { Roster } from './membership/roster.ts';
import { withoutStreams } from './membership/streams.ts';
import { endLater, type Locks, runOutAfter } from './parts/locks.ts';

/**
 * A change of every channel at once, recorded once for all of them, however many members there are. It has no seq, and nobody is told
 * of it as an event.
 */
export type SharedChange = NodeLost | Blind | AbsentShown;

/**
 * An incarnation of a node is gone: whoever is attached to it is silent since it was last alive, or since they were known as silent, and may come
 * back until the recovery lease ends.
 */
export interface NodeLost {
  readonly type: 'node-lost';
  readonly atMs: number;
  /** The name of the node, and its incarnation; both are empty if nothing was recorded of it. */
  readonly node: string;
  readonly incarnation: string;
  /** The number of its `node-up`; 0: of before there were any. */
  readonly on: number;
  /** When it is known to have lived last, epoch milliseconds. */
  readonly lastAliveMs: number;
  /** The end of the recovery lease, epoch milliseconds. */
  readonly leaseEndsMs: number;
  /** No other node was up, so that nobody could have come back to any: everybody has the lease, and whoever holds a lock. */
  readonly wasLast?: true;
}

/** For `blindMs` nobody could be heard though time went on: whatever runs out does so as much later, but for tokens. */
export interface Blind {
  readonly type: 'blind';
  readonly atMs: number;
  readonly blindMs: number;
  /** Nothing that runs out does so before this, epoch milliseconds; only there where nothing could be recorded for a time. */
  readonly endsFromMs?: number;
}

/** Who lost their node, and is not back by now, is shown as interrupted from now on. */
export interface AbsentShown {
  readonly type: 'absent-shown';
  readonly atMs: number;
}

/**
 * The channel after it; the same one if nothing in it is another. `isGone`: of a lost node that was not the last, does it have the session of
 * this user of the channel's app?
 */
export function evolveShared(
  channel: Channel,
  change: SharedChange,
  isGone: (userId: string) => boolean = () => false,
): Channel {
  const locks = locksAfter(channel.locks, change, isGone);
  const roster = channel.sid === undefined ? undefined : rosterAfter(channel.roster, change);
  const isSame = channel.sid === undefined || roster === channel.roster;
  if (isSame && locks === channel.locks) return channel;
  const { atMs: lastAtMs } = change;
  assert(lastAtMs >= channel.lastAtMs, 'time does not go back');
  return channel.sid === undefined || roster === undefined
    ? { ...channel, lastAtMs, locks }
    : { ...channel, lastAtMs, locks, roster };
}

/** Costs one pass over the members, of blind time one over those who may end. */
function rosterAfter(roster: Roster, change: SharedChange): Roster {
  switch (change.type) {
    case 'node-lost':
      return withoutLostStreams(roster.relinked(lost(change)), change);
    case 'blind':
      return roster.silent === 0 ? roster : roster.relinked(prolonged(change), 'who may end');
    case 'absent-shown':
      return roster.silent === roster.interrupted ? roster : roster.relinked(shown, 'who may end');
  }
}

/** Nobody but the node that has a session says that its user went. Where that node is lost, whoever is back says that they are. */
function locksAfter(locks: Locks, change: SharedChange, isGone: (userId: string) => boolean): Locks {
  switch (change.type) {
    case 'node-lost':
      return runOutAfter(locks, change.leaseEndsMs, (owner) => change.wasLast === true || isGone(owner));
    case 'blind':
      return endLater(locks, later(change));
    case 'absent-shown':
      return locks;
  }
}

/** Those who were silent keep what is known of it. The others share one silence, but for who joined since the last sign of life. */
function lost({ on, wasLast, atMs, lastAliveMs, leaseEndsMs }: NodeLost): (member: Member) => Link {
  const heardMs = Math.min(lastAliveMs, atMs);
  const silence = {
    state: 'silent',
    lastHeardMs: heardMs,
    noticedMs: atMs,
    evidence: 'server-crash',
    leaseEndsMs,
    untold: true,
  } as const;
  return (member) => {
    const { link, joinedMs } = member;
    if (!isLost(member, { on, wasLast })) return link;
    if (link.state === 'silent') return { ...link, leaseEndsMs };
    return joinedMs <= heardMs ? silence : { ...silence, lastHeardMs: joinedMs };
  };
}

/** The member is attached to the node that is lost. */
export const isLost = ({ on: own = 0 }: Member, { on, wasLast }: Pick<NodeLost, 'on' | 'wasLast'>): boolean =>
  own === on || wasLast === true;

/** What went through the node goes no more; a broadcaster sends again what it says that it sends. */
function withoutLostStreams(roster: Roster, change: NodeLost): Roster {
  let after = roster;
  for (const member of roster.broadcasters())
    if (member.streams && isLost(member, change)) after = after.with(withoutStreams(member));
  return after;
}

function prolonged(change: Blind): (member: Member) => Link {
  const endsMs = later(change);
  return ({ link }) => (link.state === 'live' ? link : { ...link, leaseEndsMs: endsMs(link.leaseEndsMs) });
}

/** When that ends which ended then before the change. */
const later =
  ({ blindMs, endsFromMs }: Blind) =>
  (endsMs: number): number =>
    endsFromMs === undefined ? endsMs + blindMs : Math.max(endsMs, endsFromMs);

function shown({ link }: Member): Link {
  if (link.state === 'live' || !link.untold) return link;
  const { untold: _, ...rest } = link;
  return rest;
}
