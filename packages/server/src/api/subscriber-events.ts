import { HousecountError } from '@housecount/protocol';
import { limits } from '../limits.ts';
import type { ChannelKey } from '../signaling/channel-key.ts';
import type { ApiLog } from './deps.ts';

/** Events of the channel among what the log holds after a position, now. @throws HousecountError no_longer_kept */
export async function subscriberEvents(
  log: Pick<ApiLog, 'lastPosition' | 'firstPosition' | 'follow'>,
  { app, channelType, channel }: ChannelKey,
  { after, size, signal }: { readonly after: number; readonly size: number; readonly signal: AbortSignal },
) {
  const last = log.lastPosition;
  if (after > last || after + 1 < log.firstPosition) throw gone();
  const through = Math.min(last, after + limits.subscriberEventsScanMax);
  const events: object[] = [];
  let cursor = after;
  if (after === through) return { events, through: cursor, more: false };
  for await (const batch of log.follow(after, signal)) {
    for (const { position, record } of batch) {
      // What was between has been deleted since.
      if (position !== cursor + 1) throw gone();
      cursor = position;
      if (record.type === 'signaling') {
        const { change } = record;
        const isHere = record.app === app && record.channelType === channelType && record.channel === channel;
        // What has no seq is told to nobody as an event.
        if (isHere && 'seq' in change) events.push(change);
      }
      if (position >= through || events.length >= size)
        return { events, through: cursor, more: cursor < last };
    }
  }
  // The asker has gone.
  return { events, through: cursor, more: true };
}

const gone = () =>
  new HousecountError('no_longer_kept', 'Ask who subscribes now, and go on with the cursor of that.');
