import type { clearBytes, escapeBytes, FrameKind, isAnnexB, unescapeBytes } from './frame-bytes.ts';

/** What a cipher is told: the same for everybody in the channel. */
export interface CipherKey {
  /** The app's secret, as UTF-8. */
  readonly secret: Uint8Array;
  /** 32 bytes, or none. */
  readonly salt: Uint8Array;
  readonly bits: 128 | 256;
}

export interface FrameTools {
  readonly clearBytes: typeof clearBytes;
  readonly isAnnexB: typeof isAnnexB;
  readonly escapeBytes: typeof escapeBytes;
  readonly unescapeBytes: typeof unescapeBytes;
}

export interface FrameCipher {
  /** Encrypts what one sender sends. */
  sealer(kind: FrameKind): (frame: Uint8Array) => Promise<Uint8Array>;
  /** Decrypts what one receiver receives. Throws at a frame that is not encrypted, was under another key, was changed, or came before. */
  opener(kind: FrameKind): (frame: Uint8Array) => Promise<Uint8Array>;
}

/**
 * Encrypts frames with AES-GCM. A frame is: its clear bytes, the ciphertext with its tag of 16 bytes, the stream (8), the counter (4) and the
 * format (1, never zero: zeros at its end a packetizer may drop). Each sender makes up its stream, and has a key of that (HKDF over a key
 * from secret and salt by PBKDF2), so that its counter is a nonce that comes once under its key. Clear bytes of VP8 and Opus are authenticated as
 * well; those of H.264 are not, for receivers rewrite parameter sets. It runs in a worker: it names nothing from outside.
 */
export function frameCipher({ secret, salt, bits }: CipherKey, tools: FrameTools): FrameCipher {
  const format = 1;
  const [streamBytes, counterBytes, iterations, behind] = [8, 4, 100_000, 256];
  const trailerBytes = streamBytes + counterBytes + 1;
  const text = (word: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(word);
  const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
  const root = crypto.subtle
    .importKey('raw', own(secret), 'PBKDF2', false, ['deriveBits'])
    .then((key) =>
      crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: own(salt), iterations }, key, 256),
    )
    .then((derived) => crypto.subtle.importKey('raw', derived, 'HKDF', false, ['deriveKey']));
  const keyOf = async (stream: Uint8Array): Promise<CryptoKey> =>
    crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt: own(stream), info: text('housecount frames 1') },
      await root,
      { name: 'AES-GCM', length: bits },
      false,
      ['encrypt', 'decrypt'],
    );
  const gcm = (counter: number, clear: Uint8Array) => {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(8, counter);
    return { name: 'AES-GCM', iv, additionalData: own(tools.isAnnexB(clear) ? new Uint8Array(0) : clear) };
  };
  const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const sealer = (kind: FrameKind) => {
    const stream = crypto.getRandomValues(new Uint8Array(streamBytes));
    const key = keyOf(stream);
    let counter = 0;
    return async (frame: Uint8Array): Promise<Uint8Array> => {
      counter += 1;
      if (counter > 0xffffffff) throw new Error('the stream has used up its counter');
      const trailer = new Uint8Array(counterBytes + 1);
      new DataView(trailer.buffer).setUint32(0, counter);
      trailer[counterBytes] = format;
      const clear = frame.subarray(0, tools.clearBytes(frame, kind));
      const settings = gcm(counter, clear);
      const sealed = await crypto.subtle.encrypt(settings, await key, own(frame.subarray(clear.length)));
      const tail = joined(new Uint8Array(sealed), stream, trailer);
      return joined(clear, tools.isAnnexB(frame) ? tools.escapeBytes(tail, clear) : tail);
    };
  };
  const opener = (kind: FrameKind) => {
    const streams = new Map<string, { key: Promise<CryptoKey>; seen: Uint32Array; newest: number }>();
    return async (frame: Uint8Array): Promise<Uint8Array> => {
      const clear = frame.subarray(0, tools.clearBytes(frame, kind));
      const rest = frame.subarray(clear.length);
      const tail = tools.isAnnexB(frame) ? tools.unescapeBytes(rest, clear) : rest;
      const sealedBytes = tail.length - trailerBytes;
      if (sealedBytes < 16 || tail[tail.length - 1] !== format) throw new Error('the frame is not encrypted');
      const stream = tail.subarray(sealedBytes, sealedBytes + streamBytes);
      const counter = new DataView(own(tail).buffer).getUint32(sealedBytes + streamBytes);
      const known = streams.get(stream.join()) ?? {
        key: keyOf(stream),
        seen: new Uint32Array(behind),
        newest: 0,
      };
      if (counter <= known.newest - behind || known.seen[counter % behind] === counter)
        throw new Error('the frame came before');
      const plain = await crypto.subtle.decrypt(
        gcm(counter, clear),
        await known.key,
        own(tail.subarray(0, sealedBytes)),
      );
      // Only what is authentic counts: anybody could else name counters.
      known.seen[counter % behind] = counter;
      known.newest = Math.max(known.newest, counter);
      streams.set(stream.join(), known);
      return joined(clear, new Uint8Array(plain));
    };
  };
  return { sealer, opener };
}
