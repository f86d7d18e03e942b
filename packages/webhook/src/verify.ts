import { isStandardSigned, toleranceSecondsDefault } from './standard-signature.ts';

/** Headers of a request, as web frameworks and Node give them. */
export type NoticeHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

const signatures = [
  { header: 'agora-signature-v2', hash: 'SHA-256', bytes: 32 },
  { header: 'agora-signature', hash: 'SHA-1', bytes: 20 },
] as const;

export interface VerifyOptions {
  /**
   * Requests that say when they were made (the `standard` and `batch` formats) are refused if that is further from now than this,
   * so that nobody sends an old one again; default 300. Infinity: any time will do.
   */
  readonly toleranceSeconds?: number;
  /** Epoch milliseconds. Default: Date.now. */
  readonly now?: () => number;
}

/**
 * True when this body was signed with the secret (or one of several, while you change it). Give the body as it was received: parsed and
 * written again, its bytes are others. `webhook-signature` (Standard Webhooks) decides if it is there, else `Agora-Signature-V2`, else
 * `Agora-Signature`. Whatever came from outside only makes it false; throws TypeError if you gave no secret, an empty one, or one
 * that cannot verify the format that came.
 */
export async function verify(
  body: string | Uint8Array | ArrayBuffer,
  headers: NoticeHeaders,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Promise<boolean> {
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (secrets.length === 0 || secrets.some((one) => typeof one !== 'string' || one === ''))
    throw new TypeError('verify needs the secret of the endpoint.');
  const bytes = bytesOf(body);
  if (!bytes) return false;
  const standard = headerOf(headers, 'webhook-signature');
  if (standard !== undefined)
    return isStandardSigned({
      body: bytes,
      id: headerOf(headers, 'webhook-id') ?? '',
      timestamp: headerOf(headers, 'webhook-timestamp') ?? '',
      signature: standard,
      secrets,
      toleranceSeconds: options.toleranceSeconds ?? toleranceSecondsDefault,
      nowMs: (options.now ?? Date.now)(),
    });
  for (const { header, hash, bytes: length } of signatures) {
    const value = headerOf(headers, header);
    if (value === undefined) continue;
    const signature = fromHex(value, length);
    if (!signature) return false;
    let fits = false;
    // Every secret is tried, so that the time does not tell which one it was.
    for (const one of secrets) if (await isSignedBy(one, hash, signature, bytes)) fits = true;
    return fits;
  }
  return false;
}

/** WebCrypto compares in constant time. */
async function isSignedBy(
  secret: string,
  hash: string,
  signature: Uint8Array<ArrayBuffer>,
  body: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash },
    false,
    ['verify'],
  );
  return crypto.subtle.verify('HMAC', key, signature, body);
}

function bytesOf(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return undefined;
}

/** Names match in any case; undefined if the header is absent. One that came more than once fits nothing. */
function headerOf(headers: NoticeHeaders, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if ('get' in headers && typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const values = Object.entries(headers)
    .filter(([key, value]) => key.toLowerCase() === name && value !== undefined)
    .flatMap(([, value]) => value);
  if (values.length === 0) return undefined;
  const [only] = values;
  return values.length === 1 && typeof only === 'string' ? only : '';
}

function fromHex(text: string, length: number): Uint8Array<ArrayBuffer> | undefined {
  const trimmed = text.trim();
  if (trimmed.length !== length * 2 || !/^[0-9a-fA-F]+$/.test(trimmed)) return undefined;
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++)
    bytes[index] = Number.parseInt(trimmed.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}
