import { due } from '../channel/due.ts';
import type { Privilege } from '../channel/rules.ts';
import type { ChannelState, OpenChannel } from '../channel/state.ts';
import type { Clock, Random } from '../clock.ts';
import type { LogStore } from '../engine/contract.ts';
import { limits } from '../limits.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import { Addresses } from './addresses.ts';
import type { CommandOutcome, JoinOutcome, JoinRequest, Log, Refused, RuleDraft } from './contract.ts';
import {
  type Decided,
  decideCommand,
  decideIdentity,
  decideJoin,
  decideRule,
  decideRuleChange,
  decideRuleDelete,
} from './decide.ts';
import { DueQueue } from './due-queue.ts';
import { EntryFeed } from './entry-feed.ts';
import { GroupCommit } from './group-commit.ts';
import type { LogEntry, LogRecord } from './record.ts';
import { recoverWorld } from './recover.ts';
import { worldToLines } from './snapshot.ts';
import { channelKey, type Draft, type World } from './world.ts';

/** Records after which a new snapshot is written, so that start-up replays no more than about this many. Chosen: 1 s of replay. */
export const snapshotEveryRecords = 100_000;
/** How often the process marks itself alive, milliseconds: the grain of "last heard" after a crash. */
export const markAliveMs = 1_000;
/** All channels share one partition on one machine: one fsync serves them all. */
const partition = 'main';

export interface LogOptions {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How long members may stay away after a restart without an event, milliseconds. */
  readonly recoveryMs: number;
  /** How long records are kept once a snapshot and every reader are past them, milliseconds. */
  readonly retentionMs: number;
  /** The log can no longer be written by this process. */
  readonly onFenced: (cause: Error) => void;
}

/** Opens the log: folds what is on disk, gives everybody the recovery lease, then decides and records. */
export async function openLog(options: LogOptions): Promise<Log> {
  const recovered = await recoverWorld({ store: options.store, partition, logger: options.logger });
  const log = new EmbeddedOwner(options, recovered);
  await log.recoverMembers();
  return log;
}

/** The single writer of the partition. */
class EmbeddedOwner implements Log {
  readonly #options: LogOptions;
  readonly #world: World;
  readonly #feed: EntryFeed;
  readonly #commits: GroupCommit;
  readonly #due = new DueQueue();
  readonly #addresses = new Addresses();
  readonly #holds = new Set<() => number>();
  readonly #clock: Clock;
  readonly #names = new Map<string, readonly string[]>();
  #floorMs: number;
  #cancelTick: (() => void) | undefined;
  #tickAtMs = Number.POSITIVE_INFINITY;
  #cancelAlive: (() => void) | undefined;
  #snapshotPosition: number;
  #snapshotting: Promise<void> | undefined;
  #stopped = false;

  constructor(
    options: LogOptions,
    recovered: { world: World; lastPosition: number; floorMs: number; snapshotPosition: number },
  ) {
    this.#options = options;
    this.#world = recovered.world;
    this.#floorMs = recovered.floorMs;
    this.#snapshotPosition = recovered.snapshotPosition;
    const { store, logger } = options;
    // Time never goes back past what is logged. If the wall clock was set back while the process was down, everything is
    // told that much later, rather than time standing still: leases still end.
    const behindMs = Math.max(0, recovered.floorMs - options.clock.nowMs());
    if (behindMs > 0)
      logger.warn('the clock is behind the log; times are told later by as much', { behindMs });
    this.#clock = {
      nowMs: () => options.clock.nowMs() + behindMs,
      after: (delayMs, run) => options.clock.after(delayMs, run),
    };
    this.#feed = new EntryFeed({ store, partition, lastPosition: recovered.lastPosition });
    this.#commits = new GroupCommit(
      {
        store,
        partition,
        world: this.#world,
        clock: this.#clock,
        logger,
        batchCommandsMax: limits.batchCommandsMax,
        queueMax: limits.commandQueueMax,
        onDurable: (entries, changed) => this.#durable(entries, changed),
        onFenced: options.onFenced,
      },
      recovered.lastPosition,
    );
    options.metrics.gauge(
      'housecount_command_queue',
      'Commands waiting to be decided.',
      () => this.#commits.queued,
    );
    options.metrics.gauge(
      'housecount_log_position',
      'Last durable position of the log.',
      () => this.lastPosition,
    );
  }

  /** After a restart nobody is connected yet: everybody gets the recovery lease. */
  async recoverMembers(): Promise<void> {
    const lastAliveMs = Math.min(
      Math.max(this.#options.store.recovery.lastAliveMs, this.#floorMs),
      this.#clock.nowMs(),
    );
    const { recoveryMs } = this.#options;
    const open = this.#world.states().filter((state) => state.sid !== undefined);
    await Promise.all(
      open.map(({ app, channel }) =>
        this.#fact((draft, nowMs) =>
          decideCommand(draft, app, channel, { type: 'recover', lastAliveMs, recoveryMs }, nowMs),
        ),
      ),
    );
    for (const state of this.#world.states()) this.#schedule(state);
    this.#armTick();
    this.#markAlive();
  }

  get lastPosition(): number {
    return this.#feed.lastPosition;
  }

  async join(request: JoinRequest): Promise<JoinOutcome> {
    const { app, channel, connectionId, ip } = request;
    const outcome = await this.#request((draft, nowMs) =>
      decideJoin(draft, request, this.#options.random, nowMs),
    );
    if (!outcome.ok) return outcome;
    const joined = outcome.records.find(
      (record) => record.type === 'member-joined' || record.type === 'link-live',
    );
    const state = this.channel(app, channel);
    const member = joined && 'uid' in joined ? state?.roster.get(joined.uid) : undefined;
    // Kicked or replaced in the same batch: it was in, and is out again.
    if (!state || !member || member.connectionId !== connectionId) return { ok: false, code: 'replaced' };
    this.#addresses.set(ip, { app, channel, uid: member.uid, connectionId });
    return { ok: true, channel: state, member, resumed: joined?.type === 'link-live' };
  }

  async resolve(app: string, channel: string, identity: JoinRequest['identity']): ReturnType<Log['resolve']> {
    let uid = 0;
    const outcome = await this.#request((draft, nowMs) => {
      const decided = decideIdentity(draft, { app, channel, identity }, this.#options.random, nowMs);
      if (decided.ok) uid = decided.uid;
      return decided;
    });
    return outcome.ok ? { ok: true, uid } : outcome;
  }

  async submit(app: string, channel: string, command: Parameters<Log['submit']>[2]): Promise<CommandOutcome> {
    const decide = (draft: Draft, nowMs: number) => decideCommand(draft, app, channel, command, nowMs);
    const { type } = command;
    const isFact = type === 'leave' || type === 'silent' || type === 'heard' || type === 'kick';
    const outcome = await (isFact ? this.#fact(decide) : this.#request(decide));
    if (!outcome.ok) return outcome;
    return {
      ok: true,
      state: this.#world.state(app, channel),
      records: outcome.records.filter(isChannelRecord),
    };
  }

  async createRule(draft: RuleDraft, durationMs: number): ReturnType<Log['createRule']> {
    // A rule of no duration ends as it begins: it is recorded, so that its id is nobody else's, and keeps nobody out.
    const outcome = await this.#request((view, nowMs) => decideRule(view, draft, durationMs, nowMs));
    if (!outcome.ok) return outcome;
    const set = outcome.records.find((record) => record.type === 'rule-set');
    if (!set) throw new Error('a rule was decided without its record');
    if (draft.privileges.includes('join_channel')) await this.#kickMatching(draft);
    return { ok: true, rule: set.rule };
  }

  async changeRule(app: string, id: number, durationMs: number): ReturnType<Log['changeRule']> {
    const outcome = await this.#request((view, nowMs) => decideRuleChange(view, app, id, durationMs, nowMs));
    if (!outcome.ok) return outcome;
    const rule = this.#world.rules.get(app, id);
    return rule ? { ok: true, rule } : { ok: false, code: 'not_found' };
  }

  async deleteRule(app: string, id: number): Promise<{ ok: true } | Refused> {
    const outcome = await this.#request((view, nowMs) => decideRuleDelete(view, app, id, nowMs));
    return outcome.ok ? { ok: true } : outcome;
  }

  rules(app: string): ReturnType<Log['rules']> {
    const nowMs = this.#clock.nowMs();
    return this.#world.rules.all(app).filter((rule) => rule.endsMs > nowMs);
  }

  banned(app: string, subject: { channel: string; uid: number; ip: string }, privilege: Privilege): boolean {
    return this.#world.rules.banned(app, subject, privilege, this.#clock.nowMs());
  }

  channel(app: string, channel: string): OpenChannel | undefined {
    const state = this.#world.state(app, channel);
    return state.sid === undefined ? undefined : state;
  }

  channels(app: string): readonly OpenChannel[] {
    let names = this.#names.get(app);
    if (!names) {
      names = [...this.#world.openNames(app)].sort();
      this.#names.set(app, names);
    }
    return names.flatMap((name) => this.channel(app, name) ?? []);
  }

  uidOf(app: string, account: string): number | undefined {
    return this.#world.accounts.uidOf(app, account);
  }

  noteAddress(app: string, channel: string, member: { uid: number; connectionId: string }, ip: string): void {
    this.#addresses.set(ip, { app, channel, ...member });
  }

  follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]> {
    return this.#feed.follow(after, signal);
  }

  hold(cursor: () => number): () => void {
    this.#holds.add(cursor);
    return () => this.#holds.delete(cursor);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTick?.();
    this.#cancelAlive?.();
    await this.#commits.stop();
    await this.#snapshotting;
    if (this.lastPosition > this.#snapshotPosition) await this.#snapshot();
    await this.#options.store.markAlive(this.#clock.nowMs());
  }

  #request(decide: (draft: Draft, nowMs: number) => Decided) {
    return this.#commits.submit(decide, { fact: false });
  }

  #fact(decide: (draft: Draft, nowMs: number) => Decided) {
    return this.#commits.submit(decide, { fact: true });
  }

  #durable(entries: readonly LogEntry[], changed: readonly ChannelState[]): void {
    for (const { record } of entries) {
      this.#floorMs = Math.max(this.#floorMs, record.atMs);
      if (record.type === 'member-left') this.#addresses.delete(record);
      if (record.type === 'channel-opened' || record.type === 'channel-closed')
        this.#names.delete(record.app);
    }
    for (const state of changed) this.#schedule(state);
    this.#feed.push(entries);
    this.#armTick();
    if (this.lastPosition - this.#snapshotPosition >= snapshotEveryRecords && !this.#snapshotting) {
      this.#snapshotting = this.#snapshot()
        .catch((cause: unknown) => {
          this.#options.logger.error('a snapshot could not be written; start-up will replay more', {
            cause: String(cause),
          });
        })
        .finally(() => {
          this.#snapshotting = undefined;
        });
    }
  }

  #schedule(state: ChannelState): void {
    this.#due.set(channelKey(state.app, state.channel), due(state) ?? this.#forgetAt(state));
  }

  /** A closed channel remembers clientSeqs that lie in the future; it is looked at again when they no longer do. */
  #forgetAt(state: ChannelState): number | undefined {
    if (state.sid !== undefined || state.departed.size === 0) return undefined;
    let latest = 0;
    for (const clientSeq of state.departed.values()) latest = Math.max(latest, clientSeq);
    return latest + 1;
  }

  #armTick(): void {
    const nextMs = this.#due.nextMs();
    if (nextMs === undefined || this.#stopped || nextMs >= this.#tickAtMs) return;
    this.#cancelTick?.();
    this.#tickAtMs = nextMs;
    this.#cancelTick = this.#clock.after(Math.max(0, nextMs - this.#clock.nowMs()), () => {
      this.#tickAtMs = Number.POSITIVE_INFINITY;
      for (const key of this.#due.take(this.#clock.nowMs())) void this.#tick(key);
      this.#armTick();
    });
  }

  async #tick(key: string): Promise<void> {
    const [app = '', channel = ''] = key.split('/');
    await this.#fact((draft, nowMs) => decideCommand(draft, app, channel, { type: 'tick' }, nowMs));
    this.#world.forgetIfIdle(app, channel, this.#clock.nowMs());
    if (this.#stopped) return;
    this.#schedule(this.#world.state(app, channel));
    this.#armTick();
  }

  /** Puts everybody offline whom a rule with this scope speaks of. */
  async #kickMatching(scope: RuleDraft): Promise<void> {
    const { app, uid, ip } = scope;
    if (ip !== undefined) {
      const matching = this.#addresses
        .of(ip)
        .filter(
          (at) =>
            at.app === app && (uid ?? at.uid) === at.uid && (scope.channel ?? at.channel) === at.channel,
        );
      await Promise.all(
        matching.map((at) =>
          this.submit(app, at.channel, { type: 'kick', connectionIds: [at.connectionId], uid: at.uid }),
        ),
      );
      return;
    }
    const channels = scope.channel === undefined ? this.channels(app) : [this.channel(app, scope.channel)];
    await Promise.all(
      channels.map((open) =>
        open && (uid === undefined || open.roster.get(uid))
          ? this.submit(app, open.channel, { type: 'kick', ...(uid !== undefined && { uid }) })
          : undefined,
      ),
    );
  }

  async #snapshot(): Promise<void> {
    const { store, clock, retentionMs } = this.#options;
    const position = this.lastPosition;
    await store.writeSnapshot(partition, position, worldToLines(this.#world, this.#floorMs));
    this.#snapshotPosition = position;
    const held = Math.min(position, ...[...this.#holds].map((cursor) => cursor()));
    await store.trim(partition, held, clock.nowMs() - retentionMs);
  }

  #markAlive(): void {
    const { store, clock, logger } = this.#options;
    store
      .markAlive(this.#clock.nowMs())
      .catch((cause: unknown) => logger.warn('the alive mark could not be written', { cause: String(cause) }))
      .finally(() => {
        if (!this.#stopped) this.#cancelAlive = clock.after(markAliveMs, () => this.#markAlive());
      });
  }
}

const isChannelRecord = (record: LogRecord) =>
  record.type !== 'account-mapped' && record.type !== 'rule-set' && record.type !== 'rule-deleted';
