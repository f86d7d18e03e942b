import type { CommunicationEvents } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import type { Deliveries } from '../ledger/deliveries/deliveries.ts';
import type { History } from '../ledger/history/history.ts';
import type { Messages } from '../ledger/messages/messages.ts';
import type { Redeliveries } from '../ledger/redelivery/redeliveries.ts';
import type { Log } from '../log/contract.ts';
import type { Notify } from '../notify/notify.ts';
import type { EndpointRegistry } from '../notify/registry/endpoint-registry.ts';
import type { Backend } from '../signaling/backend.ts';
import type { OpenTo } from '../token/verify.ts';
import type { Authority } from './access/auth.ts';
import type { Idempotency } from './request/idempotency.ts';

/** What the REST API is made of: each part as small as the API needs it. */
export interface ApiDeps {
  readonly apps: readonly ApiApp[];
  readonly authority: Authority;
  readonly idempotency: Pick<Idempotency, 'once'>;
  /** The public development app runs: no login from this machine, and demo tokens for everyone. */
  readonly development: boolean;
  readonly log: ApiLog;
  readonly history: Pick<
    History,
    'eventsAfter' | 'lives' | 'caughtUp' | 'scan' | 'oldest' | 'positionBefore' | 'sidAt' | 'news'
  >;
  /** The messages that users had kept. */
  readonly kept: Pick<Messages, 'read'>;
  readonly deliveries: Pick<Deliveries, 'search' | 'read' | 'delivery'>;
  readonly redeliveries: Pick<Redeliveries, 'count' | 'start' | 'get' | 'cancel'>;
  readonly notify: Pick<Notify, 'feed' | 'notices' | 'status' | 'givenUp'>;
  readonly endpoints: Omit<EndpointRegistry, 'stop'>;
  readonly signaling: Backend;
  readonly clock: Clock;
  readonly random: Random;
  /** How the joins and leaves of communication channels are numbered. */
  readonly communicationEventsOf: (app: string) => CommunicationEvents;
  /** Addresses that notices leave from, for a receiver's allow-list. */
  readonly noticeAddresses: () => readonly string[];
}

export interface ApiApp {
  readonly id: string;
  /** Absent: an app without tokens. */
  readonly certificate?: string;
  /** Whom it then admits. */
  readonly openTo?: OpenTo;
  /** For how many days messages are kept; 0: none are. */
  readonly historyDays: number;
}

export type ApiLog = Pick<
  Log,
  | 'channel'
  | 'channels'
  | 'rules'
  | 'createRule'
  | 'changeRule'
  | 'deleteRule'
  | 'lastPosition'
  | 'eraseMessages'
  | 'firstPosition'
  | 'follow'
  | 'signalingChannel'
>;
