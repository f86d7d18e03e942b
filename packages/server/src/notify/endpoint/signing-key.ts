import { createHmac, createPrivateKey, createSecretKey, type KeyObject, sign } from 'node:crypto';
import type { NoticeFormat } from './endpoint.ts';

/**
 * What a secret signs with. `text`: HMAC under the secret's own characters. `standard`: one entry of Standard Webhooks'
 * `webhook-signature`. A secret that cannot be used in the format has a `problem`, a sentence that does not show it.
 */
export interface SigningKey {
  /** HMAC in lower-case hex; undefined for a secret that is a private key. */
  readonly text: ((algorithm: 'sha1' | 'sha256', content: string) => string) | undefined;
  readonly standard: (content: string) => string;
  readonly problem: string | undefined;
}

/** Bytes of a `whsec_` secret (Standard Webhooks: between 24 and 64). */
const bytesMin = 24;
const bytesMax = 64;
/** PKCS #8 around an Ed25519 seed (RFC 8410). */
const ed25519Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The key of a secret. In `standard`, `whsec_` secrets are the base64 of the key and `whsk_` ones that of an
 * Ed25519 seed (32 bytes, or 64 with the public key behind it); every other secret is taken as its characters.
 */
export function signingKey(secret: string, format: NoticeFormat): SigningKey {
  const characters = createSecretKey(Buffer.from(secret, 'utf8'));
  const text = hexWith(characters);
  const plain = macWith(characters);
  if (format === 'agora')
    return {
      text,
      standard: plain,
      problem: secret.startsWith('whsk_') ? 'A whsk_ secret cannot sign in the agora format.' : undefined,
    };
  if (secret.startsWith('whsec_')) {
    const bytes = base64(secret.slice('whsec_'.length));
    if (!bytes || bytes.length < bytesMin || bytes.length > bytesMax)
      return {
        text,
        standard: plain,
        problem: `After whsec_ there must be the base64 of ${bytesMin} to ${bytesMax} bytes.`,
      };
    return { text, standard: macWith(createSecretKey(bytes)), problem: undefined };
  }
  if (secret.startsWith('whsk_')) {
    const bytes = base64(secret.slice('whsk_'.length));
    if (!bytes || (bytes.length !== 32 && bytes.length !== 64))
      return {
        text: undefined,
        standard: plain,
        problem: 'After whsk_ there must be the base64 of 32 or 64 bytes.',
      };
    const key = createPrivateKey({
      key: Buffer.concat([ed25519Head, bytes.subarray(0, 32)]),
      format: 'der',
      type: 'pkcs8',
    });
    const standard = (content: string) =>
      `v1a,${sign(null, Buffer.from(content, 'utf8'), key).toString('base64')}`;
    return { text: undefined, standard, problem: undefined };
  }
  return { text, standard: plain, problem: undefined };
}

const hexWith = (key: KeyObject) => (algorithm: 'sha1' | 'sha256', content: string) =>
  createHmac(algorithm, key).update(content, 'utf8').digest('hex');

const macWith = (key: KeyObject) => (content: string) =>
  `v1,${createHmac('sha256', key).update(content, 'utf8').digest('base64')}`;

function base64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0
    ? Buffer.from(text, 'base64')
    : undefined;
}
