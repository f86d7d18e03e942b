import type { Code } from '../codes.ts';
import { isId, isObject, quote } from '../field-check.ts';
import { signalingFields } from '../generated/signaling-fields.ts';
import { frameDepthMax, isDeeper } from '../json-depth.ts';
import {
  type Fault,
  type FieldsFaultFinder,
  faultFinder,
  fieldsFaultFinder,
  invalid,
  type RefusedFields,
} from './refusals.ts';
import { type SignalingClientFrame, signalingVersion } from './signaling.ts';
import { signalingErrors } from './signaling-errors.ts';

/**
 * The frame that a client sent, or the reason why it is none. `errorCode` is the API's number of it; `id` is set if the object had
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

/** Frames that can be read, by their type. */
export type KnownSignalingFrames = ReadonlyMap<string, FieldsFaultFinder>;

/** What it takes to read frames of these fields. */
export const knownSignalingFrames = (frames: Readonly<Record<string, RefusedFields>>): KnownSignalingFrames =>
  new Map(Object.entries(frames).map(([type, fields]) => [type, fieldsFaultFinder(fields)]));

const signalingFrames = knownSignalingFrames(signalingFields);

/**
 * Reads one signaling frame, by the fields that its schema gives (packages/schema, frames), strictly: an unknown type or field, a missing field, a wrong type or a value out of range is
 * refused with a stable code, and the field is named in `detail`. Never throws. The byte length is the caller's to check.
 */
export function parseSignalingFrame(
  text: string,
  frames: KnownSignalingFrames = signalingFrames,
): ParsedSignalingFrame {
  let value: unknown;
  if (isDeeper(text, frameDepthMax)) return refuse('frame_invalid', 'It is nested too deep.');
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('frame_not_json', 'The text cannot be parsed.');
  }
  if (!isObject(value)) return refuse('frame_not_json', 'Send one object per frame.');
  const fault = faultOf(value, frames);
  if (!fault) return { ok: true, frame: value as unknown as SignalingClientFrame };
  return { ...refuse(fault.code ?? 'frame_invalid', fault.detail, fault.errorCode), ...idOf(value) };
}

function faultOf(value: Readonly<Record<string, unknown>>, frames: KnownSignalingFrames): Fault | undefined {
  if (typeof value.type !== 'string') return invalid('"type" must be a string.');
  const find = frames.get(value.type);
  if (!find) return invalid(`Unknown frame type ${quote(value.type)}.`);
  // Before the fields: a later version may have other ones, and shall hear the real reason.
  if (value.type === 'login' && typeof value.version === 'number' && value.version !== signalingVersion)
    return invalid(`This server speaks version ${signalingVersion}.`, undefined, 'version_unsupported');
  return find(value) ?? togetherFault(value);
}

/** Whose name it is, the type of a channel says. */
const nameFaults = {
  user: faultFinder(signalingFields['user-channels'].userId),
  channel: faultFinder(signalingFields.unsubscribe.channel),
} as const;

/** Rules that speak of two fields. */
function togetherFault(value: Readonly<Record<string, unknown>>): Fault | undefined {
  if (value.type === 'get-messages') {
    const { start, end } = value;
    if (start !== 0 && Number(end) > Number(start))
      return invalid('"end" is the older bound, "start" the newer.', signalingErrors.invalidTimestamp);
  }
  if (value.type === 'publish' || value.type === 'get-messages')
    return nameFaults[value.channelType === 'USER' ? 'user' : 'channel'](value.channel, 'channel');
  if (value.type === 'subscribe') return subscribeFault(value);
  if (value.type === 'subscribe-roster' && value.view !== undefined && value.cursor !== undefined)
    return invalid('"cursor" is of all of a roster.', signalingErrors.presenceInvalidArgument);
  if (value.type !== 'online-users' || value.includedUserId !== false) return undefined;
  if (value.includedState === true)
    return invalid('"includedState" needs "includedUserId".', signalingErrors.presenceInvalidArgument);
  if (value.page !== undefined)
    return invalid('"page" needs "includedUserId".', signalingErrors.presenceInvalidArgument);
  return undefined;
}

/** Messages of a stream channel come by topic, and being in it needs a token of its own. */
function subscribeFault({
  channelType,
  withMessage,
  token,
}: Readonly<Record<string, unknown>>): Fault | undefined {
  if (channelType === 'STREAM')
    return withMessage === undefined ? undefined : invalid('"withMessage" is not of stream channels.');
  if (withMessage === undefined) return invalid('"withMessage" is missing.');
  return token === undefined ? undefined : invalid('"token" is of stream channels.');
}

const refuse = (code: Code, detail: string, errorCode: number = signalingErrors.invalidParameter) =>
  ({ ok: false, code, errorCode, detail }) as const;

const idOf = ({ id: given }: Readonly<Record<string, unknown>>) => (isId(given) ? { id: given } : {});
