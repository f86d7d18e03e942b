import type { Random } from '../../clock.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { GivenUpReturn, type ReturnParts } from '../redelivery/given-up-return.ts';
import type { RedeliveryEnd, RedeliveryRequest } from '../redelivery/redelivery.ts';

/** Brings any endpoint the notices that it was given up on. */
export interface SlotReturning extends Pick<ReturnParts, 'ageMsMax'> {
  /** The notice was delivered since, by hand. */
  readonly isDelivered: (endpointId: string, noticeId: string) => boolean;
  readonly redeliver: (request: RedeliveryRequest) => Promise<RedeliveryEnd>;
}

/** Whom the notices are brought to: the endpoint as it is now, and whether it may be sent to now. */
export interface Returned {
  readonly endpoint: Endpoint;
  /** See ReturnParts.isOpen. */
  readonly isOpen: boolean;
}

export interface SlotReturnParts extends Pick<ReturnParts, 'clock' | 'logger' | 'journal'> {
  /** Names each redelivery. */
  readonly random: Pick<Random, 'id'>;
  readonly returning: SlotReturning;
}

/** Brings one slot's endpoint what it was given up on, each notice by the settings of the moment. */
export function returnTo(slot: Returned, { random, returning, ...parts }: SlotReturnParts): GivenUpReturn {
  return new GivenUpReturn({
    ...parts,
    ageMsMax: returning.ageMsMax,
    isOpen: () => slot.isOpen,
    isDelivered: (noticeId) => returning.isDelivered(slot.endpoint.id, noticeId),
    redeliver: (request) =>
      returning.redeliver({
        ...request,
        endpointOf: () => slot.endpoint,
        id: `given-up-${random.id(8)}`,
      }),
  });
}
