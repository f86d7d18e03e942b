import {
  type Code,
  codes,
  type SignalingChannelEnded,
  type SignalingUnsubscribed,
  signalingErrors,
} from '@housecount/protocol';
import type { PutOut } from '../../log/decide/endings.ts';
import { errorCodeOf } from '../names/refusals.ts';

/** The frame that tells a client of a stream channel that it is no longer in, and did not leave itself. */
export const channelEnded = (channel: string, code: Code): SignalingChannelEnded => ({
  type: 'channel-ended',
  channel,
  code,
  errorCode: (code === 'kicked' ? undefined : errorCodeOf(code)) ?? signalingErrors.joinFailed,
  message: codes[code].message,
});

/** The frame that tells a client of a channel of either kind that a rule put it out of. */
export function putOutFrame(
  { kind, name }: PutOut,
  serverMs: number,
): SignalingChannelEnded | SignalingUnsubscribed {
  if (kind === 'stream') return channelEnded(name, 'kicked');
  return { type: 'unsubscribed', channel: name, code: 'kicked', message: codes.kicked.message, serverMs };
}
