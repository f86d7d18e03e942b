import { HousecountError, parseSignalingFrame, type SignalingRequest } from '@housecount/protocol';

export type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields of a JSON body.
 * @throws HousecountError body_invalid unless it is an object that has only these.
 */
export function fieldsOf(body: unknown, names: readonly string[]): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HousecountError('body_invalid', 'It must be a JSON object.');
  const unknown = Object.keys(body).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new HousecountError('body_invalid', `Unknown field ${JSON.stringify(unknown.slice(0, 40))}.`);
  return body as Fields;
}

/** The text of a field. @throws HousecountError body_invalid */
export function textOf(fields: Fields, name: string, lengthMax: number): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '' || value.length > lengthMax)
    throw new HousecountError('body_invalid', `"${name}" must be 1 to ${lengthMax} characters.`);
  return value;
}

/** A field that may be absent, which is false. @throws HousecountError body_invalid */
export function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== 'boolean')
    throw new HousecountError('body_invalid', `"${name}" must be true or false.`);
  return value;
}

/**
 * The request that a user would send with these fields, under the same checks.
 * @throws HousecountError with the code of the check, `body_invalid` where that is one of frames.
 */
export function requestOf<Type extends SignalingRequest['type']>(
  type: Type,
  fields: Fields,
): Extract<SignalingRequest, { type: Type }> {
  const parsed = parseSignalingFrame(JSON.stringify({ ...fields, type, id: 0 }));
  if (parsed.ok) return parsed.frame as Extract<SignalingRequest, { type: Type }>;
  const { code, detail } = parsed;
  if (code === 'frame_too_large') throw new HousecountError('body_too_large', detail);
  throw new HousecountError(code.startsWith('frame_') ? 'body_invalid' : code, detail);
}
