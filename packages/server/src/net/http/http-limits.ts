import { limits as defaults, type LimitsOf } from '../../limits.ts';

/** What one request may send, and how long it may take to. */
export type BodyLimits = LimitsOf<'bodyBytesMax' | 'bodyMs'>;

/** What the server holds of what a peer sends and does not take. */
export type PeerLimits = LimitsOf<'bodyBytesMax' | 'socketBacklogBytesMax'>;

export const defaultBodyLimits: BodyLimits = defaults;
export const defaultPeerLimits: PeerLimits = defaults;
