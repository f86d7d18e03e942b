import type { Code } from './codes.ts';
import {
  type Check,
  checkOf,
  type FieldShape,
  type FrameFields,
  isId,
  isObject,
  quote,
} from './field-check.ts';
import { type ClientFrame, protocolVersion } from './frames.ts';
import { liveFields } from './generated/live-fields.ts';
import { frameDepthMax, isDeeper } from './json-depth.ts';

/** A frame that a client sent, or why it is none. `id` is set if the object had one, so that the refusal can carry it. */
export type ParsedClientFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  | { readonly ok: false; readonly code: Code; readonly detail: string; readonly id?: number };

/**
 * Reads one client frame, by the fields that its schema gives (packages/schema, frames), strictly: an unknown type or field, a missing field, a wrong type or a value out of range is
 * refused with a stable code, and the field is named in `detail`. Never throws. The byte length is the caller's to check.
 */
export function parseClientFrame(text: string, frames: KnownFrames = liveFrames): ParsedClientFrame {
  let value: unknown;
  if (isDeeper(text, frameDepthMax))
    return { ok: false, code: 'frame_invalid', detail: 'It is nested too deep.' };
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, code: 'frame_not_json', detail: 'The text cannot be parsed.' };
  }
  if (!isObject(value)) return { ok: false, code: 'frame_not_json', detail: 'Send one object per frame.' };
  const fault = faultOf(value, frames);
  if (fault) return { ok: false, ...fault, ...(isId(value.id) && { id: value.id }) };
  // faultOf has checked every field of the frame that `type` names.
  return { ok: true, frame: value as unknown as ClientFrame };
}

interface Fault {
  readonly code: Code;
  readonly detail: string;
}
/** A field as it is checked. */
interface Field extends Pick<FieldShape, 'isRequired' | 'must' | 'code'> {
  readonly is: Check;
  readonly jsonType: string;
}
/** Frames that can be read, by their type. */
export type KnownFrames = ReadonlyMap<string, Readonly<Record<string, Field>>>;

/** What it takes to read frames of these fields. */
export const knownFrames = (frames: FrameFields): KnownFrames =>
  new Map(
    Object.entries(frames).map(([type, fields]) => [
      type,
      Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldOf(field)])),
    ]),
  );

const fieldOf = (shape: FieldShape): Field => {
  const { isRequired, must, code } = shape;
  return { isRequired, must, ...(code && { code }), is: checkOf(shape), jsonType: jsonTypeOf(shape) };
};

function jsonTypeOf({ type, enum: values, const: value }: FieldShape): string {
  if (type !== undefined) return type === 'integer' ? 'number' : type;
  const [one = value] = values ?? [];
  return one === undefined ? 'object' : typeof one;
}

const liveFrames = knownFrames(liveFields);

function faultOf(value: Readonly<Record<string, unknown>>, frames: KnownFrames): Fault | undefined {
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
      if (checked.isRequired) return invalid(`"${name}" is missing.`);
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
