import type { ChannelEvent, Role } from '@housecount/protocol';
import { type ChannelKey, liveKey } from '../../src/channel/channel.ts';
import { isEvent } from '../../src/channel/decision.ts';
import type { Member } from '../../src/channel/membership/member.ts';
import type { Asked, JoinRequest } from '../../src/log/contract/commands.ts';
import type { Log } from '../../src/log/contract/log.ts';
import type { LogRecord } from '../../src/log/record/record.ts';
import { app, type ClientOp } from './sim-op.ts';

/** In the simulation a channel named like this is the signaling channel of the name after it. */
const mark = '~';

export const signalingOf = (channel: string): string => mark + channel;
export const isSignaling = (channel: string): boolean => channel.startsWith(mark);

export const keyOf = (channel: string): ChannelKey<'message'> => ({
  app,
  kind: 'message',
  name: channel.slice(mark.length),
});

/** The join of a session. */
export const signalingJoin = (
  { channel, uid }: Extract<ClientOp, { type: 'join' }>,
  connectionId: string,
  leaseMs: number,
): JoinRequest => ({
  key: keyOf(channel),
  identity: { uid },
  connectionId,
  connectionKind: 'signaling',
  role: 'audience',
  platform: 0,
  quiet: false,
  leaseMs,
  ip: '127.0.0.1',
});

/** The request of a session that corresponds to one of an rtc connection: its role is one of its states. */
export function signalingRequest(
  op: Exclude<ClientOp, { type: 'join' | 'link' | 'streams' }>,
  connectionId: string,
  nonce: string,
): Asked {
  switch (op.type) {
    case 'bye':
      return { type: 'leave', connectionId, evidence: 'bye' };
    case 'resume':
      return { type: 'resume', connectionId, attempt: op.attempt };
    case 'role':
      return { type: 'change-states', connectionId, set: { role: op.role, nonce }, remove: [] };
  }
}

/** The role among the states of who has this session; everybody begins as audience. */
export function signalingRole(log: Log, channel: string, connectionId: string): Role | undefined {
  const state = log.channel(keyOf(channel));
  const member = state?.roster.getByConnection(connectionId);
  if (!state || !member) return undefined;
  return state.states.get(member.uid)?.states.role === 'broadcaster' ? 'broadcaster' : 'audience';
}

/** The members that the log has in a channel of either kind. */
export function rosterOf(log: Log, channel: string): readonly Member[] {
  return [...(log.channel(isSignaling(channel) ? keyOf(channel) : liveKey(app, channel))?.roster ?? [])];
}

/** Somebody's states, as their records have them. */
export interface StatesTold {
  readonly type: 'states-set';
  readonly channel: string;
  readonly uid: number;
  readonly role: string;
  readonly nonce: string;
}

/** A record as the judges of channels read it: those of signaling channels under the names that they have here. */
export function unwrapped(record: LogRecord): ChannelEvent | StatesTold | undefined {
  if (record.type !== 'channel') return undefined;
  const { key, change } = record;
  if (key.kind !== 'message') return isEvent(change) ? change : undefined;
  const channel = signalingOf(key.name);
  if (change.type === 'states-set') {
    const { role = 'audience', nonce = '' } = change.states;
    return { type: 'states-set', channel, uid: change.uid, role, nonce };
  }
  return isEvent(change) ? { ...change, channel } : undefined;
}
