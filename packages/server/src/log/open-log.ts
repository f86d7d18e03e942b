import { HousecountError, type RuleScope } from '@housecount/protocol';
import type { Channel, ChannelKey } from '../channel/channel.ts';
import type { Privilege, RuleSubject } from '../channel/rules.ts';
import { limits as defaults } from '../limits.ts';
import { ChannelReads } from './channel-reads.ts';
import { asksOf } from './commands/asks.ts';
import { ChannelCommands } from './commands/channel-commands.ts';
import { IdentityCommands } from './commands/identity-commands.ts';
import { MessageCommands } from './commands/message-commands.ts';
import { recordWatched } from './commands/record-watched.ts';
import { RuleCommands } from './commands/rule-commands.ts';
import type { Asked, Identity, JoinRequest } from './contract/commands.ts';
import type { Log } from './contract/log.ts';
import type { Watched } from './contract/media-marks.ts';
import type { RuleDraft } from './contract/rules.ts';
import { accountKeyChars } from './decide/account-uids.ts';
import { EntryFeed } from './feed/entry-feed.ts';
import { GroupCommit } from './group-commit.ts';
import { defaultLogLimits } from './log-limits.ts';
import { showLog } from './log-metrics.ts';
import type { LogOptions } from './log-options.ts';
import type { Incarnation } from './nodes/nodes.ts';
import { decideStart } from './nodes/start.ts';
import { Owner } from './owner.ts';
import { type Erasure, type LogEntry, timeOf } from './record/record.ts';
import { type Recovered, recoverState } from './recover.ts';
import { Snapshots } from './snapshot/snapshots.ts';
import type { LogState } from './state/state.ts';
import { AliveMark } from './time/alive-mark.ts';
import { BlindTime } from './time/blind-time.ts';
import { type MakeUpNeeds, makeUp } from './time/make-up.ts';
import { notBefore } from './time/not-before.ts';
import { WriteGap } from './time/write-gap.ts';
import { Upkeep } from './upkeep.ts';

/** There is no other node. */
const node = 'main';
/** 80 bits: no two starts are taken for one. */
const incarnationChars = 16;

/**
 * Opens the log of a partition: folds what is on disk, gives everybody the recovery lease, then decides and records. Fails with
 * `log_unavailable` if that lease cannot be recorded: the operator is told at once, and the next start does it again.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { store, partition, logger, random, accountDays = defaults.accountDays, limitsOf } = options;
  const recovered = await recoverState({
    store,
    partition,
    logger,
    accountKeepMs: accountDays * 86_400_000,
    newAccountKey: () => random.id(accountKeyChars),
    ...(limitsOf && { limitsOf }),
  });
  const log = new EmbeddedOwner(options, recovered);
  try {
    await log.begin();
  } catch (cause) {
    await log.stop();
    throw cause;
  }
  return log;
}

/** The options of the owner; those that only the state is made with are left out. */
type OwnerOptions = Omit<LogOptions, 'accountDays' | 'limitsOf'>;

/** The single writer of the partition: builds the parts of the log, and tells them what has become durable. */
class EmbeddedOwner implements Log {
  readonly #options: OwnerOptions;
  readonly #state: LogState;
  readonly #feed: EntryFeed;
  readonly #owner: Owner;
  readonly #upkeep: Upkeep;
  readonly #snapshots: Snapshots;
  readonly #alive: AliveMark;
  readonly #blindTime: BlindTime;
  readonly #reads: ChannelReads;
  readonly #channels: ChannelCommands;
  readonly #identities: IdentityCommands;
  readonly #rules: RuleCommands;
  readonly #messages: MessageCommands;
  readonly #aliveMs: number;
  readonly #incarnation: Incarnation;
  #floorMs: number;

  constructor(options: OwnerOptions, recovered: Recovered) {
    const { state, end, floorMs, snapshotPosition } = recovered;
    const { store, partition, logger, clock, random, metrics, onFenced, limits = defaultLogLimits } = options;
    this.#options = options;
    this.#state = state;
    this.#floorMs = floorMs;
    this.#aliveMs = recovered.aliveMs;
    notBefore(floorMs, clock, logger);
    this.#blindTime = new BlindTime(clock);
    this.#snapshots = new Snapshots({ ...options, state, lastPosition: snapshotPosition });
    this.#alive = new AliveMark(store, partition, { clock, logger });
    this.#feed = new EntryFeed({ store, partition, lastPosition: end.position });
    const gap = new WriteGap(clock, options.recoveryMs);
    const blind: MakeUpNeeds = {
      blindTime: this.#blindTime,
      gap,
      logger,
      onBlind: (time) => this.#upkeep.blind(time),
    };
    const deciding = {
      store,
      partition,
      state,
      clock,
      gap,
      first: () => makeUp(blind),
      logger,
      batchCommandsMax: limits.batchCommandsMax,
      onDurable: (entries: readonly LogEntry[], changed: readonly Channel[]) =>
        this.#durable(entries, changed),
    };
    this.#owner = new Owner({
      commitsFrom: (from, onConflict) => new GroupCommit({ ...deciding, onConflict }, from),
      queueMax: limits.commandQueueMax,
      onFenced,
    });
    this.#owner.begin(end);
    const on = state.nodes.last + 1;
    this.#incarnation = { on, node, incarnation: random.id(incarnationChars) };
    const asks = asksOf(this.#owner, this.#incarnation);
    const parts = { state, asks, clock, random, on, gap };
    this.#upkeep = new Upkeep(parts);
    this.#reads = new ChannelReads(state);
    this.#channels = new ChannelCommands(parts);
    this.#identities = new IdentityCommands(parts);
    this.#rules = new RuleCommands({ ...parts, reads: this.#reads, commands: this.#channels });
    this.#messages = new MessageCommands(asks);
    const owner = this.#owner;
    showLog(metrics, state, { queued: () => owner.queued, lastPosition: () => this.lastPosition });
  }

  /**
   * Takes the place of whoever was up before, gives everybody the recovery lease, and begins to look at the clock. Throws with
   * the sentence of `trouble` if that cannot be recorded.
   */
  async begin(): Promise<void> {
    const { store, partition, recoveryMs } = this.#options;
    const lastAliveMs = Math.max(store.recovery(partition).lastAliveMs, this.#aliveMs);
    const start = { lastAliveMs, recoveryMs };
    const outcome = await this.#owner.submit((draft, nowMs) => decideStart(draft, start, nowMs), {
      fact: false,
    });
    if (!outcome.ok) throw new HousecountError(outcome.code, this.trouble);
    this.#upkeep.start();
    void this.#rules.finishKicks();
    this.#alive.start();
    this.#blindTime.start();
  }

  /** Durable, then announced: to those who decide by it, to those who follow, and to the clock. */
  #durable(entries: readonly LogEntry[], changed: readonly Channel[]): void {
    for (const entry of entries) {
      const { record } = entry;
      this.#floorMs = Math.max(this.#floorMs, timeOf(record));
      if (record.type === 'channel') this.#reads.absorb(record);
    }
    this.#feed.push(entries);
    this.#upkeep.changed(changed);
    this.#snapshots.reached(this.lastPosition, this.#floorMs);
  }

  async stop(): Promise<void> {
    this.#upkeep.stop();
    this.#blindTime.stop();
    await this.#owner.stop();
    await this.#snapshots.stop(this.lastPosition, this.#floorMs);
    await this.#alive.stop();
  }

  opened(): void {
    this.#upkeep.opened();
  }

  get trouble() {
    return this.#owner.trouble;
  }

  join = (request: JoinRequest) => this.#channels.join(request);
  submit = (key: ChannelKey, command: Asked) => this.#channels.submit(key, command);

  channel = (key: ChannelKey) => this.#reads.channel(key);
  known = (key: ChannelKey) => this.#reads.known(key);
  channels = (app: string) => this.#reads.channels(app);
  everyChannel = () => this.#reads.everyChannel();

  resolve = (key: ChannelKey, identity: Identity) => this.#identities.resolve(key, identity);
  uidOf = (app: string, account: string) => this.#identities.uidOf(app, account);
  expectedUid = (key: ChannelKey, identity: Identity) => this.#identities.expectedUid(key, identity);

  createRule = (draft: RuleDraft, durationMs: number) => this.#rules.createRule(draft, durationMs);
  changeRule = (app: string, id: number, durationMs: number) => this.#rules.changeRule(app, id, durationMs);
  deleteRule = (app: string, id: number) => this.#rules.deleteRule(app, id);
  rules = (app: string) => this.#rules.rules(app);
  banned = (app: string, subject: RuleSubject, privilege: Privilege): RuleScope | undefined =>
    this.#rules.banned(app, subject, privilege);

  endingOf = (app: string, connectionId: string) =>
    this.#state.endings.of(app, connectionId, this.#options.clock.nowMs());
  putOut = (app: string, sessionId: string) =>
    this.#state.endings.putOut(app, sessionId, this.#options.clock.nowMs());

  keepMessage = (message: Parameters<Log['keepMessage']>[0]) => this.#messages.keepMessage(message);
  eraseMessages = (app: string, erased: Erasure) => this.#messages.eraseMessages(app, erased);

  markWatched = (_app: string, watched: readonly Watched[]) =>
    recordWatched(asksOf(this.#owner, this.#incarnation), watched);

  /** Nothing is acknowledged before the state here shows it, and nobody else acknowledges. */
  async barrier(_app: string): Promise<void> {}

  get lastPosition() {
    return this.#feed.lastPosition;
  }
  follow = (after: number, signal: AbortSignal) => this.#feed.follow(after, signal);

  firstPosition = () => this.#options.store.first(this.#options.partition);
  beyond = (bytes: number) => this.#options.store.beyond(this.#options.partition, bytes);
  hold = (cursor: () => number) => this.#snapshots.hold(cursor);
}
