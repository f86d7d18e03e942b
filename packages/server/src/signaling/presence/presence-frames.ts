import type { SignalingOccupant, SignalingPresence, SignalingPresenceEvent } from '@housecount/protocol';
import { type ChannelKey, placeOf } from '../names/channel-key.ts';

/** A frame that says what happened in a channel, encoded once for all who are told. */
export function presenceText(key: ChannelKey, event: SignalingPresenceEvent, serverMs: number): string {
  return JSON.stringify({
    type: 'presence',
    ...placeOf(key),
    event,
    serverMs,
  } satisfies SignalingPresence);
}

/** Takes occupants while they are within both bounds: how many, and how many characters their encoding has. At least one. */
export function taken(
  occupants: Iterable<SignalingOccupant & { readonly order: number }>,
  { usersMax, lengthMax }: { readonly usersMax: number; readonly lengthMax: number },
): { readonly occupants: readonly SignalingOccupant[]; readonly lastOrder: number; readonly isAll: boolean } {
  const result: SignalingOccupant[] = [];
  let length = 0;
  let lastOrder = 0;
  for (const { userId, states, order } of occupants) {
    length += lengthOf(userId, states);
    if (result.length >= usersMax || (length > lengthMax && result.length > 0))
      return { occupants: result, lastOrder, isAll: false };
    result.push({ userId, states });
    lastOrder = order;
  }
  return { occupants: result, lastOrder, isAll: true };
}

/** Approximate number of characters that an occupant takes in a frame. */
export function lengthOf(userId: string, states: SignalingOccupant['states']): number {
  let length = userId.length + 40;
  for (const [name, value] of Object.entries(states))
    length += encodedLength(name) + encodedLength(value) + 6;
  return length;
}

/** Characters that JSON writes as more than one, up to six. */
const escaped = /[\p{Cc}"\\\p{Cs}]/u;

const encodedLength = (text: string): number =>
  escaped.test(text) ? JSON.stringify(text).length - 2 : text.length;
