import { signalingFrameBytesMax } from '@housecount/protocol';
import { type ErrorCodeName, errorCodes } from '../errors/error-codes.ts';
import type { RequestBody, RequestEnd } from './request.ts';

/** What is too long in a request that is, in the words of the API; others have a parameter that is. */
const codes: Partial<Record<RequestBody['type'], ErrorCodeName>> = {
  publish: 'CHANNEL_MESSAGE_LENGTH_EXCEED_LIMITATION',
  'publish-topic': 'CHANNEL_MESSAGE_LENGTH_EXCEED_LIMITATION',
  'change-metadata': 'STORAGE_METADATA_LENGTH_OVERFLOW',
  'set-state': 'PRESENCE_STATE_VALUE_SIZE_OVERFLOW',
  'online-users': 'PRESENCE_INVALID_ARGUMENT',
  'subscribe-topic': 'CHANNEL_INVALID_USER_LIST',
  'unsubscribe-topic': 'CHANNEL_INVALID_USER_LIST',
  'renew-token': 'INVALID_TOKEN',
};

/** The server ends the session of who sends a longer frame than it takes: the answer to one, without asking it. */
export function refusalOfLong(text: string, body: RequestBody): RequestEnd | undefined {
  // A character is at most three bytes: only texts near the limit need counting.
  if (text.length * 3 <= signalingFrameBytesMax) return undefined;
  if (new TextEncoder().encode(text).length <= signalingFrameBytesMax) return undefined;
  const states = body.type === 'subscribe' && body.states ? codes['set-state'] : undefined;
  const token = body.type === 'subscribe' && body.token ? codes['renew-token'] : undefined;
  const name = codes[body.type] ?? token ?? states ?? 'INVALID_PARAMETER';
  const reason = `A request has at most ${signalingFrameBytesMax} bytes as JSON`;
  return { why: 'refused', code: errorCodes[name], reason };
}
