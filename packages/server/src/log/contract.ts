import type { AddressNotes } from './contract/address-notes.ts';
import type { Channels } from './contract/channels.ts';
import type { Commands } from './contract/commands.ts';
import type { Feed } from './contract/feed.ts';
import type { Identities } from './contract/identities.ts';
import type { MessageLog } from './contract/messages.ts';
import type { PastEndings } from './contract/past-endings.ts';
import type { Retention } from './contract/retention.ts';
import type { Bans, KickingRules } from './contract/rules.ts';

export type * from './contract/commands.ts';
export type { Refused } from './contract/refused.ts';
export type { RuleDraft } from './contract/rules.ts';

/**
 * The log as whoever opens it has it. Everybody else takes the ports that it needs: each is a file of contract/. Reads show
 * the durable state only.
 */
export interface Log
  extends Commands,
    Channels,
    Identities,
    AddressNotes,
    KickingRules,
    Bans,
    PastEndings,
    MessageLog,
    Feed,
    Retention {
  /** Why the log could not be written when it was last tried, in a sentence; undefined if it could. */
  readonly trouble: string | undefined;
  /** Ends timers, flushes, snapshots. Members stay: a restart within the recovery lease makes no events. */
  stop(): Promise<void>;
}
