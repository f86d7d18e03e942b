import { HousecountError } from '@housecount/protocol';
import { fixed } from '../../fixed-limits.ts';
import { limits as defaults, type LimitsOf } from '../../limits.ts';
import type { MediaSession } from './media-session.ts';

/** Sessions of the whole server, of one connection, and of one user in one channel. */
export type RoomLimits = LimitsOf<
  'mediaSessionsMax' | 'plainSessionsPerMemberMax' | 'sessionsPerConnectionMax'
>;

/** The client that asks for one more session. */
export type Asker = Pick<MediaSession, 'app' | 'channel' | 'uid' | 'connectionId' | 'kind' | 'plain'>;

/**
 * Says whether there is room for one more media session. What one client, or one app, can take is a share, never the whole,
 * and players leave room for hosts. `perAppMax`: sessions of one app. Throws HousecountError `too_many_connections`.
 */
export function requireRoom(
  open: readonly MediaSession[],
  asker: Asker,
  perAppMax: number,
  limits: RoomLimits = defaults,
): void {
  let ofApp = 0;
  let ofMember = 0;
  let ofConnection = 0;
  for (const session of open) {
    if (session.app !== asker.app) continue;
    ofApp += 1;
    if (session.connectionId === asker.connectionId) ofConnection += 1;
    if (session.plain && session.uid === asker.uid && session.channel === asker.channel) ofMember += 1;
  }
  if (ofConnection >= limits.sessionsPerConnectionMax)
    refuse('This connection has as many media sessions as it may have.');
  if (asker.plain && ofMember >= limits.plainSessionsPerMemberMax)
    refuse('This user has as many media sessions as one may have.');
  const forPlayers = (max: number) => max - Math.ceil(max * fixed.mediaSessionsHostShare);
  const room = (max: number) => (asker.kind === 'whip' ? max : forPlayers(max));
  if (ofApp >= room(perAppMax)) refuse('The app has as many media sessions as it may have.');
  if (open.length >= room(limits.mediaSessionsMax))
    refuse('The server has as many media sessions as it may have.');
}

function refuse(detail: string): never {
  throw new HousecountError('too_many_connections', detail);
}
