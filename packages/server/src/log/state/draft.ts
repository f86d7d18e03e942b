import type { Channel, ChannelKey } from '../../channel/channel.ts';
import { ChannelMap } from '../../channel/channel-map.ts';
import { evolve } from '../../channel/evolve.ts';
import type { AccountUids } from '../decide/account-uids.ts';
import type { Accounts } from '../decide/accounts.ts';
import type { Endings } from '../decide/endings.ts';
import { MessageTimes } from '../decide/message-times.ts';
import { Rules } from '../decide/rules/rules.ts';
import type { SeenUids } from '../decide/seen-uids.ts';
import type { ChannelRecord, LogRecord } from '../record/record.ts';
import { absorbApp, noteUid } from './fold.ts';
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
  take(changed: readonly Channel[], used: Usage): void;
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
  readonly #touched = new Map<string, number>();
  /** Records that end memberships, or begin those of signaling: nothing is decided by them, so they count when they are durable. */
  readonly #comings: ChannelRecord[] = [];
  /** The key that a record of this draft keeps. */
  #accountKey: string | undefined;

  constructor(base: Base) {
    this.#base = base;
    this.accounts = base.accounts.draft();
    this.accountUids = base.accountUids;
    this.seen = base.seen.draft();
    this.messageTimes = new MessageTimes(base.messageTimes);
    this.rules = new Rules(base.rules);
    this.limitsOf = base.limitsOf;
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
    return this.#channels.get(key) ?? this.#base.channel(key);
  }

  *live(app: string): IterableIterator<Channel> {
    const drafted = this.#channels.of(app, 'live');
    yield* drafted.values();
    for (const channel of this.#base.live(app)) if (!drafted.has(channel.key.name)) yield channel;
  }

  absorb(record: LogRecord): void {
    if (record.type === 'channel') this.#absorb(record);
    else absorbApp(this, record);
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
    if (!drafted && kind !== 'live') this.#touched.set(app, (this.#touched.get(app) ?? 0) + 1);
    const before = drafted ?? this.#base.channel(key);
    const after = evolve(before, change);
    this.#channels.set(key, after);
    this.#used.changed(before, after);
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
    const changed = [...this.#channels.values()];
    base.take(changed, this.#used);
    return changed;
  }
}
