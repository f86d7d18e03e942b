import type { Code } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import { limits as defaults } from '../limits.ts';
import type { JoinBudgets } from '../live/join-budgets.ts';
import type { Streams } from '../live/roster/streams.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Feed } from '../log/contract/feed.ts';
import { LogFollower } from '../log/feed/log-follower.ts';
import type { MediaEngine, SessionReport } from '../media/contract.ts';
import type { Logger } from '../observe/contract.ts';
import { tokenTime } from '../token/verify.ts';
import { type AdmissionOptions, holdsGoodBearer } from './admission.ts';
import type { Fragment } from './fragment.ts';
import { type Patched, patchIce } from './ice.ts';
import { type Opened, Opening, type OpenRequest } from './opening.ts';
import { type ConnectedNeeds, mediaConnected } from './session/connected.ts';
import { type HeedNeeds, heedRecord } from './session/heeded-records.ts';
import { type MediaSession, MediaSessions } from './session/media-session.ts';
import { PlainMembers } from './session/plain-members.ts';
import { PlayedHosts } from './session/played-hosts.ts';
import { SessionAlarms } from './session/session-alarms.ts';
import { SessionEnds } from './session/session-ends.ts';
import { SessionRights } from './session/session-rights.ts';
import type { RoomLimits } from './session/session-room.ts';

/** The streams that broadcasters send, each over the connection that backs it, as everybody in the channel is told. */
export type StreamStates = Pick<Streams, 'of' | 'set' | 'carry' | 'watch'>;

export interface WhipOptions extends AdmissionOptions {
  readonly log: AdmissionOptions['log'] & Commands & Feed;
  readonly media: MediaEngine;
  readonly streams: StreamStates;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Silence allowed for a WHIP or WHEP member, milliseconds. */
  readonly leaseMs: number;
  /** Plain sessions count as the joins of other clients do. */
  readonly joins?: Pick<JoinBudgets, 'takeJoin'>;
  /** WHIP and WHEP sessions of one app. */
  readonly sessionsPerAppMax?: number;
  /** Default: those of limits.ts. */
  readonly limits?: RoomLimits;
}

/**
 * WHIP and WHEP sessions and the members behind them. A plain session (OBS, a WHEP player) is a member from the moment
 * its media connects until DELETE, its DTLS close, or the end of its lease of silence; a session of an SDK client only
 * carries that client's media.
 */
export class WhipService {
  readonly #options: WhipOptions;
  readonly #sessions = new MediaSessions();
  readonly #alarms: SessionAlarms;
  readonly #hosts: PlayedHosts;
  readonly #members: PlainMembers;
  readonly #ends: SessionEnds;
  readonly #opening: Opening;
  readonly #connected: ConnectedNeeds;
  readonly #heeding: HeedNeeds;
  #follower: LogFollower | undefined;
  #unwatch: (() => void) | undefined;

  constructor(options: WhipOptions) {
    this.#options = options;
    const { apps, log, resumeSecret, media, streams, clock, random, logger, leaseMs, joins } = options;
    const sessions = this.#sessions;
    const alarms = new SessionAlarms(clock);
    const hosts = new PlayedHosts({ log, media, streams, sessions });
    const members = new PlainMembers({ log, clock, logger, sessions, leaseMs });
    const ends = new SessionEnds({ clock, media, streams, sessions, alarms, hosts, members });
    const rights = new SessionRights({ apps, log, clock, logger, sessions, alarms, ends });
    this.#alarms = alarms;
    this.#hosts = hosts;
    this.#members = members;
    this.#ends = ends;
    this.#opening = new Opening({
      apps,
      log,
      resumeSecret,
      clock,
      random,
      media,
      sessions,
      hosts,
      rights,
      ends,
      ...(joins && { joins }),
      sessionsPerAppMax: () => options.sessionsPerAppMax ?? defaults.mediaSessionsPerAppMax,
      ...(options.limits && { limits: options.limits }),
    });
    this.#connected = { apps, logger, streams, sessions, members, ends };
    this.#heeding = { log, sessions, rights, ends };
  }

  /** Follows the log: a member that left, for whatever reason, has no media any more. And what is sent, for those who play it. */
  start(): void {
    const { log, clock, logger, streams } = this.#options;
    this.#unwatch = streams.watch((app, channel) => this.#hosts.changed(app, channel));
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'whip',
      absorb: ({ record }) => heedRecord(this.#heeding, record),
    });
  }

  async stop(): Promise<void> {
    this.#unwatch?.();
    for (const { id } of this.#sessions.all()) {
      this.#alarms.cancel(id);
      this.#options.media.close(id);
    }
    await this.#follower?.stop();
  }

  /** Why sessions of members that left are not closed; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  get open(): number {
    return this.#sessions.size;
  }

  get(id: string): MediaSession | undefined {
    return this.#sessions.get(id);
  }

  /** Would a POST with this Bearer be looked at? */
  holdsGoodBearer(request: Omit<OpenRequest, 'kind' | 'address' | 'offerSdp'>): boolean {
    return holdsGoodBearer(this.#options, { ...request, time: tokenTime(this.#options.clock) });
  }

  /** Opens a session. Throws HousecountError as Opening says. */
  create(request: OpenRequest): Promise<Opened> {
    return this.#opening.open(request);
  }

  /** Takes trickled candidates, or restarts ICE if the credentials are new. Resolves with a restart's answer. */
  patch(session: MediaSession, fragment: Fragment): Promise<Patched> {
    const { media, random } = this.#options;
    return patchIce({ media, random, sessions: this.#sessions }, session, fragment);
  }

  /** The client said goodbye to this session. False if there is none, nor was there one that ended otherwise. */
  async remove(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (!session) return this.#ends.takeEnded(id);
    this.#ends.saidBye(session);
    if (session.plain && session.joined) await this.#members.leave(session, 'bye');
    return true;
  }

  /** Which kinds a player of this connection gets. Refused `not_found` if the session is not its own. */
  select(connectionId: string, id: string, kinds: { audio: boolean; video: boolean }): Code | undefined {
    const session = this.#sessions.get(id);
    if (session?.connectionId !== connectionId || session.kind !== 'whep') return 'not_found';
    this.#options.media.select(id, kinds);
    return undefined;
  }

  /** Handles a report of the media engine about a session, or about its own restart. */
  report(report: SessionReport): void {
    if (report.type === 'restarted') {
      this.#mediaLost();
      return;
    }
    const session = this.#sessions.get(report.session);
    if (!session) return;
    const members = this.#members;
    switch (report.type) {
      case 'connected':
        members.follow(mediaConnected(this.#connected, session, report.kinds), session);
        return;
      case 'stalled':
        members.silent(session, report.lastHeardMs);
        return;
      case 'resumed':
        members.heard(session);
        return;
      case 'gone':
        this.#ends.end(session);
        if (!session.plain) return;
        if (report.reason === 'closed') members.follow(members.leave(session, 'media-closed'), session);
        else members.silent(session, report.lastHeardMs);
        return;
    }
  }

  /** The app is not of this server any more: its sessions end. Members are the caller's to end in the log. */
  endApp(app: string): void {
    this.#ends.close(this.#sessions.all().filter((session) => session.app === app));
  }

  /** The engine was restarted: its sessions are gone. Members stay, and have their lease to come back. */
  #mediaLost(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const session of this.#sessions.all()) {
      this.#ends.end(session);
      this.#members.silent(session, nowMs);
    }
  }
}
