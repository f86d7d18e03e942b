import { liveKey } from '../../src/channel/channel.ts';
import { type ChannelChange, isEvent, isMark, type MembershipChange } from '../../src/channel/decision.ts';
import { type AppRecord, isShared, type LogRecord, recordOf } from '../../src/log/record/record.ts';

/** A change of the members of a live channel as a record of the log, for tests; a record is itself. */
export const asRecord = (given: LogRecord | MembershipChange): LogRecord =>
  isLive(given) ? recordOf(liveKey(given.app, given.channel), given) : given;

/** What a record says of a channel or an app, for tests; of nodes and of every channel at once nothing. */
export function toldOf(record: LogRecord): readonly (ChannelChange | AppRecord)[] {
  if (record.type === 'channel') return [record.change];
  return record.type === 'node-up' || isShared(record) ? [] : [record];
}

function isLive(given: LogRecord | MembershipChange): given is MembershipChange {
  const change = given as ChannelChange;
  return isEvent(change) || isMark(change);
}
