/** A reloaded page needs this to resume its membership. The key is a secret of this origin and tab. */
export interface ResumeRecord {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
  readonly account?: string;
  readonly connectionId: string;
  readonly resume: string;
  /** The number of the last attempt to resume with it; absent if the server counts none. */
  readonly attempt?: number;
}

export interface ResumeQuery {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly uid?: number;
  readonly account?: string;
}

const storageKey = 'housecount.resume';
/**
 * Records kept, at most; the oldest go first. How old one is says nothing: the device's clock may have been set since, and the server knows
 * what its key is still good for.
 */
const recordsMax = 32;

/** The part of Storage that is used; sessionStorage in a page. */
export type ResumeStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Keeps a record until the next page of this tab takes it. */
export function saveResume(storage: ResumeStorage, record: ResumeRecord): void {
  write(storage, [...read(storage), record].slice(-recordsMax));
}

/** Takes the first record that fits the join out of the store; a join without a uid fits any uid. */
export function takeResume(storage: ResumeStorage, query: ResumeQuery): ResumeRecord | undefined {
  const records = read(storage);
  const at = records.findIndex((record) => fits(record, query));
  if (at < 0) return undefined;
  write(
    storage,
    records.filter((_, index) => index !== at),
  );
  return records[at];
}

function fits(record: ResumeRecord, query: ResumeQuery): boolean {
  if (record.server !== query.server || record.app !== query.app || record.channel !== query.channel)
    return false;
  if (query.account !== undefined) return record.account === query.account;
  if (record.account !== undefined) return false;
  return query.uid === undefined || query.uid === 0 || record.uid === query.uid;
}

function read(storage: ResumeStorage): ResumeRecord[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(storageKey) ?? '[]');
    return Array.isArray(value) ? value.filter(isRecord) : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is ResumeRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof ResumeRecord, unknown>>;
  return (
    ['server', 'app', 'channel', 'connectionId', 'resume'].every(
      (name) => typeof record[name as keyof ResumeRecord] === 'string',
    ) &&
    typeof record.uid === 'number' &&
    (record.attempt === undefined || typeof record.attempt === 'number')
  );
}

function write(storage: ResumeStorage, records: readonly ResumeRecord[]): void {
  try {
    if (records.length === 0) storage.removeItem(storageKey);
    else storage.setItem(storageKey, JSON.stringify(records));
  } catch {
    // A full or forbidden store only costs the resumption: the page then joins anew.
  }
}

/** The tab's own store, or undefined where there is none. */
export function pageStorage(): ResumeStorage | undefined {
  try {
    return typeof sessionStorage === 'undefined' ? undefined : sessionStorage;
  } catch {
    return undefined;
  }
}
