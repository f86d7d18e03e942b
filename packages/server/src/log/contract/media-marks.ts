import type { MediaWatched } from '../record/record.ts';
import type { Refused } from './refused.ts';

/** What was carried in one stay since its mark before. */
export type Watched = Omit<MediaWatched, 'type' | 'atMs'>;

/** Records how long media was watched and published. */
export interface MediaMarks {
  /** One transaction, of one app. Refused when the log cannot be written, or too much waits: nothing of it is recorded then. */
  markWatched(app: string, watched: readonly Watched[]): Promise<{ readonly ok: true } | Refused>;
}
