import { liveKey } from '../../src/channel/channel.ts';
import { type ChannelChange, isEvent, isMark, type MembershipChange } from '../../src/channel/decision.ts';
import { type LogRecord, recordOf } from '../../src/log/record/record.ts';

/** A change of the members of a live channel as a record of the log, for tests; a record is itself. */
export const asRecord = (given: LogRecord | MembershipChange): LogRecord =>
  isLive(given) ? recordOf(liveKey(given.app, given.channel), given) : given;

function isLive(given: LogRecord | MembershipChange): given is MembershipChange {
  const change = given as ChannelChange;
  return isEvent(change) || isMark(change);
}
