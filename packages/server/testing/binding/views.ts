import type { RosterChange } from '@housecount/protocol';
import type { Roster } from '@housecount/webhook';
import type { RTMRoster, RTMRosterMember } from '../../../rtm/src/index.ts';
import type { RtmUser } from '../clients/rtm-client.ts';

/** The people in the live channel as one view was told: `role uid` by user id. */
export class Told {
  readonly #members = new Map<string, string>();
  /** Each roster that there was, in order; what changes nobody's name, role or uid adds none. */
  readonly rosters: string[] = [''];
  readonly #at = new Map<string, string>();

  put(userId: string, role: string, uid: number | string): void {
    this.#members.set(userId, `${role} ${uid}`);
    this.#note();
  }

  take(userId: string): void {
    this.#members.delete(userId);
    this.#note();
  }

  /** The roster is true at this place. */
  at(sid: string, seq: number): void {
    this.#at.set(`${sid} ${seq}`, this.now);
  }

  /** The roster at a place, `sid seq`; undefined if it was not told yet. */
  of(place: string): string | undefined {
    return this.#at.get(place);
  }

  /** Every place that was told, `sid seq`, in order. */
  get places(): readonly string[] {
    return [...this.#at.keys()];
  }

  get members(): ReadonlyMap<string, string> {
    return this.#members;
  }

  get now(): string {
    return written(this.#members);
  }

  #note(): void {
    if (this.rosters.at(-1) !== this.now) this.rosters.push(this.now);
  }
}

export const written = (members: Iterable<readonly [string, string]>): string =>
  [...members]
    .map((member) => member.join(' '))
    .sort()
    .join(', ');

interface Person {
  readonly uid: number;
  readonly account?: string | undefined;
}
export const userIdOf = ({ uid, account }: Person): string => account ?? String(uid);

/** The native roster stream, change by change; throws at a seq that is not the next. */
export function followStream(
  told: Told,
  sid: string,
  changes: readonly RosterChange[],
  after: number,
): number {
  let last = after;
  for (const change of changes) {
    if (change.seq <= last) continue;
    if (change.seq !== last + 1) throw new Error(`the stream goes from seq ${last} to ${change.seq}`);
    last = change.seq;
    if (change.type === 'joined') told.put(userIdOf(change.member), change.member.role, change.member.uid);
    else if (change.type === 'role') told.put(userIdOf(change), change.role, change.uid);
    else if (change.type === 'left') told.take(userIdOf(change));
    told.at(sid, change.seq);
  }
  return last;
}

/** The state of one channel that a webhook receiver with the package's roster knows, from now on. */
export function followNotices(roster: Roster, channel: string): Told {
  const told = new Told();
  roster.onChange((change) => {
    if (change.channel !== channel || !('sid' in change)) return;
    if (change.type === 'joined' || change.type === 'role')
      told.put(userIdOf(change.member), change.member.role, change.member.uid);
    else if (change.type === 'left') told.take(userIdOf(change.member));
    told.at(change.sid, change.seq);
  });
  return told;
}

/** The roster as the signaling SDK has it, of which those are noted who are in the live channel, at each of its seqs that it told. */
export function followRoster(roster: RTMRoster): Told {
  const told = new Told();
  const note = (members: Iterable<RTMRosterMember>): void => {
    for (const { userId, live } of members)
      if (live) told.put(userId, live.role, live.uid);
      else told.take(userId);
  };
  const at = (): void => {
    const { live } = roster.at;
    if (live) told.at(live.sid, live.seq);
  };
  note(roster.members.values());
  at();
  roster.on('change', ({ joined, changed, left }) => {
    // A user who left and came back in one step is in both.
    for (const { member } of left) told.take(member.userId);
    note(
      [...joined, ...changed]
        .map(({ userId }) => roster.members.get(userId))
        .filter((one) => one !== undefined),
    );
    at();
  });
  return told;
}

/** Presence as the signaling SDK tells it: everybody who is there with their states, and of those the bound ones. */
export class FoldedPresence {
  readonly states = new Map<string, Readonly<Record<string, string>>>();
  readonly told = new Told();
  /** REMOTE_TIMEOUTs so far, by user id. */
  readonly timeouts: string[] = [];

  constructor({ client }: RtmUser, channel: string) {
    client.addEventListener('presence', (event) => {
      if (event.channelName !== channel) return;
      const { eventType, publisher, snapshot, stateChanged } = event;
      if (snapshot) {
        const here = new Set(snapshot.map(({ userId }) => userId));
        for (const userId of this.states.keys()) if (!here.has(userId)) this.#gone(userId);
        for (const { userId, states } of snapshot) this.#is(userId, states);
      } else if (eventType === 'REMOTE_JOIN') this.#is(publisher, {});
      else if (eventType === 'REMOTE_STATE_CHANGED') {
        if (!this.states.has(publisher)) throw new Error(`${publisher} changes states and is not there`);
        this.#is(publisher, stateChanged);
      } else if (eventType === 'REMOTE_LEAVE' || eventType === 'REMOTE_TIMEOUT') {
        if (!this.states.has(publisher)) throw new Error(`${publisher} goes and is not there`);
        if (eventType === 'REMOTE_TIMEOUT') this.timeouts.push(publisher);
        this.#gone(publisher);
      }
    });
  }

  #is(userId: string, states: Readonly<Record<string, string>>): void {
    this.states.set(userId, states);
    const { role, uid } = states;
    if (role !== undefined && uid !== undefined) this.told.put(userId, role, uid);
    else this.told.take(userId);
  }

  #gone(userId: string): void {
    this.states.delete(userId);
    this.told.take(userId);
  }
}
