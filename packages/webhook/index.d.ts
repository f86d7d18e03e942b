/** Headers of a request, as web frameworks and Node give them. */
export type NoticeHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /**
   * Requests that say when they were made (the `standard` and `batch` formats) are refused if that is further from now than this,
   * so that nobody sends an old one again; default 300. Infinity: any time will do.
   */
  readonly toleranceSeconds?: number;
  /** Epoch milliseconds. Default: Date.now. */
  readonly now?: () => number;
}

/**
 * Was this body signed with the secret (or one of several, while you change it)? Give the body as it was received: parsed and
 * written again, its bytes are others. `webhook-signature` (Standard Webhooks) decides if it is there, else `Agora-Signature-V2`, else
 * `Agora-Signature`. Whatever came from outside only makes it false; throws TypeError if you gave no secret, an empty one, or one
 * that cannot verify the format that came.
 */
export declare function verify(
  body: string | Uint8Array | ArrayBuffer,
  headers: NoticeHeaders,
  secret: string | readonly string[],
  options?: VerifyOptions,
): Promise<boolean>;

/** Agora's communication profile has no roles: everybody is a `communication` member. */
export type NoticeRole = 'broadcaster' | 'audience' | 'communication';

/** What every notice carries. */
export interface NoticeBase {
  /** The same over every copy and attempt: the key to drop duplicates by. */
  readonly noticeId: string;
  /** 1 is real-time communication. */
  readonly productId: number;
  /** 101 to 112, also in the formats that have words for it, and 190 for lost events; new ones may come. */
  readonly eventType: number;
  /** When this copy was sent, epoch milliseconds. Not the event's time. Only in the `agora` format. */
  readonly notifyMs: number | undefined;
  /** The app id. Only in the `standard` and `batch` formats. */
  readonly app: string | undefined;
  /** One life of the channel. Housecount always sends it; Agora may not. */
  readonly sid: string | undefined;
  /** Place of the event in its sid: 1, 2, 3 … without holes. Housecount only. */
  readonly seq: number | undefined;
  /** Members in the channel after the event. Housecount only. */
  readonly count: number | undefined;
  /** The payload (in the `standard` and `batch` formats, the data) as it came, with all its fields. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Sent by somebody who checks the endpoint: answer 200, and do not take its channel for a real one. */
  readonly healthTest: boolean;
}

/** Of a channel. */
export interface ChannelNoticeBase extends NoticeBase {
  readonly channelName: string;
  /** When it happened, epoch seconds. */
  readonly ts: number;
}

/** About a member. */
export interface MemberNoticeBase extends ChannelNoticeBase {
  readonly uid: number;
  /** Only if the member joined with a string account. */
  readonly account: string | undefined;
  /** Grows with every event of one uid in one channel. */
  readonly clientSeq: number;
  readonly role: NoticeRole;
}

export type Notice =
  | (ChannelNoticeBase & { readonly kind: 'channel-created' })
  | (ChannelNoticeBase & { readonly kind: 'channel-destroyed'; readonly lastUid: number | undefined })
  | (MemberNoticeBase & {
      readonly kind: 'joined';
      readonly platform: number | undefined;
      readonly clientType: number | undefined;
    })
  | (MemberNoticeBase & {
      readonly kind: 'left';
      readonly platform: number | undefined;
      readonly clientType: number | undefined;
      /** 1 left, 2 timed out, 3 kicked, 5 replaced by a new device, 12 token; accept others. */
      readonly reason: number | undefined;
      /** Seconds in the channel. */
      readonly durationSeconds: number | undefined;
    })
  | (MemberNoticeBase & { readonly kind: 'role-changed' })
  /** Events that will not be sent: they waited longer than the server keeps them. It has no seq of its own. */
  | (NoticeBase & {
      readonly kind: 'events-lost';
      /** Whose events; undefined when many channels lost some, and this one counts those that are not told one by one. */
      readonly channelName: string | undefined;
      /** First and last seq lost, in the life `sid`. */
      readonly fromSeq: number | undefined;
      readonly toSeq: number | undefined;
      /** How many of them this endpoint would have been sent; undefined if not known. */
      readonly events: number | undefined;
      /** When the first and the last of them happened, epoch seconds; undefined if not known. */
      readonly fromTs: number | undefined;
      readonly toTs: number | undefined;
      /** When they were given away, epoch seconds. */
      readonly ts: number;
    })
  /** A type that this version does not know: see eventType and payload. */
  | (NoticeBase & { readonly kind: 'unknown' });

/** A notice of something that happened in a channel. */
export type EventNotice = Exclude<Notice, { kind: 'unknown' | 'events-lost' }>;
export type EventsLostNotice = Extract<Notice, { kind: 'events-lost' }>;

/** The body is not a notice. The message says which field is wrong and never quotes the body. */
export declare class NoticeError extends Error {
  override readonly name: 'NoticeError';
}

/**
 * Reads the body of a notice, in the `agora` or the `standard` format. Unknown fields, event types, reasons and platforms are let
 * through; throws NoticeError if it is not JSON, lacks what every notice of its type has, or is a batch. Verify first: this looks at
 * the form only.
 */
export declare function parseNotice(body: string | Uint8Array | ArrayBuffer): Notice;

/**
 * Reads the body of a request in any format: one notice, or a batch of 1 to 1,000 in the order in which they stand. Throws NoticeError,
 * as parseNotice does, if one of them is none: then all are refused.
 */
export declare function parseNotices(body: string | Uint8Array | ArrayBuffer): readonly Notice[];

/** Somebody in a channel. */
export interface RosterMember {
  readonly uid: number;
  /** Only if the member joined with a string account. */
  readonly account?: string;
  readonly role: NoticeRole;
  readonly platform?: number;
  readonly clientType?: number;
  /** Epoch seconds; absent if a notice of a plain Agora channel spoke of the member first that was not its join. */
  readonly joinedSeconds?: number;
}

/** What a Roster holds at most. */
export interface RosterLimits {
  /** Notices of one channel that wait for a hole, by number; default 1,024. At the limit the channel is healed, or `take` throws `waiting_full`. */
  readonly waitingMax: number;
  /** The same, in bytes of JSON; default 512 KiB. */
  readonly waitingBytesMax: number;
  /** Notices that wait in this process for the store, all channels; default 10,000. Beyond it `take` throws `overloaded`. */
  readonly pendingMax: number;
  /** Plain notices only: those who left whose record is kept for the 60 s in which late notices come; default 100,000. */
  readonly departedMax: number;
}

export interface RosterOptions {
  /** Default: memory of this process. */
  readonly store?: RosterStore;
  /** Without one, a hole stays until the missing notice comes. */
  readonly heal?: Healer;
  /**
   * The event types that the endpoint subscribes; default: all. With all of 101 to 112 the roster is exact. With fewer, sid and seq
   * have holes by nature, and the roster goes by clientSeq as one of plain Agora notices does.
   */
  readonly types?: readonly number[];
  /** Put before channel names in the store, so that several apps can share it. Default: none. */
  readonly prefix?: string;
  readonly limits?: Partial<RosterLimits>;
  /** Epoch milliseconds; only plain records are forgotten by it. Default: Date.now. */
  readonly now?: () => number;
}

/** What became of a notice. */
export interface Taken {
  /** The roster now contains it. */
  readonly applied: boolean;
  /** It had been taken before. */
  readonly duplicate: boolean;
  /** It is of a life of the channel that is over: another has begun. */
  readonly late?: true;
  /** It came before others of its life: these were missing, first and last seq. */
  readonly waitingFor?: readonly [from: number, to: number];
  /** The server was asked, and the roster is whole: nothing waits any more. */
  readonly healed?: true;
  /** The server was asked in vain. What waits goes on waiting; the next notice or `refresh` asks again. */
  readonly healFailed?: unknown;
}

/** A change of a roster, told by the process that took the notice. sid and seq are absent for plain channels. */
export type RosterChange = { readonly channel: string } & (
  | { readonly type: 'opened' | 'closed'; readonly sid: string; readonly seq: number }
  | {
      readonly type: 'joined' | 'role';
      readonly sid: string;
      readonly seq: number;
      readonly member: RosterMember;
    }
  | {
      readonly type: 'left';
      readonly sid: string;
      readonly seq: number;
      readonly member: RosterMember;
      /** As in the notice; absent if the leave was learnt from a snapshot. */
      readonly reason?: number;
    }
  | { readonly type: 'joined' | 'role'; readonly member: RosterMember }
  | { readonly type: 'left'; readonly member: RosterMember; readonly reason?: number }
);

/** Told when the server says that events will not be sent. Again for each copy of that notice. */
export interface EventsLostChange {
  readonly noticeId: string;
  /** Whose events; absent when many channels lost some, and this counts those that are not told one by one. */
  readonly channel?: string;
  /** The life that lost events, with the first and last seq lost. */
  readonly sid?: string;
  readonly fromSeq?: number;
  readonly toSeq?: number;
  /** How many of them the endpoint would have been sent; absent if not known. */
  readonly events?: number;
  /**
   * The roster of the channel is right all the same: it had them, or the server was asked. False without `heal`, with `types` that name
   * only some, for plain channels, without a channel, and when the server was asked in vain.
   */
  readonly healed: boolean;
}

/** A channel at one moment. */
export interface RosterView {
  /** Absent if nobody is there, and for plain channels. */
  readonly sid?: string;
  readonly seq?: number;
  readonly count: number;
  /** In no particular order. */
  readonly members: readonly RosterMember[];
  /** Seqs that are missing: the roster is true at `seq`, and more has happened. */
  readonly waitingFor?: readonly [from: number, to: number];
}

/**
 * Who is in the channels of one app, from its notices in any order, with copies and holes. When `take` has resolved with `applied`,
 * the roster contains the notice and all that came before it: nothing is waited for by the clock.
 */
export declare class Roster {
  /** Throws TypeError for `types` that name no join or no leave. */
  constructor(options?: RosterOptions);
  /**
   * Takes a notice. Resolves once it is in the store, and once what it lacked was asked for. Rejects with RosterError (answer 500
   * then: the notice comes again) or with what the store or a listener threw. A notice of lost events has the channel healed, and
   * rejects if that fails, so that it comes again too.
   */
  take(notice: Notice): Promise<Taken>;
  /** Who is in the channel now. */
  members(channel: string): Promise<readonly RosterMember[]>;
  /** How many are in the channel now. */
  count(channel: string): Promise<number>;
  /** The channel with the sid and seq at which it is true, and what is missing. */
  view(channel: string): Promise<RosterView>;
  /** Calls back for each change that this process makes, in order per channel. Returns what ends it. */
  onChange(listener: (change: RosterChange) => void): () => void;
  /** Calls back for each notice of lost events that this process takes, once it was tried to heal what it tells. Returns what ends it. */
  onLost(listener: (lost: EventsLostChange) => void): () => void;
  /**
   * Asks the server for what happened since, for the one loss that no hole shows: the last notice of all. Worth doing at the start
   * and now and then for channels that are open. Throws RosterError `heal_failed`, or TypeError without `heal`.
   */
  refresh(channel: string): Promise<void>;
}

/** Why a Roster could not do what it was asked. Codes are added, never renamed. */
export type RosterErrorCode =
  | 'notice_invalid'
  | 'type_not_named'
  | 'waiting_full'
  | 'overloaded'
  | 'store_contended'
  | 'store_full'
  | 'store_corrupt'
  | 'heal_failed';

export declare class RosterError extends Error {
  override readonly name: 'RosterError';
  readonly code: RosterErrorCode;
  constructor(code: RosterErrorCode, message: string, options?: ErrorOptions);
}

/**
 * All that a Roster knows of one channel. Never changed in place: a store in the same process may keep the object itself.
 * For any other store, `JSON.stringify` of it is what `load` may give back.
 */
export interface ChannelState {
  readonly mode: 'numbered' | 'plain';
}

/**
 * Where a Roster keeps its channels. Several processes may share one: `save` is the only point where they meet, and it must
 * be atomic. What it stores is one value per channel, written anew at each save.
 */
export interface RosterStore {
  /** The value saved last, as the object itself or as its JSON text, with its version; undefined if there is none. */
  load(key: string): StoredChannel | undefined | Promise<StoredChannel | undefined>;
  /** Saves only if the stored version is still `version`, 0 for none, and then raises it by one. False: it is another, nothing was saved. */
  save(key: string, value: ChannelState, version: number): boolean | Promise<boolean>;
}
export interface StoredChannel {
  readonly value: ChannelState | string;
  readonly version: number;
}

/**
 * Keeps channels in this process, at most `channelsMax`. At the limit the channel that has been empty longest is forgotten;
 * if all have members, saving a new one throws RosterError `store_full`.
 */
export declare function memoryStore(options?: { readonly channelsMax?: number }): RosterStore;

/** The part of `node:sqlite`, `bun:sqlite` and better-sqlite3 that the store needs. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    get(...values: (string | number)[]): unknown;
    run(...values: (string | number)[]): { readonly changes: number | bigint };
  };
}

/**
 * Keeps channels in one table of a SQLite database, made if it is not there. Processes on one machine may share the file:
 * open it with a busy timeout. Each save writes the whole channel, some 100 bytes a member.
 */
export declare function sqliteStore(database: SqliteDatabase): RosterStore;

/**
 * Runs a Lua script, as your client does it: `(script, keys, args) => client.eval(script, { keys, arguments: args })` with
 * node-redis, `(script, keys, args) => client.eval(script, keys.length, ...keys, ...args)` with ioredis.
 */
export type RunScript = (script: string, keys: string[], args: string[]) => Promise<unknown>;

/**
 * Keeps each channel in one Redis hash, which goes away `keepMs` after its last change (default: 7 days). Each save writes the
 * whole channel, some 100 bytes a member. Redis forgets its last second when it crashes, unless you made it durable: the Roster
 * then sees a hole and heals it.
 */
export declare function redisStore(run: RunScript, options?: { keepMs?: number }): RosterStore;

/** The roster as the server has it at (sid, seq). */
export interface RosterSnapshot {
  readonly sid: string;
  readonly seq: number;
  /** Epoch seconds. */
  readonly openedTs: number;
  readonly members: readonly RosterMember[];
}

interface EntryBase {
  readonly sid: string;
  readonly seq: number;
  /** When it happened, epoch seconds. */
  readonly ts: number;
  /** Members after it. */
  readonly count?: number;
}

/** What a roster needs of a numbered notice, or of an event from the REST API. */
export type Entry =
  | (EntryBase & { readonly what: 'opened' | 'closed' })
  | (EntryBase & { readonly what: 'joined'; readonly member: RosterMember })
  | (EntryBase & { readonly what: 'left'; readonly uid: number; readonly reason?: number })
  | (EntryBase & { readonly what: 'role'; readonly uid: number; readonly role: NoticeRole });

/** Where a Roster asks for what it misses. Both may throw: then nothing is healed, and what waits goes on waiting. */
export interface Healer {
  /** Events of one life after `after`, in order of seq without a hole, at least to `to` if they exist; undefined if they are no longer kept. */
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
  /** Of the server, `https://live.example.com`. */
  readonly url: string;
  /** The app id. */
  readonly app: string;
  /** As in the server's `customers`. */
  readonly customer: { readonly id: string; readonly secret: string };
  /** As in the app's configuration; decides whether members of a communication channel have a role. Default 107/108. */
  readonly communicationEvents?: '107/108' | '103/104';
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** For one request, milliseconds; default 3,000, so that a notice is answered within its 10 s. */
  readonly timeoutMs?: number;
}

/** Heals from the server's REST API. What the server answers badly throws RosterError `heal_failed`. */
export declare function restHealer(options: RestHealerOptions): Healer;

export interface HandlerOptions extends VerifyOptions {
  /** The endpoint's secret, or several while you change it. */
  readonly secret: string | readonly string[];
  /** Takes each notice, of a batch all of them, before `onNotice` sees it. */
  readonly roster?: Roster;
  /** Called for each copy of each notice, in order, but not for the check of an endpoint. If it throws, the answer is 500 and the request comes again. */
  readonly onNotice?: (notice: Notice) => unknown;
  /** Told what was answered 500. Default: console.error. */
  readonly onError?: (error: unknown) => void;
  /** A longer body is answered 413; default 1,048,576 bytes, as much as a batch has. */
  readonly bodyBytesMax?: number;
}

/** The parts of node:http's request and response that are used. */
export interface NodeLikeRequest extends AsyncIterable<Uint8Array | string> {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}
export interface NodeLikeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}
/** The same with what body parsers leave behind. */
export interface ExpressLikeRequest extends NodeLikeRequest {
  readonly body?: unknown;
}
export type ExpressLikeResponse = NodeLikeResponse;

/**
 * A request listener for node:http, for notices in any format. Answers 200 once roster and callback are done, 401 without a good
 * signature, 400 for what is no notice (of a batch then none is taken), 405, 413, and 500 when roster or callback failed. Throws TypeError without a secret.
 */
export declare function nodeHandler(
  options: HandlerOptions,
): (request: NodeLikeRequest, response: NodeLikeResponse) => Promise<void>;

/**
 * The same for Express and its like: reads the body itself, or takes the Buffer of `express.raw()`. A body that was parsed already has
 * lost the bytes that were signed; that is an error, given to `next`.
 */
export declare function expressHandler(
  options: HandlerOptions,
): (
  request: ExpressLikeRequest,
  response: ExpressLikeResponse,
  next: (error: unknown) => void,
) => Promise<void>;

/** The same for fetch-style servers: Bun, Deno, Hono, workers. */
export declare function fetchHandler(options: HandlerOptions): (request: Request) => Promise<Response>;
