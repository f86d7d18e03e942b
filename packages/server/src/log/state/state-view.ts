import type { Channel, ChannelKey } from '../../channel/channel.ts';
import type { AccountUids } from '../decide/account-uids.ts';
import type { Accounts } from '../decide/accounts.ts';
import type { Ending } from '../decide/endings.ts';
import type { MessageTimes } from '../decide/message-times.ts';
import type { Rules } from '../decide/rules/rules.ts';
import type { SeenUids } from '../decide/seen-uids.ts';
import type { AppLogLimitsOf } from '../log-limits.ts';
import type { Usage } from './usage.ts';

/** The state that decisions are made against: the durable one, or a draft of it. */
export interface StateView {
  readonly accounts: Pick<Accounts, 'uidOf' | 'ownerOf'>;
  readonly accountUids: Pick<AccountUids, 'choice' | 'key'>;
  /** True when the key of `accountUids` is recorded. */
  readonly isAccountKeyKept: boolean;
  readonly seen: Pick<SeenUids, 'holder'>;
  readonly messageTimes: Pick<MessageTimes, 'next'>;
  /** The ending, by others, of a session. */
  endingOf(app: string, connectionId: string, nowMs: number): Ending | undefined;
  readonly rules: Pick<Rules, 'find' | 'all' | 'get' | 'lastId' | 'size' | 'banned'>;
  /** A channel as it is; empty if nothing is known of it. */
  channel(key: ChannelKey): Channel;
  /** The live channels of an app, in no order. */
  live(app: string): Iterable<Channel>;
  /** The number of an app's channels of signaling of which nothing is left to remember by `nowMs`, and which the next record forgets. */
  idle(app: string, nowMs: number): number;
  /** The limits of apps. */
  readonly limitsOf: AppLogLimitsOf;
  /** The usage of apps that counts against their limits. */
  readonly usage: Pick<Usage, 'open' | 'remembered' | 'keptBytes' | 'authorBytes' | 'textBytes'>;
}
