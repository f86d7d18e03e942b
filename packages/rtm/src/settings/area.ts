import { RTMBaseError } from '../errors/errors.ts';
import { AreaCode } from '../events/constants.ts';

/** An area by its code; a string does as well as the constant. */
export type Area = AreaCode | `${AreaCode}`;

/** AgoraRTM.setArea: a server of one's own is where it is, so the areas are only checked. Throws with code 0. */
export function setArea(options: { areaCodes: Area[]; excludedArea?: Area }): void {
  const codes: unknown = options?.areaCodes;
  if (!Array.isArray(codes) || !codes.every(isArea)) throw invalid('Invalid area config');
  if (options.excludedArea !== undefined && !isArea(options.excludedArea))
    throw invalid('Invalid excluded area');
}

function isArea(value: unknown): boolean {
  return (Object.values(AreaCode) as unknown[]).includes(value);
}

function invalid(reason: string): RTMBaseError {
  const error = new RTMBaseError('setArea', reason, 'RtmInvalidArgumentError');
  return error;
}
