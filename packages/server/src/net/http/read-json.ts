import { HousecountError } from '@housecount/protocol';

/**
 * The JSON body of a request; its size was checked before the handler. Throws HousecountError `media_type_unsupported` if
 * it is not declared as JSON, `body_invalid` if it cannot be parsed.
 */
export async function readJson(request: Request): Promise<unknown> {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new HousecountError('media_type_unsupported', 'Send application/json.');
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HousecountError('body_invalid', 'It is not JSON.', { cause });
  }
}
