import { type SignalingContent, signalingSealBytes } from '@housecount/protocol';
import { fromBase64, toBase64 } from './base64.ts';
import type { Message } from './content.ts';

/** The encryption settings of an app; all its clients must have the same (docs/encryption.md). */
export interface Encryption {
  readonly mode: 'AES_128_GCM' | 'AES_256_GCM';
  readonly cipherKey: string;
  /** At most 32 bytes; a shorter salt is filled up with zeros. */
  readonly salt: Uint8Array;
}

/** A sealed message is bound to these: with anything else in their place it cannot be opened. */
export interface SealedAbout {
  readonly channelType: 'MESSAGE' | 'USER' | 'STREAM';
  /** The channel; for a message to a user, the receiver. */
  readonly channel: string;
  readonly topic: string;
  readonly publisher: string;
  readonly customType: string;
}

export const saltBytesMax = 32;
const version = 1;
const nonceBytes = 12;
const kinds = { text: 0, bytes: 1 } as const;
/** Rounds of PBKDF2, so that a key which people can remember is dear to guess (OWASP, 2023, for SHA-256). */
const rounds = 600_000;

/**
 * Encrypts messages so that the server cannot read them, nor give one out as that of another channel or publisher:
 * AES-GCM, with a key that is derived from cipherKey and salt once.
 */
export class Sealer {
  readonly #app: string;
  readonly #key: Promise<CryptoKey>;
  #sealing: Promise<unknown> = Promise.resolve();

  /** Throws where there is no WebCrypto: on pages without https that are not on this machine. */
  constructor(app: string, encryption: Encryption) {
    if (!isEncryptionPossible()) throw new TypeError('There is no WebCrypto here');
    this.#app = app.toLowerCase();
    this.#key = deriveKey(encryption);
    // A failure is reported by the first call that needs the key.
    this.#key.catch(() => undefined);
  }

  /** Resolves in the order of the calls. Rejects if this browser does not encrypt. */
  seal(message: Message, about: SealedAbout): Promise<SignalingContent> {
    // The app may reuse its bytes as soon as the call is made.
    const plain = plainOf(message);
    const sealed = this.#sealing.then(() => this.#seal(plain, about));
    this.#sealing = sealed.catch(() => undefined);
    return sealed;
  }

  /** The message, or undefined: it is not encrypted, not with this key, not this version, or not about this. */
  async open(content: SignalingContent, about: SealedAbout): Promise<Message | undefined> {
    if (!('sealed' in content)) return undefined;
    const bytes = fromBase64(content.sealed);
    if (!bytes || bytes.length < signalingSealBytes || bytes[0] !== version) return undefined;
    const iv = bytes.subarray(1, 1 + nonceBytes);
    const key = await this.#key;
    let plain: Uint8Array;
    try {
      const algorithm = { name: 'AES-GCM', iv, additionalData: this.#boundTo(about) };
      plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.subarray(1 + nonceBytes)));
    } catch {
      // All that WebCrypto says of a wrong key or changed bytes.
      return undefined;
    }
    if (plain[0] === kinds.text) return decoder.decode(plain.subarray(1));
    return plain[0] === kinds.bytes ? plain.slice(1) : undefined;
  }

  async #seal(plain: Uint8Array<ArrayBuffer>, about: SealedAbout): Promise<SignalingContent> {
    const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
    const algorithm = { name: 'AES-GCM', iv, additionalData: this.#boundTo(about) };
    const ciphertext = new Uint8Array(await crypto.subtle.encrypt(algorithm, await this.#key, plain));
    const sealed = new Uint8Array(1 + nonceBytes + ciphertext.length);
    sealed[0] = version;
    sealed.set(iv, 1);
    sealed.set(ciphertext, 1 + nonceBytes);
    return { sealed: toBase64(sealed) };
  }

  #boundTo({ channelType, channel, topic, publisher, customType }: SealedAbout): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(
      JSON.stringify([this.#app, channelType, channel, topic, publisher, customType]),
    );
  }
}

/** A mark of byte order is part of the text. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const isEncryptionPossible = (): boolean => globalThis.crypto?.subtle !== undefined;

async function deriveKey({ mode, cipherKey, salt }: Encryption): Promise<CryptoKey> {
  const filled = new Uint8Array(saltBytesMax);
  filled.set(salt);
  const secret = new TextEncoder().encode(cipherKey);
  const base = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: filled, iterations: rounds },
    base,
    { name: 'AES-GCM', length: mode === 'AES_128_GCM' ? 128 : 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

function plainOf(message: Message): Uint8Array<ArrayBuffer> {
  const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message;
  const plain = new Uint8Array(1 + bytes.length);
  plain[0] = typeof message === 'string' ? kinds.text : kinds.bytes;
  plain.set(bytes, 1);
  return plain;
}
