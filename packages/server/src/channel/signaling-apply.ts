import { apply } from './apply.ts';
import { assert } from './assert.ts';
import type { ChannelCommand, ChannelRefusal } from './command.ts';
import type { ChannelRecord } from './decision.ts';
import { due } from './due.ts';
import { evolve } from './evolve.ts';
import type { ChannelLimits } from './join.ts';
import type {
  SignalingChange,
  SignalingCommand,
  SignalingRecord,
  SignalingState,
  StatesOf,
} from './signaling.ts';
import { closedChannel, type Member } from './state.ts';
import { Trie } from './trie.ts';

export interface SignalingLimits extends ChannelLimits {
  /** Keys of one user's temporary state; more are refused with `states_full`. */
  readonly statesMax: number;
}

export type SignalingDecision =
  | { readonly records: readonly SignalingRecord[] }
  | ChannelRefusal
  | { readonly refused: 'states_full' };

const noStates = Trie.empty<StatesOf>();

/** A signaling channel that nobody has subscribed to yet. */
export function emptySignaling(key: Pick<SignalingState, 'app' | 'channelType' | 'channel'>): SignalingState {
  return { ...key, presence: closedChannel(key.app, key.channel), states: noStates };
}

/**
 * Decides a command at `nowMs`, epoch milliseconds: membership as in a live channel, with its leases and tokens; a join
 * of the session that is in changes its quietness alone. Changes nothing.
 */
export function applySignaling(
  state: SignalingState,
  command: SignalingCommand,
  nowMs: number,
  limits: SignalingLimits,
): SignalingDecision {
  const { presence } = state;
  if (command.type === 'change-states' || (command.type === 'join' && isIn(state, command.connectionId))) {
    const ended = apply(presence, { type: 'tick' }, nowMs, limits);
    assert(!('refused' in ended), 'a tick is not refused');
    const then = { ...state, presence: ended.records.reduce(evolve, presence) };
    const member = memberOf(then, command.connectionId);
    if (!member && command.type === 'change-states') return { refused: 'not_joined' };
    if (member) {
      const change =
        command.type === 'join'
          ? quietness(member, command, nowMs)
          : statesChange(then, member, command, nowMs, limits);
      if (change === 'states_full') return { refused: change };
      return { records: wrapped(state, change ? [...ended.records, change] : ended.records) };
    }
  }
  assert(command.type !== 'change-states', 'decided above');
  const decision = apply(presence, command satisfies ChannelCommand, nowMs, limits);
  return 'refused' in decision ? decision : { records: wrapped(state, decision.records) };
}

/** The state after a record; total over what `applySignaling` decides, in its order. */
export function evolveSignaling(state: SignalingState, { change }: SignalingRecord): SignalingState {
  if (change.type !== 'states-set' && change.type !== 'quiet-set') {
    const presence = evolve(state.presence, change);
    const states = change.type === 'member-left' ? state.states.without(change.uid) : state.states;
    return { ...state, presence, states };
  }
  const { presence } = state;
  assert(presence.sid !== undefined && change.atMs >= presence.lastAtMs, 'somebody subscribes');
  const { uid, atMs } = change;
  if (change.type === 'states-set') {
    const isEmpty = Object.keys(change.states).length === 0;
    const states = isEmpty
      ? state.states.without(uid)
      : state.states.with(uid, { uid, states: change.states });
    return { ...state, presence: { ...presence, lastAtMs: atMs }, states };
  }
  const member = presence.roster.get(uid);
  assert(member !== undefined, 'the record is of a subscriber');
  const { quiet: _, ...rest } = member;
  const roster = presence.roster.with(change.quiet ? { ...rest, quiet: true } : rest);
  return { ...state, presence: { ...presence, roster, lastAtMs: atMs } };
}

/** When the channel needs its next `tick`, as `due`. */
export const dueSignaling = ({ presence }: SignalingState): number | undefined => due(presence);

function isIn(state: SignalingState, connectionId: string): boolean {
  return memberOf(state, connectionId) !== undefined;
}

function memberOf({ presence }: SignalingState, connectionId: string): Member | undefined {
  return presence.sid === undefined ? undefined : presence.roster.getByConnection(connectionId);
}

function quietness(
  { uid, quiet }: Member,
  command: Extract<SignalingCommand, { type: 'join' }>,
  nowMs: number,
): SignalingChange | undefined {
  const wanted = command.quiet ?? false;
  return wanted === (quiet ?? false) ? undefined : { type: 'quiet-set', atMs: nowMs, uid, quiet: wanted };
}

function statesChange(
  state: SignalingState,
  { uid }: Member,
  { set, remove }: Extract<SignalingCommand, { type: 'change-states' }>,
  nowMs: number,
  limits: SignalingLimits,
): SignalingChange | 'states_full' | undefined {
  const before = state.states.get(uid)?.states ?? {};
  const removed = new Set(remove === 'all' ? Object.keys(before) : remove);
  const kept = Object.entries(before).filter(([name]) => !removed.has(name));
  // An object made of entries has no inherited names, whatever a client calls its keys.
  const states = Object.fromEntries([...kept, ...Object.entries(set)]);
  const names = Object.keys(states);
  if (names.length > limits.statesMax) return 'states_full';
  const isSame =
    names.length === Object.keys(before).length && names.every((name) => before[name] === states[name]);
  return isSame ? undefined : { type: 'states-set', atMs: nowMs, uid, states };
}

function wrapped(
  { app, channelType, channel }: SignalingState,
  changes: readonly (ChannelRecord | SignalingChange)[],
): readonly SignalingRecord[] {
  return changes.map((change) => ({
    type: 'signaling',
    app,
    channelType,
    channel,
    atMs: change.atMs,
    change,
  }));
}
