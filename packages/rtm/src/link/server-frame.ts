import type { SignalingServerFrame } from '@housecount/protocol';

const types: readonly string[] = [
  'welcome',
  'pong',
  'ok',
  'refused',
  'message',
  'presence',
  'topic',
  'roster-snapshot',
  'roster-changes',
  'roster-count',
  'roster-window',
  'roster-window-changes',
  'roster-ended',
  'channel-ended',
  'unsubscribed',
  'read-revoked',
  'storage',
  'lock',
  'token-will-expire',
  'closing',
] satisfies SignalingServerFrame['type'][];

/** The frame in what a socket gave, or undefined if it is none, or one of a later version. */
export function parseServerFrame(data: unknown): SignalingServerFrame | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return undefined;
    const { type } = value as { readonly type?: unknown };
    return typeof type === 'string' && types.includes(type) ? (value as SignalingServerFrame) : undefined;
  } catch {
    return undefined;
  }
}
