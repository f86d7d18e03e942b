import { apply } from './apply.ts';
import { assert } from './assert.ts';
import type { ChannelRefusal } from './command.ts';
import { due } from './due.ts';
import { evolve } from './evolve.ts';
import {
  blindLocks,
  changeLocks,
  dueLocks,
  expiredLocks,
  type LockRefusal,
  noLocks,
  recoverLocks,
  withLocks,
} from './locks.ts';
import type { ChannelLimits } from './membership/join.ts';
import { Trie } from './membership/trie.ts';
import {
  changeMetadata,
  type MetadataLimits,
  type MetadataRefusal,
  noMetadata,
  withMetadata,
} from './metadata.ts';
import type { SignalingCommand, SignalingRecord, SignalingState, StatesOf } from './signaling.ts';
import { closedChannel, type Member } from './state.ts';
import { bytesOfTexts } from './text-bytes.ts';
import {
  changeTopics,
  noPublishers,
  type TopicLimits,
  type TopicRefusal,
  type Topics,
  withTopics,
} from './topics.ts';

export interface SignalingLimits extends ChannelLimits, TopicLimits, MetadataLimits {
  /** Keys of one user's temporary state; more are refused with `states_full`. */
  readonly statesMax: number;
  /** Locks of a channel; the next is refused with `locks_full`. */
  readonly locksMax: number;
}

type SignalingRefusal =
  | ChannelRefusal['refused']
  | 'states_full'
  | MetadataRefusal
  | LockRefusal
  | TopicRefusal;
export type SignalingDecision =
  | { readonly records: readonly SignalingRecord[] }
  | { readonly refused: SignalingRefusal };

type Change = SignalingRecord['change'];
type Decided = readonly Change[] | SignalingRefusal;
type CommandOf<Type extends SignalingCommand['type']> = Extract<SignalingCommand, { type: Type }>;

const noStates = Trie.empty<StatesOf>();

/** A signaling channel that nobody has used yet. */
export function emptySignaling(key: Pick<SignalingState, 'app' | 'channelType' | 'channel'>): SignalingState {
  const presence = closedChannel(key.app, key.channel);
  return {
    ...key,
    presence,
    states: noStates,
    publishers: noPublishers,
    textBytes: 0,
    metadata: noMetadata,
    locks: noLocks,
  };
}

/**
 * Decides a command at `nowMs`, epoch milliseconds: membership as in a live channel; a join of the session that is in
 * changes its quietness alone. What has run out by then, of leases, tokens and locks, takes effect first. Changes nothing.
 */
export function applySignaling(
  state: SignalingState,
  command: SignalingCommand,
  nowMs: number,
  limits: SignalingLimits,
): SignalingDecision {
  const ended = command.type === 'recover' || command.type === 'blind' ? [] : endings(state, nowMs, limits);
  const then = ended.reduce(changed, state);
  const decided = decide(then, command, nowMs, limits);
  if (typeof decided === 'string') return { refused: decided };
  const { app, channelType, channel } = state;
  const records = [...ended, ...decided].map(
    (change) => ({ type: 'signaling', app, channelType, channel, atMs: change.atMs, change }) as const,
  );
  return { records };
}

/** The state after a record; total over what `applySignaling` decides, in its order. */
export const evolveSignaling = (state: SignalingState, { change }: SignalingRecord): SignalingState =>
  changed(state, change);

/** When the channel needs its next `tick`, as `due`. */
export function dueSignaling({ presence, locks }: SignalingState): number | undefined {
  const first = Math.min(due(presence) ?? Infinity, dueLocks(locks) ?? Infinity);
  return Number.isFinite(first) ? first : undefined;
}

/** Is there nothing to remember of it, but what is in the past? Revisions go on from the clock. */
export function isForgettable({ presence, metadata, locks }: SignalingState): boolean {
  return (
    presence.sid === undefined &&
    Object.keys(metadata.items).length === 0 &&
    metadata.majorRevision <= presence.lastAtMs &&
    Object.keys(locks).length === 0
  );
}

/** Is there anybody in it, or a lock that somebody holds: anything that a restart has to give time to? */
export const hasAnybody = ({ presence, locks }: SignalingState): boolean =>
  presence.sid !== undefined || Object.values(locks).some(({ owner }) => owner !== undefined);

function endings({ presence, locks }: SignalingState, nowMs: number, limits: SignalingLimits): Change[] {
  const ended = apply(presence, { type: 'tick' }, nowMs, limits);
  assert(!('refused' in ended), 'a tick is not refused');
  return [...ended.records, ...expiredLocks(locks, nowMs)];
}

function decide(
  state: SignalingState,
  command: SignalingCommand,
  nowMs: number,
  limits: SignalingLimits,
): Decided {
  switch (command.type) {
    case 'change-states': {
      const member = memberOf(state, command.connectionId);
      return member ? statesChange(state, member, command, nowMs, limits) : 'not_joined';
    }
    case 'join-topic':
    case 'leave-topic': {
      const member = memberOf(state, command.connectionId);
      if (!member) return 'not_joined';
      const change = changeTopics(state.publishers, member.uid, command, nowMs, limits);
      return typeof change === 'string' ? change : change ? [change] : [];
    }
    case 'change-metadata': {
      const { lockName, author } = command;
      if (lockName !== '' && heldBy(state, lockName) !== author) return 'lock_not_held';
      const change = changeMetadata(state.metadata, command, nowMs, limits);
      return typeof change === 'string' ? change : [change];
    }
    case 'set-lock':
    case 'remove-lock':
    case 'acquire-lock':
    case 'release-lock':
    case 'revoke-lock':
    case 'lock-holder': {
      const change = changeLocks(state.locks, command, nowMs, limits.locksMax);
      return typeof change === 'string' ? change : change ? [change] : [];
    }
    case 'join': {
      const present = memberOf(state, command.connectionId);
      if (present) return quietness(present, command, nowMs);
    }
  }
  const decision = apply(state.presence, command, nowMs, limits);
  if ('refused' in decision) return decision.refused;
  if (command.type === 'blind')
    return [...decision.records, ...blindLocks(state.locks, nowMs, command.blindMs)];
  if (command.type !== 'recover') return decision.records;
  return [...decision.records, ...recoverLocks(state.locks, nowMs, command.recoveryMs)];
}

function changed(state: SignalingState, change: Change): SignalingState {
  const { presence } = state;
  switch (change.type) {
    case 'metadata-changed':
      return later({ ...state, metadata: withMetadata(state.metadata, change) }, change);
    case 'lock-changed':
    case 'lock-holder-changed':
      return later({ ...state, locks: withLocks(state.locks, change) }, change);
    case 'states-set': {
      const { uid, states: set } = change;
      const isEmpty = Object.keys(set).length === 0;
      const states = isEmpty ? state.states.without(uid) : state.states.with(uid, { uid, states: set });
      const textBytes = state.textBytes + bytesOfTexts(set) - bytesOfTexts(statesIn(state, uid));
      return later({ ...state, states, textBytes }, change);
    }
    case 'topics-set': {
      const { uid, topics } = change;
      const textBytes = state.textBytes + bytesOfTexts(topics) - bytesOfTexts(topicsIn(state, uid));
      return later({ ...state, publishers: withTopics(state.publishers, change), textBytes }, change);
    }
    case 'quiet-set': {
      assert(presence.sid !== undefined, 'somebody subscribes');
      const member = presence.roster.get(change.uid);
      assert(member !== undefined, 'the record is of a subscriber');
      const { quiet: _, ...rest } = member;
      const roster = presence.roster.with(change.quiet ? { ...rest, quiet: true } : rest);
      return later({ ...state, presence: { ...presence, roster } }, change);
    }
    default: {
      const after = { ...state, presence: evolve(presence, change) };
      if (change.type !== 'member-left') return after;
      const { uid } = change;
      const publishers = withTopics(state.publishers, { uid, topics: {} });
      const gone = bytesOfTexts(statesIn(state, uid)) + bytesOfTexts(topicsIn(state, uid));
      return {
        ...after,
        states: state.states.without(uid),
        publishers,
        textBytes: state.textBytes - gone,
      };
    }
  }
}

/** Time does not go back, whatever kind of record comes next. */
function later(state: SignalingState, { atMs }: { readonly atMs: number }): SignalingState {
  assert(atMs >= state.presence.lastAtMs, 'time does not go back');
  return { ...state, presence: { ...state.presence, lastAtMs: atMs } };
}

/** The temporary states of a member, by name. */
const statesIn = ({ states }: Pick<SignalingState, 'states'>, uid: number): StatesOf['states'] =>
  states.get(uid)?.states ?? {};
/** What a member says of themselves, by topic. */
const topicsIn = ({ publishers }: SignalingState, uid: number): Topics =>
  publishers.byUid.get(uid)?.topics ?? {};

/** By how much a record changes what states and topics take. */
export const textBytesAdded = (state: SignalingState, record: SignalingRecord): number =>
  evolveSignaling(state, record).textBytes - state.textBytes;

function memberOf({ presence }: SignalingState, connectionId: string): Member | undefined {
  return presence.sid === undefined ? undefined : presence.roster.getByConnection(connectionId);
}

function heldBy({ locks }: SignalingState, name: string): string | undefined {
  return Object.hasOwn(locks, name) ? locks[name]?.owner : undefined;
}

function quietness({ uid, quiet }: Member, command: CommandOf<'join'>, nowMs: number): Decided {
  const wanted = command.quiet ?? false;
  return wanted === (quiet ?? false) ? [] : [{ type: 'quiet-set', atMs: nowMs, uid, quiet: wanted }];
}

function statesChange(
  state: SignalingState,
  { uid }: Member,
  { set, remove }: CommandOf<'change-states'>,
  nowMs: number,
  limits: SignalingLimits,
): Decided {
  const before = statesIn(state, uid);
  const removed = new Set(remove === 'all' ? Object.keys(before) : remove);
  const kept = Object.entries(before).filter(([name]) => !removed.has(name));
  // An object made of entries has no inherited names, whatever a client calls its keys.
  const states = Object.fromEntries([...kept, ...Object.entries(set)]);
  const names = Object.keys(states);
  if (names.length > limits.statesMax) return 'states_full';
  const isSame =
    names.length === Object.keys(before).length && names.every((name) => before[name] === states[name]);
  return isSame ? [] : [{ type: 'states-set', atMs: nowMs, uid, states }];
}
