/** The server refused, and asking the same again would not help. The message says what to give instead. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    message: string,
    /** The server's own code, such as `no_longer_kept`; undefined if what answered is no Housecount. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** Characters of a foreign answer, such as a proxy's page, that are shown. */
const foreignLengthMax = 200;
/** The request was not wrong: too slow, or too many. */
const passing: readonly number[] = [408, 425, 429];

/**
 * What an answer that is no 2xx means: RefusedError if asking the same again cannot help, else an Error. `hasLogin`: the
 * request had one.
 */
export async function refusalOf(response: Response, hasLogin: boolean): Promise<Error> {
  const { status, headers } = response;
  const { code, message } = wordsOf(await response.text().catch(() => ''));
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
      `the server does not allow this (${code ?? status}): ${said}. Check ${hasLogin ? '' : 'whether it wants --customer, and '}--url and --app`,
      code,
    );
  if (code === 'invalid_app_id') return new RefusedError(`${said} (${code}) Check --app`, code);
  if (status >= 300 && status < 400)
    return new RefusedError(
      `the server sends elsewhere, to ${headers.get('location') ?? 'nowhere'}: give that as --url`,
    );
  if (status === 404 && code === undefined)
    return new RefusedError(`the server answered 404: ${said}. Is --url that of a Housecount server?`);
  if (status >= 400 && status < 500 && !passing.includes(status))
    return new RefusedError(code === undefined ? said : `${said} (${code})`, code);
  return new Error(said);
}

/** A certificate that cannot be verified stays so: the error that says which option to give; undefined for other failures. */
export function certificateRefusal(error: unknown): RefusedError | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!certificateCode.test(code)) return undefined;
  return new RefusedError(
    `the certificate of the server cannot be verified (${code}): give --insecure if the server made it itself`,
  );
}

/** As the runtime's TLS names what is wrong with a certificate. */
const certificateCode =
  /^(CERT_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY|DECRYPT)_)/;

function wordsOf(text: string): { code?: string; message: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'message' in value) {
      const { message, code } = value as { message: unknown; code?: unknown };
      return { message: String(message), ...(typeof code === 'string' && { code }) };
    }
  } catch {
    // Not ours: a proxy's page. Its first line is enough.
  }
  return { message: text.trim().split('\n')[0]?.slice(0, foreignLengthMax) ?? '' };
}
