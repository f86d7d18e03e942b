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
  /** Privileges with seconds of their own, 0: for ever, instead of those of the role. */
  readonly privileges?: Readonly<Partial<Record<keyof typeof rtcPrivileges, number>>>;
  /** Unix seconds. */
  readonly issuedSeconds: number;
  /** Whole number from 1 to 99,999,999, different for each token. */
  readonly salt: number;
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

/** Makes an AccessToken2 with one RTC service, byte for byte what the official builders put inside. */
export const buildRtcToken = (request: RtcTokenRequest): string => build(request, [rtcService(request)]);

/** Makes an AccessToken2 with one RTM service, byte for byte what the official builder puts inside. */
export const buildSignalingToken = (request: SignalingTokenRequest): string =>
  build(request, [rtmService(request)]);

/** Makes one AccessToken2 for a channel and for signaling, byte for byte what the official `buildTokenWithRtm` puts inside. */
export const buildTokenForBoth = (request: RtcTokenRequest & SignalingTokenRequest): string =>
  build(request, [rtcService(request), rtmService(request)]);

function rtcService({
  channel,
  identity,
  role,
  expireSeconds,
  privilegeSeconds = expireSeconds,
  privileges,
}: RtcTokenRequest): Uint8Array {
  const names = Object.keys(rtcPrivileges) as (keyof typeof rtcPrivileges)[];
  const ofRole = names.filter((name) => role === 'broadcaster' || name === 'join');
  const granted = privileges ?? Object.fromEntries(ofRole.map((name) => [name, privilegeSeconds]));
  const given = names.flatMap((name) =>
    granted[name] === undefined ? [] : [[rtcPrivileges[name], granted[name]] as const],
  );
  return join(
    uint16(serviceTypes.rtc),
    uint16(given.length),
    ...given.map(([key, seconds]) => join(uint16(key), uint32(seconds))),
    text(channel),
    text(nameOf(identity)),
  );
}

function rtmService({ userId, expireSeconds }: SignalingTokenRequest): Uint8Array {
  return join(uint16(serviceTypes.rtm), uint16(1), uint16(rtmLogin), uint32(expireSeconds), text(userId));
}

/** Services in the order of their types, as the official builders have them. */
function build(
  request: Pick<RtcTokenRequest, 'appId' | 'certificate' | 'expireSeconds' | 'issuedSeconds' | 'salt'>,
  services: readonly Uint8Array[],
): string {
  const { appId, certificate, expireSeconds, issuedSeconds, salt } = request;
  const info = join(
    text(appId),
    uint32(issuedSeconds),
    uint32(expireSeconds),
    uint32(salt),
    uint16(services.length),
    ...services,
  );
  const signature = signInfo(certificate, issuedSeconds, salt, info);
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
