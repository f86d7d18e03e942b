import {
  type deliverySearch,
  type deliveryShape,
  deliveryStatuses,
  type madeAttempt,
  type TypeOf,
} from '@housecount/schema';

/** The states of a delivery. It only moves to the right: a notice that was taken once is delivered, whatever comes after. */
export { deliveryStatuses };

/** A notice on its way to an endpoint, or at its end. */
export type Delivery = TypeOf<typeof deliveryShape>;

/** One attempt, as it is kept. */
export type KeptAttempt = TypeOf<typeof madeAttempt>;

/** Request and beginning of the answer. */
export type Exchange = NonNullable<KeptAttempt['exchange']>;

/** The fields that name a delivery of an endpoint and say what its notice is about. */
export type DeliverySubject = Omit<
  Delivery,
  'endpoint' | 'firstMs' | 'lastMs' | 'attempts' | 'redelivered' | 'status'
>;

/** One request to an endpoint with the deliveries that it was an attempt at, as rows to be written. */
export interface KeptRequest {
  readonly app: string;
  readonly endpoint: string;
  readonly made: KeptAttempt;
  readonly subjects: readonly DeliverySubject[];
}

/** The conditions of a search; every field that is present must fit. */
export type DeliveryFilter = TypeOf<typeof deliverySearch> & { readonly app: string };
