import type { SignalingLogin } from '@housecount/protocol';
import { attachmentOf } from '../../../channel/membership/resume.ts';
import type { CommandOutcome, Commands } from '../../../log/contract/commands.ts';
import type { PutOut } from '../../../log/decide/endings.ts';
import type { Socket } from '../../../net/socket/socket.ts';
import { isBanned, keptOut, type ModerationNeeds, tellKicked } from '../../messages/moderation.ts';
import type { SignalingApp } from '../../names/app.ts';
import type { ChannelKey } from '../../names/channel-key.ts';
import { permit } from '../../permissions.ts';
import type { Session } from '../session.ts';
import type { Sessions } from '../sessions.ts';
import { enterHome } from './enter.ts';
import { loggedMemberships, loggedSession, type MembershipNeeds } from './logged-memberships.ts';
import { type CheckedLogin, checkLogin, type LoginNeeds } from './login.ts';
import { NewSessions, type NewSessionsNeeds, type Refusal } from './new-sessions.ts';
import type { SessionEndings } from './session-endings.ts';
import { verifySessionKey } from './session-key.ts';

export type Admission =
  | {
      readonly ok: true;
      readonly session: Session;
      readonly resumed: boolean;
      /** Channels that the session which was asked for was put out of: its client may not have heard. */
      readonly putOut?: readonly PutOut[];
    }
  | Refusal;

export interface LoginsNeeds extends LoginNeeds, Pick<NewSessionsNeeds, 'random'> {
  readonly log: MembershipNeeds['log'] & ModerationNeeds['log'] & Commands;
  readonly whereabouts: MembershipNeeds['whereabouts'];
  readonly sessions: Pick<Sessions, 'of' | 'begin' | 'arrives' | 'takeRenewals'>;
  readonly endings: Pick<SessionEndings, 'of' | 'putOutOf'>;
  /** Signs session keys. */
  readonly secret: Uint8Array;
}

/** The options of a subscription are not known any more after a restart: the session is told nothing until it subscribes anew. */
const unknownOptions = { withMessage: false, withPresence: false, withMetadata: false, withLock: false };

/** Decides logins: whose session begins, or is taken up again. */
export class Logins {
  readonly #needs: LoginsNeeds;
  readonly #newSessions: NewSessions;

  constructor(needs: LoginsNeeds) {
    this.#needs = needs;
    this.#newSessions = new NewSessions(needs);
  }

  /**
   * Decides a login whose fields are legal. With a session that is still there it is taken up again; else a new one
   * begins, and one that the user has elsewhere ends. The caller attaches its connection, or says that the session has none.
   */
  async login(
    connection: { readonly isOver: boolean; readonly socket: Pick<Socket, 'address' | 'isHere'> },
    frame: SignalingLogin,
  ): Promise<Admission> {
    const { log, sessions, endings } = this.#needs;
    const { address, isHere } = connection.socket;
    const checked = checkLogin(this.#needs, frame, isHere);
    if (!checked.ok) return checked;
    const { app } = checked;
    const { userId, attempt = 0 } = frame;
    if (isBanned(log, app.id, { userId, address })) return { ok: false, code: 'banned' };
    if (!sessions.takeRenewals(app.id, userId)) return { ok: false, code: 'rate_limited' };
    const claimed = this.#claimOf(app, frame);
    const takeUp = async () =>
      claimed === undefined ? undefined : this.#takeUp(checked, userId, { claimed, attempt }, address);
    const taken = await takeUp();
    if (taken) return taken;
    if (connection.isOver) return { ok: false, code: 'left' };
    const claim = claimed === undefined ? { attempt: 0 } : { insteadOf: claimed, attempt };
    const begun = await this.#newSessions.begin(checked, userId, address, claim);
    if (!begun.ok) {
      const back = begun.code === 'already_joined' ? await takeUp() : undefined;
      return back ?? begun;
    }
    const putOut = claimed === undefined ? {} : endings.putOutOf(app.id, claimed);
    return { ok: true, session: begun.session, resumed: false, ...putOut };
  }

  /** Undefined: the session is in; a refusal ends it. */
  async #enter(session: Session, tokenEndsMs: number | undefined): Promise<Refusal | undefined> {
    const refusal = await enterHome(this.#needs, session, tokenEndsMs);
    if (!refusal) return undefined;
    const { code, detail } = refusal;
    // It may have ended meanwhile, by a newer device.
    if (!session.isOver) await session.end(code, 'socket-closed');
    return { ok: false, code, ...(detail !== undefined && { detail }) };
  }

  /** The id of the session that the client comes back for, if it has a key of it. */
  #claimOf(app: SignalingApp, { session, userId }: SignalingLogin): string | undefined {
    const claim = session && verifySessionKey(this.#needs.secret, session.key);
    if (!claim || claim.id !== session.id) return undefined;
    return claim.app === app.id && claim.userId === userId ? claim.id : undefined;
  }

  /** Takes up the session that a client claims; undefined: the session is no more, and another one may begin. */
  async #takeUp(
    checked: CheckedLogin,
    userId: string,
    { claimed, attempt }: { readonly claimed: string; readonly attempt: number },
    address: string,
  ): Promise<Admission | undefined> {
    const { sessions, endings } = this.#needs;
    const { app, permissions } = checked;
    const ended = sessions.of(app.id, userId)?.id === claimed ? undefined : endings.of(app.id, claimed);
    if (ended) return { ok: false, code: ended };
    const back = this.#returning(checked, userId, claimed, attempt);
    if (back === 'replaced') return { ok: false, code: 'replaced' };
    if (!back) return undefined;
    back.session.attempt = attempt;
    // The permissions of a session from before a restart are not known any more, so the new token is taken to allow no less than they did.
    if (back.isRestored) back.session.permissions = permissions;
    const refusal = await this.#resume(back.session, checked, address);
    if (refusal === 'taken up') {
      const { session } = back;
      return { ok: true, session, resumed: session.isWhole, ...endings.putOutOf(app.id, claimed) };
    }
    if (refusal !== 'over') return refusal;
    // Ended meanwhile, by the backend or by a newer device.
    const code = endings.of(app.id, claimed);
    return code && { ok: false, code };
  }

  /** The session with this id, if it is still the user's: from memory, or made of what the log says of it; undefined: it is no more. */
  #returning(
    { app, leaseMs }: CheckedLogin,
    userId: string,
    id: string,
    attempt: number,
  ): { readonly session: Session; readonly isRestored: boolean } | 'replaced' | undefined {
    const { log, sessions } = this.#needs;
    const known = sessions.of(app.id, userId);
    const logged = loggedSession(log, app.id, userId);
    const member = logged?.connectionId === id ? logged.member : undefined;
    // A try that its client has given up, and that came later than its next one, takes nothing from that one.
    const newest = known?.id === id ? known.attempt : (member?.attempt ?? 0);
    if (attempt < newest) return 'replaced';
    if (known) return known.id === id ? { session: known, isRestored: false } : undefined;
    const memberships = loggedMemberships(this.#needs, app.id, userId);
    const own = memberships.filter(({ connectionId }) => connectionId === id);
    if (own.length === 0 && !member) {
      // Of a session that an older server began the log does not say for whom. One that subscribes to nothing may be this very client's.
      const isUnknown = logged?.member.attempt === undefined;
      return isUnknown && memberships.length > 0 ? 'replaced' : undefined;
    }
    const { insteadOf } = member ?? {};
    const session = sessions.begin({
      id,
      app,
      userId,
      leaseMs,
      ...(insteadOf !== undefined && { insteadOf }),
    });
    for (const { key } of own) session.restore(key, unknownOptions);
    if (member) session.entered(undefined);
    session.isWhole = false;
    return { session, isRestored: true };
  }

  /** `over`: its lease has ended after all, and it with it. */
  async #resume(
    session: Session,
    { tokenEndsMs, permissions }: CheckedLogin,
    address: string,
  ): Promise<'taken up' | 'over' | Refusal> {
    session.handOver();
    session.address = address;
    const { log } = this.#needs;
    await this.#leaveForbidden(session);
    await permit(this.#needs, session, permissions);
    const connectionId = session.id;
    const until = tokenEndsMs === undefined ? {} : { tokenEndsMs };
    const home = this.#resumeHome(session, tokenEndsMs);
    const outcomes = await Promise.all(
      session.subscriptions.keys().map(async (key) => {
        // The token of a stream channel is another one.
        if (key.kind === 'stream') return this.#resumeStream(session, key);
        const resumed = log.submit(key, { type: 'resume', connectionId });
        // A token without an end would not show in the resume.
        const renewed = log.submit(key, { type: 'renew-token', connectionId, ...until });
        await renewed;
        attached(session, key, await resumed);
        return resumed;
      }),
    );
    const refused = [await home, ...outcomes].find((outcome) => outcome?.ok === false);
    if (session.isOver || (refused && !refused.ok && refused.code === 'resume_invalid')) {
      await session.end('lease_ended', 'socket-closed');
      return 'over';
    }
    if (refused && !refused.ok) return refused;
    session.tokenEndsMs = tokenEndsMs;
    session.warned = false;
    return 'taken up';
  }

  /** Resumes the session itself. One that the log does not have, for it could not take it or an older server began it, is taken now. */
  async #resumeHome(
    session: Session,
    tokenEndsMs: number | undefined,
  ): Promise<CommandOutcome | Refusal | undefined> {
    const { log } = this.#needs;
    const { home, id: connectionId, attempt } = session;
    if (!session.isEntered) return this.#enter(session, tokenEndsMs);
    const until = tokenEndsMs === undefined ? { tokenNeverEnds: true as const } : { tokenEndsMs };
    const outcome = await log.submit(home, { type: 'resume', connectionId, attempt, ...until });
    if (outcome.ok) session.entered(attachmentOf(outcome.changes, connectionId));
    return outcome;
  }

  /** Resumes a stream channel as any other, unless its token ended meanwhile: then that channel alone is left. */
  async #resumeStream(session: Session, key: ChannelKey): Promise<CommandOutcome | undefined> {
    const { log, clock } = this.#needs;
    const resumed = await log.submit(key, { type: 'resume', connectionId: session.id });
    attached(session, key, resumed);
    const endsMs = session.subscriptions.stream(key)?.tokenEndsMs ?? Number.POSITIVE_INFINITY;
    if (resumed.ok || resumed.code !== 'resume_invalid' || endsMs > clock.nowMs()) return resumed;
    session.streamEnded(key, 'token_expired');
    return undefined;
  }

  /** Puts the session out of channels that a rule keeps it out of: it came back from another address, or a crash was in between. */
  async #leaveForbidden(session: Session): Promise<void> {
    const { log } = this.#needs;
    const connectionIds = [session.id];
    const kicks = session.subscriptions.keys().map((key) => {
      const ruleScope = keptOut(this.#needs, session, key);
      if (ruleScope === undefined) return undefined;
      tellKicked(this.#needs, session, key);
      return log.submit(key, { type: 'kick', connectionIds, ruleScope });
    });
    await Promise.all(kicks);
  }
}

/** From now on the session speaks of the attachment that its resume made. */
function attached({ id, subscriptions }: Session, key: ChannelKey, outcome: CommandOutcome): void {
  const attachment = outcome.ok ? attachmentOf(outcome.changes, id) : undefined;
  if (attachment !== undefined) subscriptions.attached(key, attachment);
}
