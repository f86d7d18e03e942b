import type { Role } from '@housecount/protocol';
import type { Member } from '../../src/channel/state.ts';
import type { Log, SignalingKey, SignalingRequest } from '../../src/log/contract.ts';
import type { LogRecord } from '../../src/log/record.ts';
import { app, type ClientOp } from './sim-machine.ts';

/** In the simulation a channel named like this is the signaling channel of the name after it. */
const mark = '~';

export const signalingOf = (channel: string): string => mark + channel;
export const isSignaling = (channel: string): boolean => channel.startsWith(mark);

export const keyOf = (channel: string): SignalingKey => ({
  app,
  channelType: 'MESSAGE',
  channel: channel.slice(mark.length),
});

/** What a session asks for in place of what an rtc connection does: its role is one of its states. */
export function signalingRequest(
  op: ClientOp,
  connectionId: string,
  { leaseMs, nonce }: { readonly leaseMs: number; readonly nonce: string },
): SignalingRequest {
  switch (op.type) {
    case 'join':
      return {
        type: 'join',
        identity: { uid: op.uid },
        connectionId,
        quiet: false,
        leaseMs,
        ip: '127.0.0.1',
      };
    case 'bye':
      return { type: 'leave', connectionId, evidence: 'bye' };
    case 'resume':
      return { type: 'resume', connectionId };
    case 'role':
      return { type: 'change-states', connectionId, set: { role: op.role, nonce }, remove: [] };
  }
}

/** The role among the states of who has this session; everybody begins as audience. */
export function signalingRole(log: Log, channel: string, connectionId: string): Role | undefined {
  const state = log.signalingChannel(keyOf(channel));
  const member =
    state?.presence.sid === undefined ? undefined : state.presence.roster.getByConnection(connectionId);
  if (!state || !member) return undefined;
  return state.states.get(member.uid)?.states.role === 'broadcaster' ? 'broadcaster' : 'audience';
}

/** Who is served as being in a channel of either kind. */
export function rosterOf(log: Log, channel: string): readonly Member[] {
  if (!isSignaling(channel)) return [...(log.channel(app, channel)?.roster ?? [])];
  const presence = log.signalingChannel(keyOf(channel))?.presence;
  return presence?.sid === undefined ? [] : [...presence.roster];
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
export function unwrapped(record: LogRecord): LogRecord | StatesTold {
  if (record.type !== 'signaling' || record.channelType !== 'MESSAGE') return record;
  const { change } = record;
  const channel = signalingOf(record.channel);
  if (change.type === 'states-set') {
    const { role = 'audience', nonce = '' } = change.states;
    return { type: 'states-set', channel, uid: change.uid, role, nonce };
  }
  return 'seq' in change ? { ...change, channel } : record;
}
