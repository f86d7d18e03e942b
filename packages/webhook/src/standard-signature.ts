/** Five minutes, as the libraries of Standard Webhooks have it. */
export const toleranceSecondsDefault = 300;
/** Signatures in one header that are looked at: an endpoint has two secrets at most. */
const signaturesMax = 10;

export interface StandardSigned {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly id: string;
  /** Epoch seconds, as it came. */
  readonly timestamp: string;
  readonly signature: string;
  readonly secrets: readonly string[];
  readonly toleranceSeconds: number;
  readonly nowMs: number;
}

/**
 * True when one of the signatures of Standard Webhooks is that of a secret, over `id.timestamp.body`. `v1` is an HMAC-SHA256 under the base64
 * after `whsec_`, or the characters of any other secret; `v1a` is Ed25519 under the public key after `whpk_`. Throws TypeError for a
 * secret that is neither.
 */
export async function isStandardSigned(signed: StandardSigned): Promise<boolean> {
  const { id, timestamp, signature, secrets, toleranceSeconds, nowMs } = signed;
  const keys = secrets.map(keyOf);
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  const isTimely = Math.abs(nowMs / 1000 - seconds) <= toleranceSeconds;
  if (id === '' || !isTimely) return false;
  const content = contentOf(signed);
  const entries = signature.trim().split(/ +/).slice(0, signaturesMax);
  let fits = false;
  // Every secret is tried, so that the time does not tell which one it was.
  for (const { version, bytes } of keys) {
    const prefix = `${version},`;
    const given = entries.flatMap((entry) => {
      const decoded = entry.startsWith(prefix) ? fromBase64(entry.slice(prefix.length)) : undefined;
      return decoded ? [decoded] : [];
    });
    if (version === 'v1') {
      const expected = await hmac(bytes, content);
      for (const one of given) if (isSame(one, expected)) fits = true;
    } else for (const one of given) if (await isEd25519(bytes, one, content)) fits = true;
  }
  return fits;
}

interface Key {
  readonly version: 'v1' | 'v1a';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function keyOf(secret: string): Key {
  if (secret.startsWith('whsec_')) {
    const bytes = fromBase64(secret.slice('whsec_'.length));
    if (bytes && bytes.length > 0) return { version: 'v1', bytes };
    throw new TypeError('What follows whsec_ in the secret must be base64.');
  }
  if (secret.startsWith('whpk_')) {
    const bytes = fromBase64(secret.slice('whpk_'.length));
    if (bytes?.length === 32) return { version: 'v1a', bytes };
    throw new TypeError('What follows whpk_ in the secret must be the base64 of 32 bytes.');
  }
  if (secret.startsWith('whsk_'))
    throw new TypeError('A whsk_ secret signs: to verify, give the public key that belongs to it, as whpk_.');
  return { version: 'v1', bytes: new TextEncoder().encode(secret) };
}

function contentOf({ id, timestamp, body }: StandardSigned): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return content;
}

async function hmac(
  key: Uint8Array<ArrayBuffer>,
  content: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, content));
}

async function isEd25519(
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, content);
}

/** Compares in a time that does not tell where they differ. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < other.length; index++) difference |= (one[index] ?? 0) ^ (other[index] ?? 0);
  return difference === 0;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
