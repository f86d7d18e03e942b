import {
  type deliverySearch,
  type deliveryShape,
  deliveryStatuses,
  type madeAttempt,
  type TypeOf,
} from '@housecount/schema';

/** Where a delivery stands. It only moves to the right: what was taken once is delivered, whatever comes after. */
export { deliveryStatuses };

/** A notice on its way to an endpoint, or at its end. */
export type Delivery = TypeOf<typeof deliveryShape>;

/** One attempt, as kept. */
export type KeptAttempt = TypeOf<typeof madeAttempt>;

/** Request and beginning of the answer. */
export type Exchange = NonNullable<KeptAttempt['exchange']>;

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
export type DeliveryFilter = TypeOf<typeof deliverySearch> & { readonly app: string };
