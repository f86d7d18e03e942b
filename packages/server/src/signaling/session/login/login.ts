import type { Code, SignalingLogin } from '@housecount/protocol';
import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { Logger } from '../../../observe/contract.ts';
import type { Permissions } from '../../../token/permissions.ts';
import { tokenTime } from '../../../token/verify.ts';
import { checkSignalingToken } from '../../../token/verify-signaling.ts';
import type { SignalingApp, SignalingApps } from '../../names/app.ts';

/** Bounds of what clients may set, seconds (spec: signaling 1.2). What is beyond counts as the bound. */
const heartbeatSeconds = { min: 5, max: 1_800 };
const presenceTimeoutSeconds = { min: 5, max: 300 };
/** Silence after its heartbeat for which a client is not suspected, seconds (spec: signaling 1.5). */
const suspicionSeconds = 10;

export interface LoginNeeds {
  readonly apps: SignalingApps;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** The development app runs, whose certificate everybody knows: a login needs no token. */
  readonly isTokenFree: boolean;
  /** Silence allowed for a session where the app does not leave that to the client, milliseconds. */
  readonly leaseMs: number;
}

export interface CheckedLogin {
  readonly ok: true;
  readonly app: SignalingApp;
  readonly tokenEndsMs?: number;
  /** Absent: everything. */
  readonly permissions?: Permissions;
  readonly leaseMs: number;
}

/** Checks app and token of a login, and what silence it is allowed. */
export function checkLogin(
  needs: LoginNeeds,
  frame: SignalingLogin,
  isHere = false,
): CheckedLogin | { readonly ok: false; readonly code: Code; readonly detail?: string } {
  const app = needs.apps.get(frame.app);
  if (!app) return { ok: false, code: 'invalid_app_id' };
  const { userId, token } = frame;
  const leaseMs = app.signaling.lease === 'client' ? clientLeaseMs(frame) : needs.leaseMs;
  // Clients of the modelled service send the app's id where they have no token.
  const isNone = !token || token === app.id;
  if (isNone && needs.isTokenFree) return { ok: true, app, leaseMs };
  const time = tokenTime(needs.clock);
  const grant = checkSignalingToken({
    token,
    app,
    userId,
    ...time,
    lengthMax: fixed.tokenLengthMax,
    isHere,
  });
  if (!grant.ok) return grant;
  if (grant.hint !== undefined)
    needs.logger.warn(`a token will not last as meant: ${grant.hint}`, { app: app.id, userId });
  const { loginEndsMs, permissions } = grant;
  return {
    ok: true,
    app,
    leaseMs,
    ...(permissions && { permissions }),
    ...(loginEndsMs !== undefined && { tokenEndsMs: loginEndsMs }),
  };
}

/** The time that the modelled service waits before it tells that a client is lost (spec: signaling 3.6), milliseconds. */
export function clientLeaseMs({
  heartbeatInterval,
  presenceTimeout,
}: Pick<SignalingLogin, 'heartbeatInterval' | 'presenceTimeout'>): number {
  const seconds =
    clamp(heartbeatInterval, heartbeatSeconds) +
    suspicionSeconds +
    clamp(presenceTimeout, presenceTimeoutSeconds);
  return Math.round(seconds * 1000);
}

const clamp = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.min(max, Math.max(min, value));
