import { utf8Length } from '../text-bytes.ts';

/** A value that is kept under a key, for good. */
export interface MetadataItem {
  readonly value: string;
  /** The revision of the change that touched the item last. */
  readonly revision: number;
  /** Epoch milliseconds, and who: only if the writer asked for it. */
  readonly updatedMs?: number;
  readonly author?: string;
  /** The writer of the item, for whose share it counts, whether they asked for that or not; reported to nobody. Absent in items written before this was kept. */
  readonly by?: string;
}

/** A set of them, of a channel or a user. Revisions only grow, also over the removal of everything. */
export interface Metadata {
  /** The revision of the newest change; 0: there never was one. */
  readonly majorRevision: number;
  readonly items: Readonly<Record<string, MetadataItem>>;
}

export const noMetadata: Metadata = { majorRevision: 0, items: {} };

export interface MetadataCommand {
  readonly type: 'change-metadata';
  /** `set` writes what is there and what is not; `update` only what is; `remove` takes out, everything if it names nothing. */
  readonly mode: 'set' | 'update' | 'remove';
  /** `revision`: −1 for any, else it must be there and at this revision. Keys differ. */
  readonly items: readonly { readonly key: string; readonly value: string; readonly revision: number }[];
  /** −1 for any, else the set must be at it. */
  readonly majorRevision: number;
  /** The user id of the writer. */
  readonly author: string;
  readonly addTimeStamp: boolean;
  readonly addUserId: boolean;
  /** The server's owner asks, who has no share to keep to. */
  readonly isOwners?: boolean;
  /** The writer must hold this lock of the channel; empty: none. */
  readonly lockName: string;
}

/** The set is this from now on, where it is named; the rest stays. */
export interface MetadataChanged {
  readonly type: 'metadata-changed';
  readonly atMs: number;
  readonly majorRevision: number;
  readonly set: Readonly<Record<string, MetadataItem>>;
  readonly removed: readonly string[];
  readonly author: string;
}

export type MetadataRefusal = 'metadata_outdated' | 'metadata_missing' | 'metadata_full';

export interface MetadataLimits {
  /** Bytes of all keys and values of a set; what would make them more, and more than before, is refused with `metadata_full`. */
  readonly metadataBytesMax: number;
  /** Items of a set; more are refused in the same way. */
  readonly metadataItemsMax: number;
}

/** Decides a change of a set, all of it or nothing: first its revision, then that of each item (spec: signaling 4.1). */
export function changeMetadata(
  before: Metadata,
  command: MetadataCommand,
  nowMs: number,
  { metadataBytesMax, metadataItemsMax }: MetadataLimits,
): MetadataChanged | MetadataRefusal {
  const { mode, items, majorRevision, author } = command;
  if (majorRevision !== -1 && majorRevision !== before.majorRevision) return 'metadata_outdated';
  for (const { key, revision } of items) {
    const known = itemOf(before, key);
    if (revision !== -1 && known?.revision !== revision) return 'metadata_outdated';
    if (mode !== 'set' && !known) return 'metadata_missing';
  }
  const next = Math.max(before.majorRevision + 1, nowMs);
  const change = { type: 'metadata-changed', atMs: nowMs, majorRevision: next, author } as const;
  if (mode === 'remove') {
    const removed = items.length === 0 ? Object.keys(before.items) : items.map(({ key }) => key);
    return { ...change, set: {}, removed };
  }
  const stamps = {
    ...(command.addTimeStamp && { updatedMs: nowMs }),
    ...(command.addUserId && { author }),
  };
  // An object made of entries has no inherited names, whatever a client calls its keys.
  const set = Object.fromEntries(items.map(({ key, value }) => [key, { value, revision: next, ...stamps }]));
  const changed: MetadataChanged = { ...change, set, removed: [] };
  const after = withMetadata(before, changed);
  // A limit that was lowered since takes nothing away, and lets the set become smaller.
  const isTooMuch = (measure: (set: Metadata) => number, max: number) =>
    measure(after) > max && measure(after) > measure(before);
  return isTooMuch(bytesOf, metadataBytesMax) || isTooMuch(countOf, metadataItemsMax)
    ? 'metadata_full'
    : changed;
}

/** The set after a change. */
export function withMetadata(
  before: Metadata,
  { majorRevision, set, removed, author: by }: MetadataChanged,
): Metadata {
  const gone = new Set(removed);
  const kept = Object.entries(before.items).filter(([key]) => !gone.has(key));
  const written = Object.entries(set).map(([key, item]) => [key, { ...item, by }] as const);
  return { majorRevision, items: Object.fromEntries([...kept, ...written]) };
}

const itemOf = ({ items }: Metadata, key: string): MetadataItem | undefined =>
  Object.hasOwn(items, key) ? items[key] : undefined;

const countOf = ({ items }: Metadata): number => Object.keys(items).length;

/** Bytes of all keys and values. */
export function bytesOf({ items }: Metadata): number {
  let bytes = 0;
  for (const [key, item] of Object.entries(items)) bytes += itemBytes(key, item);
  return bytes;
}

export const itemBytes = (key: string, { value }: MetadataItem): number =>
  utf8Length(key) + utf8Length(value);
