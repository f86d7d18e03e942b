import type { NumberedChannel } from './channel-lives.ts';
import type { RosterMember } from './entry.ts';
import type { Life } from './life.ts';
import type { Departed, PlainChannel, PlainUser } from './plain-channel.ts';
import { RosterError } from './roster-error.ts';
import { UidMap } from './uid-map.ts';

/**
 * All that a Roster knows of one channel. Never changed in place: a store in the same process may keep the object itself.
 * For any other store, `JSON.stringify` of it is what `load` may give back. Its other fields are the Roster's own.
 */
export interface ChannelState {
  readonly mode: 'numbered' | 'plain';
}

/** A ChannelState with the fields that are the Roster's own. */
export type RosterState = NumberedChannel | PlainChannel;

/** Reads what a store gave back; throws RosterError `store_corrupt` for a text that no Roster had saved. */
export function readState(stored: ChannelState | string): RosterState {
  // An object is the one that the Roster had saved: a store has no way to make another.
  return typeof stored === 'string' ? parseState(stored) : (stored as RosterState);
}

/** True when nobody is in the channel, so that forgetting it loses no member. */
export function isIdle(stored: ChannelState): boolean {
  const state = readState(stored);
  return state.mode === 'plain' ? state.online === 0 : state.lives.every(({ closed }) => closed);
}

/** Reads what JSON.stringify made of a state; throws RosterError `store_corrupt`. */
function parseState(text: string): RosterState {
  try {
    const json = JSON.parse(text) as StateJson;
    if (json.mode === 'numbered')
      return {
        mode: 'numbered',
        ended: [...json.ended],
        // The states of earlier versions do not have it.
        earlier: [...(json.earlier ?? [])],
        lives: json.lives.map((life) => ({ ...life, members: mapOf(life.members, ({ uid }) => uid) })),
      };
    if (json.mode === 'plain')
      return {
        ...json,
        users: mapOf(json.users, ({ uid }) => uid),
        departed: mapOf(json.departed, ({ number }) => number),
      };
    throw new TypeError('no such mode');
  } catch (cause) {
    throw new RosterError('store_corrupt', 'The store gave back what no Roster had saved.', { cause });
  }
}

type StateJson =
  | {
      readonly mode: 'numbered';
      readonly ended: readonly string[];
      readonly earlier?: readonly string[];
      readonly lives: readonly (Omit<Life, 'members'> & { readonly members: readonly RosterMember[] })[];
    }
  | (Omit<PlainChannel, 'users' | 'departed'> & {
      readonly users: readonly PlainUser[];
      readonly departed: readonly Departed[];
    });

function mapOf<V>(values: readonly V[], keyOf: (value: V) => number): UidMap<V> {
  let map = UidMap.empty<V>();
  for (const value of values) map = map.with(keyOf(value), value);
  return map;
}
