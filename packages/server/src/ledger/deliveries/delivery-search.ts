import { fixed } from '../../fixed-limits.ts';
import type { Value } from '../../kept/tables/sqlite.ts';
import { type DeliveryFilter, deliveryStatuses } from './delivery.ts';

/** An id is the time of the first attempt and a number within its millisecond, so that a time is a place in the list. */
export const idsPerMs = 1_000;

/**
 * The statements of a search. `looked` finds what an index leads to, newest first and in a bounded number; `rest` is then asked
 * of each of these. The index is named, because SQLite would rather sort a whole app than walk it backwards.
 */
export function searchOf(filter: DeliveryFilter, cursor: number | undefined) {
  const { app, channel, status } = filter;
  const toId = filter.to === undefined ? Number.MAX_SAFE_INTEGER : (filter.to + 1) * idsPerMs;
  const before = Math.min(cursor ?? Number.MAX_SAFE_INTEGER, toId, Number.MAX_SAFE_INTEGER);
  const from = Math.min((filter.from ?? 0) * idsPerMs, Number.MAX_SAFE_INTEGER);
  const statusNumber = status && deliveryStatuses.indexOf(status);
  const lookedValues: Value[] = [app, before, from];
  let index = 'deliveries_by_app';
  let more = '';
  if (channel !== undefined) {
    index = 'deliveries_by_channel';
    more = 'AND channel = ?';
    lookedValues.push(channel);
  } else if (statusNumber !== undefined && status !== 'delivered') {
    index = 'deliveries_unfinished';
    // The literal lets SQLite see that the index, which leaves out the delivered ones, covers it.
    more = 'AND status = ? AND status < 2';
    lookedValues.push(statusNumber);
  }
  const looked = `SELECT * FROM deliveries INDEXED BY ${index}
    WHERE app = ? AND id < ? AND id >= ? ${more} ORDER BY id DESC LIMIT ${fixed.deliveryScanMax}`;
  const { endpoint, uid, account, type } = filter;
  const fields = Object.entries({ endpoint, uid, account, type, status: statusNumber });
  const given = fields.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  return {
    looked,
    lookedValues,
    rest: ['true', ...given.map(({ name }) => `${name} = ?`)].join(' AND '),
    restValues: given.map(({ value }): Value => value),
  };
}
