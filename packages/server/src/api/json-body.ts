import { HousecountError } from '@housecount/protocol';

/**
 * The JSON body of a request, of any method (a DELETE carries one too); undefined if there is none. Its size was checked
 * before, by edge/.
 * @throws HousecountError media_type_unsupported, body_invalid
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text === '') return undefined;
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new HousecountError('media_type_unsupported', 'Send application/json.');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new HousecountError('body_invalid', 'It is not JSON.');
  }
}
