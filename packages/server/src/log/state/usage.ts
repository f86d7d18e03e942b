import type { Channel } from '../../channel/channel.ts';
import type { ChannelChange } from '../../channel/decision.ts';
import { itemBytes, type MetadataItem } from '../../channel/parts/metadata.ts';
import { fixed } from '../../fixed-limits.ts';

type Kept = Pick<Channel, 'metadata' | 'locks'>;

/**
 * The usage of each app that counts against its limits: the sum of its channels, kept as they change. What a draft changes in it
 * is one too, whose sums may be below 0.
 */
export class Usage {
  readonly #open = new Map<string, number>();
  readonly #remembered = new Map<string, number>();
  readonly #keptBytes = new Map<string, number>();
  /** Bytes by app and author. */
  readonly #authorBytes = new Map<string, number>();
  readonly #textBytes = new Map<string, number>();

  /** Open live channels. */
  open(app: string): number {
    return this.#open.get(app) ?? 0;
  }

  /** Channels of signaling, and users, that there is anything to remember of. */
  remembered(app: string): number {
    return this.#remembered.get(app) ?? 0;
  }

  /** Bytes of metadata and locks. */
  keptBytes(app: string): number {
    return this.#keptBytes.get(app) ?? 0;
  }

  /** The bytes of metadata and locks that one user wrote. */
  authorBytes(app: string, author: string): number {
    return this.#authorBytes.get(`${app}/${author}`) ?? 0;
  }

  /** Bytes of users' states and topics. */
  textBytes(app: string): number {
    return this.#textBytes.get(app) ?? 0;
  }

  /** The usage by app: channels of signaling, bytes of metadata and locks, bytes of states and topics. */
  get all(): Readonly<Record<'channels' | 'keptBytes' | 'textBytes', ReadonlyMap<string, number>>> {
    return { channels: this.#remembered, keptBytes: this.#keptBytes, textBytes: this.#textBytes };
  }

  /** A channel is another now. */
  changed(before: Channel, after: Channel): void {
    const { app, kind } = after.key;
    const opened = Number(after.sid !== undefined) - Number(before.sid !== undefined);
    if (kind === 'live' && opened !== 0) add(this.#open, app, opened);
    const texts = textBytesOf(after) - textBytesOf(before);
    if (texts !== 0) add(this.#textBytes, app, texts);
    // Most changes are of who is there.
    if (after.metadata !== before.metadata || after.locks !== before.locks)
      this.#countKept(app, before, after);
  }

  /** Adds the sums of what a draft changed. */
  add(more: Usage): void {
    addAll(this.#open, more.#open);
    addAll(this.#remembered, more.#remembered);
    addAll(this.#keptBytes, more.#keptBytes);
    addAll(this.#authorBytes, more.#authorBytes);
    addAll(this.#textBytes, more.#textBytes);
  }

  /** Notes that there is something to remember of a channel now, or no longer. */
  isRemembered({ key }: Channel, isThere: boolean): void {
    if (key.kind !== 'live') add(this.#remembered, key.app, isThere ? 1 : -1);
  }

  #countKept(app: string, before: Kept, after: Kept): void {
    const charge = (sign: 1 | -1) => (by: string | undefined, bytes: number) => {
      add(this.#keptBytes, app, sign * bytes);
      if (by !== undefined) add(this.#authorBytes, `${app}/${by}`, sign * bytes);
    };
    eachKept(after, before, charge(1));
    eachKept(before, after, charge(-1));
  }
}

/** Approximate memory that its states, and what its publishers say of themselves, take, bytes. */
export const textBytesOf = (channel: Channel): number => (channel.sid === undefined ? 0 : channel.textBytes);

function add(sums: Map<string, number>, key: string, more: number): void {
  const sum = (sums.get(key) ?? 0) + more;
  if (sum !== 0) sums.set(key, sum);
  else sums.delete(key);
}

function addAll(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [key, sum] of more) add(sums, key, sum);
}

/** What a change adds to the bytes of metadata and locks; below 0: it takes away. */
export function keptGrowth(before: Kept, after: Kept): number {
  let bytes = 0;
  eachKept(after, before, (_, of) => {
    bytes += of;
  });
  eachKept(before, after, (_, of) => {
    bytes -= of;
  });
  return bytes;
}

/** What it adds to those that one user wrote. */
export function authorGrowth(before: Kept, after: Kept, author: string): number {
  let bytes = 0;
  const count = (sign: 1 | -1) => (by: string | undefined, of: number) => {
    if (by === author) bytes += sign * of;
  };
  eachKept(after, before, count(1));
  eachKept(before, after, count(-1));
  return bytes;
}

/** The most that changes add to either: what they write, as if nothing had been in its place. */
export function keptGrowthMax(changes: readonly ChannelChange[]): number {
  let bytes = 0;
  for (const change of changes) {
    if (change.type === 'lock-changed') bytes += fixed.lockBytes;
    if (change.type === 'metadata-changed')
      for (const [key, item] of Object.entries(change.set)) bytes += keptBytesOf(key, item);
  }
  return bytes;
}

const keptBytesOf = (key: string, item: MetadataItem): number =>
  itemBytes(key, item) + fixed.metadataItemBytes;

/** Each item and lock of the one that is not the very same in the other: who wrote it, and what it counts for. */
function eachKept(
  { metadata, locks }: Kept,
  other: Kept,
  visit: (by: string | undefined, bytes: number) => void,
): void {
  if (metadata !== other.metadata)
    for (const [key, item] of Object.entries(metadata.items))
      if (!Object.hasOwn(other.metadata.items, key) || other.metadata.items[key] !== item)
        visit(item.by, keptBytesOf(key, item));
  if (locks !== other.locks)
    for (const [name, lock] of Object.entries(locks))
      if (!Object.hasOwn(other.locks, name) || other.locks[name] !== lock) visit(lock.by, fixed.lockBytes);
}
