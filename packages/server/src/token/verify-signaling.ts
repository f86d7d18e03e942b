import { rtmLogin, serviceTypes } from './access-token.ts';
import { Permissions } from './permissions.ts';
import { believe, lifeOf, needsNoToken, type TokenApp, type TokenRefusal, type TokenTime } from './verify.ts';

/** A token that is good for a login to signaling. */
export interface SignalingGrant {
  readonly ok: true;
  /** When the login privilege ends and with it the session, epoch milliseconds; absent: never. */
  readonly loginEndsMs?: number;
  /** The permissions to read and write; absent: everything. */
  readonly permissions?: Permissions;
  /** A likely mistake of whoever made the token, for the log. */
  readonly hint?: string;
}

/**
 * Checks a token for logging in as `userId`: what any token must be, then the RTM service, its user id (exactly this one:
 * no pattern, spec: tokens section 6), the token's end, the login privilege. Where there are both a service with lists of
 * permissions (RTM2) and one without, the lists hold.
 */
export function checkSignalingToken(
  check: TokenTime & {
    readonly token: string | undefined;
    readonly app: TokenApp;
    readonly userId: string;
    /** Characters; the caller's limit. */
    readonly lengthMax: number;
    /** The client is on this machine, or was admitted before; absent: neither is known. */
    readonly isHere?: boolean | undefined;
  },
): SignalingGrant | TokenRefusal {
  if (needsNoToken(check.app, check.isHere)) return { ok: true };
  const believed = believe(check);
  if (!believed.ok) return believed;
  const { token } = believed;
  const services = [serviceTypes.rtm2, serviceTypes.rtm].flatMap((wanted) =>
    token.services.filter(({ type }) => type === wanted),
  );
  if (services.length === 0) return refuse('token_no_privilege', 'It has no RTM service.');
  const service = services.find(({ names }) => names[0] === check.userId);
  if (!service) return refuse('token_uid_mismatch', '');
  const life = lifeOf(token, check);
  if (!life.ok) return life;
  const seconds = service.privileges.get(rtmLogin);
  if (seconds === undefined) return refuse('token_no_privilege', 'It does not allow logging in.');
  const loginEndsMs = seconds === 0 ? undefined : life.issuedMs + seconds * 1000;
  if (seconds > 0 && life.hasEnded(seconds))
    return refuse('token_expired', 'Its privilege to log in has ended.');
  return {
    ok: true,
    ...(loginEndsMs !== undefined && { loginEndsMs }),
    ...(service.lists && { permissions: new Permissions(service.lists) }),
    ...(life.hint !== undefined && { hint: life.hint }),
  };
}

const refuse = (code: TokenRefusal['code'], detail: string): TokenRefusal => ({ ok: false, code, detail });
