import { createHmac, timingSafeEqual } from 'node:crypto';
import { isAppId, isChannelName, isUid } from '@housecount/protocol';

/** Bytes of the server's secret for resume keys. */
export const resumeSecretBytes = 32;

/** The claim that a resume key proves: one connection of one member. */
export interface ResumeClaim {
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
  readonly connectionId: string;
}

const prefix = 'hc1';

/**
 * Makes the key with which a client takes its membership up again: `hc1.<claim>.<mac>`, the claim as base64url JSON
 * `[app, channel, uid, connectionId]`, the mac HMAC-SHA256 over what is before it. The server keeps nothing per key, so it
 * survives a crash; whether the connection still exists is the log's to say.
 */
export function makeResumeKey(secret: Uint8Array, claim: ResumeClaim): string {
  const { app, channel, uid, connectionId } = claim;
  const payload = Buffer.from(JSON.stringify([app, channel, uid, connectionId])).toString('base64url');
  return `${prefix}.${payload}.${macOf(secret, payload).toString('base64url')}`;
}

/** The claim of a key that this server made, or undefined. Does not say that the connection is still there. */
export function verifyResumeKey(secret: Uint8Array, key: string): ResumeClaim | undefined {
  const [version, payload, mac, ...more] = key.split('.');
  if (version !== prefix || !payload || !mac || more.length > 0) return undefined;
  const given = Buffer.from(mac, 'base64url');
  const expected = macOf(secret, payload);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [app, channel, uid, connectionId] = JSON.parse(
    Buffer.from(payload, 'base64url').toString(),
  ) as unknown[];
  // Signed by us; checked all the same, because another version of the server may have put in something else.
  if (!isAppId(app) || !isChannelName(channel) || !isUid(uid) || typeof connectionId !== 'string')
    return undefined;
  return { app, channel, uid, connectionId };
}

function macOf(secret: Uint8Array, payload: string): Buffer {
  return createHmac('sha256', secret).update(`${prefix}.${payload}`).digest();
}
