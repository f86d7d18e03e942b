import { liveKey } from '../../channel/channel.ts';
import { mayBroadcast } from '../../channel/membership/rights.ts';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { JoinBudgets } from '../join-budgets.ts';
import { rightsOfMember } from '../may-send.ts';
import type { Membership } from '../membership.ts';
import type { Answer } from './request.ts';
import { leaveRoster, maySeeRoster } from './roster.ts';

export interface RoleNeeds {
  readonly log: Pick<Channels, 'channel'> & Pick<Commands, 'submit'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly joins: Pick<JoinBudgets, 'takeChange'>;
}

/** Makes the member broadcaster or audience; resolves when that is durable. */
export async function setRole(
  { log, clock, joins }: RoleNeeds,
  member: Membership,
  role: Membership['role'],
): Promise<Answer> {
  const { app, channel, connectionId } = member;
  const rights = rightsOfMember(log, app, member);
  const nowMs = clock.nowMs();
  if (role === 'broadcaster' && !mayBroadcast(rights, nowMs))
    return { code: 'token_no_privilege', detail: 'Renew the token with one that allows publishing first.' };
  if (!joins.takeChange(connectionId)) return { code: 'rate_limited' };
  const outcome = await log.submit(liveKey(app.id, channel), {
    type: 'set-role',
    connectionId,
    role,
    mayPublish: member.publishEndsMs > nowMs,
  });
  if (!outcome.ok) return outcome;
  member.role = role;
  if (member.roster?.namesMembers && !maySeeRoster(member)) leaveRoster(member);
  return undefined;
}
