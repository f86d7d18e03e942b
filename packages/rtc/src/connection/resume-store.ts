/** What a reloaded page needs to take its membership up again. The key is a secret of this origin and tab. */
export interface ResumeRecord {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
  readonly account?: string;
  readonly connectionId: string;
  readonly resume: string;
  /** Epoch milliseconds. */
  readonly savedMs: number;
}

export interface ResumeQuery {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly uid?: number;
  readonly account?: string;
}

const storageKey = 'housecount.resume';
/** Records older than this are not tried, milliseconds. The server judges by its lease; this only bounds the list. */
const recordAgeMsMax = 60_000;
/** Records kept, at most; the oldest go first. */
const recordsMax = 32;

/** The part of Storage that is used; sessionStorage in a page. */
export type ResumeStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Keeps a record until the next page of this tab takes it. */
export function saveResume(storage: ResumeStorage, record: ResumeRecord): void {
  write(storage, [...read(storage, record.savedMs), record].slice(-recordsMax));
}

/** Takes the first record that fits the join out of the store; a join without a uid fits any uid. */
export function takeResume(
  storage: ResumeStorage,
  query: ResumeQuery,
  nowMs: number,
): ResumeRecord | undefined {
  const records = read(storage, nowMs);
  const at = records.findIndex((record) => fits(record, query));
  if (at < 0) return undefined;
  write(storage, records.toSpliced(at, 1));
  return records[at];
}

function fits(record: ResumeRecord, query: ResumeQuery): boolean {
  if (record.server !== query.server || record.app !== query.app || record.channel !== query.channel)
    return false;
  if (query.account !== undefined) return record.account === query.account;
  if (record.account !== undefined) return false;
  return query.uid === undefined || query.uid === 0 || record.uid === query.uid;
}

function read(storage: ResumeStorage, nowMs: number): ResumeRecord[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(storageKey) ?? '[]');
    return Array.isArray(value) ? value.filter((each) => isFreshRecord(each, nowMs)) : [];
  } catch {
    return [];
  }
}

function isFreshRecord(value: unknown, nowMs: number): value is ResumeRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof ResumeRecord, unknown>>;
  return (
    ['server', 'app', 'channel', 'connectionId', 'resume'].every(
      (name) => typeof record[name as keyof ResumeRecord] === 'string',
    ) &&
    typeof record.uid === 'number' &&
    typeof record.savedMs === 'number' &&
    Math.abs(nowMs - record.savedMs) <= recordAgeMsMax
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
