import type { Erasure, MessageRecord } from '../record/record.ts';
import type { Refused } from './refused.ts';

/** Messages that are kept; whoever keeps them follows the feed. */
export interface MessageLog {
  /** Keeps a message; resolves with its time, later than that of every earlier one of the conversation. */
  keepMessage(message: Omit<MessageRecord, 'type' | 'atMs'>): Promise<{ ok: true; atMs: number } | Refused>;
  /** Deletes kept messages, as soon as whoever keeps them reads of it; those of later do not count. */
  eraseMessages(app: string, erased: Erasure): Promise<{ ok: true } | Refused>;
}
