import { deliveryStatuses } from '@housecount/schema';

/** Where a delivery stands. It only moves to the right: what was taken once is delivered, whatever comes after. */
export { deliveryStatuses };
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** A notice on its way to an endpoint, or at its end. */
export interface Delivery {
  readonly endpoint: string;
  readonly noticeId: string;
  readonly position: number;
  readonly type: number;
  readonly channel: string;
  readonly sid: string;
  readonly seq: number;
  readonly uid?: number;
  readonly account?: string;
  /** When the event was decided, and of the first and last attempt; epoch milliseconds. */
  readonly eventMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly attempts: number;
  /** How many of the attempts were redeliveries. */
  readonly redelivered: number;
  readonly status: DeliveryStatus;
}

/** One attempt, as kept. */
export interface KeptAttempt {
  /** 1 is the first since the server began to send this notice; a redelivery is always 1. */
  readonly attempt: number;
  readonly atMs: number;
  readonly durationMs: number;
  /** HTTP status of the answer; absent if none came. */
  readonly answered?: number;
  readonly stage?: string;
  readonly detail?: string;
  readonly next: 'delivered' | 'retry' | 'give-up';
  /** Id of the redelivery that it belongs to. */
  readonly redelivery?: string;
  /** Request and beginning of the answer; absent if they were dropped. */
  readonly exchange?: Exchange;
}

export interface Exchange {
  readonly headers: Readonly<Record<string, string>>;
  /** The exact text that was sent. */
  readonly body: string;
  readonly answer: string;
}

/** What names a delivery of an endpoint, and what its notice is about. */
export type DeliverySubject = Omit<
  Delivery,
  'endpoint' | 'firstMs' | 'lastMs' | 'attempts' | 'redelivered' | 'status'
>;

/** One request to an endpoint with the deliveries that it was an attempt at: rows to be. */
export interface KeptRequest {
  readonly app: string;
  readonly endpoint: string;
  readonly made: KeptAttempt;
  readonly subjects: readonly DeliverySubject[];
}

/** What a search asks for; every field that is there must fit. */
export interface DeliveryFilter {
  readonly app: string;
  readonly endpoint?: string;
  readonly channel?: string;
  readonly uid?: number;
  readonly account?: string;
  readonly type?: number;
  readonly status?: DeliveryStatus;
  /** Of the first attempt, epoch milliseconds, both included. */
  readonly from?: number;
  readonly to?: number;
}
