import type { Channel, ChannelKey } from '../../channel/channel.ts';
import { ChannelMap } from '../../channel/channel-map.ts';
import { evolve } from '../../channel/evolve.ts';
import type { AccountUids } from '../decide/account-uids.ts';
import type { Accounts } from '../decide/accounts.ts';
import { type Ending, Endings } from '../decide/endings.ts';
import { MessageTimes } from '../decide/message-times.ts';
import { Rules } from '../decide/rules/rules.ts';
import type { SeenUids } from '../decide/seen-uids.ts';
import type { Nodes } from '../nodes/nodes.ts';
import { type ChannelRecord, isShared, type LogRecord, passedMs } from '../record/record.ts';
import { absorbApp, absorbNode, absorbShared, noteUid } from './fold.ts';
import type { StateView } from './state-view.ts';
import { Usage } from './usage.ts';

/** The durable state, as a draft needs it. */
interface Base extends StateView {
  readonly accounts: Accounts;
  readonly accountUids: AccountUids;
  readonly seen: SeenUids;
  readonly messageTimes: MessageTimes;
  readonly rules: Rules;
  readonly endings: Endings;
  keepAccountKey(key: string): void;
  nodes: Nodes;
  channels(): readonly Channel[];
  take(changed: readonly Channel[], used: Usage): void;
  /** The channel as it is once the log has come to `atMs`. */
  channelBy(key: ChannelKey, atMs: number): Channel;
  /** Forgets what is in the past once the log has come to `atMs`. */
  reached(atMs: number): void;
}

/**
 * A tentative state: reads through to the durable one, keeps its changes apart. Dropped if the append fails, taken
 * over by `commit` once the records are durable.
 */
export class Draft implements StateView {
  readonly #base: Base;
  readonly #channels = new ChannelMap<Channel>();
  readonly accounts: Accounts;
  readonly accountUids: AccountUids;
  readonly seen: SeenUids;
  readonly messageTimes: MessageTimes;
  readonly rules: Rules;
  readonly usage: StateView['usage'];
  readonly limitsOf: StateView['limitsOf'];
  /** What this draft adds to the usage, or takes away. */
  readonly #used = new Usage();
  /** The nodes that have a say. */
  nodes: Nodes;
  /** The time of its records, epoch milliseconds; undefined while there are none. */
  #atMs: number | undefined;
  readonly #touched = new Map<string, number>();
  /** Records that end memberships, or begin those of signaling. */
  readonly #comings: ChannelRecord[] = [];
  /** The endings among the first so many of them, for the few decisions that ask. */
  readonly #endings: { readonly known: Endings; of: number };
  /** The key that a record of this draft keeps. */
  #accountKey: string | undefined;

  constructor(base: Base) {
    this.#base = base;
    this.accounts = base.accounts.draft();
    this.accountUids = base.accountUids;
    this.seen = base.seen.draft();
    this.messageTimes = new MessageTimes(base.messageTimes);
    this.rules = new Rules(base.rules);
    this.nodes = base.nodes;
    this.limitsOf = base.limitsOf;
    this.#endings = { known: new Endings(base.limitsOf), of: 0 };
    const { usage } = base;
    this.usage = {
      open: (app) => usage.open(app) + this.#used.open(app),
      // Some of this draft may be counted twice: it is a limit of a million.
      remembered: (app) => usage.remembered(app) + (this.#touched.get(app) ?? 0),
      keptBytes: (app) => usage.keptBytes(app) + this.#used.keptBytes(app),
      authorBytes: (app, author) => usage.authorBytes(app, author) + this.#used.authorBytes(app, author),
      textBytes: (app) => usage.textBytes(app) + this.#used.textBytes(app),
    };
  }

  get isAccountKeyKept(): boolean {
    return this.#accountKey !== undefined || this.#base.isAccountKeyKept;
  }

  keepAccountKey(key: string): void {
    this.#accountKey = key;
  }

  channel(key: ChannelKey): Channel {
    return this.#channels.get(key) ?? this.#before(key);
  }

  /** Some of them may be in this draft again: it is a limit of a million. */
  idle(app: string, nowMs: number): number {
    return this.#base.idle(app, nowMs);
  }

  /** Every channel that has anything to remember, as they are now, in no order. */
  channels(): readonly Channel[] {
    const drafted = [...this.#channels.values()];
    if (drafted.length === 0) return this.#base.channels();
    return [...this.#base.channels().filter(({ key }) => !this.#channels.get(key)), ...drafted];
  }

  *live(app: string): IterableIterator<Channel> {
    const drafted = this.#channels.of(app, 'live');
    yield* drafted.values();
    for (const channel of this.#base.live(app)) if (!drafted.has(channel.key.name)) yield channel;
  }

  endingOf(app: string, connectionId: string, nowMs: number): Ending | undefined {
    const { known, of } = this.#endings;
    for (const record of this.#comings.slice(of)) known.absorb(record);
    this.#endings.of = this.#comings.length;
    return known.of(app, connectionId, nowMs) ?? this.#base.endingOf(app, connectionId, nowMs);
  }

  absorb(record: LogRecord): void {
    if (record.type === 'channel') this.#absorb(record);
    else if (isShared(record))
      absorbShared(this, record, (channel) => this.#channels.set(channel.key, channel));
    else if (record.type === 'node-up') absorbNode(this, record);
    else absorbApp(this, record);
    this.#atMs = passedMs(record) ?? this.#atMs;
  }

  #absorb(record: ChannelRecord): void {
    noteUid(this, record);
    const { type } = record.change;
    if (type === 'member-left' || (type === 'member-joined' && record.key.kind !== 'live'))
      this.#comings.push(record);
    this.#evolve(record);
  }

  #evolve({ key, change }: ChannelRecord): void {
    const { app, kind } = key;
    const drafted = this.#channels.get(key);
    const isTouched = kind !== 'live' && (kind !== 'user' || change.type === 'metadata-changed');
    if (!drafted && isTouched) this.#touched.set(app, (this.#touched.get(app) ?? 0) + 1);
    const before = drafted ?? this.#before(key);
    const after = evolve(before, change);
    this.#channels.set(key, after);
    this.#used.changed(before, after);
  }

  /** The channel as it was before this draft, without what its records have made the past. */
  #before(key: ChannelKey): Channel {
    return this.#atMs === undefined ? this.#base.channel(key) : this.#base.channelBy(key, this.#atMs);
  }

  /** Makes the draft the truth. Call once, when its records are durable. Returns the channels that changed. */
  commit(): readonly Channel[] {
    const base = this.#base;
    if (this.#accountKey !== undefined) base.keepAccountKey(this.#accountKey);
    this.accounts.commit();
    this.seen.commit();
    this.messageTimes.commit();
    this.rules.commit();
    for (const record of this.#comings) base.endings.absorb(record);
    base.nodes = this.nodes;
    const changed = [...this.#channels.values()];
    base.take(changed, this.#used);
    if (this.#atMs !== undefined) base.reached(this.#atMs);
    return changed;
  }
}
