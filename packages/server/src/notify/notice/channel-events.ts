import type { ChannelEvent } from '@housecount/protocol';
import { isEvent } from '../../channel/decision.ts';
import { type LogRecord, liveChangeOf } from '../../log/record/record.ts';

/** The record as a channel's event: what notices are made of; undefined for the log's own bookkeeping. */
export function eventOf(record: LogRecord): ChannelEvent | undefined {
  const change = liveChangeOf(record);
  return change && isEvent(change) ? change : undefined;
}
