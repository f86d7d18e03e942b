import type { Code } from '@housecount/protocol';
import { liveKey } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { LinkProofs } from '../../token/link-proof.ts';
import type { AwaitedLinks } from '../awaited-links.ts';
import type { JoinBudgets } from '../join-budgets.ts';
import type { Membership } from '../membership.ts';
import type { Answer } from './request.ts';

/** Who is logged in to signaling. */
export interface LoggedIn {
  /** Is this session there, and this user's? Also one that its client may still come back to. */
  hasSession(app: string, userId: string, session: string): boolean;
}

export interface LinkNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly joins: Pick<JoinBudgets, 'takeChange'>;
  readonly linkProofs: Pick<LinkProofs, 'nonceOf' | 'read'>;
  /** Absent: nobody ever is. */
  readonly signaling?: LoggedIn;
  readonly awaited: Pick<AwaitedLinks, 'take'>;
}

/**
 * Links the member to the user whom its page proves, or (without a proof) waits no longer for that. Resolves when it is durable. A proof
 * that is refused changes nothing.
 */
export async function link(needs: LinkNeeds, member: Membership, proof: string | undefined): Promise<Answer> {
  const { log, joins, awaited, linkProofs } = needs;
  const { app, channel, account, uid, connectionId, attachment } = member;
  if (!app.linkIdentities) return { code: 'link_disabled' };
  if (!joins.takeChange(connectionId)) return { code: 'rate_limited' };
  const proved = proof === undefined ? undefined : userOf(needs, member, proof);
  if (proved && 'code' in proved) return proved;
  const isProved = proved !== undefined;
  // Spent before the log is asked: the same proof once more, meanwhile, is refused.
  if (isProved) member.proofsTaken = (member.proofsTaken ?? 0) + 1;
  const command = { type: 'link', connectionId, attachment, ...proved } as const;
  const outcome = await log.submit(liveKey(app.id, channel), command);
  if (!outcome.ok) {
    if (isProved) member.proofsTaken = (member.proofsTaken ?? 1) - 1;
    return outcome;
  }
  awaited.take({ app: app.id, channel, account, uid, connectionId });
  return isProved ? { nonce: linkProofs.nonceOf(member, member.proofsTaken) } : undefined;
}

/** The user whom the proof names, or why it is none of this connection's. */
function userOf(
  { linkProofs, signaling, clock }: LinkNeeds,
  member: Membership,
  proof: string,
): { readonly userId: string } | { readonly code: Code } {
  const { app, proofsTaken = 0 } = member;
  const claim = linkProofs.read(proof);
  if (!claim || claim.app !== app.id) return { code: 'link_proof_invalid' };
  const { userId, session, nonce, endsMs } = claim;
  if (nonce !== linkProofs.nonceOf(member, proofsTaken)) {
    const isUsed = proofsTaken > 0 && nonce === linkProofs.nonceOf(member, proofsTaken - 1);
    return { code: isUsed ? 'link_proof_used' : 'link_proof_invalid' };
  }
  if (clock.nowMs() >= endsMs) return { code: 'link_proof_expired' };
  return signaling?.hasSession(app.id, userId, session) ? { userId } : { code: 'link_proof_invalid' };
}
