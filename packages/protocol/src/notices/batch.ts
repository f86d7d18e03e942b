import type { StandardEventsLost } from './events-lost.ts';
import type { StandardNotice } from './standard-notices.ts';

/** Notices in one request of the `batch` format. */
export const batchNoticesMax = 1_000;
/** Bytes of one such request's body. */
export const batchBytesMax = 1024 * 1024;

/**
 * A request's body in the `batch` format: notices as the `standard` format words them, in order of the log, so those of a
 * channel by rising seq. At least one, at most batchNoticesMax and batchBytesMax; answered, retried and given up as one.
 */
export type StandardBatch = readonly (StandardNotice | StandardEventsLost)[];
