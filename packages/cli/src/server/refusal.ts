import { beginningOf } from './answer.ts';
import { RefusedError } from './refused-error.ts';

/** Bytes of a refusal that are read. Chosen: ours have some hundred. */
const refusalBytesMax = 64 * 1024;
/** Characters of a foreign answer, such as a proxy's page, that are shown. */
const foreignLengthMax = 200;
/** The request was not wrong: too slow, or too many. */
const passing: readonly number[] = [408, 425, 429];

/**
 * The error for an answer that is no 2xx: RefusedError if asking the same again cannot help, else an Error. `hasLogin`: the
 * request had one. `option` is the option that gave the URL.
 */
export async function refusalOf(response: Response, hasLogin: boolean, option: string): Promise<Error> {
  const { status, headers } = response;
  const { code, message } = wordsOf(await refusalText(response));
  const said = message === '' ? `the server answered ${status}` : message;
  if (status === 401)
    return new RefusedError(
      hasLogin
        ? `the server does not take this login (${code ?? status}): --customer must be ID:SECRET of one of its customers`
        : `the server wants a login (${code ?? status}): give --customer ID:SECRET`,
      code,
    );
  if (status === 403)
    return new RefusedError(
      `the server does not allow this (${code ?? status}): ${said}. Check ${hasLogin ? '' : 'whether it wants --customer, and '}${option} and --app`,
      code,
    );
  if (code === 'invalid_app_id') return new RefusedError(`${said} (${code}) Check --app`, code);
  if (status >= 300 && status < 400)
    return new RefusedError(
      `the server sends elsewhere, to ${headers.get('location') ?? 'nowhere'}: give that as ${option}`,
    );
  if (status === 404 && code === undefined)
    return new RefusedError(`the server answered 404: ${said}. Is ${option} that of a Housecount server?`);
  if (status >= 400 && status < 500 && !passing.includes(status))
    return new RefusedError(code === undefined ? said : `${said} (${code})`, code);
  return new Error(said);
}

/** The beginning of the answer's text: a refusal has a sentence, and any other page is shown by its first line. */
async function refusalText(response: Response): Promise<string> {
  const { text } = await beginningOf(response, refusalBytesMax).catch(() => ({ text: '' }));
  return text;
}

function wordsOf(text: string): { code?: string; message: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'message' in value) {
      const { message, code } = value as { message: unknown; code?: unknown };
      return { message: String(message), ...(typeof code === 'string' && { code }) };
    }
  } catch {
    // The text is not ours but a proxy's page: its first line is enough.
  }
  return { message: text.trim().split('\n')[0]?.slice(0, foreignLengthMax) ?? '' };
}
