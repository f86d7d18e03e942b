import type { redeliveryRequest, TypeOf } from '@housecount/schema';
import type { RedeliverySelection } from '../../../ledger/redelivery/redelivery-plan.ts';

/** The selection of a request for a redelivery; its shape says that it is exactly one of these. */
export function selectionOf(
  app: string,
  { endpoint, noticeId, filter, since }: TypeOf<typeof redeliveryRequest>,
): RedeliverySelection {
  if (noticeId !== undefined) return { noticeId };
  if (filter !== undefined) return { filter: { ...filter, app, endpoint } };
  if (since === undefined) return { givenUp: true };
  return typeof since === 'number' ? { since } : { since };
}
