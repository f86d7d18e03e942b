import type { ChannelRecord } from '../channel/decision.ts';
import { evolve } from '../channel/evolve.ts';
import { bytesOf, countOf, itemBytes } from '../channel/metadata.ts';
import type { SignalingRecord, SignalingState } from '../channel/signaling.ts';
import { emptySignaling, evolveSignaling, isForgettable } from '../channel/signaling-apply.ts';
import { type ChannelState, closedChannel } from '../channel/state.ts';
import { limits } from '../limits.ts';
import type { SignalingKey } from './contract.ts';
import { AccountUids, spelledUid } from './decide/account-uids.ts';
import { Accounts } from './decide/accounts.ts';
import { Endings } from './decide/endings.ts';
import { MessageTimes } from './decide/message-times.ts';
import { Rules } from './decide/rules.ts';
import { holderOf, SeenUids } from './decide/seen-uids.ts';
import { isChannelRecord, type LogRecord, type MessagePlace } from './record.ts';

/** Key of a signaling channel: three parts, where that of a live channel has two. */
export const signalingKey = ({ app, channelType, channel }: SignalingKey): string =>
  `${app}/${channelType}/${channel}`;

/** Key of a channel among all apps; neither an app id nor a channel name can contain a slash. */
export const channelKey = (app: string, channel: string): string => `${app}/${channel}`;

/** Key of the messages of a channel, or between two users, in whichever direction. */
export function conversationOf(place: MessagePlace & { readonly publisher: string }): string {
  const { app, channelType, channel, publisher } = place;
  if (channelType === 'MESSAGE') return `${app}/MESSAGE/${channel}`;
  return `${app}/USER/${[publisher, channel].sort().join('/')}`;
}

/** What decisions are made against: the durable world, or a draft of it. */
export interface WorldView {
  readonly accounts: Pick<Accounts, 'uidOf' | 'ownerOf'>;
  readonly accountUids: Pick<AccountUids, 'choice' | 'key'>;
  /** Is the key of `accountUids` recorded? */
  readonly isAccountKeyKept: boolean;
  readonly seen: Pick<SeenUids, 'holder'>;
  readonly messageTimes: Pick<MessageTimes, 'next'>;
  readonly rules: Pick<Rules, 'find' | 'all' | 'get' | 'lastId' | 'size' | 'banned'>;
  state(app: string, channel: string): ChannelState;
  openCount(app: string): number;
  signaling(key: SignalingKey): SignalingState;
  /** Those of the app that there is anything to remember of. */
  signalingCount(app: string): number;
  /** Bytes of the app's metadata and locks, before the batch that is being decided. */
  keptBytes(app: string): number;
  /** What of them one user wrote, likewise. */
  authorBytes(app: string, author: string): number;
  /** Bytes of its users' states and topics, likewise. */
  textBytes(app: string): number;
}

export interface WorldOptions {
  /** How long it is remembered who had which uid, milliseconds. */
  readonly accountKeepMs: number;
  /** Makes the key of accounts' uids, if none is recorded. */
  readonly newAccountKey: () => string;
}

/** Everything that the log says, folded: every channel, every account's uid, every kicking rule. */
export class World implements WorldView {
  readonly accounts: Accounts;
  readonly accountUids: AccountUids;
  readonly seen: SeenUids;
  readonly messageTimes = new MessageTimes();
  readonly rules = new Rules();
  readonly endings = new Endings();
  readonly #channels = new Map<string, ChannelState>();
  readonly #open = new Map<string, Set<string>>();
  readonly #signaling = new Map<string, SignalingState>();
  readonly #signalingCounts = new Map<string, number>();
  readonly #keptBytes = new Map<string, number>();
  /** By app and author. */
  readonly #authorBytes = new Map<string, number>();
  readonly #textBytes = new Map<string, number>();

  constructor({ accountKeepMs, newAccountKey }: WorldOptions) {
    this.accounts = new Accounts({ keepMs: accountKeepMs });
    this.accountUids = new AccountUids(newAccountKey);
    this.seen = new SeenUids({ keepMs: accountKeepMs });
  }

  get isAccountKeyKept(): boolean {
    return this.accountUids.isKept;
  }

  signaling(key: SignalingKey): SignalingState {
    return this.#signaling.get(signalingKey(key)) ?? emptySignaling(key);
  }

  signalingCount(app: string): number {
    return this.#signalingCounts.get(app) ?? 0;
  }

  keptBytes(app: string): number {
    return this.#keptBytes.get(app) ?? 0;
  }

  authorBytes(app: string, author: string): number {
    return this.#authorBytes.get(`${app}/${author}`) ?? 0;
  }

  textBytes(app: string): number {
    return this.#textBytes.get(app) ?? 0;
  }

  /** What each app has, of what it may have: signaling channels, bytes of metadata and locks, bytes of states and topics. */
  get usage(): Readonly<Record<'channels' | 'keptBytes' | 'textBytes', ReadonlyMap<string, number>>> {
    return { channels: this.#signalingCounts, keptBytes: this.#keptBytes, textBytes: this.#textBytes };
  }

  /** Every signaling channel that has anything to remember. */
  signalingStates(): readonly SignalingState[] {
    return [...this.#signaling.values()];
  }

  putSignaling(state: SignalingState): void {
    const key = signalingKey(state);
    const before = this.signaling(state);
    this.#countKept(before, state);
    add(this.#textBytes, state.app, state.textBytes - before.textBytes);
    if (isForgettable(state) && state.presence.departed.size === 0) this.#forgetSignaling(state);
    else {
      if (!this.#signaling.has(key)) this.#signalingCounts.set(state.app, this.signalingCount(state.app) + 1);
      this.#signaling.set(key, state);
    }
  }

  state(app: string, channel: string): ChannelState {
    return this.#channels.get(channelKey(app, channel)) ?? closedChannel(app, channel);
  }

  openCount(app: string): number {
    return this.#open.get(app)?.size ?? 0;
  }

  /** Names of the app's open channels, in no order. */
  openNames(app: string): Iterable<string> {
    return this.#open.get(app) ?? [];
  }

  /** Every channel that has anything to remember. */
  states(): readonly ChannelState[] {
    return [...this.#channels.values()];
  }

  put(state: ChannelState): void {
    const key = channelKey(state.app, state.channel);
    const open = this.#open.get(state.app);
    if (state.sid !== undefined) {
      if (open) open.add(state.channel);
      else this.#open.set(state.app, new Set([state.channel]));
    } else {
      open?.delete(state.channel);
      if (open?.size === 0) this.#open.delete(state.app);
    }
    if (state.sid === undefined && state.departed.size === 0) this.#channels.delete(key);
    else this.#channels.set(key, state);
  }

  /** Forgets what a closed channel remembers of clientSeqs that are in the past by now. */
  forgetIfIdle(app: string, channel: string, nowMs: number): void {
    const state = this.#channels.get(channelKey(app, channel));
    if (!state || state.sid !== undefined) return;
    for (const clientSeq of state.departed.values()) if (clientSeq >= nowMs) return;
    this.#channels.delete(channelKey(app, channel));
  }

  /** As `forgetIfIdle`; metadata and locks stay. */
  forgetSignalingIfIdle(key: SignalingKey, nowMs: number): void {
    const state = this.signaling(key);
    const { app, channel, presence } = state;
    if (presence.sid !== undefined) return;
    for (const clientSeq of presence.departed.values()) if (clientSeq >= nowMs) return;
    const { lastAtMs } = presence;
    this.putSignaling({ ...state, presence: { ...closedChannel(app, channel), lastAtMs } });
  }

  #countKept(before: SignalingState, { app, metadata, locks }: SignalingState): void {
    // Most changes are of who is there.
    if (metadata === before.metadata && locks === before.locks) return;
    add(this.#keptBytes, app, keptBytesOf({ metadata, locks }) - keptBytesOf(before));
    const charge = (sign: 1 | -1) => (by: string | undefined, bytes: number) => {
      if (by !== undefined) add(this.#authorBytes, `${app}/${by}`, sign * bytes);
    };
    // First what is new: a sum that comes to nothing on the way is forgotten.
    eachKept({ metadata, locks }, before, charge(1));
    eachKept(before, { metadata, locks }, charge(-1));
  }

  #forgetSignaling(key: SignalingKey): void {
    if (!this.#signaling.delete(signalingKey(key))) return;
    const left = this.signalingCount(key.app) - 1;
    if (left > 0) this.#signalingCounts.set(key.app, left);
    else this.#signalingCounts.delete(key.app);
  }

  /** Folds one record in. */
  absorb(record: LogRecord): void {
    noteUid(this, record);
    this.endings.absorb(record);
    if (record.type === 'signaling') this.putSignaling(evolveSignaling(this.signaling(record), record));
    else if (isChannelRecord(record)) this.put(evolve(this.state(record.app, record.channel), record));
    else if (record.type === 'account-key') this.accountUids.keep(record.key);
    else absorbInto(this, record);
  }

  draft(): Draft {
    return new Draft(this);
  }
}

/**
 * A tentative world: reads through to the durable one, keeps its changes apart. Dropped if the append fails, taken
 * over by `commit` once the records are durable.
 */
export class Draft implements WorldView {
  readonly #base: World;
  readonly #states = new Map<string, ChannelState>();
  readonly #openDelta = new Map<string, number>();
  readonly #signaling = new Map<string, SignalingState>();
  readonly accounts: Accounts;
  readonly accountUids: AccountUids;
  readonly seen: SeenUids;
  readonly messageTimes: MessageTimes;
  readonly rules: Rules;
  /** Records that end or begin memberships: nothing is decided by them, so they count when they are durable. */
  readonly #comings: LogRecord[] = [];
  /** The key that a record of this draft keeps. */
  #accountKey: string | undefined;

  constructor(base: World) {
    this.#base = base;
    this.accounts = base.accounts.draft();
    this.accountUids = base.accountUids;
    this.seen = base.seen.draft();
    this.messageTimes = new MessageTimes(base.messageTimes);
    this.rules = new Rules(base.rules);
  }

  state(app: string, channel: string): ChannelState {
    return this.#states.get(channelKey(app, channel)) ?? this.#base.state(app, channel);
  }

  signaling(key: SignalingKey): SignalingState {
    return this.#signaling.get(signalingKey(key)) ?? this.#base.signaling(key);
  }

  /** Those of this draft too, of which some may be counted twice: it is a limit of a million. */
  signalingCount(app: string): number {
    return this.#base.signalingCount(app) + this.#signaling.size;
  }

  keptBytes(app: string): number {
    return this.#base.keptBytes(app);
  }

  authorBytes(app: string, author: string): number {
    return this.#base.authorBytes(app, author);
  }

  textBytes(app: string): number {
    return this.#base.textBytes(app);
  }

  openCount(app: string): number {
    return this.#base.openCount(app) + (this.#openDelta.get(app) ?? 0);
  }

  openNames(app: string): Iterable<string> {
    const names = new Set(this.#base.openNames(app));
    for (const state of this.#states.values()) {
      if (state.app !== app) continue;
      if (state.sid === undefined) names.delete(state.channel);
      else names.add(state.channel);
    }
    return names;
  }

  get isAccountKeyKept(): boolean {
    return this.#accountKey !== undefined || this.#base.isAccountKeyKept;
  }

  absorb(record: LogRecord): void {
    noteUid(this, record);
    if (record.type === 'signaling' || record.type === 'member-left') this.#comings.push(record);
    if (record.type === 'signaling')
      this.#signaling.set(signalingKey(record), evolveSignaling(this.signaling(record), record));
    else if (isChannelRecord(record)) this.#evolve(record);
    else if (record.type === 'account-key') this.#accountKey = record.key;
    else absorbInto(this, record);
  }

  #evolve(record: ChannelRecord): void {
    const before = this.state(record.app, record.channel);
    const after = evolve(before, record);
    this.#states.set(channelKey(record.app, record.channel), after);
    const delta = Number(after.sid !== undefined) - Number(before.sid !== undefined);
    if (delta !== 0) this.#openDelta.set(record.app, (this.#openDelta.get(record.app) ?? 0) + delta);
  }

  /** Makes the draft the truth. Call once, when its records are durable. Returns the channels that changed. */
  commit(): Changed {
    if (this.#accountKey !== undefined) this.#base.accountUids.keep(this.#accountKey);
    this.accounts.commit();
    this.seen.commit();
    this.messageTimes.commit();
    this.rules.commit();
    for (const record of this.#comings) this.#base.endings.absorb(record);
    for (const state of this.#states.values()) this.#base.put(state);
    for (const state of this.#signaling.values()) this.#base.putSignaling(state);
    return { live: [...this.#states.values()], signaling: [...this.#signaling.values()] };
  }
}

function add(sums: Map<string, number>, key: string, more: number): void {
  const sum = (sums.get(key) ?? 0) + more;
  if (sum > 0) sums.set(key, sum);
  else sums.delete(key);
}

const keptBytesOf = ({ metadata, locks }: Pick<SignalingState, 'metadata' | 'locks'>): number =>
  bytesOf(metadata) +
  limits.metadataItemBytes * countOf(metadata) +
  limits.lockBytes * Object.keys(locks).length;

type Kept = Pick<SignalingState, 'metadata' | 'locks'>;

/** Each item and lock of the one that is not the very same in the other: who wrote it, and what it counts for. */
function eachKept(
  { metadata, locks }: Kept,
  other: Kept,
  visit: (by: string | undefined, bytes: number) => void,
): void {
  if (metadata !== other.metadata)
    for (const [key, item] of Object.entries(metadata.items))
      if (!Object.hasOwn(other.metadata.items, key) || other.metadata.items[key] !== item)
        visit(item.by, itemBytes(key, item) + limits.metadataItemBytes);
  if (locks !== other.locks)
    for (const [name, lock] of Object.entries(locks))
      if (!Object.hasOwn(other.locks, name) || other.locks[name] !== lock) visit(lock.by, limits.lockBytes);
}

/** Channels that a batch changed, as they are after it. */
export interface Changed {
  readonly live: readonly ChannelState[];
  readonly signaling: readonly SignalingState[];
}

type AccountKey = Extract<LogRecord, { type: 'account-key' }>;

/** Remembers who has a uid, and that an account was used, of whoever comes or goes. */
function noteUid(target: { accounts: Accounts; seen: SeenUids }, record: LogRecord): void {
  const change = record.type === 'signaling' ? record.change : record;
  if (change.type !== 'member-joined' && change.type !== 'member-left') return;
  const { app, uid, account, atMs } = change;
  target.seen.note(app, uid, holderOf(uid, account), atMs);
  if (account !== undefined && change.type === 'member-joined') target.accounts.used(app, account, uid, atMs);
}

/** Folds in what is about an app as a whole. */
function absorbInto(
  target: { accounts: Accounts; messageTimes: MessageTimes; rules: Rules },
  record: Exclude<LogRecord, ChannelRecord | SignalingRecord | AccountKey>,
): void {
  switch (record.type) {
    case 'account-mapped':
      // Once each account's uid was recorded, also those that its name tells.
      if (spelledUid(record.account) !== record.uid)
        target.accounts.map(record.app, record.account, record.uid, record.atMs);
      return;
    case 'message':
      target.messageTimes.note(conversationOf(record), record.atMs);
      return;
    case 'messages-erased':
      return;
    case 'rule-set':
      target.rules.set(record.rule);
      return;
    case 'rule-deleted':
      target.rules.delete(record.app, record.ruleId);
  }
}
