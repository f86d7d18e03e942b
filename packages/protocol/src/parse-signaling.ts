import type { Code } from './codes.ts';
import { isAppId } from './names.ts';
import { isSignalingName, type SignalingClientFrame, signalingVersion } from './signaling.ts';
import { signalingErrors } from './signaling-errors.ts';

/** Bytes of a message, as UTF-8 or as they are (spec: signaling 2.4). */
export const signalingMessageBytesMax = 32 * 1024;
/** Characters of a message's custom type (spec: signaling 2.4). */
export const signalingCustomTypeLengthMax = 32;
/** Keys of temporary state in one frame, and of one user in one channel (spec: signaling 3.4). */
export const signalingStateKeysMax = 32;
/** Bytes of a state's key, and of its value. Chosen: the API's limits are not published. */
export const signalingStateKeyBytesMax = 64;
export const signalingStateValueBytesMax = 1024;

/**
 * What a client sent: a frame, or why it is none. `errorCode` is the API's number of it; `id` is set if the object had
 * one, so that the refusal can carry it.
 */
export type ParsedSignalingFrame =
  | { readonly ok: true; readonly frame: SignalingClientFrame }
  | {
      readonly ok: false;
      readonly code: Code;
      readonly errorCode: number;
      readonly detail: string;
      readonly id?: number;
    };

/**
 * Reads one signaling frame, strictly: an unknown type or field, a missing field, a wrong type or a value out of range is
 * refused with a stable code, and the field is named in `detail`. Never throws. The byte length is the caller's to check.
 */
export function parseSignalingFrame(text: string): ParsedSignalingFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('frame_not_json', 'The text cannot be parsed.');
  }
  if (!isObject(value)) return refuse('frame_not_json', 'Send one object per frame.');
  const fault = faultOf(value);
  if (!fault) return { ok: true, frame: value as unknown as SignalingClientFrame };
  return { ...refuse(fault.code ?? 'frame_invalid', fault.detail, fault.errorCode), ...idOf(value) };
}

interface Fault {
  readonly code?: Code;
  readonly errorCode?: number;
  readonly detail: string;
}
/** What is wrong with a value, if anything. `name` is the field's, for the sentence. */
type Check = (value: unknown, name: string) => Fault | undefined;

const invalid = (detail: string, errorCode?: number, code?: Code): Fault => ({
  detail,
  ...(errorCode !== undefined && { errorCode }),
  ...(code !== undefined && { code }),
});
const field =
  (must: string, is: (value: unknown) => boolean, errorCode?: number, code?: Code): Check =>
  (value, name) =>
    is(value) ? undefined : invalid(`"${name}" must be ${must}.`, errorCode, code);
const optional =
  (check: Check): Check =>
  (value, name) =>
    value === undefined ? undefined : check(value, name);
const text = (lengthMax: number, errorCode?: number): Check =>
  field(
    `1 to ${lengthMax} characters`,
    (value) => typeof value === 'string' && value.length > 0 && value.length <= lengthMax,
    errorCode,
  );

const flag = field('true or false', (value) => typeof value === 'boolean');
const id = field('a whole number from 0 to 2^53 - 1', isId);
const seconds = field(
  'a number of seconds, 0 or more',
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
);
/** A token's own length limit is the server's. */
const token = field('a string', (value) => typeof value === 'string', signalingErrors.invalidToken);
const nameMust = '1 to 64 characters of the legal set, not beginning with "_"';
const channel = field(nameMust, isSignalingName, signalingErrors.invalidChannelName, 'invalid_channel_name');
const userId = field(nameMust, isSignalingName, signalingErrors.invalidUserId, 'invalid_user_id');
const channelType = field(
  '"MESSAGE" or "STREAM"',
  (value) => value === 'MESSAGE' || value === 'STREAM',
  signalingErrors.invalidChannelType,
);
const place = { channelType, channel };

const session: Check = (value, name) => {
  if (!isObject(value)) return invalid(`"${name}" must be an object with "id" and "key".`);
  const known = { id: text(128), key: text(1024) };
  return fieldsFault(value, known, `${name}.`);
};

const content: Check = (value, name) => {
  const fault = invalid(
    `"${name}" must be an object with "text" or "bytes" (base64), and not both.`,
    signalingErrors.invalidMessage,
  );
  if (!isObject(value) || Object.keys(value).length !== 1) return fault;
  const bytes = contentBytes(value);
  if (bytes === undefined) return fault;
  if (bytes > signalingMessageBytesMax)
    return invalid(
      `A message has at most ${signalingMessageBytesMax} bytes.`,
      signalingErrors.messageTooLong,
      'frame_too_large',
    );
  return undefined;
};

function contentBytes({ text, bytes }: Record<string, unknown>): number | undefined {
  if (typeof text === 'string') return utf8Length(text);
  if (typeof bytes !== 'string' || bytes.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bytes))
    return undefined;
  return (bytes.length / 4) * 3 - (bytes.endsWith('==') ? 2 : bytes.endsWith('=') ? 1 : 0);
}

const customType: Check = (value, name) => {
  if (typeof value !== 'string')
    return invalid(`"${name}" must be a string.`, signalingErrors.invalidCustomType);
  return value.length <= signalingCustomTypeLengthMax
    ? undefined
    : invalid(
        `"${name}" has at most ${signalingCustomTypeLengthMax} characters.`,
        signalingErrors.customTypeTooLong,
      );
};

const states: Check = (value, name) => {
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

/** Which keys and revisions there may be is the server's to say. */
const items: Check = (value, name) => {
  if (!Array.isArray(value))
    return invalid(`"${name}" must be a list.`, signalingErrors.storageInvalidArgument);
  const known = {
    key: field('a string', isString, signalingErrors.storageInvalidArgument),
    value: field('a string', isString, signalingErrors.storageInvalidArgument),
    revision,
  };
  for (const item of value) {
    if (!isObject(item))
      return invalid(`"${name}" must be a list of items.`, signalingErrors.storageInvalidArgument);
    const fault = fieldsFault(item, known, `${name}.`);
    if (fault) return fault;
  }
  return undefined;
};

const isString = (value: unknown): boolean => typeof value === 'string';
const revision = field(
  'a whole number, or -1',
  (value) => isId(value) || value === -1,
  signalingErrors.storageInvalidArgument,
);
const lockName = field(
  'a string of at most 128 characters',
  (value) => typeof value === 'string' && value.length <= 128,
  signalingErrors.invalidLockName,
);

const target: Check = (value, name) => {
  if (!isObject(value))
    return invalid(`"${name}" must be an object.`, signalingErrors.storageInvalidArgument);
  return fieldsFault(value, Object.hasOwn(value, 'userId') ? { userId } : place, `${name}.`);
};
const lock = { id, ...place, lockName };

const frames: ReadonlyMap<string, Readonly<Record<string, Check>>> = new Map<
  SignalingClientFrame['type'],
  Readonly<Record<string, Check>>
>([
  [
    'login',
    {
      version: field(`${signalingVersion}`, (value) => value === signalingVersion),
      app: field('32 hexadecimal characters', isAppId, signalingErrors.invalidAppId, 'invalid_app_id'),
      userId,
      token: optional(token),
      session: optional(session),
      heartbeatInterval: seconds,
      presenceTimeout: seconds,
    },
  ],
  ['ping', {}],
  ['logout', {}],
  ['renew-token', { id, token }],
  [
    'subscribe',
    {
      id,
      ...place,
      withMessage: flag,
      withPresence: flag,
      withMetadata: flag,
      withLock: flag,
      beQuiet: flag,
      states: optional(states),
    },
  ],
  ['unsubscribe', { id, ...place }],
  [
    'publish',
    {
      id,
      channelType: field(
        '"MESSAGE" or "USER"',
        (value) => value === 'MESSAGE' || value === 'USER',
        signalingErrors.invalidChannelType,
      ),
      // Whose name it is, the type says: see togetherFault.
      channel: field('a string', (value) => typeof value === 'string'),
      content,
      customType: optional(customType),
    },
  ],
  ['set-state', { id, ...place, states }],
  ['remove-state', { id, ...place, keys }],
  ['get-state', { id, ...place, userId }],
  [
    'online-users',
    {
      id,
      ...place,
      includedUserId: flag,
      includedState: flag,
      page: optional(text(128, signalingErrors.presenceInvalidArgument)),
    },
  ],
  ['user-channels', { id, userId }],
  [
    'change-metadata',
    {
      id,
      target,
      mode: field(
        '"set", "update" or "remove"',
        (value) => value === 'set' || value === 'update' || value === 'remove',
        signalingErrors.storageInvalidArgument,
      ),
      items,
      majorRevision: revision,
      lockName,
      addTimeStamp: flag,
      addUserId: flag,
    },
  ],
  ['get-metadata', { id, target }],
  ['subscribe-user-metadata', { id, userId }],
  ['unsubscribe-user-metadata', { id, userId }],
  ['set-lock', { ...lock, ttl: seconds }],
  ['remove-lock', lock],
  ['acquire-lock', { ...lock, retry: flag }],
  ['release-lock', lock],
  ['revoke-lock', { ...lock, owner: userId }],
  ['get-locks', { id, ...place }],
]);

function faultOf(value: Readonly<Record<string, unknown>>): Fault | undefined {
  if (typeof value.type !== 'string') return invalid('"type" must be a string.');
  const fields = frames.get(value.type);
  if (!fields) return invalid(`Unknown frame type ${quote(value.type)}.`);
  // Before the fields: a later version may have other ones, and shall hear the real reason.
  if (value.type === 'login' && typeof value.version === 'number' && value.version !== signalingVersion)
    return invalid(`This server speaks version ${signalingVersion}.`, undefined, 'version_unsupported');
  const { type: _, ...rest } = value;
  return fieldsFault(rest, fields) ?? togetherFault(value);
}

function fieldsFault(
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

/** Rules that speak of two fields. */
function togetherFault(value: Readonly<Record<string, unknown>>): Fault | undefined {
  if (value.type === 'publish')
    return value.channelType === 'USER'
      ? userId(value.channel, 'channel')
      : channel(value.channel, 'channel');
  if (value.type !== 'online-users' || value.includedUserId !== false) return undefined;
  if (value.includedState === true)
    return invalid('"includedState" needs "includedUserId".', signalingErrors.presenceInvalidArgument);
  if (value.page !== undefined)
    return invalid('"page" needs "includedUserId".', signalingErrors.presenceInvalidArgument);
  return undefined;
}

const refuse = (code: Code, detail: string, errorCode: number = signalingErrors.invalidParameter) =>
  ({ ok: false, code, errorCode, detail }) as const;

/** A name from outside, cut so that an answer cannot be made long by it. */
const quote = (name: string): string => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

const idOf = ({ id: given }: Readonly<Record<string, unknown>>) => (isId(given) ? { id: given } : {});

const encoder = new TextEncoder();

const utf8Length = (value: string): number => encoder.encode(value).length;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
