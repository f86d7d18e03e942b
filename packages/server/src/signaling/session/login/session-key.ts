import { createHmac, timingSafeEqual } from 'node:crypto';
import { isAppId, isSignalingName } from '@housecount/protocol';

/** The claim that a session's key proves. */
export interface SessionClaim {
  readonly app: string;
  readonly userId: string;
  readonly id: string;
}

const prefix = 'hcs1';

/**
 * Makes the key with which a client takes its session up again: `hcs1.<claim>.<mac>`, the claim as base64url JSON
 * `[app, userId, id]`, the mac HMAC-SHA256 over what is before it. The server keeps nothing per key, so it survives a
 * crash; whether the session still exists is the log's to say.
 */
export function makeSessionKey(secret: Uint8Array, { app, userId, id }: SessionClaim): string {
  const payload = Buffer.from(JSON.stringify([app, userId, id])).toString('base64url');
  return `${prefix}.${payload}.${macOf(secret, payload).toString('base64url')}`;
}

/** The claim of a key that this server made, or undefined. Does not say that the session is still there. */
export function verifySessionKey(secret: Uint8Array, key: string): SessionClaim | undefined {
  const [version, payload, mac, ...more] = key.split('.');
  if (version !== prefix || !payload || !mac || more.length > 0) return undefined;
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(secret, payload);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [app, userId, id] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown[];
  // Signed by us; checked all the same, because another version of the server may have put in something else.
  if (!isAppId(app) || !isSignalingName(userId) || typeof id !== 'string') return undefined;
  return { app, userId, id };
}

function macOf(secret: Uint8Array, payload: string): Buffer {
  return createHmac('sha256', secret).update(`${prefix}.${payload}`).digest();
}
