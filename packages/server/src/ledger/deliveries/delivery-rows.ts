import type { Row } from '../../kept/tables/sqlite.ts';
import { type Delivery, deliveryStatuses, type Exchange, type KeptAttempt } from './delivery.ts';

export function toDelivery(row: Row): Delivery {
  return {
    endpoint: String(row.endpoint),
    noticeId: String(row.notice_id),
    position: Number(row.position),
    // The type is one that a notice had.
    type: Number(row.type) as Delivery['type'],
    channel: String(row.channel),
    sid: String(row.sid),
    seq: Number(row.seq),
    ...(typeof row.uid === 'number' && { uid: row.uid }),
    ...(typeof row.account === 'string' && { account: row.account }),
    eventMs: Number(row.event_ms),
    firstMs: Number(row.first_ms),
    lastMs: Number(row.last_ms),
    attempts: Number(row.attempts),
    redelivered: Number(row.redelivered),
    status: deliveryStatuses[Number(row.status)] ?? 'retrying',
  };
}

export function toAttempt(row: Row): KeptAttempt {
  return {
    attempt: Number(row.attempt),
    atMs: Number(row.at_ms),
    durationMs: Number(row.duration_ms),
    ...(typeof row.answered === 'number' && { answered: row.answered }),
    ...(typeof row.stage === 'string' && { stage: row.stage }),
    ...(typeof row.detail === 'string' && { detail: row.detail }),
    next: row.next === 'delivered' ? 'delivered' : row.next === 'retry' ? 'retry' : 'give-up',
    ...(typeof row.redelivery === 'string' && { redelivery: row.redelivery }),
  };
}

export function toExchange(row: Row | undefined): Exchange | undefined {
  if (!row) return undefined;
  const { headers, body, answer } = row;
  if (typeof headers !== 'string' || typeof body !== 'string' || typeof answer !== 'string') return undefined;
  // The JSON is what DeliveryTables wrote.
  return { headers: JSON.parse(headers) as Record<string, string>, body, answer };
}
