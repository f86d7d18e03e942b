import type { ChannelEvent } from '@housecount/protocol';
import type { LogRecord } from '../../log/record.ts';

/** The record as a channel's event: what notices are made of; undefined for the log's own bookkeeping. */
export function eventOf(record: LogRecord): ChannelEvent | undefined {
  switch (record.type) {
    case 'channel-opened':
    case 'channel-closed':
    case 'member-joined':
    case 'member-left':
    case 'role-changed':
      return record;
    default:
      return undefined;
  }
}
