import type { SignalingStates } from '@housecount/protocol';
import { Trie } from '../membership/trie.ts';

/** The temporary states of one member, never empty. They are part of who is a member, and gone with them. */
export interface StatesOf {
  readonly uid: number;
  readonly states: SignalingStates;
}

export const noStates = Trie.empty<StatesOf>();

/** Changes the states of the member with this session: merges `set` in, takes `remove` out; `remove: 'all'` comes first. */
export interface StatesCommand {
  readonly type: 'change-states';
  readonly connectionId: string;
  readonly set: SignalingStates;
  readonly remove: readonly string[] | 'all';
}

/** Somebody's temporary state is this from now on; empty: none. */
export interface StatesSet {
  readonly type: 'states-set';
  readonly atMs: number;
  readonly uid: number;
  readonly states: SignalingStates;
}

export interface StatesLimits {
  /** Keys of one user's temporary state; what would make them more, and more than before, is refused with `states_full`. */
  readonly statesMax: number;
}

/** Decides what a member asks of their states; undefined: nothing changes. */
export function changeStates(
  all: Trie<StatesOf>,
  uid: number,
  { set, remove }: StatesCommand,
  nowMs: number,
  { statesMax }: StatesLimits,
): StatesSet | 'states_full' | undefined {
  const before = all.get(uid)?.states ?? {};
  const removed = new Set(remove === 'all' ? Object.keys(before) : remove);
  const kept = Object.entries(before).filter(([name]) => !removed.has(name));
  // An object made of entries has no inherited names, whatever a client calls its keys.
  const states = Object.fromEntries([...kept, ...Object.entries(set)]);
  const names = Object.keys(states);
  const had = Object.keys(before).length;
  // A limit that was lowered since takes nothing away, and lets them become fewer.
  if (names.length > statesMax && names.length > had) return 'states_full';
  const isSame = names.length === had && names.every((name) => before[name] === states[name]);
  return isSame ? undefined : { type: 'states-set', atMs: nowMs, uid, states };
}

/** The states after a change. */
export const withStates = (all: Trie<StatesOf>, { uid, states }: Pick<StatesSet, 'uid' | 'states'>) =>
  Object.keys(states).length === 0 ? all.without(uid) : all.with(uid, { uid, states });
