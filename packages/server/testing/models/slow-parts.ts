import type { ChannelLimits } from '../../src/channel/apply.ts';
import type { ChannelCommand } from '../../src/channel/command.ts';

type CommandOf<Type extends ChannelCommand['type']> = Extract<ChannelCommand, { type: Type }>;
type LockCommand = CommandOf<
  'set-lock' | 'remove-lock' | 'acquire-lock' | 'release-lock' | 'revoke-lock' | 'lock-holder'
>;

/** A lock as the slow model has it. */
export interface SlowLock {
  name: string;
  ttlMs: number;
  owner?: string;
  endsMs?: number;
}

/** The locks of a channel in the slow model, a list in the order in which they were made. */
export class SlowLocks {
  list: SlowLock[] = [];
  readonly #limits: Pick<ChannelLimits, 'locksMax'>;

  constructor(limits: Pick<ChannelLimits, 'locksMax'>) {
    this.#limits = limits;
  }

  expire(nowMs: number): void {
    for (const lock of this.list) {
      if (lock.endsMs === undefined || lock.endsMs > nowMs) continue;
      delete lock.owner;
      delete lock.endsMs;
    }
  }

  /** After a start everybody counts as gone from the end of the recovery lease on. */
  recover(endsMs: number): void {
    for (const lock of this.list) if (lock.owner !== undefined) lock.endsMs = endsMs + lock.ttlMs;
  }

  blind(later: (endsMs: number) => number): void {
    for (const lock of this.list) if (lock.endsMs !== undefined) lock.endsMs = later(lock.endsMs);
  }

  ownerOf(name: string): string | undefined {
    return this.list.find((lock) => lock.name === name)?.owner;
  }

  ask(command: LockCommand): string | undefined {
    if (command.type === 'lock-holder') {
      const { owner, offlineSinceMs: sinceMs, endsFromMs = 0 } = command;
      const isNews = this.#of(owner).some(({ endsMs }) => (endsMs === undefined) === (sinceMs !== undefined));
      for (const lock of isNews ? this.#of(owner) : []) {
        delete lock.endsMs;
        if (sinceMs !== undefined) lock.endsMs = Math.max(sinceMs + lock.ttlMs, endsFromMs);
      }
      return undefined;
    }
    const lock = this.list.find(({ name }) => name === command.name);
    if (command.type === 'set-lock') {
      if (lock) return 'lock_exists';
      if (this.list.length >= this.#limits.locksMax) return 'locks_full';
      this.list.push({ name: command.name, ttlMs: command.ttlMs });
      return undefined;
    }
    if (!lock) return 'lock_unknown';
    if (command.type === 'remove-lock') {
      this.list = this.list.filter((other) => other !== lock);
      return undefined;
    }
    if (command.type === 'acquire-lock') {
      if (lock.owner !== undefined && lock.owner !== command.by) return 'lock_taken';
      lock.owner = command.by;
      return undefined;
    }
    if (lock.owner !== (command.type === 'release-lock' ? command.by : command.owner)) return 'lock_not_held';
    delete lock.owner;
    delete lock.endsMs;
    return undefined;
  }

  #of(owner: string): SlowLock[] {
    return this.list.filter((lock) => lock.owner === owner);
  }
}

/** A set of metadata in the slow model. */
export class SlowMetadata {
  items: { key: string; value: string; revision: number }[] = [];
  majorRevision = 0;
  readonly #limits: Pick<ChannelLimits, 'metadataBytesMax' | 'metadataItemsMax'>;

  constructor(limits: Pick<ChannelLimits, 'metadataBytesMax' | 'metadataItemsMax'>) {
    this.#limits = limits;
  }

  ask(nowMs: number, { mode, items, majorRevision }: CommandOf<'change-metadata'>): string | undefined {
    if (majorRevision !== -1 && majorRevision !== this.majorRevision) return 'metadata_outdated';
    for (const { key, revision } of items) {
      const known = this.items.find((item) => item.key === key);
      if (revision !== -1 && revision !== known?.revision) return 'metadata_outdated';
      if (mode !== 'set' && !known) return 'metadata_missing';
    }
    const next = Math.max(this.majorRevision + 1, nowMs);
    const isNamed = (key: string) => items.some((item) => item.key === key);
    const rest = this.items.filter(({ key }) =>
      mode === 'remove' && items.length === 0 ? false : !isNamed(key),
    );
    const written = mode === 'remove' ? [] : items.map(({ key, value }) => ({ key, value, revision: next }));
    const all = [...rest, ...written];
    const bytes = all.reduce((sum, { key, value }) => sum + Buffer.byteLength(key + value), 0);
    const { metadataBytesMax, metadataItemsMax } = this.#limits;
    if (mode !== 'remove' && (bytes > metadataBytesMax || all.length > metadataItemsMax))
      return 'metadata_full';
    this.items = all;
    this.majorRevision = next;
    return undefined;
  }
}
