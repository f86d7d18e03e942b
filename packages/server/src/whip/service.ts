import type { Code } from '@housecount/protocol';
import type { MediaEngine, Selection, SessionReport } from '../media/contract.ts';
import type { Fragment } from './fragment.ts';
import { type IceNeeds, type Patched, patchIce } from './ice.ts';
import type { Opened, Opening, OpenRequest } from './opening.ts';
import type { Following } from './session/following.ts';
import type { MediaReports } from './session/media-reports.ts';
import type { MediaSession, MediaSessions } from './session/media-session.ts';
import type { PlainMembers } from './session/plain-members.ts';
import type { SessionAlarms } from './session/session-alarms.ts';
import type { SessionEnds } from './session/session-ends.ts';
import type { WatchedTime } from './watched/watched.ts';

export interface WhipParts {
  readonly media: IceNeeds['media'] & Pick<MediaEngine, 'close' | 'select'>;
  readonly random: IceNeeds['random'];
  readonly sessions: MediaSessions;
  readonly alarms: Pick<SessionAlarms, 'cancel'>;
  readonly members: Pick<PlainMembers, 'leave'>;
  readonly ends: Pick<SessionEnds, 'close' | 'saidBye' | 'takeEnded'>;
  readonly opening: Pick<Opening, 'open' | 'holderOf'>;
  readonly following: Following;
  readonly reports: Pick<MediaReports, 'take'>;
  readonly watched: Pick<WatchedTime, 'stop'>;
}

/**
 * WHIP and WHEP sessions and the members behind them. A plain session (OBS, a WHEP player) is a member from the moment
 * its media connects until DELETE, its DTLS close, or the end of its lease of silence; a session of an SDK client only
 * carries that client's media.
 */
export class WhipService {
  readonly #parts: WhipParts;

  constructor(parts: WhipParts) {
    this.#parts = parts;
  }

  /** Follows the log and what is sent. */
  start(): void {
    this.#parts.following.start();
  }

  async stop(): Promise<void> {
    const { sessions, alarms, media, following, watched } = this.#parts;
    // From here on nothing is followed: what ends with the sessions is news to nobody.
    const followed = following.stop();
    for (const { id } of sessions.all()) {
      alarms.cancel(id);
      media.close(id);
    }
    await followed;
    // The members stay, and so do the seconds that they have watched.
    await watched.stop();
  }

  /** Why sessions of members that left are not closed; undefined while they are. */
  get trouble(): string | undefined {
    return this.#parts.following.trouble;
  }

  get open(): number {
    return this.#parts.sessions.size;
  }

  get(id: string): MediaSession | undefined {
    return this.#parts.sessions.get(id);
  }

  /** Would a POST with this Bearer be looked at? */
  holderOf(request: Omit<OpenRequest, 'kind' | 'address' | 'offerSdp'>): number | 'token' | undefined {
    return this.#parts.opening.holderOf(request);
  }

  /** Opens a session. Throws HousecountError as Opening says. */
  create(request: OpenRequest): Promise<Opened> {
    return this.#parts.opening.open(request);
  }

  /** Takes trickled candidates, or restarts ICE if the credentials are new. Resolves with a restart's answer. */
  patch(session: MediaSession, fragment: Fragment): Promise<Patched> {
    return patchIce(this.#parts, session, fragment);
  }

  /** The client said goodbye to this session. False if there is none, nor was there one that ended otherwise. */
  async remove(id: string): Promise<boolean> {
    const session = this.#parts.sessions.get(id);
    if (!session) return this.#parts.ends.takeEnded(id);
    this.#parts.ends.saidBye(session);
    if (session.plain && session.joined) await this.#parts.members.leave(session, 'bye');
    return true;
  }

  /** What a player of this connection gets. Refused `not_found` if the session is not its own. */
  select(connectionId: string, id: string, selection: Selection): Code | undefined {
    const session = this.#parts.sessions.get(id);
    if (session?.connectionId !== connectionId || session.kind !== 'whep') return 'not_found';
    this.#parts.media.select(id, selection);
    return undefined;
  }

  /** Takes a report of the media engine. */
  report(report: SessionReport): void {
    this.#parts.reports.take(report);
  }

  /** The app is not of this server any more: its sessions end. Members are the caller's to end in the log. */
  endApp(app: string): void {
    this.#parts.ends.close(this.#parts.sessions.all().filter((session) => session.app === app));
  }
}
