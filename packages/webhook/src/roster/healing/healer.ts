import { leaveReasons } from '@housecount/protocol';
import type { RosterSnapshot } from '../channel-lives.ts';
import type { Entry, RosterMember } from '../entry.ts';
import { RosterError } from '../roster-error.ts';

/** The source from which a Roster gets what it misses. Both may throw: then nothing is healed, and waiting notices go on waiting. */
export interface Healer {
  /** Events of one life after `after`, in order of seq without a hole, at least to `to` if they exist; undefined if they are no longer kept, or of types that are not known here. */
  events(query: EventsQuery): Promise<readonly Entry[] | undefined>;
  /** The roster as it is now; undefined if nobody is there. */
  roster(channel: string): Promise<RosterSnapshot | undefined>;
}
export interface EventsQuery {
  readonly channel: string;
  readonly sid: string;
  readonly after: number;
  /** Infinity for all that there are. */
  readonly to: number;
}

export interface RestHealerOptions {
  /** The server's address, `https://live.example.com`. */
  readonly url: string;
  /** The app id. */
  readonly app: string;
  /** One of the server's `customers`. */
  readonly customer: { readonly id: string; readonly secret: string };
  /** The setting of the app's configuration; decides whether members of a communication channel have a role. Default 107/108. */
  readonly communicationEvents?: '107/108' | '103/104';
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Time for one request, milliseconds; default 3,000, so that a notice is answered within its 10 s. */
  readonly timeoutMs?: number;
}

/** More events than this are not fetched: the roster as it is now is smaller. */
const eventsMax = 20_000;
const pageMax = 1_000;
/** A listing is begun anew this often when the server no longer keeps its moment. */
const listingsMax = 3;

/** Heals from the server's REST API. What the server answers badly throws RosterError `heal_failed`. */
export function restHealer(options: RestHealerOptions): Healer {
  const { url, app, customer, fetch: ask = fetch, timeoutMs = 3_000 } = options;
  const authorization = `Basic ${base64(`${customer.id}:${customer.secret}`)}`;
  const base = `${url.replace(/\/+$/, '')}/v1/apps/${encodeURIComponent(app)}/channels/`;
  const hasRoles = options.communicationEvents === '103/104';

  /** undefined: there is no such thing (404), or no longer (410). */
  const get = async (
    channel: string,
    what: string,
    query: Record<string, string>,
  ): Promise<Answer | 'gone' | undefined> => {
    const address = `${base}${encodeURIComponent(channel)}/${what}?${new URLSearchParams(query)}`;
    try {
      const response = await ask(address, {
        headers: { Authorization: authorization },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body = fieldsOf(await response.json());
      if (response.ok) return body;
      // Another 404, of an unknown app or a wrong path, must not read as an empty channel.
      if (body.code === 'not_found') return undefined;
      if (body.code === 'no_longer_kept') return 'gone';
      throw new Error(`status ${response.status}, ${String(body.code)}`);
    } catch (cause) {
      throw new RosterError('heal_failed', `The server was asked for ${what} in vain.`, { cause });
    }
  };

  return {
    async events({ channel, sid, after, to }) {
      const entries: Entry[] = [];
      for (let from = after; from < to && entries.length < eventsMax; ) {
        const limit = String(pageMax);
        const page = await get(channel, 'events', { sid, after: String(from), limit });
        if (page === undefined || page === 'gone') return undefined;
        const events = listOf(page.events);
        // A newer server: what its events do, only its roster tells.
        if (events.some((event) => isOfLaterType(fieldsOf(event)))) return undefined;
        const read = events.map((event) => entryOfEvent(event, hasRoles));
        if (read.some(({ seq }, index) => seq !== from + 1 + index)) throw unread('the next event');
        entries.push(...read);
        from = read.at(-1)?.seq ?? Number.POSITIVE_INFINITY;
        if (page.more !== true) return entries;
      }
      return entries.length < eventsMax ? entries : undefined;
    },

    async roster(channel) {
      for (let listing = 0; listing < listingsMax; listing++) {
        const first = await get(channel, 'roster', { limit: String(pageMax) });
        if (first === undefined) return undefined;
        let page: Answer | 'gone' | undefined = first;
        const members: RosterMember[] = [];
        while (page !== undefined && page !== 'gone') {
          const { profile, next } = page;
          for (const member of listOf(page.members))
            members.push(memberOfRoster(member, profile === 'communication' && !hasRoles));
          // Without this check, pages that lead back to themselves would be read for ever.
          if (first !== 'gone' && members.length > number(first.count)) throw unread('as many as it counts');
          if (next === undefined && first !== 'gone') return snapshotOf(first, members);
          const { after, at } = fieldsOf(next);
          page = await get(channel, 'roster', {
            limit: String(pageMax),
            after: String(after),
            at: String(at),
          });
        }
      }
      throw new RosterError('heal_failed', 'The server did not keep the roster long enough to list it.');
    },
  };
}

type Answer = Readonly<Record<string, unknown>>;

function snapshotOf({ sid, seq, openedMs }: Answer, members: readonly RosterMember[]): RosterSnapshot {
  return {
    sid: text(sid),
    seq: number(seq),
    openedTs: Math.floor(number(openedMs) / 1000),
    members,
  };
}

function memberOfRoster(value: unknown, isCommunication: boolean): RosterMember {
  const { uid, account, userId, role, platform, clientType, joinedMs } = fieldsOf(value);
  return {
    uid: uidNumber(uid),
    ...(account !== undefined && { account: text(account) }),
    ...(userId !== undefined && { userId: text(userId) }),
    role: isCommunication ? 'communication' : roleOf(role),
    platform: number(platform),
    ...(clientType !== undefined && { clientType: number(clientType) }),
    joinedSeconds: Math.floor(number(joinedMs) / 1000),
  };
}

const knownTypes: readonly unknown[] = [
  'channel-opened',
  'channel-closed',
  'member-joined',
  'member-left',
  'role-changed',
];
const isOfLaterType = ({ type }: Answer) => typeof type === 'string' && !knownTypes.includes(type);

function entryOfEvent(value: unknown, hasRoles: boolean): Entry {
  const event = fieldsOf(value);
  const base = {
    sid: text(event.sid),
    seq: number(event.seq),
    ts: Math.floor(number(event.atMs) / 1000),
    count: number(event.count),
  };
  switch (event.type) {
    case 'channel-opened':
      return { ...base, what: 'opened' };
    case 'channel-closed':
      return { ...base, what: 'closed' };
    case 'member-joined': {
      const isCommunication = event.profile === 'communication' && !hasRoles;
      return {
        ...base,
        what: 'joined',
        member: memberOfRoster({ ...event, joinedMs: event.atMs }, isCommunication),
      };
    }
    case 'member-left': {
      const reason = Object.entries(leaveReasons).find(([name]) => name === event.reason)?.[1];
      return { ...base, what: 'left', ...linkedUid(event), ...(reason !== undefined && { reason }) };
    }
    case 'role-changed':
      return { ...base, what: 'role', ...linkedUid(event), role: roleOf(event.role) };
    default:
      throw unread('an event type');
  }
}

const linkedUid = ({ uid, userId }: Answer) => ({
  uid: uidNumber(uid),
  ...(userId !== undefined && { userId: text(userId) }),
});

function fieldsOf(value: unknown): Answer {
  if (typeof value === 'object' && value !== null) return value as Answer;
  throw unread('an object');
}
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unread('a list');
}
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw unread('text');
}
function number(value: unknown): number {
  if (typeof value === 'number') return value;
  throw unread('a number');
}
function uidNumber(value: unknown): number {
  const uid = number(value);
  if (uid >>> 0 === uid) return uid;
  throw unread('a uid');
}
function roleOf(value: unknown): 'broadcaster' | 'audience' {
  if (value === 'broadcaster' || value === 'audience') return value;
  throw unread('a role');
}
function unread(what: string): RosterError {
  return new RosterError('heal_failed', `The server's answer lacks ${what} where it is documented.`);
}

function base64(value: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(value)));
}
