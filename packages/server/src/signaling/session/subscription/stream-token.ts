import { type Code, signalingErrors } from '@housecount/protocol';
import type { Clock } from '../../../clock.ts';
import { fixed } from '../../../fixed-limits.ts';
import type { Commands } from '../../../log/contract/commands.ts';
import type { Logger } from '../../../observe/contract.ts';
import { checkToken, tokenTime } from '../../../token/verify.ts';
import { refused, type SignalingAnswer } from '../../names/answer.ts';
import { streamKey } from '../../names/channel-key.ts';
import { failed } from '../../names/refusals.ts';
import type { Session } from '../session.ts';

export interface StreamTokenNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** The development app runs, whose certificate everybody knows: no token is needed. */
  readonly isTokenFree: boolean;
}

/** When a token ends that lets this user into a stream channel, epoch milliseconds (absent: never), or why it does not. */
export function checkStreamToken(
  { clock, isTokenFree, logger }: Omit<StreamTokenNeeds, 'log'>,
  { app, userId }: Pick<Session, 'app' | 'userId'>,
  channel: string,
  token: string | undefined,
):
  | { readonly ok: true; readonly endsMs?: number }
  | { readonly ok: false; readonly code: Code; readonly detail: string } {
  // Clients of the modelled service send the app's id where they have no token.
  if ((!token || token === app.id) && isTokenFree) return { ok: true };
  // The token has either of account and uid as a text: the user id is that text.
  const identity = { account: userId };
  const grant = checkToken({
    token,
    app,
    channel,
    identity,
    ...tokenTime(clock),
    lengthMax: fixed.tokenLengthMax,
    isHere: true,
  });
  if (!grant.ok) return grant;
  if (grant.hint !== undefined)
    logger.warn(`a token will not last as meant: ${grant.hint}`, { app: app.id, userId });
  const { joinEndsMs } = grant;
  return { ok: true, ...(joinEndsMs !== undefined && { endsMs: joinEndsMs }) };
}

/** Puts a new token in the place of the one for a stream channel; resolves when its end is durable. */
export async function renewStreamToken(
  needs: StreamTokenNeeds,
  session: Session,
  channel: string,
  token: string,
): Promise<SignalingAnswer> {
  const key = streamKey(session.app.id, channel);
  const notJoined = refused(signalingErrors.channelNotJoined, 'The user is not in the stream channel.');
  if (!session.subscriptions.stream(key)) return notJoined;
  const grant = checkStreamToken(needs, session, channel, token);
  if (!grant.ok) return failed(grant, signalingErrors.invalidToken);
  const { endsMs } = grant;
  const outcome = await needs.log.submit(key, {
    type: 'renew-token',
    connectionId: session.id,
    ...(endsMs !== undefined && { tokenEndsMs: endsMs }),
  });
  if (!outcome.ok)
    return outcome.code === 'not_joined' ? notJoined : failed(outcome, signalingErrors.invalidToken);
  session.subscriptions.stream(key)?.renewed(endsMs);
  return { ok: true };
}
