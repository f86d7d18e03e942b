import {
  type SignalingStates,
  signalingStateKeyBytesMax,
  signalingStatesBytesMax,
  signalingStateValueBytesMax,
} from '@housecount/protocol';
import { rtmError } from '../errors/errors.ts';
import { bytesOf } from '../messages/content.ts';

/**
 * Sizes of states that are being set, and of all that are there then, or −13008, −13009. Checked before they are kept for
 * later: a server that refuses them refuses the subscription that they go with.
 */
export function checkStateSizes(operation: string, set: SignalingStates, after: SignalingStates): void {
  for (const [key, value] of Object.entries(set)) {
    if (bytesOf(key) > signalingStateKeyBytesMax)
      throw rtmError(
        operation,
        'PRESENCE_STATE_KEY_SIZE_OVERFLOW',
        `A key has at most ${signalingStateKeyBytesMax} bytes`,
      );
    if (bytesOf(value) > signalingStateValueBytesMax)
      throw rtmError(
        operation,
        'PRESENCE_STATE_VALUE_SIZE_OVERFLOW',
        `A value has at most ${signalingStateValueBytesMax} bytes`,
      );
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(after)) bytes += bytesOf(key) + bytesOf(value);
  if (bytes > signalingStatesBytesMax)
    throw rtmError(
      operation,
      'PRESENCE_STATE_VALUE_SIZE_OVERFLOW',
      `The states in a channel have at most ${signalingStatesBytesMax} bytes`,
    );
}
