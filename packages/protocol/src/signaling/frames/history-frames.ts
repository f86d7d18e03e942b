import { signalingErrors } from '../signaling-errors.ts';
import { field, id, type SignalingFrameChecks } from './checks.ts';

/** Messages on one page (spec: signaling 4.3). */
export const signalingMessagesMax = 100;

const time = field(
  'epoch milliseconds, or 0',
  (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  signalingErrors.invalidTimestamp,
);

/** The frames of the history. */
export const historyFrames: SignalingFrameChecks = {
  'get-messages': {
    id,
    channelType: field(
      '"MESSAGE" or "USER"',
      (value) => value === 'MESSAGE' || value === 'USER',
      signalingErrors.invalidChannelType,
    ),
    // The type says whose name it is: see togetherFault.
    channel: field('a string', (value) => typeof value === 'string'),
    count: field(
      `a whole number from 1 to ${signalingMessagesMax}`,
      (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= signalingMessagesMax,
    ),
    start: time,
    end: time,
  },
};
