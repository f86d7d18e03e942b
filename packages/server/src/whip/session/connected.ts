import { liveKey, type OpenChannel } from '../../channel/channel.ts';
import type { Member } from '../../channel/membership/member.ts';
import type { Kinds } from '../../channel/membership/rights.ts';
import type { Streams } from '../../live/roster/streams.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Logger } from '../../observe/contract.ts';
import { type EdgeApp, pinnedProfile } from '../../token/edge-app.ts';
import type { Stay } from '../watched/stay-seconds.ts';
import type { WatchedTime } from '../watched/watched.ts';
import type { MediaSession, MediaSessions } from './media-session.ts';
import type { PlainMembers } from './plain-members.ts';
import type { SessionEnds } from './session-ends.ts';

export interface ConnectedNeeds {
  readonly apps: Pick<ReadonlyMap<string, EdgeApp>, 'get'>;
  readonly log: Pick<Channels, 'channel'>;
  readonly logger: Pick<Logger, 'info'>;
  readonly streams: Pick<Streams, 'set'>;
  readonly sessions: Pick<MediaSessions, 'get' | 'put'>;
  readonly members: Pick<PlainMembers, 'join' | 'leave'>;
  readonly ends: Pick<SessionEnds, 'carry' | 'close'>;
  readonly watched: Pick<WatchedTime, 'begin'>;
}

/** Its media connected: a plain session is a member from now on. Resolves when that is durable, or was refused. */
export async function mediaConnected(
  { apps, log, logger, streams, sessions, members, ends, watched }: ConnectedNeeds,
  session: MediaSession,
  kinds: Kinds,
): Promise<void> {
  const { app, channel, id, uid, connectionId } = session;
  // Connected again after an ICE restart, or media of an SDK client, which says itself what it sends.
  if (session.joined) {
    const state = log.channel(liveKey(app, channel));
    const member = state?.roster.getByConnection(connectionId);
    if (state && member) watched.begin(session, stayOf(state, member));
    return;
  }
  const known = apps.get(app);
  if (!known) {
    // Taken out by a reload since the POST.
    ends.close([session]);
    return;
  }
  const outcome = await members.join(session, kinds, pinnedProfile(known, channel));
  if (!outcome.ok) {
    logger.info('a media session connected but may not join', { app, channel, code: outcome.code });
    ends.close([session]);
    return;
  }
  if (outcome.member.uid !== uid) {
    // Somebody else took the account's uid since the POST: the media room knows the session by the wrong one.
    await members.leave(session, 'media-closed');
    ends.close([session]);
    return;
  }
  const present = sessions.get(id);
  if (!present) {
    // Deleted while the join was being recorded.
    await members.leave(session, 'bye');
    return;
  }
  watched.begin(session, stayOf(outcome.channel, outcome.member));
  sessions.put({ ...present, joined: true });
  if (session.kind !== 'whip') return;
  void streams.set({ app, channel, uid, connectionId }, kinds);
  ends.carry(session);
}

const stayOf = (
  { key, sid }: Pick<OpenChannel, 'key' | 'sid'>,
  { joinedSeq, uid }: Pick<Member, 'joinedSeq' | 'uid'>,
): Stay => ({ app: key.app, channel: key.name, sid, joinedSeq, uid });
