import { HousecountError } from '@housecount/protocol';
import type { SignalingKind, SignalingState } from '../channel/signaling.ts';
import { evolveSignaling, hasAnybody } from '../channel/signaling-apply.ts';
import type { ChannelState, OpenChannel } from '../channel/state.ts';
import type { Clock, Random } from '../clock.ts';
import type { LogStore } from '../engine/contract.ts';
import { limits } from '../limits.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import { Addresses } from './addresses.ts';
import type {
  CommandOutcome,
  JoinOutcome,
  JoinRequest,
  Log,
  Refused,
  RuleDraft,
  SignalingKey,
  SignalingOutcome,
  SignalingRequest,
} from './contract.ts';
import { accountKeyChars } from './decide/account-uids.ts';
import {
  type Decided,
  decideCommand,
  decideJoin,
  decideMessage,
  decideRule,
  decideRuleChange,
  decideRuleDelete,
  decideSignaling,
} from './decide/decide.ts';
import { decideIdentity, expectedUid, knownUid } from './decide/identity.ts';
import { kickTargets, signalingKickTargets } from './decide/kick-targets.ts';
import { dueTimes } from './due/due-times.ts';
import { LeaseTimer } from './due/lease-timer.ts';
import { EntryFeed } from './entry-feed.ts';
import { GroupCommit } from './group-commit.ts';
import { type Erasure, isChannelRecord, type LogEntry, type LogRecord } from './record.ts';
import { recoverWorld } from './recover.ts';
import { Snapshots } from './snapshot/snapshots.ts';
import { AliveMark } from './time/alive-mark.ts';
import { BlindTime } from './time/blind-time.ts';
import type { Changed, Draft, World } from './world.ts';

/** Channels whose recovery is asked for at once: far below the limit of the queue. */
const recoverChannelsMax = 10_000;
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
  /** Of the same records, how many bytes are kept, at most. */
  readonly retentionBytes: number;
  /** For how many days it is remembered who had which uid; `limits.accountDays` if left out. */
  readonly accountDays?: number;
  /** A snapshot is written, and what need not be kept is deleted, after so many records; `snapshotEveryRecords` if left out. */
  readonly snapshotEvery?: number;
  /** The log can no longer be written by this process. */
  readonly onFenced: (cause: Error) => void;
}

/**
 * Opens the log: folds what is on disk, gives everybody the recovery lease, then decides and records. Fails with
 * `log_unavailable` if that lease cannot be recorded: the operator is told at once, and the next start does it again.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { store, logger, random, accountDays = limits.accountDays } = options;
  const recovered = await recoverWorld({
    store,
    partition,
    logger,
    accountKeepMs: accountDays * 86_400_000,
    newAccountKey: () => random.id(accountKeyChars),
  });
  const log = new EmbeddedOwner(options, recovered);
  try {
    await log.recoverMembers();
  } catch (cause) {
    await log.stop();
    throw cause;
  }
  return log;
}

/** The single writer of the partition. */
class EmbeddedOwner implements Log {
  readonly #options: LogOptions;
  readonly #world: World;
  readonly #feed: EntryFeed;
  readonly #commits: GroupCommit;
  readonly #timer: LeaseTimer;
  readonly #snapshots: Snapshots;
  readonly #alive: AliveMark;
  readonly #addresses = new Addresses();
  readonly #clock: Clock;
  readonly #blindTime: BlindTime;
  readonly #names = new Map<string, readonly string[]>();
  #floorMs: number;

  constructor(
    options: LogOptions,
    recovered: { world: World; lastPosition: number; floorMs: number; snapshotPosition: number },
  ) {
    this.#options = options;
    this.#world = recovered.world;
    this.#floorMs = recovered.floorMs;
    const { store, logger } = options;
    // Time never goes back past what is logged. If the wall clock was set back while the process was down, everything is
    // told that much later, rather than time standing still: leases still end.
    const behindMs = Math.max(0, recovered.floorMs - options.clock.nowMs());
    if (behindMs > 0)
      logger.warn('the clock is behind the log; times are told later by as much', { behindMs });
    this.#clock = options.clock;
    this.#clock.notBefore(recovered.floorMs);
    this.#blindTime = new BlindTime(this.#clock);
    this.#timer = new LeaseTimer(this.#clock, (key) => void this.#tick(key));
    this.#snapshots = new Snapshots({
      ...options,
      partition,
      world: this.#world,
      lastPosition: recovered.snapshotPosition,
    });
    this.#alive = new AliveMark(store, this.#clock, logger);
    this.#feed = new EntryFeed({ store, partition, lastPosition: recovered.lastPosition });
    this.#commits = new GroupCommit(
      {
        store,
        partition,
        world: this.#world,
        clock: this.#clock,
        blindTime: this.#blindTime,
        onBlind: (blindMs) => this.#onBlind(blindMs),
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
    this.#showUsage(options.metrics);
  }

  /** How near each app is to its limits. */
  #showUsage(metrics: Metrics): void {
    const { channels, keptBytes, textBytes } = this.#world.usage;
    const byApp = (values: ReadonlyMap<string, number>) => () =>
      Array.from(values, ([app, value]) => ({ value, labels: { app } }));
    metrics.gauge(
      'housecount_signaling_channels',
      'Signaling channels with subscribers, metadata or locks, and users with metadata; at most appSignalingChannelsMax.',
      byApp(channels),
    );
    metrics.gauge(
      'housecount_signaling_kept_bytes',
      'Bytes of metadata and locks; at most appKeptBytesMax.',
      byApp(keptBytes),
    );
    metrics.gauge(
      'housecount_signaling_state_bytes',
      'Bytes of temporary states and topics; at most appTextBytesMax.',
      byApp(textBytes),
    );
    metrics.gauge(
      'housecount_kept_accounts',
      'String accounts with another uid than that of their name; at most appAccountsMax.',
      () => Array.from(this.#world.accounts.counts(), ([app, value]) => ({ value, labels: { app } })),
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
    const recover = ({ app, channel }: ChannelState) =>
      this.#request((draft, nowMs) =>
        decideCommand(draft, app, channel, { type: 'recover', lastAliveMs, recoveryMs }, nowMs),
      );
    const subscribed = this.#world.signalingStates().filter(hasAnybody);
    const recoverSignaling = (key: SignalingKey) =>
      this.#request((draft, nowMs) =>
        decideSignaling(
          draft,
          key,
          { type: 'recover', lastAliveMs, recoveryMs },
          this.#options.random,
          nowMs,
        ),
      );
    const recoveries = [
      ...open.map((state) => () => recover(state)),
      ...subscribed.map((state) => () => recoverSignaling(state)),
    ];
    for (let done = 0; done < recoveries.length; done += recoverChannelsMax) {
      const some = recoveries.slice(done, done + recoverChannelsMax);
      const outcomes = await Promise.all(some.map((begin) => begin()));
      for (const outcome of outcomes) if (!outcome.ok) throw new HousecountError(outcome.code, this.trouble);
    }
    this.#timer.schedule(dueTimes({ live: this.#world.states(), signaling: this.#world.signalingStates() }));
    this.#alive.start();
    this.#blindTime.start();
  }

  get lastPosition(): number {
    return this.#feed.lastPosition;
  }

  get firstPosition(): number {
    return this.#options.store.first(partition);
  }

  beyond(bytes: number): number {
    return this.#options.store.beyond(partition, bytes);
  }

  get trouble(): string | undefined {
    return this.#commits.trouble;
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
    if (draft.privileges.includes('join_channel')) {
      const targets = kickTargets(draft, this.#addresses, this.channels(draft.app));
      const subscribed = signalingKickTargets(draft, this.#addresses, this.#world.signalingStates());
      await Promise.all([
        ...targets.map(({ app, channel, command }) => this.submit(app, channel, command)),
        ...subscribed.map(({ key, command }) => this.signaling(key, command)),
      ]);
    }
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

  banned(...[app, subject, privilege]: Parameters<Log['banned']>): ReturnType<Log['banned']> {
    return this.#world.rules.banned(app, subject, privilege, this.#clock.nowMs());
  }

  endingOf(app: string, connectionId: string): ReturnType<Log['endingOf']> {
    return this.#world.endings.of(app, connectionId, this.#clock.nowMs());
  }

  putOut(app: string, sessionId: string): ReturnType<Log['putOut']> {
    return this.#world.endings.putOut(app, sessionId, this.#clock.nowMs());
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
    return knownUid(this.#world, app, account, this.#clock.nowMs());
  }

  expectedUid(...[app, channel, identity]: Parameters<Log['expectedUid']>): number {
    const nowMs = this.#clock.nowMs();
    return expectedUid(this.#world, { app, channel, identity }, this.#options.random, nowMs);
  }

  async signaling(key: SignalingKey, command: SignalingRequest): Promise<SignalingOutcome> {
    let written: SignalingState | undefined;
    const decide = (draft: Draft, nowMs: number) => {
      const decided = decideSignaling(draft, key, command, this.#options.random, nowMs);
      if (decided.ok && command.type === 'change-metadata')
        written = stateAfter(draft.signaling(key), decided.records);
      return decided;
    };
    const { type } = command;
    const isFact =
      type === 'leave' || type === 'silent' || type === 'heard' || type === 'kick' || type === 'lock-holder';
    const outcome = await (isFact ? this.#fact(decide) : this.#request(decide));
    if (!outcome.ok) return outcome;
    if (command.type === 'join') this.noteSignalingAddress(key, command.connectionId, command.ip);
    return { ok: true, state: written ?? this.#world.signaling(key) };
  }

  signalingChannel(key: SignalingKey): SignalingState | undefined {
    const state = this.#world.signaling(key);
    return state.presence.sid === undefined ? undefined : state;
  }

  signalingState(key: SignalingKey): SignalingState {
    return this.#world.signaling(key);
  }

  signalingChannels(): readonly SignalingState[] {
    return this.#world.signalingStates();
  }

  async keepMessage(message: Parameters<Log['keepMessage']>[0]): ReturnType<Log['keepMessage']> {
    const outcome = await this.#request((draft, nowMs) => decideMessage(draft, message, nowMs));
    if (!outcome.ok) return outcome;
    const kept = outcome.records.find((record) => record.type === 'message');
    if (!kept) throw new Error('a message was decided without its record');
    return { ok: true, atMs: kept.atMs };
  }

  async eraseMessages(app: string, erased: Erasure): ReturnType<Log['eraseMessages']> {
    const record = { type: 'messages-erased', app, erased } as const;
    const outcome = await this.#request((_, nowMs) => ({ ok: true, records: [{ ...record, atMs: nowMs }] }));
    return outcome.ok ? { ok: true } : outcome;
  }

  noteAddress(app: string, channel: string, member: { uid: number; connectionId: string }, ip: string): void {
    this.#addresses.set(ip, { app, channel, ...member });
  }

  noteSignalingAddress({ app, channelType, channel }: SignalingKey, connectionId: string, ip: string): void {
    const { presence } = this.#world.signaling({ app, channelType, channel });
    const member = presence.sid === undefined ? undefined : presence.roster.getByConnection(connectionId);
    if (member && ip !== '')
      this.#addresses.set(ip, { app, channelType, channel, uid: member.uid, connectionId });
  }

  follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]> {
    return this.#feed.follow(after, signal);
  }

  hold(cursor: () => number): () => void {
    return this.#snapshots.hold(cursor);
  }

  async stop(): Promise<void> {
    this.#timer.stop();
    this.#blindTime.stop();
    await this.#commits.stop();
    await this.#snapshots.stop(this.lastPosition, this.#floorMs);
    await this.#alive.stop();
  }

  #request(decide: (draft: Draft, nowMs: number) => Decided) {
    return this.#commits.submit(decide, { fact: false });
  }

  #fact(decide: (draft: Draft, nowMs: number) => Decided) {
    return this.#commits.submit(decide, { fact: true });
  }

  /** Every lease and every lock that runs out is to do so later. */
  #onBlind(blindMs: number) {
    const command = { type: 'blind', blindMs } as const;
    const { random } = this.#options;
    const live = this.#world
      .states()
      .filter((state) => state.sid !== undefined && state.roster.interrupted > 0);
    const subscribed = this.#world.signalingStates().filter(hasAnybody);
    return [
      ...live.map(
        ({ app, channel }) =>
          (draft: Draft, nowMs: number) =>
            decideCommand(draft, app, channel, command, nowMs),
      ),
      ...subscribed.map(
        (key) => (draft: Draft, nowMs: number) => decideSignaling(draft, key, command, random, nowMs),
      ),
    ];
  }

  #durable(entries: readonly LogEntry[], changed: Changed): void {
    for (const { record } of entries) {
      this.#floorMs = Math.max(this.#floorMs, record.atMs);
      if (record.type === 'member-left') this.#addresses.delete(record);
      else if (record.type === 'signaling' && record.change.type === 'member-left')
        this.#addresses.delete({ ...record, connectionId: record.change.connectionId });
      if (record.type === 'channel-opened' || record.type === 'channel-closed')
        this.#names.delete(record.app);
    }
    this.#feed.push(entries);
    this.#timer.schedule(dueTimes(changed));
    this.#snapshots.reached(this.lastPosition, this.#floorMs);
  }

  /** By its key: of a live channel, or, in three parts, of a signaling channel. */
  async #tick(name: string): Promise<void> {
    const [app = '', second = '', third] = name.split('/');
    if (third !== undefined) return this.#tickSignaling({ app, channelType: kindOf(second), channel: third });
    await this.#fact((draft, nowMs) => decideCommand(draft, app, second, { type: 'tick' }, nowMs));
    this.#world.forgetIfIdle(app, second, this.#clock.nowMs());
    this.#timer.schedule(dueTimes({ live: [this.#world.state(app, second)], signaling: [] }));
  }

  async #tickSignaling(key: SignalingKey): Promise<void> {
    const { random } = this.#options;
    await this.#fact((draft, nowMs) => decideSignaling(draft, key, { type: 'tick' }, random, nowMs));
    this.#world.forgetSignalingIfIdle(key, this.#clock.nowMs());
    this.#timer.schedule(dueTimes({ live: [], signaling: [this.#world.signaling(key)] }));
  }
}

/** A channel as it is once these are recorded, and nothing that others asked for at the same time. */
const stateAfter = (before: SignalingState, records: readonly LogRecord[]): SignalingState =>
  records.reduce(
    (state, record) => (record.type === 'signaling' ? evolveSignaling(state, record) : state),
    before,
  );

const kindOf = (text: string): SignalingKind => (text === 'STREAM' || text === 'USER' ? text : 'MESSAGE');
