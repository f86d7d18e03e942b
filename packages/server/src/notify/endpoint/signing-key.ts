import { createHmac, createPrivateKey, createSecretKey, type KeyObject, sign } from 'node:crypto';
import { isStandardSecret, whsecBytesMax, whsecBytesMin } from '@housecount/schema';
import type { NoticeFormat } from './endpoint.ts';

/**
 * The signing functions of a secret. `text`: HMAC under the secret's own characters. `standard`: one entry of Standard Webhooks'
 * `webhook-signature`. A secret that cannot be used in the format has a `problem`, a sentence that does not show it.
 */
export interface SigningKey {
  /** HMAC in lower-case hex; undefined for a secret that is a private key. */
  readonly text: ((algorithm: 'sha1' | 'sha256', content: string) => string) | undefined;
  readonly standard: (content: string) => string;
  readonly problem: string | undefined;
}

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
    if (!isStandardSecret(secret))
      return {
        text,
        standard: plain,
        problem: `After whsec_ there must be the base64 of ${whsecBytesMin} to ${whsecBytesMax} bytes.`,
      };
    return { text, standard: macWith(createSecretKey(base64After('whsec_', secret))), problem: undefined };
  }
  if (secret.startsWith('whsk_')) {
    if (!isStandardSecret(secret))
      return {
        text: undefined,
        standard: plain,
        problem: 'After whsk_ there must be the base64 of 32 or 64 bytes.',
      };
    const key = createPrivateKey({
      key: Buffer.concat([ed25519Head, base64After('whsk_', secret).subarray(0, 32)]),
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

const base64After = (prefix: string, secret: string): Buffer =>
  Buffer.from(secret.slice(prefix.length), 'base64');
