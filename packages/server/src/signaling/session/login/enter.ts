import type { Commands, JoinOutcome } from '../../../log/contract/commands.ts';
import { joinOf } from '../join-of.ts';
import type { Session } from '../session.ts';

/** What a log that cannot take the login now says; it is recorded later then, and the user is in all the same. */
const later: ReadonlySet<string> = new Set(['log_unavailable', 'overloaded']);

/** The refusal stands; else the log cannot say now. */
export const isFinal = ({ code }: { readonly code: string }): boolean => !later.has(code);

/**
 * Has the log take the session as a member of its user's own channel, in place of any other. While the log cannot be written, the
 * session is there without it, and this is to be tried again. Returns a refusal that stands.
 */
export async function enterHome(
  { log }: { readonly log: Pick<Commands, 'join'> },
  session: Session,
  tokenEndsMs: number | undefined,
): Promise<Extract<JoinOutcome, { readonly ok: false }> | undefined> {
  session.isEntering = true;
  try {
    const joined = await log.join(joinOf(session, session.home, tokenEndsMs));
    if (joined.ok) session.entered(joined.member.attachment);
    return joined.ok || !isFinal(joined) ? undefined : joined;
  } finally {
    session.isEntering = false;
  }
}
