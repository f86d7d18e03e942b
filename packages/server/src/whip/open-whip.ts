import type { Clock, Random } from '../clock.ts';
import type { EdgeWords } from '../kicks/edge-words.ts';
import { KnownAddresses } from '../kicks/known-addresses.ts';
import { memberKicks } from '../kicks/member-kicks.ts';
import { limits as defaults } from '../limits.ts';
import type { JoinBudgets } from '../live/join-budgets.ts';
import type { Streams } from '../live/roster/streams.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Feed } from '../log/contract/feed.ts';
import type { MediaMarks } from '../log/contract/media-marks.ts';
import type { Layer, MediaEngine } from '../media/contract.ts';
import type { Logger } from '../observe/contract.ts';
import type { AdmissionOptions } from './admission.ts';
import { Opening } from './opening.ts';
import { WhipService } from './service.ts';
import { mediaConnected } from './session/connected.ts';
import { Following } from './session/following.ts';
import { heedRecord } from './session/heeded-records.ts';
import { MediaReports } from './session/media-reports.ts';
import { type MediaSession, MediaSessions } from './session/media-session.ts';
import { PlainMembers } from './session/plain-members.ts';
import { PlayedHosts } from './session/played-hosts.ts';
import { SessionAlarms } from './session/session-alarms.ts';
import { SessionEnds } from './session/session-ends.ts';
import { SessionRights } from './session/session-rights.ts';
import type { RoomLimits } from './session/session-room.ts';
import { WatchedTime } from './watched/watched.ts';

/** The streams that broadcasters send, each over the connection that backs it, as everybody in the channel is told. */
export type StreamStates = Pick<Streams, 'of' | 'set' | 'carry'>;

export interface WhipOptions extends AdmissionOptions {
  readonly log: AdmissionOptions['log'] & Commands & Feed & MediaMarks;
  readonly media: MediaEngine;
  readonly streams: StreamStates;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Silence allowed for a WHIP or WHEP member, milliseconds. */
  readonly leaseMs: number;
  /** Takes the word of its sessions on rules about addresses. */
  readonly words: Pick<EdgeWords, 'join'>;
  /** Plain sessions count as the joins of other clients do. */
  readonly joins?: Pick<JoinBudgets, 'takeJoin'>;
  /** WHIP and WHEP sessions of an app, as they are now. Default: as limits.ts says. */
  readonly sessionsPerAppMax?: (app: string) => number;
  /** Tells an SDK client in which size a player of its gets the picture. */
  readonly onLayer?: (session: MediaSession, layer: Layer) => void;
  /** Default: those of limits.ts. */
  readonly limits?: RoomLimits;
}

/** Builds the parts of media sessions, each after those that it needs, and the service in front of them. */
export function openWhip(options: WhipOptions): WhipService {
  const { apps, log, resumeSecret, media, streams, clock, random, logger, leaseMs, joins } = options;
  const sessions = new MediaSessions();
  const alarms = new SessionAlarms(clock);
  const hosts = new PlayedHosts({ log, media, streams, sessions });
  const addresses = new KnownAddresses();
  const members = new PlainMembers({ log, clock, logger, sessions, addresses, leaseMs });
  const ends = new SessionEnds({ media, streams, sessions, alarms, hosts, members });
  const rights = new SessionRights({ apps, log, clock, logger, sessions, alarms, ends });
  const opening = new Opening({
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
    sessionsPerAppMax: (app) => options.sessionsPerAppMax?.(app) ?? defaults.mediaSessionsPerAppMax,
    ...(options.limits && { limits: options.limits }),
  });
  const watched = new WatchedTime({ log, media, clock });
  const connected = { apps, log, logger, streams, sessions, members, ends, watched };
  const reports = new MediaReports({
    sessions,
    members,
    ends,
    watched,
    connected: (session, kinds) => mediaConnected(connected, session, kinds),
    onLayer: (session, layer) => options.onLayer?.(session, layer),
  });
  const kicks = memberKicks({ ...options, addresses });
  const heeding = { log, sessions, rights, ends, hosts, watched, addresses, kicks };
  const following = new Following({
    log,
    clock,
    logger,
    heed: (record) => heedRecord(heeding, record),
    kicks,
  });
  const parts = {
    media,
    random,
    sessions,
    alarms,
    members,
    ends,
    opening,
    following,
    reports,
    watched,
  };
  return new WhipService(parts);
}
