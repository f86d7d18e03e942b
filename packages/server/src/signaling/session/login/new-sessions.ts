import type { Code } from '@housecount/protocol';
import { isOfAnother } from '../../../channel/membership/resume.ts';
import type { Random } from '../../../clock.ts';
import type { Commands } from '../../../log/contract/commands.ts';
import type { Logger } from '../../../observe/contract.ts';
import type { SignalingApp } from '../../names/app.ts';
import { identityOf } from '../../names/identity.ts';
import { joinOf } from '../join-of.ts';
import type { Session } from '../session.ts';
import type { Sessions } from '../sessions.ts';
import { Arrival } from './arrival.ts';
import { isFinal } from './enter.ts';
import { isLoggedIn, loggedMemberships, loggedSession, type MembershipNeeds } from './logged-memberships.ts';
import type { CheckedLogin } from './login.ts';
import type { SessionEndings } from './session-endings.ts';

/** The session that a client came back for, which is no more, and which of its tries this is. */
export interface Claim {
  readonly insteadOf?: string;
  readonly attempt: number;
}

export type Refusal = { readonly ok: false; readonly code: Code; readonly detail?: string };

type Begun = { readonly ok: true; readonly session: Session } | Refusal;

export interface NewSessionsNeeds {
  readonly log: MembershipNeeds['log'] & Commands;
  readonly whereabouts: MembershipNeeds['whereabouts'];
  readonly random: Pick<Random, 'id'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly sessions: Pick<Sessions, 'of' | 'begin' | 'arrives'>;
  readonly endings: Pick<SessionEndings, 'of'>;
}

/**
 * Begins sessions. Whether one may, and in whose place, is the log's decision: of two logins of a user, also of one client, that
 * cross, the log says which came later. Only of what the log cannot be asked, or was never told, this server decides alone.
 */
export class NewSessions {
  readonly #needs: NewSessionsNeeds;

  constructor(needs: NewSessionsNeeds) {
    this.#needs = needs;
  }

  /** Refused `already_joined` if the session that the client came back for is there after all. */
  async begin(checked: CheckedLogin, userId: string, address: string, claim: Claim): Promise<Begun> {
    const { random, sessions } = this.#needs;
    const { app } = checked;
    const unrecorded = sessions.of(app.id, userId);
    if (unrecorded && !unrecorded.isEntered && !gaveWay(unrecorded, claim)) return replaced;
    const arrival = new Arrival({ id: random.id(24), app, userId, address });
    return sessions.arrives(arrival, () => this.#decided(arrival, checked, claim));
  }

  async #decided(arrival: Arrival, checked: CheckedLogin, claim: Claim): Promise<Begun> {
    const { log, sessions, endings } = this.#needs;
    const { id, app, userId, address, home } = arrival;
    const { tokenEndsMs, leaseMs, permissions } = checked;
    const identity = identityOf(log, app.id, userId);
    const joined = await log.join(joinOf({ id, identity, leaseMs, address, ...claim }, home, tokenEndsMs));
    const { code } = arrival;
    if (code !== undefined) {
      if (joined.ok) await log.submit(home, { type: 'leave', connectionId: id, evidence: 'kick' });
      return { ok: false, code };
    }
    // It may have been in, and put out again.
    const isOut = joined.ok && !isLoggedIn(log, home, id);
    if (isOut || (!joined.ok && isFinal(joined))) {
      const refusal = joined.ok ? replaced : joined;
      const ending = endings.of(app.id, id);
      return ending ? { ok: false, code: ending } : refusal;
    }
    if (!joined.ok && this.#isOthers(app, userId, claim)) return replaced;
    this.#endOthers(app, userId);
    const session = sessions.begin({
      id,
      app,
      userId,
      leaseMs,
      ...claim,
      ...(tokenEndsMs !== undefined && { tokenEndsMs }),
      ...(permissions && { permissions }),
    });
    session.address = address;
    if (joined.ok) session.entered(joined.member.attachment);
    return { ok: true, session };
  }

  /** While the log cannot say: does the user have a session that is none of this client's? */
  #isOthers(app: SignalingApp, userId: string, claim: Claim): boolean {
    const { log, sessions } = this.#needs;
    const present = sessions.of(app.id, userId) ?? loggedSession(log, app.id, userId)?.member;
    return present !== undefined && isOfAnother(present, claim);
  }

  /** One session per user: what an earlier one is in, here or from before a restart, it leaves. */
  #endOthers(app: SignalingApp, userId: string): void {
    const { log, logger, sessions } = this.#needs;
    const known = sessions.of(app.id, userId);
    if (known) {
      void known.end('replaced', 'new-device');
      return;
    }
    // The one that the log has alone is replaced by the newcomer; so is what it is in.
    for (const { key, connectionId } of loggedMemberships(this.#needs, app.id, userId))
      log.submit(key, { type: 'leave', connectionId, evidence: 'new-device' }).catch((cause: unknown) =>
        logger.warn('an earlier session could not be ended; it ends with its lease', {
          cause: String(cause),
        }),
      );
  }
}

const replaced = { ok: false, code: 'replaced' } as const;

/** Ends a session of which the log knows nothing; false: it is another client's than the one that comes back. */
function gaveWay(session: Session, claim: Claim): boolean {
  if (isOfAnother(session, claim)) return false;
  void session.end('replaced', 'new-device');
  return true;
}
