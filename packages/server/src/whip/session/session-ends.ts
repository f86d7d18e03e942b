import type { Streams } from '../../live/roster/streams.ts';
import type { MediaEngine } from '../../media/contract.ts';
import { EndedSessions } from './ended-sessions.ts';
import type { MediaSession, MediaSessions } from './media-session.ts';
import type { PlainMembers } from './plain-members.ts';
import type { PlayedHosts } from './played-hosts.ts';
import type { SessionAlarms } from './session-alarms.ts';

export interface SessionEndsNeeds {
  readonly media: Pick<MediaEngine, 'close'>;
  readonly streams: Pick<Streams, 'carry'>;
  readonly sessions: Pick<MediaSessions, 'delete' | 'ofConnection'>;
  readonly alarms: Pick<SessionAlarms, 'cancel'>;
  readonly hosts: Pick<PlayedHosts, 'changed'>;
  readonly members: Pick<PlainMembers, 'silent'>;
}

/** Ends media sessions, and keeps what a broadcaster is shown to send up to date when one of its sessions begins or ends. */
export class SessionEnds {
  readonly #needs: SessionEndsNeeds;
  readonly #ended = new EndedSessions();

  constructor(needs: SessionEndsNeeds) {
    this.#needs = needs;
  }

  /** The session never was, for anybody. */
  forget(id: string): void {
    this.#needs.alarms.cancel(id);
    this.#needs.sessions.delete(id);
  }

  /** Its client has said that it is over. */
  saidBye(session: MediaSession): void {
    this.forget(session.id);
    this.#needs.media.close(session.id);
    this.carry(session);
  }

  /** It is over, and its client has not said so. */
  end(session: MediaSession): void {
    this.forget(session.id);
    this.#ended.note(session.id);
    this.carry(session);
  }

  /** The same of sessions that the engine still has. */
  close(sessions: readonly MediaSession[]): void {
    for (const session of sessions) {
      this.end(session);
      this.#needs.media.close(session.id);
    }
  }

  /** Ends a session whose member has not left: a plain one is silent from now on, and may come back by a new POST. */
  cut(session: MediaSession): void {
    this.close([session]);
    this.#needs.members.silent(session, 0);
  }

  /** True if a session with this id ended without a goodbye of its client; true only once for each. */
  takeEnded(id: string): boolean {
    return this.#ended.take(id);
  }

  /**
   * A WHIP session began or ended: says what its connection can send now, which is what the newest one of it carries, for that
   * is the one that is played. Another connection of the same member has streams of its own.
   */
  carry({ kind, app, channel, uid, connectionId }: MediaSession): void {
    if (kind !== 'whip') return;
    const { sessions, streams, hosts } = this.#needs;
    const newest = sessions.ofConnection(connectionId).findLast((own) => own.kind === 'whip');
    streams.carry({ app, channel, uid, connectionId }, newest?.kinds);
    // Also where nobody was told: a host that sent nothing is gone.
    hosts.changed(app, channel);
  }
}
