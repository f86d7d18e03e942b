import { isAccount, isChannelName } from '@housecount/protocol';

/** The way in which somebody entered a room: all that is needed to come back after a reload. */
export interface Entry {
  readonly account: string;
  readonly channel: string;
  readonly role: 'host' | 'audience';
  /** The source that a host sends. */
  readonly source: 'camera' | 'pattern';
}

const entryKey = 'housecount.demo.entry';
const nameKey = 'housecount.demo.name';

/** Keeps the room for this tab, so that a reload comes back to it; undefined forgets it. */
export function keepEntry(entry: Entry | undefined): void {
  try {
    if (entry === undefined) sessionStorage.removeItem(entryKey);
    else sessionStorage.setItem(entryKey, JSON.stringify(entry));
  } catch {
    // Storage may be blocked; then a reload asks for the name again.
  }
}

/** The room this tab was in, if it is the one that the address names (or the address names none). */
export function recallEntry(channel: string | null): Entry | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(entryKey) ?? 'null');
    if (!isEntry(kept) || (channel !== null && kept.channel !== channel)) return undefined;
    return kept;
  } catch {
    return undefined;
  }
}

/** Keeps the name for the next visit in this browser. */
export function keepName(name: string): void {
  try {
    localStorage.setItem(nameKey, name);
  } catch {
    // Storage may be blocked; then the next visit asks for the name again.
  }
}

export function recallName(): string {
  try {
    return localStorage.getItem(nameKey) ?? '';
  } catch {
    return '';
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  return (
    isAccount(entry.account) &&
    isChannelName(entry.channel) &&
    (entry.role === 'host' || entry.role === 'audience') &&
    (entry.source === 'camera' || entry.source === 'pattern')
  );
}
