import { liveKey } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Commands } from '../../log/contract/commands.ts';
import { publishEndsMsOf } from '../../token/publish-ends.ts';
import { tokenLink } from '../../token/token-link.ts';
import { accountOrUid, checkToken, tokenTime } from '../../token/verify.ts';
import type { JoinBudgets } from '../join-budgets.ts';
import { rightsOf } from '../may-send.ts';
import type { Membership } from '../membership.ts';
import type { Answer } from './request.ts';

export interface TokenNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Clock;
  readonly joins: Pick<JoinBudgets, 'takeChange'>;
}

/** Puts a new token in the place of the one that the member joined with; resolves when its end and rights are durable. */
export async function renewToken(
  { log, clock, joins }: TokenNeeds,
  member: Membership,
  token: string,
): Promise<Answer> {
  const { app, channel, connectionId } = member;
  const grant = checkToken({
    token,
    app,
    channel,
    identity: accountOrUid(member),
    ...tokenTime(clock),
    lengthMax: fixed.tokenLengthMax,
    isHere: true,
  });
  if (!grant.ok) return grant;
  if (!joins.takeChange(connectionId)) return { code: 'rate_limited' };
  const tokenEndsMs = grant.joinEndsMs;
  const publish = rightsOf(app, grant);
  const { userId } = tokenLink(app, grant);
  const outcome = await log.submit(liveKey(app.id, channel), {
    type: 'renew-token',
    connectionId,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    ...(publish && { publish }),
    ...(userId !== undefined && { userId }),
  });
  if (!outcome.ok) return outcome;
  member.tokenEndsMs = tokenEndsMs;
  member.warned = false;
  member.publishEndsMs = publishEndsMsOf(grant);
  return undefined;
}
