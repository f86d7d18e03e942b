/**
 * The signaling protocol: one WebSocket at /v1/signaling per logged-in user, JSON text frames (docs/signaling.md). It
 * carries what the API of `agora-rtm` needs; names follow that API, so that the SDK passes most of it on as it is. The
 * types of its frames are made of the schemas (packages/schema, frames).
 */
export type * from '../generated/signaling-frames.ts';

export const signalingVersion = 1;
/** Bytes of one frame from a client: a message of 32 KB as base64, and room around it. */
export const signalingFrameBytesMax = 64 * 1024;

/** Legal user ids and names of message and stream channels (spec: signaling 2.1). */
export function isSignalingName(value: unknown): value is string {
  return typeof value === 'string' && /^(?!_)[ !#$%&()+,\-:;<=>?@[\]^_{|}~0-9A-Za-z]{1,64}$/.test(value);
}
