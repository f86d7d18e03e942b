import { inflateSync } from 'node:zlib';

/** Service types whose bodies are known. What Housecount needs is rtc, rtm and rtm2. */
export const serviceTypes = {
  rtc: 1,
  rtm: 2,
  streaming: 3,
  fpa: 4,
  chat: 5,
  fcdn: 6,
  education: 7,
  rtm2: 8,
} as const;

/** Keys of the RTC service's privileges. */
export const rtcPrivileges = { join: 1, publishAudio: 2, publishVideo: 3, publishData: 4 } as const;
/** Key of the RTM service's only privilege. */
export const rtmLogin = 1;

export interface TokenService {
  readonly type: number;
  /** Seconds after `issuedSeconds` at which each privilege ends; 0 is never. */
  readonly privileges: ReadonlyMap<number, number>;
  /** The strings of the body, in order: channel and uid of RTC, user id of RTM. */
  readonly names: readonly string[];
  /** Only an RTM2 service has lists: what may be read and written. */
  readonly lists?: readonly TokenList[];
}

/** Names, or patterns with `*`, of one kind of resource for which one permission is granted. */
export interface TokenList {
  readonly resource: number;
  readonly permission: number;
  readonly names: readonly string[];
}

/** Resources and permissions of RTM2's lists. */
export const rtm2Resources = { messageChannels: 0, streamChannels: 1, users: 4 } as const;
export const rtm2Permissions = { read: 0, write: 1 } as const;

/** The claims of an AccessToken2, before its signature is checked. */
export interface AccessToken {
  readonly signature: Uint8Array;
  /** The bytes that are signed, as received. */
  readonly info: Uint8Array;
  readonly appId: string;
  /** Unix seconds. */
  readonly issuedSeconds: number;
  /** Seconds after `issuedSeconds`. */
  readonly expireSeconds: number;
  readonly salt: number;
  /** Services up to the first of an unknown type: its length is not known either. */
  readonly services: readonly TokenService[];
}

/** The most a token may inflate to, bytes: far more than any real one, far less than a bomb. */
const tokenContentBytesMax = 64 * 1024;
const prefix = '007';

/**
 * Decodes an AccessToken2 strictly: standard base64 alphabet with or without padding, one bounded zlib stream with nothing
 * after it, every read within the bytes, no byte left over. Returns a sentence that says what is wrong, never throws.
 */
export function decodeAccessToken(token: string, lengthMax: number): AccessToken | string {
  if (token.length > lengthMax) return `The token is longer than ${lengthMax} characters.`;
  if (!token.startsWith(prefix))
    return token.startsWith('006')
      ? 'AccessToken2 is required; this is a version 006 token.'
      : 'It does not begin with 007.';
  const compressed = decodeBase64(token.slice(prefix.length));
  if (!compressed) return 'It is not standard base64.';
  const content = inflate(compressed);
  if (!content) return 'It does not inflate to a bounded content.';
  try {
    return readContent(content);
  } catch (error) {
    if (error instanceof RangeError) return 'Its content is cut short or has bytes left over.';
    throw error;
  }
}

function decodeBase64(text: string): Uint8Array | undefined {
  const unpadded = /^([A-Za-z0-9+/]+)={0,2}$/.exec(text)?.[1];
  if (unpadded === undefined || unpadded.length % 4 === 1) return undefined;
  if (text.length !== unpadded.length && text.length % 4 !== 0) return undefined;
  return Buffer.from(unpadded, 'base64');
}

/** The result of zlib with `info`: the engine comes too, and its bytesWritten tells how far the stream reached. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function inflate(compressed: Uint8Array): Uint8Array | undefined {
  try {
    const { buffer, engine } = inflateSync(compressed, {
      maxOutputLength: tokenContentBytesMax,
      info: true,
    }) as unknown as Inflated;
    return engine.bytesWritten === compressed.length ? buffer : undefined;
  } catch {
    // Whatever zlib finds wrong with bytes from outside makes the token undecodable, no more.
    return undefined;
  }
}

/** Throws RangeError where the bytes end too soon or go on too long. */
function readContent(content: Uint8Array): AccessToken {
  const reader = new Reader(content);
  const signature = reader.bytes();
  if (signature.length !== 32) throw new RangeError();
  const info = content.subarray(reader.offset);
  const appId = reader.text();
  const issuedSeconds = reader.uint32();
  const expireSeconds = reader.uint32();
  const salt = reader.uint32();
  const services: TokenService[] = [];
  let known = true;
  for (let left = reader.uint16(); left > 0 && known; left--) {
    const service = readService(reader);
    if (service) services.push(service);
    else known = false;
  }
  if (known && !reader.atEnd) throw new RangeError();
  return { signature, info, appId, issuedSeconds, expireSeconds, salt, services };
}

function readService(reader: Reader): TokenService | undefined {
  const type = reader.uint16();
  const privileges = new Map<number, number>();
  for (let left = reader.uint16(); left > 0; left--) privileges.set(reader.uint16(), reader.uint32());
  switch (type) {
    case serviceTypes.rtc:
    case serviceTypes.streaming:
    case serviceTypes.fcdn:
      return { type, privileges, names: [reader.text(), reader.text()] };
    case serviceTypes.rtm:
    case serviceTypes.chat:
      return { type, privileges, names: [reader.text()] };
    case serviceTypes.fpa:
      return { type, privileges, names: [] };
    case serviceTypes.education: {
      const names = [reader.text(), reader.text()];
      reader.uint16();
      return { type, privileges, names };
    }
    case serviceTypes.rtm2: {
      const names = [reader.text()];
      return { type, privileges, names, lists: readLists(reader) };
    }
    default:
      return undefined;
  }
}

function readLists(reader: Reader): TokenList[] {
  const lists: TokenList[] = [];
  for (let resources = reader.uint16(); resources > 0; resources--) {
    const resource = reader.uint16();
    for (let permissions = reader.uint16(); permissions > 0; permissions--) {
      const permission = reader.uint16();
      const names: string[] = [];
      for (let left = reader.uint16(); left > 0; left--) names.push(reader.text());
      lists.push({ resource, permission, names });
    }
  }
  return lists;
}

/** Little-endian reads; RangeError past the end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.offset === this.#bytes.length;
  }

  uint16(): number {
    const value = this.#view.getUint16(this.offset, true);
    this.offset += 2;
    return value;
  }

  uint32(): number {
    const value = this.#view.getUint32(this.offset, true);
    this.offset += 4;
    return value;
  }

  bytes(): Uint8Array {
    const length = this.uint16();
    if (this.offset + length > this.#bytes.length) throw new RangeError();
    const value = this.#bytes.subarray(this.offset, this.offset + length);
    this.offset += length;
    return value;
  }

  text(): string {
    return decoder.decode(this.bytes());
  }
}

/** Bytes that are not UTF-8 become U+FFFD, which is legal in no name: they match nothing but a wildcard. */
const decoder = new TextDecoder();
