import { type Code, isSignalingName } from '@housecount/protocol';
import type { Clock } from '../clock.ts';
import { matchesName } from '../glob.ts';
import {
  type AccessToken,
  decodeAccessToken,
  rtcPrivileges,
  serviceTypes,
  type TokenService,
} from './access-token.ts';
import { sameSignature, signInfo } from './signature.ts';

/** The app as far as its tokens go. */
export interface TokenApp {
  readonly id: string;
  /** Absent: the app has no tokens ("App ID only"). */
  readonly certificate?: string;
  readonly secondaryCertificate?: string;
  /** The clients that an app without certificate admits; absent: this machine alone. */
  readonly openTo?: OpenTo;
}

/** The clients that an app without certificate admits. */
export type OpenTo = 'thisMachine' | 'everybody';

/** Does a client need no token for this app? `isHere`: it is on this machine (this-machine.ts). What it sends is not looked at then. */
export function needsNoToken(app: TokenApp, isHere = false): boolean {
  return app.certificate === undefined && (app.openTo === 'everybody' || isHere);
}

/** The two times that a token has to do with, epoch milliseconds. */
export interface TokenTime {
  /** The log's time, in which the ends that are told are counted. */
  readonly nowMs: number;
  /** The wall clock's time, which is compared with that of the token's maker. */
  readonly wallMs: number;
}

/** The times of a clock, now. */
export const tokenTime = (clock: Pick<Clock, 'nowMs' | 'wallMs'>): TokenTime => ({
  nowMs: clock.nowMs(),
  wallMs: clock.wallMs(),
});

export type TokenIdentity = { readonly uid: number } | { readonly account: string };

/** Who somebody is: the account where there is one, whatever its uid, else the uid. */
export const accountOrUid = ({
  uid,
  account,
}: {
  readonly uid: number;
  readonly account?: string | undefined;
}): TokenIdentity => (account === undefined ? { uid } : { account });

export interface TokenCheck extends TokenTime {
  /** undefined or empty: none was sent. */
  readonly token: string | undefined;
  readonly app: TokenApp;
  readonly channel: string;
  /** The identity that wants to use the token; uid 0 asks for an assigned one. Left out (WHIP, WHEP): whoever the token names. */
  readonly identity?: TokenIdentity;
  /** Characters; the caller's limit. */
  readonly lengthMax: number;
  /** The client is on this machine, or was admitted before; absent: neither is known. */
  readonly isHere?: boolean | undefined;
}

export type TokenPrivilege = keyof typeof rtcPrivileges;

/**
 * A token that is good for this join. Its ends are in the time of the log: what was left of it when it was shown runs down,
 * and a clock that is set meanwhile makes it neither longer nor shorter.
 */
export interface TokenGrant {
  readonly ok: true;
  /** Uid or account as the token has it: exact, empty for any, or a pattern with `*`. */
  readonly tokenUid: string;
  /** Epoch milliseconds. It cannot be used to join after this; who is in stays in. */
  readonly tokenEndsMs: number;
  /** When the join privilege ends and with it the membership, epoch milliseconds; absent: never. */
  readonly joinEndsMs?: number;
  /** The privileges granted, each with its end, epoch milliseconds; Infinity: never. */
  readonly privileges: ReadonlyMap<TokenPrivilege, number>;
  /** The signaling user whom a token for this one uid or account names beside it, if that is another id. */
  readonly userId?: string;
  /** A likely mistake of whoever made the token, for the log. */
  readonly hint?: string;
}

export type TokenRefusal = { readonly ok: false; readonly code: Code; readonly detail: string };

/** A token lives one day at most, whatever it says. */
const tokenSecondsMax = 86_400;
/** Clock skew of the token's maker that is put up with, milliseconds. */
const issuedAheadMsMax = 5 * 60 * 1000;
/** An `expire` this large is a Unix time, not a duration. */
const unixTimeLeast = 1_000_000_000;

/**
 * Checks a token for joining `channel`, in this order: present, version, decodable, app id, signature, service, channel,
 * uid, token end, join privilege. Beyond its app id, what it says is told only once its signature is known to be good.
 */
export function checkToken(check: TokenCheck): TokenGrant | TokenRefusal {
  if (needsNoToken(check.app, check.isHere)) return everything;
  const believed = believe(check);
  if (!believed.ok) return believed;
  const { token } = believed;
  const services = token.services.filter(({ type }) => type === serviceTypes.rtc);
  if (services.length === 0) return refuse('token_no_privilege', 'It has no RTC service.');
  const ofChannel = services.filter(({ names }) => matchesName(names[0] ?? '', check.channel));
  if (ofChannel.length === 0) return refuse('token_channel_mismatch', '');
  const service = ofChannel.find(({ names }) => isFor(names[1] ?? '', check.identity));
  if (!service) return refuse('token_uid_mismatch', mismatchHint(check.identity));
  return grantOf(token, service, check);
}

/** The grant of everybody in an app without certificate. */
const everything: TokenGrant = {
  ok: true,
  tokenUid: '',
  tokenEndsMs: Number.POSITIVE_INFINITY,
  privileges: new Map(
    (Object.keys(rtcPrivileges) as TokenPrivilege[]).map((name) => [name, Number.POSITIVE_INFINITY]),
  ),
};

/** The token, if it is one and of this app: present, version, decodable, app id, signature, in this order. */
export function believe({
  token: text,
  app,
  lengthMax,
}: Pick<TokenCheck, 'token' | 'app' | 'lengthMax'>):
  | { readonly ok: true; readonly token: AccessToken }
  | TokenRefusal {
  if (app.certificate === undefined)
    return refuse('token_required', 'It has no certificate, and is open to clients on this machine alone.');
  if (!text) return refuse('token_required', '');
  const token = decodeAccessToken(text, lengthMax);
  if (typeof token === 'string') return refuse('invalid_token', token);
  // The app id is not in the signature's key, only in what is signed: it must be compared of itself.
  if (token.appId.toLowerCase() !== app.id.toLowerCase()) return refuse('token_app_mismatch', '');
  if (!isSigned(token, app)) return refuse('invalid_token', 'Its signature does not match.');
  return { ok: true, token };
}

/**
 * When it was issued and ends, in the time of the log, and a likely mistake of its maker; refused if that is not now.
 * `hasEnded` tells it of a part of the token that lasts so many seconds from its issue on.
 */
export function lifeOf(
  token: AccessToken,
  time: TokenTime,
):
  | {
      readonly ok: true;
      readonly issuedMs: number;
      readonly tokenEndsMs: number;
      readonly hasEnded: (seconds: number) => boolean;
      readonly hint?: string;
    }
  | TokenRefusal {
  const { wallMs } = time;
  const issuedMs = token.issuedSeconds * 1000;
  if (issuedMs > wallMs + issuedAheadMsMax)
    return refuse('invalid_token', 'It was issued in the future; check the clock of its maker.');
  const { expireSeconds } = token;
  const lifeSeconds = expireSeconds === 0 ? tokenSecondsMax : Math.min(expireSeconds, tokenSecondsMax);
  const hasEnded = (seconds: number) => wallMs >= issuedMs + seconds * 1000;
  const hint =
    expireSeconds >= unixTimeLeast
      ? '"expire" looks like a Unix time; it is a number of seconds from now, and at most one day.'
      : undefined;
  if (hasEnded(lifeSeconds)) return refuse('token_expired', hint ?? '');
  const issued = issuedMs + aheadMs(time);
  return {
    ok: true,
    issuedMs: issued,
    tokenEndsMs: issued + lifeSeconds * 1000,
    hasEnded,
    ...(hint !== undefined && { hint }),
  };
}

/** The lead of the log's time over the machine's clock, milliseconds, cut to whole seconds so that small differences do not show. */
const aheadMs = ({ nowMs, wallMs }: TokenTime): number => Math.trunc((nowMs - wallMs) / 1000) * 1000;

function grantOf(token: AccessToken, service: TokenService, time: TokenTime): TokenGrant | TokenRefusal {
  const life = lifeOf(token, time);
  if (!life.ok) return life;
  const { issuedMs, tokenEndsMs, hasEnded, hint } = life;
  const privileges = new Map<TokenPrivilege, number>();
  for (const [name, key] of Object.entries(rtcPrivileges) as [TokenPrivilege, number][]) {
    const seconds = service.privileges.get(key);
    if (seconds !== undefined)
      privileges.set(name, seconds === 0 ? Number.POSITIVE_INFINITY : issuedMs + seconds * 1000);
  }
  const joinEndsMs = privileges.get('join');
  if (joinEndsMs === undefined) return refuse('token_no_privilege', 'It does not allow joining a channel.');
  if (Number.isFinite(joinEndsMs) && hasEnded((joinEndsMs - issuedMs) / 1000))
    return refuse('token_expired', 'Its privilege to join has ended.');
  return {
    ok: true,
    tokenUid: service.names[1] ?? '',
    tokenEndsMs,
    ...(Number.isFinite(joinEndsMs) && { joinEndsMs }),
    privileges,
    ...userBeside(token, service),
    ...(hint !== undefined && { hint }),
  };
}

/** The user of the token's RTM services, beside an RTC service that names one uid or account; none if they name several. */
function userBeside({ services }: AccessToken, { names: [, tokenUid = ''] }: TokenService) {
  if (!namesOne(tokenUid)) return {};
  const users = new Set<string | undefined>();
  for (const { type, names } of services)
    if ((type === serviceTypes.rtm || type === serviceTypes.rtm2) && isSignalingName(names[0]))
      users.add(names[0]);
  const [userId] = users;
  return users.size === 1 && userId !== undefined && userId !== tokenUid ? { userId } : {};
}

/** Does the token name one uid or account, and no other? */
export const namesOne = (tokenUid: string): boolean =>
  tokenUid !== '' && tokenUid !== '0' && !tokenUid.includes('*');

/** May the holder publish this kind at `nowMs`? */
export function mayPublish(grant: TokenGrant, kind: 'audio' | 'video', nowMs: number): boolean {
  return (grant.privileges.get(kind === 'audio' ? 'publishAudio' : 'publishVideo') ?? 0) > nowMs;
}

function isSigned(token: AccessToken, app: TokenApp): boolean {
  return [app.certificate, app.secondaryCertificate].some(
    (certificate) =>
      certificate !== undefined &&
      certificate !== '' &&
      sameSignature(token.signature, signInfo(certificate, token.issuedSeconds, token.salt, token.info)),
  );
}

function isFor(pattern: string, identity: TokenIdentity | undefined): boolean {
  if (identity === undefined) return true;
  if ('account' in identity) return matchesName(pattern, identity.account);
  // An assigned uid is not known yet, so a pattern that some uids do not match cannot be checked against it.
  if (identity.uid === 0) return pattern === '' || pattern === '0' || /^\*+$/.test(pattern);
  return matchesName(pattern, String(identity.uid));
}

function mismatchHint(identity: TokenIdentity | undefined): string {
  return identity && 'uid' in identity && identity.uid === 0
    ? 'The token is for a certain uid, and the join asks for an assigned one: join with the uid of the token.'
    : '';
}

const refuse = (code: Code, detail: string): TokenRefusal => ({ ok: false, code, detail });
