import type { Channel, ChannelKey } from '../../channel/channel.ts';
import { evolve } from '../../channel/evolve.ts';
import { AccountUids } from '../decide/account-uids.ts';
import { Accounts } from '../decide/accounts.ts';
import { Endings } from '../decide/endings.ts';
import { MessageTimes } from '../decide/message-times.ts';
import { Rules } from '../decide/rules/rules.ts';
import { SeenUids } from '../decide/seen-uids.ts';
import { type AppLogLimitsOf, defaultAppLogLimits } from '../log-limits.ts';
import { noNodes } from '../nodes/nodes.ts';
import { type ChannelRecord, isShared, type LogRecord, passedMs } from '../record/record.ts';
import { Draft } from './draft.ts';
import { absorbApp, absorbNode, absorbShared, noteUid } from './fold.ts';
import { KeptChannels } from './kept-channels.ts';
import type { StateView } from './state-view.ts';
import { Usage } from './usage.ts';

export interface LogStateOptions {
  /** Time for which it is remembered who had which uid, milliseconds. */
  readonly accountKeepMs: number;
  /** Makes the key of accounts' uids, if none is recorded. */
  readonly newAccountKey: () => string;
  /** Default: those of limits.ts. */
  readonly limitsOf?: AppLogLimitsOf;
}

/** Everything that the log says, folded: every channel, every account's uid, every kicking rule. */
export class LogState implements StateView {
  readonly accounts: Accounts;
  readonly accountUids: AccountUids;
  readonly seen: SeenUids;
  readonly messageTimes = new MessageTimes();
  readonly rules = new Rules();
  readonly endings: Endings;
  readonly limitsOf: AppLogLimitsOf;
  readonly usage = new Usage();
  nodes = noNodes;
  readonly #channels = new KeptChannels(this.usage);

  constructor({ accountKeepMs, newAccountKey, limitsOf = defaultAppLogLimits }: LogStateOptions) {
    this.limitsOf = limitsOf;
    this.accounts = new Accounts({ keepMs: accountKeepMs, limitsOf });
    this.accountUids = new AccountUids(newAccountKey);
    this.seen = new SeenUids({ keepMs: accountKeepMs, limitsOf });
    this.endings = new Endings(limitsOf);
  }

  get isAccountKeyKept(): boolean {
    return this.accountUids.isKept;
  }

  keepAccountKey(key: string): void {
    this.accountUids.keep(key);
  }

  channel(key: ChannelKey): Channel {
    return this.#channels.get(key);
  }

  /** Every channel that has anything to remember, as they are now, in no order. */
  channels(): readonly Channel[] {
    return this.#channels.all();
  }

  /** The channels of an app and a kind, by name. */
  channelsOf(app: string, kind: ChannelKey['kind']): ReadonlyMap<string, Channel> {
    return this.#channels.of(app, kind);
  }

  live(app: string): Iterable<Channel> {
    return this.channelsOf(app, 'live').values();
  }

  put(channel: Channel): void {
    this.usage.changed(this.channel(channel.key), channel);
    this.#channels.put(channel);
  }

  /** Takes over the channels that a draft changed, whose usage it has summed up. */
  take(changed: readonly Channel[], used: Usage): void {
    this.usage.add(used);
    for (const channel of changed) this.#channels.put(channel);
  }

  /** The channel as it is once the log has come to `atMs`. */
  channelBy = (key: ChannelKey, atMs: number) => this.#channels.getBy(key, atMs);
  /** Forgets what is in the past once the log has come to `atMs`. */
  reached = (atMs: number) => this.#channels.reached(atMs);
  idle = (app: string, nowMs: number) => this.#channels.idle(app, nowMs);
  endingOf = (app: string, connectionId: string, nowMs: number) => this.endings.of(app, connectionId, nowMs);

  /** Folds one record in. */
  absorb(record: LogRecord): void {
    if (record.type === 'channel') this.#absorb(record);
    else if (isShared(record)) absorbShared(this, record, (channel) => this.put(channel));
    else if (record.type === 'node-up') absorbNode(this, record);
    else absorbApp(this, record);
    const atMs = passedMs(record);
    if (atMs !== undefined) this.reached(atMs);
  }

  #absorb(record: ChannelRecord): void {
    noteUid(this, record);
    this.endings.absorb(record);
    this.put(evolve(this.channel(record.key), record.change));
  }

  draft(): Draft {
    return new Draft(this);
  }
}
