import { liveKey } from '../../channel/channel.ts';
import type { EdgeKicks } from '../../kicks/edge-kicks.ts';
import type { KnownAddresses } from '../../kicks/known-addresses.ts';
import type { Channels } from '../../log/contract/channels.ts';
import { type LogRecord, liveChangeOf } from '../../log/record/record.ts';
import type { WatchedTime } from '../watched/watched.ts';
import type { MediaSession, MediaSessions } from './media-session.ts';
import type { PlayedHosts } from './played-hosts.ts';
import type { SessionEnds } from './session-ends.ts';
import type { SessionRights } from './session-rights.ts';

export interface HeedNeeds {
  readonly log: Pick<Channels, 'channel'>;
  readonly sessions: Pick<MediaSessions, 'all' | 'ofConnection'>;
  readonly rights: Pick<SessionRights, 'hold'>;
  readonly ends: Pick<SessionEnds, 'close' | 'cut'>;
  readonly hosts: Pick<PlayedHosts, 'changed'>;
  readonly watched: Pick<WatchedTime, 'left'>;
  readonly addresses: Pick<KnownAddresses, 'absorb'>;
  readonly kicks: Pick<EdgeKicks, 'absorb'>;
}

/** Applies a log record to media: the sessions of a member that left, for whatever reason, are closed, a publisher that may not send any more is cut off, and who plays a host that is gone plays another that sends. */
export function heedRecord(needs: HeedNeeds, record: LogRecord): void {
  const { sessions, rights, ends, hosts, watched, addresses, kicks } = needs;
  kicks.absorb(record);
  if (record.type === 'rule-set')
    for (const session of sessions.all()) if (session.app === record.app) rights.hold(session);
  const change = liveChangeOf(record);
  if (change && record.type === 'channel') addresses.absorb(record.key, change);
  switch (change?.type) {
    case 'member-left':
      ends.close(sessions.ofConnection(change.connectionId));
      watched.left(change);
      return;
    case 'role-changed':
      if (change.role === 'audience') for (const session of whipOf(needs, change)) ends.cut(session);
      return;
    case 'token-renewed':
    // A rule about the user that it is linked to is about the member too.
    case 'person-known':
      for (const session of whipOf(needs, change)) rights.hold(session);
      return;
    case 'streams-set':
      hosts.changed(change.app, change.channel);
      return;
    case 'link-live':
      ends.close(outlived(needs, change));
      return;
    default:
      return;
  }
}

type Subject = Pick<MediaSession, 'app' | 'channel' | 'uid'>;

const memberOf = ({ log }: Pick<HeedNeeds, 'log'>, { app, channel, uid }: Subject) =>
  log.channel(liveKey(app, channel))?.roster.get(uid);

/** A WHIP or WHEP client came back by a new POST: its old sessions are of no use. */
function outlived(needs: HeedNeeds, mark: Subject & { connectionId: string }): readonly MediaSession[] {
  if (memberOf(needs, mark)?.connectionKind === 'rtc') return [];
  const { app, channel, uid, connectionId } = mark;
  return needs.sessions
    .all()
    .filter(
      (session) =>
        session.plain &&
        session.joined &&
        session.uid === uid &&
        session.app === app &&
        session.channel === channel &&
        session.connectionId !== connectionId,
    );
}

function whipOf(needs: HeedNeeds, subject: Subject): readonly MediaSession[] {
  const member = memberOf(needs, subject);
  return member ? needs.sessions.ofConnection(member.connectionId).filter(({ kind }) => kind === 'whip') : [];
}
