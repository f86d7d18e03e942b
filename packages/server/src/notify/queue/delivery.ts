import type { Notice } from '../notice/notice.ts';

/** Notices that go in one request: one, or as many as a batch holds. They are delivered, retried and given up together. */
export interface Delivery {
  readonly notices: readonly Notice[];
  /** At most one delivery of a lane is under way. */
  readonly lane: string;
  /** Attempts made. */
  attempts: number;
  /** The number of attempts that count in the retry plan: all but probes. */
  planned: number;
}
