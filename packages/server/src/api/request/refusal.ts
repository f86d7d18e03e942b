import { type Code, codes, type HousecountError } from '@housecount/protocol';
import { isFault, problemOf } from '../../net/http/problem.ts';
import type { RequestContext } from '../../net/http/route.ts';
import { type ExtraHeaders, jsonAnswer } from './answer.ts';
import type { Operation } from './operation.ts';

/** Words that clients of the Agora API know (spec: rest, sections 1 and 3.4). */
const agoraMessages: Partial<Record<Code, string>> = {
  invalid_app_id: 'invalid appid',
  not_found: 'rule not found',
};

/** Natively as everywhere on this server; `{message}` in the Agora shape. */
export function refusal(
  error: HousecountError,
  kind: Operation['style']['kind'],
  asked: { readonly request: Request; readonly context: RequestContext; readonly headers: ExtraHeaders },
): Response {
  const { request, context, headers } = asked;
  const native = problemOf(error, context.requestId);
  const answer = kind === 'native' ? native : agoraRefusal(error, headers);
  const retryAfter = native.headers.get('retry-after');
  if (retryAfter !== null) answer.headers.set('retry-after', retryAfter);
  if (codes[error.code].http === 401 && !isScript(request))
    answer.headers.set('www-authenticate', 'Basic realm="housecount"');
  return answer;
}

export function agoraRefusal({ code, message }: HousecountError, headers: ExtraHeaders): Response {
  const { http } = codes[code];
  const told = agoraMessages[code] ?? (isFault(code) ? codes[code].message : message);
  return jsonAnswer(http, { message: told, code }, headers);
}

/** A page's own fetch: the challenge would make the browser open its login box over the page's. */
const isScript = (request: Request) => request.headers.get('sec-fetch-dest') === 'empty';
