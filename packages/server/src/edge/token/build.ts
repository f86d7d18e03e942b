import { deflateSync } from 'node:zlib';
import { rtcPrivileges, rtmLogin, serviceTypes } from './access-token.ts';
import { signInfo } from './signature.ts';

export interface RtcTokenRequest {
  /** 32 hex each. */
  readonly appId: string;
  readonly certificate: string;
  /** Exact name, or a pattern with `*`. */
  readonly channel: string;
  /** Uid as a number (0: any), or account or pattern as text. */
  readonly identity: { readonly uid: number } | { readonly account: string };
  /** `broadcaster` adds the privileges to publish audio, video and data. */
  readonly role: 'broadcaster' | 'audience';
  /** Seconds from `issuedSeconds` that the token can be used to join. */
  readonly expireSeconds: number;
  /** Seconds from `issuedSeconds` that its privileges last; default `expireSeconds`; 0: for ever. */
  readonly privilegeSeconds?: number;
  /** Unix seconds. */
  readonly issuedSeconds: number;
  /** Whole number from 1 to 99,999,999, different for each token. */
  readonly salt: number;
}

/** Makes an AccessToken2 with one RTC service, byte for byte what the official builders put inside. */
export function buildRtcToken(request: RtcTokenRequest): string {
  const privilegeSeconds = request.privilegeSeconds ?? request.expireSeconds;
  const keys = request.role === 'broadcaster' ? Object.values(rtcPrivileges) : [rtcPrivileges.join];
  const info = join(
    text(request.appId),
    uint32(request.issuedSeconds),
    uint32(request.expireSeconds),
    uint32(request.salt),
    uint16(1),
    uint16(serviceTypes.rtc),
    uint16(keys.length),
    ...keys.map((key) => join(uint16(key), uint32(privilegeSeconds))),
    text(request.channel),
    text(nameOf(request.identity)),
  );
  const signature = signInfo(request.certificate, request.issuedSeconds, request.salt, info);
  const content = join(uint16(signature.length), signature, info);
  return `007${deflateSync(content).toString('base64')}`;
}

export interface SignalingTokenRequest {
  /** 32 hex each. */
  readonly appId: string;
  readonly certificate: string;
  readonly userId: string;
  /** Seconds from `issuedSeconds` that the token can be used to log in, and that a login lasts. */
  readonly expireSeconds: number;
  /** Unix seconds. */
  readonly issuedSeconds: number;
  /** Whole number from 1 to 99,999,999, different for each token. */
  readonly salt: number;
}

/** Makes an AccessToken2 with one RTM service, byte for byte what the official builder puts inside. */
export function buildSignalingToken(request: SignalingTokenRequest): string {
  const info = join(
    text(request.appId),
    uint32(request.issuedSeconds),
    uint32(request.expireSeconds),
    uint32(request.salt),
    uint16(1),
    uint16(serviceTypes.rtm),
    uint16(1),
    uint16(rtmLogin),
    uint32(request.expireSeconds),
    text(request.userId),
  );
  const signature = signInfo(request.certificate, request.issuedSeconds, request.salt, info);
  return `007${deflateSync(join(uint16(signature.length), signature, info)).toString('base64')}`;
}

function nameOf(identity: RtcTokenRequest['identity']): string {
  if ('account' in identity) return identity.account;
  return identity.uid === 0 ? '' : String(identity.uid);
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return join(uint16(bytes.length), bytes);
}

function uint16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value, true);
  return bytes;
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
