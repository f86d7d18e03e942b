import { HousecountError, isDeeper } from '@housecount/protocol';

/**
 * Lists and objects within one another in a body, at most; the deepest of the API has five. JSON.stringify of some ten thousands takes
 * this runtime seconds, and of more than its stack it throws.
 */
export const bodyDepthMax = 32;

/**
 * The JSON body of a request, of any method (a DELETE carries one too); undefined if there is none. Its size was checked
 * before, by net/http/.
 * @throws HousecountError media_type_unsupported, body_invalid
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text === '') return undefined;
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new HousecountError('media_type_unsupported', 'Send application/json.');
  if (isDeeper(text, bodyDepthMax))
    throw new HousecountError('body_invalid', `It is nested deeper than ${bodyDepthMax} levels.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new HousecountError('body_invalid', 'It is not JSON.');
  }
}
