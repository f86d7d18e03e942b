import type { Kinds } from '../../channel/membership/rights.ts';
import type { Layer, SessionReport } from '../../media/contract.ts';
import type { WatchedTime } from '../watched/watched.ts';
import type { MediaSession, MediaSessions } from './media-session.ts';
import type { PlainMembers } from './plain-members.ts';
import type { SessionEnds } from './session-ends.ts';

export interface MediaReportsNeeds {
  readonly sessions: Pick<MediaSessions, 'all' | 'get'>;
  readonly members: Pick<PlainMembers, 'follow' | 'silent' | 'heard' | 'leave'>;
  readonly ends: Pick<SessionEnds, 'end'>;
  readonly watched: Pick<WatchedTime, 'take' | 'engineLost'>;
  readonly connected: (session: MediaSession, kinds: Kinds) => Promise<void>;
  /** A player of an SDK client gets the picture in another size. */
  readonly onLayer: (session: MediaSession, layer: Layer) => void;
}

/** Takes the media engine's reports on its sessions, and draws the conclusions for them and their members. */
export class MediaReports {
  readonly #needs: MediaReportsNeeds;

  constructor(needs: MediaReportsNeeds) {
    this.#needs = needs;
  }

  take(report: SessionReport): void {
    if (report.type === 'restarted') {
      this.#needs.watched.engineLost();
      this.#mediaLost();
      return;
    }
    if (report.type === 'seconds') {
      this.#needs.watched.take(report);
      return;
    }
    const { sessions, members, ends, connected } = this.#needs;
    const session = sessions.get(report.session);
    if (!session) return;
    switch (report.type) {
      case 'connected':
        members.follow(connected(session, report.kinds), session);
        return;
      case 'stalled':
        members.silent(session, report.silentMs);
        return;
      case 'resumed':
        members.heard(session);
        return;
      case 'layer':
        if (!session.plain) this.#needs.onLayer(session, report.layer);
        return;
      case 'gone':
        ends.end(session);
        if (!session.plain) return;
        if (report.reason === 'closed') members.follow(members.leave(session, 'media-closed'), session);
        else members.silent(session, report.silentMs);
        return;
    }
  }

  /** The engine was restarted: its sessions are gone. Members stay, and have their lease to come back. */
  #mediaLost(): void {
    const { sessions, members, ends } = this.#needs;
    for (const session of sessions.all()) {
      ends.end(session);
      members.silent(session, 0);
    }
  }
}
