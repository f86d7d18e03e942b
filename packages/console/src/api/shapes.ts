import type { ChannelEvent, NoticeType, Profile, RosterMember } from '@housecount/protocol';

/** GET /v1/session */
export interface Session {
  readonly development: boolean;
  /** For this caller: on this machine, development needs none. */
  readonly loginNeeded: boolean;
  /** Whose login was sent, if it is right. */
  readonly customer?: string;
  /** What this caller may do; absent before the login. */
  readonly role?: 'read' | 'operate' | 'admin';
  /** False: this caller is not told who people are. */
  readonly names?: boolean;
}
/** GET /v1/apps */
export interface AppList {
  readonly apps: readonly AppSummary[];
}
export interface AppSummary {
  readonly id: string;
  /** Only of the development app. */
  readonly certificate?: string;
  /** Only of an app without certificate: who joins it without a token. */
  readonly openTo?: 'thisMachine' | 'everybody';
}
/** GET /v1/apps/{app}/channels */
export interface ChannelList {
  readonly channels: readonly ChannelSummary[];
  /** Open channels in all that were asked for; the list is one page of them. */
  readonly total: number;
  /** Where the next page begins; absent on the last. */
  readonly next?: string;
}
export interface ChannelSummary {
  readonly channel: string;
  readonly sid: string;
  readonly seq: number;
  readonly profile: Profile;
  readonly hosts: number;
  readonly audience: number;
}
/** GET /v1/apps/{app}/channels/{channel}/roster */
export interface Roster {
  readonly sid: string;
  readonly seq: number;
  readonly profile: Profile;
  readonly count: number;
  readonly hosts: number;
  readonly members: readonly RosterMember[];
  /** Where the next page of the same moment begins; absent on the last. */
  readonly next?: { readonly after: number; readonly at: string };
}
/** GET /v1/apps/{app}/channels/{channel}/events?sid=&after= */
export interface EventPage {
  readonly sid: string;
  readonly events: readonly ChannelEvent[];
  readonly more: boolean;
}
/** GET /v1/apps/{app}/attempts, one per event of the stream: one try to hand a notice to an endpoint. */
export interface Attempt {
  /** Counts the attempts of one server process. */
  readonly id: number;
  readonly app: string;
  readonly endpointId: string;
  readonly url: string;
  /** No receiver stands behind it: made so that notices can be seen before there is an endpoint. */
  readonly virtual: boolean;
  readonly noticeId: string;
  readonly eventType: number;
  readonly channel: string;
  /** 1 is the first. */
  readonly attempt: number;
  /** When it was sent, epoch milliseconds. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome:
    | { readonly answered: true; readonly status: number; readonly excerpt: string }
    | { readonly answered: false; readonly stage: string; readonly detail: string };
  readonly next: 'delivered' | 'retry' | 'give-up';
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}
/** GET /v1/apps/{app}/endpoints */
export interface EndpointList {
  readonly endpoints: readonly EndpointInfo[];
}
export interface EndpointInfo {
  readonly endpointId: string;
  /** `config`: from the configuration file, and changed there. */
  readonly source: 'config' | 'managed';
  readonly url: string;
  readonly description: string;
  readonly events: readonly NoticeType[];
  readonly channels: readonly string[];
  readonly format: string;
  /** A plan's name, or the seconds before the second attempt, the third … */
  readonly retry: string | readonly number[];
  readonly redeliverGivenUp: boolean;
  /** Of its own headers; their values are not shown. */
  readonly headerNames: readonly string[];
  readonly allowPrivateNetwork: boolean;
  readonly secrets: readonly { readonly hint: string; readonly endsMs?: number }[];
  readonly state: string;
  readonly backlog: number;
  readonly givenUp: number;
  /** Events that waited for longer than they are kept, and were not sent. */
  readonly lost: number;
  readonly failingSinceMs?: number;
  readonly halt?: { readonly sinceMs: number; readonly why: string };
  readonly lastAttempt?: { readonly atMs: number; readonly result: string };
}
/** POST /v1/apps/{app}/endpoints and …/rotate-secret */
export interface SecretShown {
  readonly endpoint: EndpointInfo;
  readonly secret: string;
}
/** POST …/test, and what a refused …/enable carries. */
export interface TestReport {
  readonly ok: boolean;
  readonly results: readonly TestResult[];
}
export interface TestResult {
  readonly eventType: NoticeType;
  readonly ok: boolean;
  readonly code: number;
  readonly detail?: string;
  readonly durationMs: number;
}

export const deliveryStatuses = ['retrying', 'given-up', 'delivered'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];
/** A notice on its way to an endpoint, or at its end. */
export interface Delivery {
  readonly endpoint: string;
  readonly noticeId: string;
  readonly type: number;
  readonly channel: string;
  readonly sid: string;
  readonly seq: number;
  readonly uid?: number;
  readonly account?: string;
  /** When it happened, of the first attempt, and of the last; epoch milliseconds. */
  readonly eventMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly attempts: number;
  /** How many of the attempts were redeliveries. */
  readonly redelivered: number;
  readonly status: DeliveryStatus;
}
/** GET /v1/apps/{app}/deliveries */
export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** Where older ones begin; absent when there are none. A page may be short, even empty, and have it. */
  readonly next?: number;
}
/** GET /v1/apps/{app}/deliveries/{endpoint}/{noticeId} */
export interface DeliveryWithAttempts extends Delivery {
  readonly made: readonly MadeAttempt[];
}
export interface MadeAttempt {
  /** 1 is the first; a redelivery is one attempt of its own. */
  readonly attempt: number;
  readonly atMs: number;
  readonly durationMs: number;
  /** HTTP status; absent if no answer came: then `stage` says where it failed. */
  readonly answered?: number;
  readonly stage?: string;
  readonly detail?: string;
  readonly next: 'delivered' | 'retry' | 'give-up';
  readonly redelivery?: string;
  /** Absent if the server had too much to write. */
  readonly exchange?: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly answer: string;
  };
}
/** POST /v1/apps/{app}/redeliver */
export interface RedeliveryAnswer {
  /** How many are sent, or would be. */
  readonly notices: number;
  /** Absent in a dry run. */
  readonly redelivery?: Redelivery;
}
/** GET /v1/apps/{app}/redeliveries/{id} */
export interface Redelivery {
  readonly id: string;
  readonly endpoint: string;
  readonly state: 'waiting' | 'running' | 'done' | 'cancelled' | 'failed';
  readonly notices: number;
  readonly delivered: number;
  readonly failed: number;
  /** Deleted by retention before their turn. */
  readonly gone: number;
  readonly startedMs: number;
  readonly endedMs?: number;
  /** What the last failed attempt came to, or why it ended early. */
  readonly trouble?: string;
}
