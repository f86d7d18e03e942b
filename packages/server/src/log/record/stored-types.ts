import type { ChannelKind } from '../../channel/channel.ts';

/** The words for the kinds of signaling's channels in records and snapshots; those of a live channel have no such word. */
const typeOf = { message: 'MESSAGE', stream: 'STREAM', user: 'USER' } as const;
const kindOf = { MESSAGE: 'message', STREAM: 'stream', USER: 'user' } as const;

export type SignalingKind = Exclude<ChannelKind, 'live'>;
export type StoredType = keyof typeof kindOf;

export const storedTypeOf = <Kind extends SignalingKind>(kind: Kind): (typeof typeOf)[Kind] => typeOf[kind];

export function storedKindOf(type: StoredType): SignalingKind {
  const kind = kindOf[type];
  if (!kind) throw new Error(`channel type ${type} is not known`);
  return kind;
}
