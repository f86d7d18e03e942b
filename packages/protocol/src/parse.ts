import type { Code } from './codes.ts';
import {
  byeGraceMsMax,
  type ClientFrame,
  protocolVersion,
  type RosterViewRequest,
  rosterWindowMembersMax,
} from './frames.ts';
import { frameDepthMax, isDeeper } from './json-depth.ts';
import { isAccount, isAppId, isChannelName, isUid } from './names.ts';
import { platformNumbers } from './reasons.ts';

/** A frame that a client sent, or why it is none. `id` is set if the object had one, so that the refusal can carry it. */
export type ParsedClientFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly code: Code; readonly detail: string; readonly id?: number };

/** Longest resume key, sid and session name a client may send, in characters. Chosen: several times what the server makes. */
const resumeLengthMax = 1024;
const nameLengthMax = 128;

/**
 * Reads one client frame, strictly: an unknown type or field, a missing field, a wrong type or a value out of range is
 * refused with a stable code, and the field is named in `detail`. Never throws. The byte length is the caller's to check.
 */
export function parseClientFrame(text: string): ParsedClientFrame {
  let value: unknown;
  if (isDeeper(text, frameDepthMax))
    return { ok: false, code: 'frame_invalid', detail: 'It is nested too deep.' };
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, code: 'frame_not_json', detail: 'The text cannot be parsed.' };
  }
  if (!isObject(value)) return { ok: false, code: 'frame_not_json', detail: 'Send one object per frame.' };
  const fault = faultOf(value);
  if (fault) return { ok: false, ...fault, ...(isId(value.id) && { id: value.id }) };
  // faultOf has checked every field of the frame that `type` names.
  return { ok: true, frame: value as unknown as ClientFrame };
}

interface Fault {
  readonly code: Code;
  readonly detail: string;
}
interface Field {
  readonly required: boolean;
  readonly is: (value: unknown) => boolean;
  /** Says for a person what the field must be. */
  readonly must: string;
  /** Answered when the JSON type is right but the value is not legal; default `frame_invalid`. */
  readonly code?: Code;
  readonly jsonType: 'string' | 'number' | 'boolean' | 'object';
}

const field = (
  jsonType: Field['jsonType'],
  must: string,
  is: (value: unknown) => boolean,
  code?: Code,
): Field => ({ required: true, is, must, jsonType, ...(code && { code }) });
const optional = (checked: Field): Field => ({ ...checked, required: false });
const text = (lengthMax: number) =>
  field(
    'string',
    `1 to ${lengthMax} printable ASCII characters without space`,
    (value) => typeof value === 'string' && value.length <= lengthMax && /^[!-~]+$/.test(value),
  );

const id = field('number', 'a whole number from 0 to 2^53 - 1', isId);
const view = field(
  'object',
  `{"count": true}, {"first": N} or {"from": PLACE, "count": N} with N from 1 to ${rosterWindowMembersMax}`,
  isRosterView,
);
const flag = field('boolean', 'true or false', (value) => typeof value === 'boolean');
const role = field(
  'string',
  '"broadcaster" or "audience"',
  (value) => value === 'broadcaster' || value === 'audience',
  'role_invalid',
);
/** A token's own length limit is the server's, and answered with `invalid_token`. */
const token = field('string', 'a string', (value) => typeof value === 'string');

const frames: ReadonlyMap<string, Readonly<Record<string, Field>>> = new Map<
  ClientFrame['type'],
  Readonly<Record<string, Field>>
>([
  [
    'hello',
    {
      version: field('number', `${protocolVersion}`, (value) => value === protocolVersion),
      app: field('string', '32 hexadecimal characters', isAppId, 'invalid_app_id'),
      channel: field('string', '1 to 64 characters of the legal set', isChannelName, 'invalid_channel_name'),
      token: optional(token),
      uid: optional(field('number', 'a whole number from 0 to 4294967295', isUid, 'invalid_uid')),
      account: optional(
        field('string', '1 to 255 characters of the legal set', isAccount, 'invalid_account'),
      ),
      role: optional(role),
      profile: optional(
        field(
          'string',
          '"live" or "communication"',
          (value) => value === 'live' || value === 'communication',
        ),
      ),
      platform: optional(
        field(
          'number',
          `one of ${platformNumbers.join(', ')}`,
          (value) => typeof value === 'number' && platformNumbers.includes(value),
        ),
      ),
      clientType: optional(
        field(
          'number',
          'a whole number from 0 to 255',
          (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255,
        ),
      ),
      resume: optional(text(resumeLengthMax)),
    },
  ],
  [
    'bye',
    {
      graceMs: optional(
        field(
          'number',
          `a whole number from 0 to ${byeGraceMsMax}`,
          (value) => isId(value) && Number(value) <= byeGraceMsMax,
        ),
      ),
    },
  ],
  ['ping', { id: optional(id) }],
  ['set-role', { id, role }],
  ['renew-token', { id, token }],
  ['subscribe-roster', { id, sid: optional(text(nameLengthMax)), after: optional(id), view: optional(view) }],
  ['unsubscribe-roster', { id }],
  ['streams', { id, audio: flag, video: flag }],
  ['select', { id, session: text(nameLengthMax), audio: flag, video: flag }],
]);

function faultOf(value: Readonly<Record<string, unknown>>): Fault | undefined {
  if (typeof value.type !== 'string') return invalid('"type" must be a string.');
  const fields = frames.get(value.type);
  if (!fields) return invalid(`Unknown frame type ${quote(value.type)}.`);
  // Before the fields: a later version may have other ones, and shall hear the real reason.
  if (value.type === 'hello' && typeof value.version === 'number' && value.version !== protocolVersion)
    return { code: 'version_unsupported', detail: `This server speaks version ${protocolVersion}.` };
  for (const name of Object.keys(value))
    if (name !== 'type' && !Object.hasOwn(fields, name)) return invalid(`Unknown field ${quote(name)}.`);
  for (const [name, checked] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined) {
      if (checked.required) return invalid(`"${name}" is missing.`);
    } else if (!checked.is(given))
      return {
        code: (typeof given === checked.jsonType && checked.code) || 'frame_invalid',
        detail: `"${name}" must be ${checked.must}.`,
      };
  }
  return togetherFault(value);
}

/** Rules that speak of two fields. */
function togetherFault(value: Readonly<Record<string, unknown>>): Fault | undefined {
  if (value.type === 'hello' && value.uid !== undefined && value.account !== undefined)
    return invalid('"uid" and "account" exclude each other.');
  if (value.type === 'subscribe-roster' && (value.sid === undefined) !== (value.after === undefined))
    return invalid('"sid" and "after" go together.');
  return undefined;
}

const invalid = (detail: string): Fault => ({ code: 'frame_invalid', detail });

/** A name from outside, cut so that an answer cannot be made long by it. */
const quote = (name: string): string => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** True if a client may ask for this much of a roster. */
export function isRosterView(value: unknown): value is RosterViewRequest {
  if (!isObject(value)) return false;
  const { count, first, from } = value;
  const names = Object.keys(value);
  if (names.length === 1) return count === true || isWindowSize(first);
  return names.length === 2 && isId(from) && isWindowSize(count);
}

function isWindowSize(value: unknown): boolean {
  return isId(value) && value >= 1 && value <= rosterWindowMembersMax;
}
