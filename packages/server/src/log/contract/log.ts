import type { Barrier } from './barrier.ts';
import type { Channels } from './channels.ts';
import type { Commands } from './commands.ts';
import type { Feed } from './feed.ts';
import type { Identities } from './identities.ts';
import type { MediaMarks } from './media-marks.ts';
import type { MessageLog } from './messages.ts';
import type { PastEndings } from './past-endings.ts';
import type { LogRetention } from './retention.ts';
import type { Bans, KickingRules } from './rules.ts';

/**
 * The log as whoever opens it has it. Everybody else takes the ports that it needs, which are the files beside this one.
 * Reads show the durable state only.
 */
export interface Log
  extends Commands,
    Channels,
    Identities,
    KickingRules,
    Bans,
    PastEndings,
    MessageLog,
    Barrier,
    MediaMarks,
    Feed,
    LogRetention {
  /** Why the log could not be written when it was last tried, in a sentence; undefined if it could. */
  readonly trouble: string | undefined;
  /** Clients can come from now on: who was there before the start, and is not back in a second, is shown as interrupted. */
  opened(): void;
  /** Ends timers, flushes, snapshots. Members stay: a restart within the recovery lease makes no events. */
  stop(): Promise<void>;
}
