import { signalingSealBytes } from '../signaling-channel.ts';
import { signalingErrors } from '../signaling-errors.ts';
import {
  type Check,
  field,
  flag,
  id,
  invalid,
  isObject,
  optional,
  place,
  type SignalingFrameChecks,
  token,
  utf8Length,
} from './checks.ts';
import { states } from './presence-frames.ts';

/** Bytes of a message, as UTF-8 or as they are (spec: signaling 2.4). */
export const signalingMessageBytesMax = 32 * 1024;
/** Characters of a message's custom type (spec: signaling 2.4). */
export const signalingCustomTypeLengthMax = 32;

/** A message's content, of at most this many bytes; of one that is encrypted, before that. */
export const contentUpTo =
  (bytesMax: number): Check =>
  (value, name) => {
    const fault = invalid(
      `"${name}" must be an object with one of "text", "bytes" and "sealed", the latter two in base64.`,
      signalingErrors.invalidMessage,
    );
    if (!isObject(value) || Object.keys(value).length !== 1) return fault;
    const bytes = contentBytes(value);
    if (bytes === undefined) return fault;
    if (bytes > bytesMax)
      return invalid(
        `A message has at most ${bytesMax} bytes.`,
        signalingErrors.messageTooLong,
        'frame_too_large',
      );
    return undefined;
  };

function contentBytes({ text, bytes, sealed }: Record<string, unknown>): number | undefined {
  if (typeof text === 'string') return utf8Length(text);
  if (sealed === undefined) return base64Bytes(bytes);
  const length = base64Bytes(sealed);
  return length === undefined || length < signalingSealBytes ? undefined : length - signalingSealBytes;
}

function base64Bytes(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
    return undefined;
  return (value.length / 4) * 3 - (value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0);
}

/** A publisher calls a message by its custom type. */
export const customType: Check = (value, name) => {
  if (typeof value !== 'string')
    return invalid(`"${name}" must be a string.`, signalingErrors.invalidCustomType);
  return value.length <= signalingCustomTypeLengthMax
    ? undefined
    : invalid(
        `"${name}" has at most ${signalingCustomTypeLengthMax} characters.`,
        signalingErrors.customTypeTooLong,
      );
};

/** The frames of subscriptions and messages. */
export const channelFrames: SignalingFrameChecks = {
  subscribe: {
    id,
    ...place,
    // A stream channel has a token instead: see togetherFault.
    withMessage: optional(flag),
    token: optional(token),
    withPresence: flag,
    withMetadata: flag,
    withLock: flag,
    beQuiet: flag,
    states: optional(states),
  },
  unsubscribe: { id, ...place },
  publish: {
    id,
    channelType: field(
      '"MESSAGE" or "USER"',
      (value) => value === 'MESSAGE' || value === 'USER',
      signalingErrors.invalidChannelType,
    ),
    // The type says whose name it is: see togetherFault.
    channel: field('a string', (value) => typeof value === 'string'),
    content: contentUpTo(signalingMessageBytesMax),
    customType: optional(customType),
    storeInHistory: optional(flag),
  },
};
