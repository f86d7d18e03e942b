import { connect } from 'node:tls';
import { RefusedError } from './refused-error.ts';

/** The server was not reached: no answer came, or that of something else. The message is a sentence: what is in the way, and what to check. */
export class UnreachedError extends Error {
  override readonly name = 'UnreachedError';
}

export interface Asked {
  readonly url: URL;
  /** The option that gave the URL, such as `--url`. */
  readonly option: string;
  /** The caller has --insecure. */
  readonly hasInsecure?: boolean;
  /** Time that an answer was waited for, milliseconds. */
  readonly answerMs: number;
}

/** Time to find out whether a port that closes plain connections speaks TLS, milliseconds. */
const handshakeMs = 3_000;

/**
 * Why a request, or the opening of a WebSocket, got no answer: RefusedError for a certificate that cannot be verified, which no
 * waiting mends; else UnreachedError; what is no failure of the network is given back. It may try a TLS handshake to tell
 * `http://` at an https port.
 */
export async function whyUnreached(error: unknown, asked: Asked): Promise<Error> {
  const { url, option, answerMs } = asked;
  const place = placeOf(url);
  const unreached = (sentence: string) => new UnreachedError(sentence, { cause: error });
  const { name, message, code } = partsOf(error);
  const certificate = certificateSentence(code, asked);
  if (certificate !== undefined) return new RefusedError(certificate);
  if (name === 'TimeoutError')
    return unreached(`${place} did not answer within ${answerMs / 1000} s: check the port in ${option}`);
  if (code === 'ECONNREFUSED')
    return unreached(`nothing listens on ${place}: is the server running, and is this its port?`);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL' || code === 'ENODATA')
    return unreached(`the name ${url.hostname} is not found (${code}): check the host in ${option}`);
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL')
    return unreached(`this machine has no way to ${place} (${code}): check the host in ${option}`);
  if (code === 'ETIMEDOUT')
    return unreached(`${place} cannot be reached (${code}): check the host, the port and the firewall`);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return unreached(`${place} does not speak TLS: give ${option} as http://, or the https port`);
  if (code.startsWith('HPE_') || code === 'Malformed_HTTP_Response')
    return unreached(`what answers on ${place} is not HTTP: check the port in ${option}`);
  if (cutCodes.includes(code)) {
    if (url.protocol === 'http:' && (await speaksTls(url)))
      return unreached(`${place} speaks TLS: give ${option} as https://`);
    return unreached(`${place} closed the connection without an answer: check the port in ${option}`);
  }
  return error instanceof Error ? error : new Error(message);
}

/** The runtime's codes for a connection that ended before an answer. */
const cutCodes: readonly string[] = ['ECONNRESET', 'ConnectionClosed', 'EPIPE', 'UND_ERR_SOCKET'];

/** Host and port, the port also where the scheme implies it. */
function placeOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (/^(https|wss):$/.test(protocol) ? 443 : 80)}`;
}

function partsOf(error: unknown): { name: string; message: string; code: string } {
  if (!(error instanceof Error)) return { name: '', message: String(error), code: '' };
  return {
    name: error.name,
    message: error.message,
    code: 'code' in error ? String(error.code) : '',
  };
}

/** The codes of the runtime's TLS for a certificate that is not accepted. */
const certificateCode =
  /^(CERT_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY|DECRYPT)_)/;

function certificateSentence(code: string, { url, hasInsecure = false }: Asked): string | undefined {
  if (!certificateCode.test(code)) return undefined;
  const { hostname } = url;
  if (code === 'CERT_HAS_EXPIRED')
    return `the certificate of ${hostname} has expired (${code}): renew it${hasInsecure ? ', or give --insecure' : ''}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH')
    return `the certificate is not for ${hostname} (${code}): give a name that is in it${hasInsecure ? ', or --insecure' : ''}`;
  return `the certificate of ${hostname} cannot be verified (${code}): ${
    hasInsecure
      ? 'give --insecure if the server made it itself'
      : 'name the authority that signed it in NODE_EXTRA_CA_CERTS'
  }`;
}

/** Resolves with true when a TLS handshake with this host and port succeeds, whatever the certificate. */
function speaksTls({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const socket = connect({ host, port: Number(port || 80), rejectUnauthorized: false });
    const end = (speaks: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(speaks);
    };
    const timer = setTimeout(() => end(false), handshakeMs);
    socket.once('secureConnect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
