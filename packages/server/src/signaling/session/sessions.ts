import type { Code, SignalingLogin } from '@housecount/protocol';
import { closingCodes } from '../../live/membership.ts';
import type { SignalingOutcome } from '../../log/contract.ts';
import type { Ending, PutOut } from '../../log/decide/endings.ts';
import type { LogRecord } from '../../log/record.ts';
import type { Socket } from '../../net/socket/socket.ts';
import type { SignalingApp, SignalingContext } from '../context.ts';
import { expels, isBanned, isExpulsion, keptOut, tellKicked } from '../messages/moderation.ts';
import type { ChannelKey } from '../names/channel-key.ts';
import { identityOf, uidOf, userIdOf } from '../names/identity.ts';
import { permit } from '../permissions.ts';
import { type CheckedLogin, checkLogin } from './login.ts';
import { RecentRates } from './recent-rates.ts';
import { Session } from './session.ts';
import { verifySessionKey } from './session-key.ts';

export type Admission =
  | {
      readonly ok: true;
      readonly session: Session;
      readonly resumed: boolean;
      /** Channels that the session which was asked for was put out of: its client may not have heard. */
      readonly putOut?: readonly PutOut[];
    }
  | { readonly ok: false; readonly code: Code; readonly detail?: string };

/** Beyond its lease, a session that the log has not ended for some reason is kept this long, milliseconds. */
const forgetAfterMs = 60_000;
/** Sessions of which it is remembered here that others ended them, beside what the log says; beyond it the oldest are forgotten. About 100 bytes each. */
const recentEndingsMax = 100_000;
/** With which options it subscribed is not known any more after a restart: it is told nothing until it subscribes anew. */
const unknownOptions = { withMessage: false, withPresence: false, withMetadata: false, withLock: false };

/** Everybody who is logged in: one session per app and user. */
export class Sessions {
  readonly #context: SignalingContext;
  readonly #byUser = new Map<string, Session>();
  readonly #byId = new Map<string, Session>();
  readonly #recentRates: RecentRates;
  /** How others ended sessions, those first that ended first. */
  readonly #recentEndings = new Map<string, Ending['code']>();

  constructor(context: SignalingContext) {
    this.#context = context;
    this.#recentRates = new RecentRates(context.clock);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Channels that they subscribe to, each counted for each of them. */
  get subscriptions(): number {
    let count = 0;
    for (const session of this.#byId.values()) count += session.subscriptions.size;
    return count;
  }

  of(app: string, userId: string): Session | undefined {
    return this.#byUser.get(userKey(app, userId));
  }

  /**
   * Decides a login whose fields are legal. With a session that is still there it is taken up again; else a new one
   * begins, and one that the user has elsewhere ends. The caller attaches its connection, or says that the session has none.
   */
  async login(
    connection: { readonly isOver: boolean; readonly socket: Pick<Socket, 'address' | 'isHere'> },
    frame: SignalingLogin,
  ): Promise<Admission> {
    const checked = checkLogin(this.#context, frame, connection.socket.isHere);
    if (!checked.ok) return checked;
    const { app, tokenEndsMs, leaseMs, permissions } = checked;
    const { userId } = frame;
    const { address } = connection.socket;
    if (isBanned(this.#context.log, app.id, { userId, address })) return { ok: false, code: 'banned' };
    if (!this.#takeRenewals(app.id, userId)) return { ok: false, code: 'rate_limited' };
    const claim = frame.session && verifySessionKey(this.#context.secret, frame.session.key);
    const claimed =
      claim && claim.id === frame.session?.id && claim.app === app.id && claim.userId === userId
        ? claim.id
        : undefined;
    if (claimed !== undefined) {
      const ended = this.of(app.id, userId)?.id === claimed ? undefined : this.#endingOf(app.id, claimed);
      if (ended) return { ok: false, code: ended };
      const back = this.#returning(app, userId, claimed, leaseMs);
      if (back === 'replaced') return { ok: false, code: 'replaced' };
      if (back) {
        // What a session from before a restart was allowed is not known any more: nothing less, as far as it can be known.
        if (back.isRestored) back.session.permissions = permissions;
        const admission = await this.#resume(back.session, checked, address);
        const { isWhole } = back.session;
        if (admission?.ok) return { ...admission, resumed: isWhole, ...this.#putOutOf(app.id, claimed) };
        if (admission) return admission;
        // Ended meanwhile, by the backend or by a newer device.
        const code = this.#endingOf(app.id, claimed);
        if (code) return { ok: false, code };
        if (this.of(app.id, userId)) return { ok: false, code: 'replaced' };
      }
    }
    if (connection.isOver) return { ok: false, code: 'left' };
    this.#endOthers(app, userId);
    const session = new Session(this.#context, {
      id: this.#context.random.id(24),
      app,
      userId,
      identity: identityOf(this.#context.log, app.id, userId),
      rates: this.#recentRates.of(userKey(app.id, userId)),
      leaseMs,
      ...(tokenEndsMs !== undefined && { tokenEndsMs }),
      ...(permissions && { permissions }),
      ...(claimed !== undefined && { insteadOf: claimed }),
    });
    this.#add(session);
    return {
      ok: true,
      session,
      resumed: false,
      ...(claimed !== undefined && this.#putOutOf(app.id, claimed)),
    };
  }

  /** The user is offline: their locks run out. Resolves when that is durable. */
  async holderGone(app: string, userId: string): Promise<void> {
    await this.#holder(app, userId, this.#context.clock.nowMs());
  }

  /** The session has ended. Of one that is in no channel the log does not know how. */
  forget(session: Session, code: Code): void {
    this.#byId.delete(session.id);
    if (code === 'kicked' || code === 'replaced') this.#recentEndings.set(session.id, code);
    for (const [oldest] of this.#recentEndings) {
      if (this.#recentEndings.size <= recentEndingsMax) break;
      this.#recentEndings.delete(oldest);
    }
    const key = userKey(session.app.id, session.userId);
    if (this.#byUser.get(key) === session) this.#byUser.delete(key);
    this.#recentRates.keep(key, session.rates);
  }

  /**
   * A session whose membership the log has ended is over, whatever else it was in; but for those it left itself, and
   * those that a rule put it out of: of these it is told. A rule about the app as a whole ends the session.
   */
  absorb(record: LogRecord): void {
    if (record.type === 'rule-set' && isExpulsion(record.rule)) {
      const { log } = this.#context;
      for (const session of [...this.#byId.values()])
        if (expels(log, record, session)) void session.end('kicked', 'kick');
      return;
    }
    if (record.type !== 'signaling' || record.change.type !== 'member-left') return;
    const { connectionId, reason, evidence } = record.change;
    if (reason === 'quit') return;
    const session = this.#byId.get(connectionId);
    if (!session || record.channelType === 'USER') return;
    const key = { app: record.app, channelType: record.channelType, channel: record.channel };
    if (reason === 'kicked') {
      this.#putOut(session, key);
      return;
    }
    if (key.channelType === 'STREAM' && reason === 'token') {
      // A stream channel has a token of its own, whose end is the end of nothing else. It may be back by now.
      const presence = this.#context.log.signalingChannel(key)?.presence;
      if (presence?.sid !== undefined && presence.roster.getByConnection(connectionId)) return;
      session.streamEnded(key, 'token_expired');
      return;
    }
    session.drop(key);
    void session.end(closingCodes[reason], evidence);
  }

  /** Ends the user's session, if there is one, also one that a restart left in the log alone. It may log in again. */
  async kick(app: string, userId: string): Promise<boolean> {
    const known = this.of(app, userId);
    if (known) {
      await known.end('kicked', 'kick');
      return true;
    }
    const memberships = [...this.#memberships(app, userId)];
    const { log } = this.#context;
    await Promise.all(
      memberships.map(({ key, connectionId }) =>
        log.signaling(key, { type: 'leave', connectionId, evidence: 'kick' }),
      ),
    );
    return memberships.length > 0;
  }

  /** Ends every session of an app that is gone, each told so. Resolves when that is durable. */
  async endApp(app: string): Promise<void> {
    const gone = [...this.#byId.values()].filter((session) => session.app.id === app);
    await Promise.all(gone.map((session) => session.end('invalid_app_id', 'kick')));
  }

  /** Forgets sessions that nobody came back for: of those without subscriptions the log knows no lease. */
  sweep(steadyMs: number): void {
    for (const session of this.#byId.values()) {
      if (session.connection) continue;
      const keptMs = session.leaseMs + (session.subscriptions.size === 0 ? 0 : forgetAfterMs);
      if (steadyMs - session.heardMs > keptMs) void session.end('lease_ended', 'socket-closed');
    }
  }

  /** Whoever is in many channels can log in less often: each is written about when a session goes, comes back or is replaced. */
  #takeRenewals(app: string, userId: string): boolean {
    const steadyMs = this.#context.clock.steadyMs();
    const known = this.of(app, userId);
    if (known) return known.rates.takeRenewals(known.subscriptions.size, steadyMs);
    const subscriptions = [...this.#memberships(app, userId)].length;
    if (subscriptions === 0) return true;
    const key = userKey(app, userId);
    const rates = this.#recentRates.of(key);
    const isTaken = rates.takeRenewals(subscriptions, steadyMs);
    this.#recentRates.keep(key, rates);
    return isTaken;
  }

  /** How others ended a session that is no more. */
  #endingOf(app: string, id: string): Ending['code'] | undefined {
    return this.#context.log.endingOf(app, id)?.code ?? this.#recentEndings.get(id);
  }

  #putOutOf(app: string, id: string): { readonly putOut?: readonly PutOut[] } {
    const putOut = this.#context.log.putOut(app, id);
    return putOut.length > 0 ? { putOut } : {};
  }

  /** The session with this id, if it is still the user's: from memory, or made of what the log says of it. */
  #returning(
    app: SignalingApp,
    userId: string,
    id: string,
    leaseMs: number,
  ): { readonly session: Session; readonly isRestored: boolean } | 'replaced' | undefined {
    const known = this.of(app.id, userId);
    // Told "begin anew", a client that comes back by itself would push out the device that took its place.
    if (known?.id === id) return { session: known, isRestored: false };
    // It was made for this very client, which has not heard of it: the welcome was lost.
    if (known?.insteadOf === id) return undefined;
    if (known) return 'replaced';
    const memberships = [...this.#memberships(app.id, userId)];
    const own = memberships.filter(({ connectionId }) => connectionId === id);
    if (own.length === 0) return memberships.length > 0 ? 'replaced' : undefined;
    const { log } = this.#context;
    const session = new Session(this.#context, {
      id,
      app,
      userId,
      identity: identityOf(log, app.id, userId),
      rates: this.#recentRates.of(userKey(app.id, userId)),
      leaseMs,
    });
    for (const { key } of own) session.restore(key, unknownOptions);
    this.#add(session);
    session.isWhole = false;
    return { session, isRestored: true };
  }

  /** undefined: its lease has ended after all, and it with it. */
  async #resume(
    session: Session,
    { tokenEndsMs, permissions }: CheckedLogin,
    address: string,
  ): Promise<Admission | undefined> {
    session.handOver();
    session.address = address;
    const { log } = this.#context;
    await this.#leaveForbidden(session);
    await permit(this.#context, session, permissions);
    const connectionId = session.id;
    const until = tokenEndsMs === undefined ? {} : { tokenEndsMs };
    const outcomes = await Promise.all(
      Array.from(session.subscriptions.values(), async ({ key }) => {
        const resumed = log.signaling(key, { type: 'resume', connectionId });
        // The token of a stream channel is another one.
        if (key.channelType === 'STREAM') return this.#resumeStream(session, key);
        // A token without an end would not show in the resume.
        const renewed = log.signaling(key, { type: 'renew-token', connectionId, ...until });
        await renewed;
        log.noteSignalingAddress(key, connectionId, address);
        return resumed;
      }),
    );
    const refused = outcomes.find((outcome) => outcome?.ok === false);
    if (session.isOver || (refused && !refused.ok && refused.code === 'resume_invalid')) {
      await session.end('lease_ended', 'socket-closed');
      return undefined;
    }
    if (refused && !refused.ok) return refused;
    session.tokenEndsMs = tokenEndsMs;
    session.warned = false;
    return { ok: true, session, resumed: true };
  }

  /** As any other, unless its token ended meanwhile: then that channel alone is left. */
  async #resumeStream(session: Session, key: ChannelKey): Promise<SignalingOutcome | undefined> {
    const resumed = await this.#context.log.signaling(key, { type: 'resume', connectionId: session.id });
    this.#context.log.noteSignalingAddress(key, session.id, session.address);
    const endsMs = session.stream(key)?.tokenEndsMs ?? Number.POSITIVE_INFINITY;
    if (resumed.ok || resumed.code !== 'resume_invalid' || endsMs > this.#context.clock.nowMs())
      return resumed;
    session.streamEnded(key, 'token_expired');
    return undefined;
  }

  /** A rule has put it out of a channel. It may be back by now. */
  #putOut(session: Session, key: ChannelKey): void {
    const presence = this.#context.log.signalingChannel(key)?.presence;
    if (presence?.sid !== undefined && presence.roster.getByConnection(session.id)) return;
    tellKicked(this.#context, session, key);
  }

  /** Puts the session out of channels that a rule keeps it out of: it came back from another address, or a crash was in between. */
  async #leaveForbidden(session: Session): Promise<void> {
    const { log } = this.#context;
    const connectionIds = [session.id];
    const kicks = Array.from(session.subscriptions.values(), ({ key }) => {
      const ruleScope = keptOut(this.#context, session, key);
      if (ruleScope === undefined) return undefined;
      tellKicked(this.#context, session, key);
      return log.signaling(key, { type: 'kick', connectionIds, ruleScope });
    });
    await Promise.all(kicks);
  }

  /** One session per user: what an earlier one is in, here or from before a restart, it leaves. */
  #endOthers(app: SignalingApp, userId: string): void {
    const known = this.of(app.id, userId);
    if (known) {
      void known.end('replaced', 'new-device');
      return;
    }
    const { log, logger } = this.#context;
    for (const { key, connectionId } of this.#memberships(app.id, userId))
      log.signaling(key, { type: 'leave', connectionId, evidence: 'new-device' }).catch((cause: unknown) =>
        logger.warn('an earlier session could not be ended; it ends with its lease', {
          cause: String(cause),
        }),
      );
  }

  /** What the user is subscribed to, as the log has it, with the session that each is of. */
  *#memberships(
    app: string,
    userId: string,
  ): IterableIterator<{ readonly key: ChannelKey; readonly connectionId: string }> {
    const { log, whereabouts } = this.#context;
    const uid = uidOf(log, app, userId);
    if (uid === undefined) return;
    for (const key of whereabouts.subscriptions(app, uid)) {
      const presence = log.signalingChannel(key)?.presence;
      const member = presence?.sid === undefined ? undefined : presence.roster.get(uid);
      if (member && userIdOf(member) === userId) yield { key, connectionId: member.connectionId };
    }
  }

  async #holder(app: string, owner: string, offlineSinceMs: number | undefined): Promise<void> {
    const { log, holdings, presences, logger } = this.#context;
    try {
      // A lock that was had a moment ago is to be among them.
      await presences.caughtUp();
      await Promise.all(
        holdings
          .of(app, owner)
          .map((key) => log.signaling(key, { type: 'lock-holder', owner, offlineSinceMs })),
      );
    } catch (cause) {
      logger.warn('whether the holder of locks is there could not be logged', { cause: String(cause) });
    }
  }

  #add(session: Session): void {
    this.#byId.set(session.id, session);
    this.#byUser.set(userKey(session.app.id, session.userId), session);
    void this.#holder(session.app.id, session.userId, undefined);
  }
}

const userKey = (app: string, userId: string): string => `${app}/${userId}`;
