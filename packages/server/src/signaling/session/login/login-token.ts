import { signalingErrors } from '@housecount/protocol';
import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { Commands } from '../../../log/contract/commands.ts';
import { tokenTime } from '../../../token/verify.ts';
import { checkSignalingToken } from '../../../token/verify-signaling.ts';
import { done, refused, type SignalingAnswer } from '../../names/answer.ts';
import { failed } from '../../names/refusals.ts';
import { permit } from '../../permissions.ts';
import type { Session } from '../session.ts';

export interface RenewNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Clock;
}

/** Puts a new token in the place of the one that the user logged in with; resolves when its end is durable. */
export async function renewLoginToken(
  { log, clock }: RenewNeeds,
  session: Session,
  token: string,
): Promise<SignalingAnswer> {
  const { app, userId, id: connectionId } = session;
  const grant = checkSignalingToken({
    token,
    app,
    userId,
    ...tokenTime(clock),
    lengthMax: fixed.tokenLengthMax,
    isHere: true,
  });
  if (!grant.ok) return failed(grant, signalingErrors.invalidToken);
  if (!session.rates.takeRenewals(session.subscriptions.countOf('message'), clock.steadyMs()))
    return refused(signalingErrors.rateExceeded, 'Too many requests in a short time.');
  const { loginEndsMs, permissions } = grant;
  const until = loginEndsMs === undefined ? {} : { tokenEndsMs: loginEndsMs };
  const outcomes = await Promise.all(
    [session.home, ...session.subscriptions.keys()]
      // A stream channel has a token of its own.
      .filter(({ kind }) => kind !== 'stream')
      .map((key) => log.submit(key, { type: 'renew-token', connectionId, ...until })),
  );
  for (const outcome of outcomes)
    if (!outcome.ok && outcome.code !== 'not_joined') return failed(outcome, signalingErrors.invalidToken);
  session.tokenEndsMs = loginEndsMs;
  session.warned = false;
  await permit({ log, clock }, session, permissions);
  return done();
}
