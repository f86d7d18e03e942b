import { type Code, codes, type HousecountError } from '@housecount/protocol';
import { sentenceOf } from '../sentence.ts';

/** Makes the HTTP answer of an error: the code's status and `{code, message, requestId}`; of a fault of the server no detail. */
export function problem(
  code: Code,
  requestId: string,
  options: { detail?: string; headers?: Readonly<Record<string, string>> } = {},
): Response {
  const { detail, headers } = options;
  return problemWith(code, sentenceOf(code, detail), requestId, headers);
}

/** The same for a thrown HousecountError, whose message has the detail already. */
export function problemOf(error: HousecountError, requestId: string): Response {
  return problemWith(error.code, error.message, requestId);
}

function problemWith(
  code: Code,
  message: string,
  requestId: string,
  headers?: Readonly<Record<string, string>>,
): Response {
  const { http, retry } = codes[code];
  const answer = Response.json(
    { code, message: isFault(code) ? codes[code].message : message, requestId },
    {
      // A goodbye is no error, and never thrown; an answer without a fitting status would be a bug.
      status: http >= 400 ? http : 500,
      ...(headers && { headers }),
    },
  );
  if (retry && (http === 429 || http === 503)) answer.headers.set('retry-after', '1');
  return answer;
}

/** What went wrong within the server, which is for its log alone; who meets a limit is told which. */
export const isFault = (code: Code): boolean =>
  codes[code].http === 500 || code === 'log_unavailable' || code === 'media_unavailable';
