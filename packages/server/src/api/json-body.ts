import { HousecountError } from '@housecount/protocol';
import { limits } from '../limits.ts';

/**
 * The JSON body of a request, of any method (a DELETE carries one too). An empty body is undefined.
 * @throws HousecountError media_type_unsupported, body_too_large, body_invalid
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new HousecountError('media_type_unsupported', 'Send application/json.');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new HousecountError('body_invalid', 'It is not JSON.');
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limits.bodyBytesMax) throw new HousecountError('body_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
