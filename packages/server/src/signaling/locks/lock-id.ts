import { type ChannelKey, idOf } from '../../channel/channel.ts';

declare const made: unique symbol;
/** Stands for one lock of one channel where a text is needed. Made by `lockIdOf` alone, and never taken apart. */
export type LockId = string & { readonly [made]: true };

export const lockIdOf = (key: ChannelKey, lockName: string): LockId => `${idOf(key)}/${lockName}` as LockId;
