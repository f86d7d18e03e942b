import assert from 'node:assert';
import type { RuleScope } from '@housecount/protocol';
import type { Channel, ChannelKey } from '../channel/channel.ts';
import type { Privilege, RuleSubject } from '../channel/rules.ts';
import type { Asked, Identity, JoinRequest } from './contract/commands.ts';
import type { Log } from './contract/log.ts';
import type { Watched } from './contract/media-marks.ts';
import type { RuleDraft } from './contract/rules.ts';
import type { LogOptions } from './log-options.ts';
import { openLog } from './open-log.ts';
import type { Erasure } from './record/record.ts';

export interface Partitions {
  /** Their names, each once; at least one. */
  readonly names: readonly string[];
  /** The name of the partition that an app is in, for good. */
  readonly partitionOf: (app: string) => string;
}

/** Opens the log of every partition. If one of them cannot be opened, those that were are stopped. */
export async function openLogOfApps(
  { names, partitionOf }: Partitions,
  options: Omit<LogOptions, 'partition'>,
): Promise<Log> {
  const logs = new Map<string, Log>();
  try {
    for (const partition of names) logs.set(partition, await openLog({ ...options, partition }));
  } catch (cause) {
    await stopAll(logs.values());
    throw cause;
  }
  return new LogOfApps(logs, partitionOf);
}

const stopAll = async (logs: Iterable<Log>) =>
  void (await Promise.all(Array.from(logs, (log) => log.stop())));

/**
 * One log made of those of the partitions: an app is in one of them, and what is about the app goes there. Positions order one
 * partition; who follows, or asks what is kept, without naming an app, needs that there is one.
 */
export class LogOfApps implements Log {
  readonly #logs: ReadonlyMap<string, Log>;
  readonly #partitionOf: Partitions['partitionOf'];

  constructor(logs: ReadonlyMap<string, Log>, partitionOf: Partitions['partitionOf']) {
    assert(logs.size > 0, 'a log has a partition');
    this.#logs = logs;
    this.#partitionOf = partitionOf;
  }

  /** The log that an app is in. */
  of(app: string): Log {
    const log = this.#logs.get(this.#partitionOf(app));
    assert(log, 'every app is in a partition that is open');
    return log;
  }

  get #only(): Log {
    const [log, ...others] = this.#logs.values();
    assert(log && others.length === 0, 'positions are those of one partition');
    return log;
  }

  get trouble() {
    for (const { trouble } of this.#logs.values()) if (trouble !== undefined) return trouble;
    return undefined;
  }
  opened(): void {
    for (const log of this.#logs.values()) log.opened();
  }
  stop = () => stopAll(this.#logs.values());

  join = (request: JoinRequest) => this.of(request.key.app).join(request);
  submit = (key: ChannelKey, command: Asked) => this.of(key.app).submit(key, command);

  channel = (key: ChannelKey) => this.of(key.app).channel(key);
  known = (key: ChannelKey) => this.of(key.app).known(key);
  channels = (app: string) => this.of(app).channels(app);
  everyChannel = (): readonly Channel[] => [...this.#logs.values()].flatMap((log) => log.everyChannel());

  resolve = (key: ChannelKey, identity: Identity) => this.of(key.app).resolve(key, identity);
  uidOf = (app: string, account: string) => this.of(app).uidOf(app, account);
  expectedUid = (key: ChannelKey, identity: Identity) => this.of(key.app).expectedUid(key, identity);

  createRule = (draft: RuleDraft, durationMs: number) => this.of(draft.app).createRule(draft, durationMs);
  changeRule = (app: string, id: number, durationMs: number) => this.of(app).changeRule(app, id, durationMs);
  deleteRule = (app: string, id: number) => this.of(app).deleteRule(app, id);
  rules = (app: string) => this.of(app).rules(app);
  banned = (app: string, subject: RuleSubject, privilege: Privilege): RuleScope | undefined =>
    this.of(app).banned(app, subject, privilege);

  endingOf = (app: string, connectionId: string) => this.of(app).endingOf(app, connectionId);
  putOut = (app: string, sessionId: string) => this.of(app).putOut(app, sessionId);

  keepMessage = (message: Parameters<Log['keepMessage']>[0]) => this.of(message.app).keepMessage(message);
  eraseMessages = (app: string, erased: Erasure) => this.of(app).eraseMessages(app, erased);
  markWatched = (app: string, watched: readonly Watched[]) => this.of(app).markWatched(app, watched);
  barrier = (app: string) => this.of(app).barrier(app);

  get lastPosition() {
    return this.#only.lastPosition;
  }
  follow = (after: number, signal: AbortSignal) => this.#only.follow(after, signal);

  firstPosition = () => this.#only.firstPosition();
  beyond = (bytes: number) => this.#only.beyond(bytes);
  hold = (cursor: () => number) => this.#only.hold(cursor);
}
