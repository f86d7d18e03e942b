import { assert } from './assert.ts';
import type { Channel } from './channel.ts';
import type { ChannelCommand, TimeCommand } from './command.ts';
import type { ChannelChange, Decision } from './decision.ts';
import { evolve } from './evolve.ts';
import { decideMembership, memberOf } from './membership/decide.ts';
import { endedMembers } from './membership/ended.ts';
import type { MembershipLimits } from './membership/join.ts';
import { changeLocks, expiredLocks, type LockLimits } from './parts/locks.ts';
import { changeMetadata, type MetadataLimits } from './parts/metadata.ts';
import { changeStates, type StatesLimits } from './parts/states.ts';
import { changeTopics, type TopicLimits } from './parts/topics.ts';
import { mayBeAsked } from './policy.ts';

/** The limits of a channel; a kind that may not have something has no limit of it to ask about (policy.ts). */
export interface ChannelLimits
  extends MembershipLimits,
    StatesLimits,
    TopicLimits,
    MetadataLimits,
    LockLimits {}

/**
 * Decides a command at `nowMs` (epoch milliseconds, never earlier than the channel's last record; an assert fails
 * otherwise). Leases, tokens and locks that ended by then take effect first, so that it does not matter whether the tick or
 * the command came first; of more members than one transaction may hold, only those whom the command is about, and the rest is
 * left to the tick, as all of it is by a refusal, which carries no changes. Changes nothing: the channel that follows is the
 * fold of the changes with `evolve`.
 */
export function apply(
  channel: Channel,
  command: ChannelCommand,
  nowMs: number,
  limits: ChannelLimits,
): Decision {
  assert(nowMs >= channel.lastAtMs, 'time does not go back');
  assert(mayBeAsked(channel.key.kind, command.type), 'a channel is asked about what its kind may have');
  const members = endedMembers(channel, command, nowMs, limits);
  const locks = expiredLocks(channel.locks, nowMs);
  const ended = locks.length === 0 ? members : [...members, ...locks];
  if (command.type === 'tick') return { changes: ended };
  if (ended.length === 0) return decide(channel, command, nowMs, limits);
  const transactionMembersMax = Math.max(0, limits.transactionMembersMax - members.length);
  const rest = { ...limits, transactionMembersMax };
  const decision = decide(ended.reduce<Channel>(evolve, channel), command, nowMs, rest);
  return 'refused' in decision ? decision : { changes: [...ended, ...decision.changes] };
}

function decide(
  channel: Channel,
  command: Exclude<ChannelCommand, TimeCommand>,
  nowMs: number,
  limits: ChannelLimits,
): Decision {
  switch (command.type) {
    case 'change-states':
    case 'join-topic':
    case 'leave-topic': {
      const member = memberOf(channel, command.connectionId);
      if (!member || channel.sid === undefined) return { refused: 'not_joined' };
      const { uid } = member;
      return command.type === 'change-states'
        ? asDecision(changeStates(channel.states, uid, command, nowMs, limits))
        : asDecision(changeTopics(channel.publishers, uid, command, nowMs, limits));
    }
    case 'change-metadata': {
      const { lockName, author } = command;
      if (lockName !== '' && ownerOf(channel, lockName) !== author) return { refused: 'lock_not_held' };
      return asDecision(changeMetadata(channel.metadata, command, nowMs, limits));
    }
    case 'set-lock':
    case 'remove-lock':
    case 'acquire-lock':
    case 'release-lock':
    case 'revoke-lock':
    case 'lock-holder':
      return asDecision(changeLocks(channel.locks, command, nowMs, limits));
    default:
      return decideMembership(channel, command, nowMs, limits);
  }
}

type Refusal = Extract<Decision, { readonly refused: string }>['refused'];

/** A part of a channel answers with one change, with a refusal, or that nothing changes. */
function asDecision(answer: ChannelChange | Refusal | undefined): Decision {
  if (typeof answer === 'string') return { refused: answer };
  return { changes: answer ? [answer] : [] };
}

function ownerOf({ locks }: Channel, name: string): string | undefined {
  return Object.hasOwn(locks, name) ? locks[name]?.owner : undefined;
}
