import type { ChannelEvent, MemberJoined, Role } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { MembershipChange } from '../../src/channel/decision.ts';
import type { Feed } from '../../src/log/contract/feed.ts';
import type { LogRetention } from '../../src/log/contract/retention.ts';
import type { LogEntry, LogRecord } from '../../src/log/record/record.ts';
import { asRecord } from './records.ts';

/** A log in memory that tests append to; everything in it counts as durable. */
export class LogForTests implements Feed, LogRetention {
  readonly #entries: LogEntry[] = [];
  readonly #wakes = new Set<() => void>();
  /** While set, reading fails with it. */
  failure: Error | undefined;

  get lastPosition(): number {
    return this.#entries.length;
  }

  /** Records before it are no longer kept. */
  firstKept = 1;
  /** The position up to which records lie beyond the newest bytes, however many are asked for. */
  beyondPosition = 0;

  async firstPosition(): Promise<number> {
    return this.firstKept;
  }

  async beyond(): Promise<number> {
    return this.beyondPosition;
  }

  append(...records: (LogRecord | MembershipChange)[]): void {
    for (const record of records)
      this.#entries.push({ position: this.#entries.length + 1, record: asRecord(record) });
    for (const wake of [...this.#wakes]) wake();
  }

  /** Cursors of those who want the records after them kept. */
  readonly holds = new Set<() => number>();

  hold(cursor: () => number): () => void {
    this.holds.add(cursor);
    return () => this.holds.delete(cursor);
  }

  /** The number of followers that wait for what comes next. */
  get followers(): number {
    return this.#wakes.size;
  }

  async *follow(after: number, signal: AbortSignal): AsyncIterable<readonly LogEntry[]> {
    let position = after;
    while (!signal.aborted) {
      if (this.failure) throw this.failure;
      if (position + 1 < this.firstKept) throw new HousecountError('no_longer_kept');
      const batch = this.#entries.slice(position, position + 100);
      position += batch.length;
      if (batch.length > 0) yield batch;
      else await this.#more(signal);
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#wakes.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      this.#wakes.add(end);
      signal.addEventListener('abort', end);
    });
  }
}

export const appForTests = '0123456789abcdef0123456789abcdef';

/** Makes the events of one life of a channel, numbered and counted as the server does. */
export class LifeForTests {
  #seq = 0;
  #clientSeq = 1_600_000_000_000;
  readonly #members = new Map<number, Role>();

  constructor(
    readonly channel = 'stage',
    readonly app = appForTests,
    readonly sid = `SID-${channel}`,
    readonly atMs = 1_700_000_000_123,
  ) {}

  open(): ChannelEvent {
    return { type: 'channel-opened', ...this.#base() };
  }

  join(uid: number, role: Role = 'audience'): MemberJoined {
    this.#members.set(uid, role);
    return {
      type: 'member-joined',
      ...this.#base(),
      ...this.#subject(uid, role),
      connectionId: `c${uid}`,
      connectionKind: 'rtc',
      leaseMs: 10_000,
    };
  }

  leave(uid: number): ChannelEvent {
    const role = this.#members.get(uid) ?? 'audience';
    this.#members.delete(uid);
    return {
      type: 'member-left',
      ...this.#base(),
      ...this.#subject(uid, role),
      connectionId: `c${uid}`,
      reason: 'quit',
      evidence: 'bye',
      lastHeardMs: this.atMs,
      noticedMs: this.atMs,
      joinedMs: this.atMs - 5_000,
    };
  }

  role(uid: number, role: Role): ChannelEvent {
    this.#members.set(uid, role);
    return { type: 'role-changed', ...this.#base(), ...this.#subject(uid, role) };
  }

  close(lastUid: number): ChannelEvent {
    return { type: 'channel-closed', ...this.#base(), lastUid };
  }

  /** A whole life: open, `members` joins, as many leaves, close. */
  whole(members: number): ChannelEvent[] {
    const uids = Array.from({ length: members }, (_, index) => index + 1);
    return [
      this.open(),
      ...uids.map((uid) => this.join(uid)),
      ...uids.map((uid) => this.leave(uid)),
      this.close(members),
    ];
  }

  #base() {
    this.#seq += 1;
    const { app, channel, sid, atMs } = this;
    return { app, channel, sid, seq: this.#seq, atMs, count: this.#members.size, profile: 'live' } as const;
  }

  #subject(uid: number, role: Role) {
    this.#clientSeq += 1;
    return { uid, role, platform: 7, clientSeq: this.#clientSeq } as const;
  }
}
