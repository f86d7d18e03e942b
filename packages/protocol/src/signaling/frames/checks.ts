import type { Code } from '../../codes.ts';
import { isSignalingName, type SignalingClientFrame } from '../signaling.ts';
import { signalingErrors } from '../signaling-errors.ts';

/** The fault of a frame; `errorCode` is the API's number of it. */
export interface Fault {
  readonly code?: Code;
  readonly errorCode?: number;
  readonly detail: string;
}
/** Finds the fault of a value, if there is one. `name` is the field's, for the sentence. */
export type Check = (value: unknown, name: string) => Fault | undefined;

/** A group of frames: what each type's fields must be, by name. `type` itself is not among them. */
export type SignalingFrameChecks = Readonly<
  Partial<Record<SignalingClientFrame['type'], Readonly<Record<string, Check>>>>
>;

/** A fault, with the API's number of it if it has one. */
export const invalid = (detail: string, errorCode?: number, code?: Code): Fault => ({
  detail,
  ...(errorCode !== undefined && { errorCode }),
  ...(code !== undefined && { code }),
});
/** A check that a value `is` what the sentence says it `must` be. */
export const field =
  (must: string, is: (value: unknown) => boolean, errorCode?: number, code?: Code): Check =>
  (value, name) =>
    is(value) ? undefined : invalid(`"${name}" must be ${must}.`, errorCode, code);
/** A check that is content with a missing value. */
export const optional =
  (check: Check): Check =>
  (value, name) =>
    value === undefined ? undefined : check(value, name);
/** A text with a length from 1 to `lengthMax` characters. */
export const text = (lengthMax: number, errorCode?: number): Check =>
  field(
    `1 to ${lengthMax} characters`,
    (value) => typeof value === 'string' && value.length > 0 && value.length <= lengthMax,
    errorCode,
  );

/** True or false. */
export const flag = field('true or false', (value) => typeof value === 'boolean');
/** A request's number. */
export const id = field('a whole number from 0 to 2^53 - 1', isId);
/** A span of time, in seconds. */
export const seconds = field(
  'a number of seconds, 0 or more',
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
);
/** A token's own length limit is the server's. */
export const token = field('a string', (value) => typeof value === 'string', signalingErrors.invalidToken);
const nameMust = '1 to 64 characters of the legal set, not beginning with "_"';
/** A channel's name. */
export const channel = field(
  nameMust,
  isSignalingName,
  signalingErrors.invalidChannelName,
  'invalid_channel_name',
);
/** A user's name. */
export const userId = field(nameMust, isSignalingName, signalingErrors.invalidUserId, 'invalid_user_id');
/** The kind of a channel. */
export const channelType = field(
  '"MESSAGE" or "STREAM"',
  (value) => value === 'MESSAGE' || value === 'STREAM',
  signalingErrors.invalidChannelType,
);
/** The fields that say which channel is meant. */
export const place = { channelType, channel };

/** Checks each known field of an object, and that there is no other; `prefix` is what leads to them. */
export function fieldsFault(
  value: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Check>>,
  prefix = '',
): Fault | undefined {
  for (const name of Object.keys(value))
    if (!Object.hasOwn(fields, name)) return invalid(`Unknown field ${quote(`${prefix}${name}`)}.`);
  for (const [name, check] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const fault = check(given, `${prefix}${name}`);
    if (fault) return given === undefined ? { ...fault, detail: `"${prefix}${name}" is missing.` } : fault;
  }
  return undefined;
}

/** A name from outside, cut so that an answer cannot be made long by it. */
export const quote = (name: string): string =>
  JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export const utf8Length = (value: string): number => encoder.encode(value).length;

/** True if `value` is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True if `value` can be a request's number. */
export function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** True for any text. */
export const isString = (value: unknown): boolean => typeof value === 'string';
/** A revision of metadata, or none. */
export const revision = field(
  'a whole number, or -1',
  (value) => isId(value) || value === -1,
  signalingErrors.storageInvalidArgument,
);
/** The length is generous: which names there are is the server's to say. */
export const lockName = field(
  'a string of at most 128 characters',
  (value) => typeof value === 'string' && value.length <= 128,
  signalingErrors.invalidLockName,
);
