import { isSignalingName, isSignalingTopic } from '@housecount/protocol';
import type { ChannelType } from '../events/events.ts';
import { type ErrorCodeName, errorCodes } from './error-codes.ts';
import { rtmError } from './errors.ts';

/** Legal as a channel's name, or −10008. */
export function checkChannelName(operation: string, name: unknown): asserts name is string {
  checkName(operation, name, 'INVALID_CHANNEL_NAME', "the channel's name");
}

/** Legal as another user's id, or −10006. */
export function checkUserId(operation: string, userId: unknown): asserts userId is string {
  checkName(operation, userId, 'INVALID_USER_ID', 'the user id');
}

/** A name as channels and users have, or the given code. */
export function checkName(
  operation: string,
  name: unknown,
  code: ErrorCodeName,
  what: string,
): asserts name is string {
  if (!isSignalingName(name))
    throw rtmError(
      operation,
      errorCodes[code],
      `${what[0]?.toUpperCase()}${what.slice(1)} must have 1 to 64 legal characters and not begin with _`,
    );
}

/** Checks that the channel type is one of `allowed`; throws −10019 otherwise. */
export function checkChannelType<T extends ChannelType>(
  operation: string,
  type: unknown,
  allowed: readonly T[],
): asserts type is T {
  if (!(allowed as readonly unknown[]).includes(type))
    throw rtmError(
      operation,
      'INVALID_CHANNEL_TYPE',
      `The channel type must be ${allowed.join(' or ')} here`,
    );
}

/** An object with keys of its own; undefined and null are none, and anything else is `code`. */
export function checkOptions(
  operation: string,
  options: unknown,
  code: ErrorCodeName,
): asserts options is Record<string, unknown> {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw rtmError(operation, code, 'The options must be an object');
}

/** Characters of a custom type (the API's figure). */
const customTypeLengthMax = 32;

/** A custom type, empty if none is given; −11029 or −11030. */
export function checkCustomType(operation: string, customType: unknown = ''): string {
  if (typeof customType !== 'string')
    throw rtmError(operation, 'CHANNEL_INVALID_CUSTOM_TYPE', 'customType must be a string');
  if (customType.length > customTypeLengthMax)
    throw rtmError(
      operation,
      'CHANNEL_CUSTOM_TYPE_LENGTH_OVERFLOW',
      `customType has at most ${customTypeLengthMax} characters`,
    );
  return customType;
}

/** A token to put in the place of another, or −10005. */
export function checkToken(operation: string, token: unknown): asserts token is string {
  if (typeof token !== 'string' || token === '')
    throw rtmError(operation, 'INVALID_TOKEN', 'The token must be a string that is not empty');
}

/** The name of a topic, or −11008. */
export function checkTopicName(operation: string, name: unknown): asserts name is string {
  if (!isSignalingTopic(name))
    throw rtmError(
      operation,
      'CHANNEL_INVALID_TOPIC_NAME',
      "The topic's name must have 1 to 16 legal characters and not begin with _",
    );
}
