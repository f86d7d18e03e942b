import { HousecountError, parseSignalingFrame, type SignalingRequest } from '@housecount/protocol';

/**
 * The request that a user would send with these fields, under the same checks.
 * @throws HousecountError with the code of the check, `body_invalid` where that is one of frames.
 */
export function requestOf<Type extends SignalingRequest['type']>(
  type: Type,
  fields: Readonly<Record<string, unknown>>,
): Extract<SignalingRequest, { type: Type }> {
  const parsed = parseSignalingFrame(JSON.stringify({ ...fields, type, id: 0 }));
  if (parsed.ok) return parsed.frame as Extract<SignalingRequest, { type: Type }>;
  const { code, detail } = parsed;
  if (code === 'frame_too_large') throw new HousecountError('body_too_large', detail);
  throw new HousecountError(code.startsWith('frame_') ? 'body_invalid' : code, detail);
}
