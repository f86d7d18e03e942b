import {
  signalingStateKeyBytesMax,
  signalingStateKeysMax,
  signalingStateValueBytesMax,
} from '../signaling-channel.ts';
import { signalingErrors } from '../signaling-errors.ts';
import {
  type Check,
  flag,
  id,
  invalid,
  isObject,
  optional,
  place,
  type SignalingFrameChecks,
  text,
  userId,
  utf8Length,
} from './checks.ts';

/** Temporary states, text by key. */
export const states: Check = (value, name) => {
  if (!isObject(value))
    return invalid(`"${name}" must be an object of texts by key.`, signalingErrors.presenceInvalidArgument);
  const entries = Object.entries(value);
  if (entries.length > signalingStateKeysMax)
    return invalid(
      `A user has at most ${signalingStateKeysMax} states in a channel.`,
      signalingErrors.stateCountOverflow,
    );
  for (const [key, state] of entries) {
    const fault = stateKey(key, name);
    if (fault) return fault;
    if (typeof state !== 'string')
      return invalid(`The values of "${name}" must be strings.`, signalingErrors.invalidStateValue);
    if (utf8Length(state) > signalingStateValueBytesMax)
      return invalid(
        `A state's value has at most ${signalingStateValueBytesMax} bytes.`,
        signalingErrors.stateValueTooLong,
      );
  }
  return undefined;
};

const stateKey: Check = (key, name) => {
  if (typeof key !== 'string' || key === '')
    return invalid(`The keys of "${name}" must not be empty.`, signalingErrors.invalidStateKey);
  return utf8Length(key) <= signalingStateKeyBytesMax
    ? undefined
    : invalid(
        `A state's key has at most ${signalingStateKeyBytesMax} bytes.`,
        signalingErrors.stateKeyTooLong,
      );
};

const keys: Check = (value, name) => {
  if (!Array.isArray(value) || value.length > signalingStateKeysMax)
    return invalid(
      `"${name}" must be a list of at most ${signalingStateKeysMax} keys.`,
      signalingErrors.presenceInvalidArgument,
    );
  for (const key of value) {
    const fault = stateKey(key, name);
    if (fault) return fault;
  }
  return undefined;
};

/** The frames of temporary states, and the questions who is where. */
export const presenceFrames: SignalingFrameChecks = {
  'set-state': { id, ...place, states },
  'remove-state': { id, ...place, keys },
  'get-state': { id, ...place, userId },
  'online-users': {
    id,
    ...place,
    includedUserId: flag,
    includedState: flag,
    page: optional(text(128, signalingErrors.presenceInvalidArgument)),
  },
  'user-channels': { id, userId },
};
