import { limits as defaults, type LimitsOf } from '../../limits.ts';

/** The limits of one request's body: its size, and the time it may take. */
export type BodyLimits = LimitsOf<'bodyBytesMax' | 'bodyMs'>;

/** The limits of what the server holds of what a peer sends and does not take. */
export type PeerLimits = LimitsOf<'bodyBytesMax' | 'socketBacklogBytesMax'>;

export const defaultBodyLimits: BodyLimits = defaults;
export const defaultPeerLimits: PeerLimits = defaults;
