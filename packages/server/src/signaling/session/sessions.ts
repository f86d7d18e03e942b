import type { Code } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { Logger } from '../../observe/contract.ts';
import type { LockHolders } from '../locks/lock-holders.ts';
import { identityOf } from '../names/identity.ts';
import type { Arrival } from './login/arrival.ts';
import { enterHome } from './login/enter.ts';
import { loggedMemberships, loggedSession, type MembershipNeeds } from './login/logged-memberships.ts';
import type { SessionEndings } from './login/session-endings.ts';
import type { MakeSession } from './make-session.ts';
import type { RecentRates } from './rates/recent-rates.ts';
import type { Session, SessionOwner, SessionStart } from './session.ts';

export interface SessionsNeeds extends MembershipNeeds {
  readonly log: MembershipNeeds['log'] & Commands;
  readonly clock: Pick<Clock, 'steadyMs'>;
  readonly holders: Pick<LockHolders, 'are'>;
  readonly endings: Pick<SessionEndings, 'note'>;
  readonly recentRates: Pick<RecentRates, 'of' | 'keep'>;
  readonly makeSession: MakeSession;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Beyond its lease, a session that the log has not ended for some reason is kept this long, milliseconds. */
const forgetAfterMs = 60_000;

/** Everybody who is logged in: one session per app and user. */
export class Sessions implements SessionOwner {
  readonly #needs: SessionsNeeds;
  readonly #byUser = new Map<string, Session>();
  readonly #byId = new Map<string, Session>();
  readonly #arrivals = new Set<Arrival>();

  constructor(needs: SessionsNeeds) {
    this.#needs = needs;
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

  withId(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** The list is a copy: sessions may begin and end while somebody goes through it. */
  all(): readonly Session[] {
    return [...this.#byId.values()];
  }

  /** Those that the log is asked to take; a copy as well. */
  arrivals(): readonly Arrival[] {
    return [...this.#arrivals];
  }

  /** The log is asked to take a session, until `decide` is done: what ends sessions ends it too. */
  async arrives<Decided>(arrival: Arrival, decide: () => Promise<Decided>): Promise<Decided> {
    this.#arrivals.add(arrival);
    try {
      return await decide();
    } finally {
      this.#arrivals.delete(arrival);
      arrival.over();
    }
  }

  /** A session begins, of a user who has none. It may do what the user's last one could. */
  begin(start: Omit<SessionStart, 'identity' | 'rates'>): Session {
    const { app, userId } = start;
    const key = userKey(app.id, userId);
    const session = this.#needs.makeSession(this, {
      ...start,
      identity: identityOf(this.#needs.log, app.id, userId),
      rates: this.#needs.recentRates.of(app.id, userId),
    });
    this.#byId.set(session.id, session);
    this.#byUser.set(key, session);
    void this.#needs.holders.are(app.id, userId, undefined);
    return session;
  }

  async holderGone(app: string, userId: string): Promise<void> {
    await this.#needs.holders.are(app, userId, 0);
  }

  forget(session: Session, code: Code): void {
    this.#byId.delete(session.id);
    this.#needs.endings.note(session.id, code);
    const key = userKey(session.app.id, session.userId);
    if (this.#byUser.get(key) === session) this.#byUser.delete(key);
    this.#needs.recentRates.keep(session.app.id, session.userId, session.rates);
  }

  /** Whoever is in many channels can log in less often: each is written about when a session goes, comes back or is replaced. */
  takeRenewals(app: string, userId: string): boolean {
    const steadyMs = this.#needs.clock.steadyMs();
    const known = this.of(app, userId);
    if (known) return known.rates.takeRenewals(known.subscriptions.size, steadyMs);
    const subscriptions = loggedMemberships(this.#needs, app, userId).length;
    if (subscriptions === 0) return true;
    const { recentRates } = this.#needs;
    const rates = recentRates.of(app, userId);
    const isTaken = rates.takeRenewals(subscriptions, steadyMs);
    recentRates.keep(app, userId, rates);
    return isTaken;
  }

  /** Ends the user's session, if there is one, also one that a restart left in the log alone. It may log in again. */
  async kick(app: string, userId: string): Promise<boolean> {
    const known = this.of(app, userId);
    if (known) {
      await known.end('kicked', 'kick');
      return true;
    }
    const { log } = this.#needs;
    const home = loggedSession(log, app, userId);
    const memberships = [...loggedMemberships(this.#needs, app, userId), ...(home ? [home] : [])];
    await Promise.all(
      memberships.map(({ key, connectionId }) =>
        log.submit(key, { type: 'leave', connectionId, evidence: 'kick' }),
      ),
    );
    return memberships.length > 0;
  }

  /** Ends every session of an app that is gone, each told so. Resolves when that is durable. */
  async endApp(app: string): Promise<void> {
    const gone = [...this.all(), ...this.arrivals()].filter((each) => each.app.id === app);
    await Promise.all(gone.map((each) => each.end('invalid_app_id', 'kick')));
  }

  /** The log could not take it when it began. */
  async #enterLate(session: Session): Promise<void> {
    try {
      const refusal = await enterHome(this.#needs, session, session.tokenEndsMs);
      if (session.isOver) return;
      if (refusal) await session.end(refusal.code, 'kick');
      // Of what became of it before, the log knows nothing.
      else if (session.isEntered && session.link === 'silent') session.tellSilent('socket-closed');
    } catch (cause) {
      const { id } = session;
      this.#needs.logger.warn('a login could not be logged; trying again', {
        session: id,
        cause: String(cause),
      });
    }
  }

  /** Forgets sessions that nobody came back for, should the log not have ended them. */
  sweep(steadyMs: number): void {
    for (const session of this.#byId.values()) {
      if (!session.isEntered && !session.isEntering) void this.#enterLate(session);
      if (session.connection) continue;
      if (steadyMs - session.heardMs > session.leaseMs + forgetAfterMs)
        void session.end('lease_ended', 'socket-closed');
    }
  }
}

const userKey = (app: string, userId: string): string => `${app}/${userId}`;
