import { type ChannelEvent, type LeaveReason, type Role, toAgoraNotice } from '@housecount/protocol';
import type { Notice } from '../src/notice.ts';
import { parseNotice } from '../src/parse-notice.ts';
import type { RosterSnapshot } from '../src/roster/channel-lives.ts';
import { type Entry, entryOf } from '../src/roster/entry.ts';

/** Numbers from 0 to below `below`, the same for the same seed. */
export type Dice = (below: number) => number;
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export type Step = { readonly does: 'join' | 'leave' | 'role' | 'close'; readonly pick: number };

interface Person {
  readonly uid: number;
  role: Role;
  readonly joinedMs: number;
}

/** One channel as the server would have it: the events it logs, and its roster, kept the slow and obvious way. */
export class Truth {
  readonly channel: string;
  /** Events by sid, oldest life first. */
  readonly lives = new Map<string, ChannelEvent[]>();
  sid: string | undefined;
  openedMs = 0;
  #nowMs = 1_700_000_000_000;
  #seq = 0;
  #life = 0;
  readonly #members = new Map<number, Person>();

  constructor(channel: string) {
    this.channel = channel;
  }

  get size(): number {
    return this.#members.size;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  /** The events that a step makes; a step that is not possible makes none. */
  step({ does, pick }: Step): ChannelEvent[] {
    const made: ChannelEvent[] = [];
    if (does === 'join') {
      const uid = 1 + pick;
      if (this.#members.has(uid)) return made;
      if (this.sid === undefined) this.#open(made);
      const role: Role = pick % 7 === 0 ? 'broadcaster' : 'audience';
      this.#members.set(uid, { uid, role, joinedMs: this.#nowMs });
      made.push(this.#log({ ...this.#subject(uid, role), ...link, type: 'member-joined' }));
    } else if (does === 'close') {
      for (const uid of [...this.#members.keys()]) this.#leave(uid, made);
    } else {
      const uid = [...this.#members.keys()][pick % Math.max(1, this.size)];
      const person = uid === undefined ? undefined : this.#members.get(uid);
      if (!person) return made;
      if (does === 'leave') this.#leave(person.uid, made);
      else {
        person.role = person.role === 'audience' ? 'broadcaster' : 'audience';
        made.push(this.#log({ ...this.#subject(person.uid, person.role), type: 'role-changed' }));
      }
    }
    return made;
  }

  /** The snapshot that the REST API would answer with. */
  snapshot(): RosterSnapshot | undefined {
    if (this.sid === undefined) return undefined;
    const members = [...this.#members.values()].map(({ uid, role, joinedMs }) => ({
      uid,
      role,
      platform: 7,
      joinedSeconds: Math.floor(joinedMs / 1000),
    }));
    return { sid: this.sid, seq: this.#seq, openedTs: Math.floor(this.openedMs / 1000), members };
  }

  /** `uid role` of everybody, sorted. */
  people(): string[] {
    return [...this.#members.values()].map(({ uid, role }) => `${uid} ${role}`).sort();
  }

  #open(made: ChannelEvent[]): void {
    this.#life += 1;
    this.sid = `${this.channel}-${this.#life}`;
    this.openedMs = this.#nowMs;
    this.#seq = 0;
    this.lives.set(this.sid, []);
    made.push(this.#log({ type: 'channel-opened' }));
  }

  #leave(uid: number, made: ChannelEvent[]): void {
    const person = this.#members.get(uid);
    if (!person) return;
    this.#members.delete(uid);
    const reason: LeaveReason = 'quit';
    const told = {
      reason,
      evidence: 'bye',
      lastHeardMs: 0,
      noticedMs: 0,
      joinedMs: person.joinedMs,
    } as const;
    made.push(
      this.#log({ ...this.#subject(uid, person.role), ...told, connectionId: 'c', type: 'member-left' }),
    );
    if (this.size > 0) return;
    made.push(this.#log({ type: 'channel-closed', lastUid: uid }));
    this.sid = undefined;
  }

  #subject(uid: number, role: Role) {
    return { uid, role, platform: 7, clientSeq: this.#nowMs * 10 + this.#seq };
  }

  #log(rest: object): ChannelEvent {
    this.#seq += 1;
    const sid = this.sid ?? '';
    const base = { app: 'a', channel: this.channel, sid, seq: this.#seq, atMs: this.#nowMs, profile: 'live' };
    const event = { ...base, count: this.size, ...rest } as ChannelEvent;
    this.lives.get(sid)?.push(event);
    return event;
  }
}

const link = { connectionId: 'c', connectionKind: 'rtc', leaseMs: 10_000 };

/** The notice of an event, through the bytes that travel. */
export function noticeOf(event: ChannelEvent): Notice {
  return parseNotice(JSON.stringify(toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' })));
}

export function entryOfEvent(event: ChannelEvent): Entry {
  const notice = noticeOf(event);
  const entry = notice.kind === 'unknown' || notice.kind === 'events-lost' ? undefined : entryOf(notice);
  if (!entry) throw new Error('every event has an entry');
  return entry;
}

export function namesOf(members: readonly { readonly uid: number; readonly role: string }[]): string[] {
  return members.map(({ uid, role }) => `${uid} ${role}`).sort();
}
