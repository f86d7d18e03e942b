export type { StandardBatch } from '../generated/notices.ts';

/** Notices in one request of the `batch` format. */
export const batchNoticesMax = 1_000;
/** Bytes of one such request's body. */
export const batchBytesMax = 1024 * 1024;
