/**
 * What a channel can be. `live`: of video, told of to webhooks; `message` and `stream`: of signaling, for those who subscribe;
 * `user`: nobody is in it, it holds a user's own metadata.
 */
export type ChannelKind = 'live' | 'message' | 'stream' | 'user';

/** Names a channel: of an app there is one of each kind and name. */
export interface ChannelKey<Kind extends ChannelKind = ChannelKind> {
  readonly app: string;
  readonly kind: Kind;
  readonly name: string;
}

declare const made: unique symbol;
/** Stands for a key where a text is needed, as a topic or in a map. Made by `idOf` alone, and never taken apart. */
export type ChannelId = string & { readonly [made]: true };

/** Two keys have the same id if they name the same channel. */
export const idOf = ({ app, kind, name }: ChannelKey): ChannelId => `${app}/${kind}/${name}` as ChannelId;

export const liveKey = (app: string, name: string): ChannelKey<'live'> => ({ app, kind: 'live', name });
