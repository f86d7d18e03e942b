import type { EndpointSlot, SlotStatus } from './endpoint-slot.ts';

export interface EndpointStatus extends SlotStatus {
  readonly endpointId: string;
  readonly app: string;
  readonly url: string;
  /** Log positions not yet taken, of whatever app and type, plus the notices taken and not finished. */
  readonly backlog: number;
  /** Notices kept as given up. */
  readonly givenUp: number;
  /** Events that waited for too long and were not sent. */
  readonly lost: number;
}

/** The status of delivery to the endpoint; `lastPosition`: that of the log. */
export function statusOf(slot: EndpointSlot, lastPosition: number): EndpointStatus {
  const state = slot.status();
  const { id, app, url } = slot.endpoint;
  const backlog = Math.max(0, lastPosition - state.through) + state.outstanding;
  return {
    endpointId: id,
    app,
    url,
    ...state,
    backlog,
    givenUp: slot.journal.count,
    lost: slot.lost.events,
  };
}

/** Says in words that its delivery is held up by this server, not by its receiver; undefined: it is not. */
export function troubleOf(slot: EndpointSlot): string | undefined {
  const { state } = slot.status();
  // A full journal comes of what its receiver did not take, and is no reason to turn everybody away.
  const isFault = state === 'log-failed' || (state === 'journal-failed' && !slot.journal.isFull);
  return isFault ? `Endpoint ${slot.endpoint.id}: ${state}` : undefined;
}
