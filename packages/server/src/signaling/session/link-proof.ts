import { type Code, signalingErrors } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { LinkProofs } from '../../token/link-proof.ts';
import { done, type SignalingAnswer } from '../names/answer.ts';
import { refusalOf } from '../names/refusals.ts';
import type { Session } from './session.ts';

export interface LinkProofNeeds {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly linkProofs: Pick<LinkProofs, 'issue'>;
}

/** Proves to the live connection of the nonce that its member is this session's user. */
export function linkProof(
  { linkProofs, clock }: LinkProofNeeds,
  { app, userId, id }: Pick<Session, 'app' | 'userId' | 'id'>,
  nonce: string,
): SignalingAnswer {
  const code: Code = 'link_disabled';
  if (!app.linkIdentities) return refusalOf({ code }, signalingErrors.loginRejected);
  return done({ proof: linkProofs.issue({ app: app.id, userId, session: id, nonce }, clock.nowMs()) });
}
