import {
  type SignalingChannelType,
  type SignalingClientFrame,
  type SignalingStates,
  signalingErrors,
} from '@housecount/protocol';
import { type ChannelKey as AnyChannelKey, liveKey } from '../../channel/channel.ts';
import { userIdOf } from '../../channel/membership/member.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Identities } from '../../log/contract/identities.ts';
import { done, refused, type SignalingAnswer } from '../names/answer.ts';
import type { SignalingApps } from '../names/app.ts';
import { type ChannelKey, channelTypeOf } from '../names/channel-key.ts';
import { uidOf } from '../names/identity.ts';
import { membersShownAs } from './live-names.ts';
import { isShown, noStates, type Person, shownStates } from './person.ts';
import { taken } from './presence-frames.ts';
import type { Presences } from './presences.ts';
import type { Whereabouts } from './whereabouts.ts';

interface Where {
  readonly log: Pick<Channels, 'channel'> & Pick<Identities, 'uidOf'>;
  readonly apps: SignalingApps;
}

export interface WhereNeeds extends Where {
  readonly presences: Pick<Presences, 'fold' | 'caughtUp'>;
  readonly whereabouts: Pick<Whereabouts, 'of' | 'linked'>;
}

/** The states of a user who is shown in the channel, or of `asker`; undefined if they are not in it. */
export function statesOf(
  { log, apps }: Where,
  asker: string,
  key: ChannelKey,
  userId: string,
): SignalingStates | undefined {
  const { app, kind, name } = key;
  const uid = uidOf(log, app, userId);
  const isBound = kind === 'message' && apps.get(app)?.bindSignaling === true;
  const open = isBound ? log.channel(liveKey(app, name)) : undefined;
  const state = log.channel(key);
  const member = uid === undefined ? undefined : state?.roster.get(uid);
  const subscribed = member !== undefined && userIdOf(member) === userId ? [member] : [];
  const person: Person = {
    userId,
    live: open ? membersShownAs(open.roster, userId, uid) : [],
    subscribed: subscribed.map(({ quiet = false, ...rest }) => ({
      ...rest,
      quiet: quiet && userId !== asker,
      states: state?.states.get(rest.uid)?.states ?? noStates,
    })),
    masked: open !== undefined,
  };
  return isShown(person) ? shownStates(person) : undefined;
}

/** Answers which users are shown in a channel: a page of them, or only their number (spec: signaling 3.3). */
export async function onlineUsers(
  { presences }: Pick<WhereNeeds, 'presences'>,
  key: ChannelKey,
  frame: Extract<SignalingClientFrame, { type: 'online-users' }>,
): Promise<SignalingAnswer> {
  const fold = await presences.fold(key);
  const channelOccupancy = fold.occupancy;
  if (!frame.includedUserId)
    return done({ occupants: [], totalOccupancy: channelOccupancy, channelOccupancy, nextPage: '' });
  const after = frame.page === undefined ? 0 : fold.placeOf(frame.page);
  if (after === undefined)
    return refused(
      signalingErrors.presenceInvalidArgument,
      'The page is not known any more; begin with the first.',
    );
  const page = taken(fold.occupants(after), {
    usersMax: fixed.signalingPageUsersMax,
    lengthMax: fixed.signalingFrameLengthMax,
  });
  const occupants = frame.includedState
    ? page.occupants
    : page.occupants.map(({ userId }) => ({ userId, states: {} }));
  return done({
    occupants,
    totalOccupancy: occupants.length,
    channelOccupancy,
    nextPage: page.isAll ? '' : fold.bookmark(page.lastOrder),
  });
}

/**
 * Answers in which channels a user is shown (spec: signaling 3.3); the server's owner also in which live channels a member of that account
 * is of whom nobody is told over signaling.
 */
export async function userChannels(
  { presences, whereabouts, log, apps }: WhereNeeds,
  app: string,
  userId: string,
  asker: 'user' | 'owner' = 'user',
): Promise<SignalingAnswer> {
  await presences.caughtUp();
  const uid = uidOf(log, app, userId);
  const found = new Map<string, { channelName: string; channelType: SignalingChannelType }>();
  for (const key of placesOf(whereabouts, app, userId, uid)) {
    if (found.size >= fixed.signalingUserChannelsMax) break;
    const { kind, name: channelName } = key;
    if (!isThere({ log, apps }, key, userId, { uid, asker })) continue;
    const channelType = channelTypeOf(kind);
    found.set(`${channelType}/${channelName}`, { channelName, channelType });
  }
  return done({ channels: [...found.values()] });
}

function* placesOf(
  whereabouts: WhereNeeds['whereabouts'],
  app: string,
  userId: string,
  uid: number | undefined,
): IterableIterator<AnyChannelKey> {
  if (uid !== undefined) yield* whereabouts.of(app, uid);
  yield* whereabouts.linked(app, userId);
}

function isThere(
  { log, apps }: Where,
  key: AnyChannelKey,
  userId: string,
  { uid, asker }: { readonly uid: number | undefined; readonly asker: 'user' | 'owner' },
): boolean {
  const roster = log.channel(key)?.roster;
  if (!roster) return false;
  const member = uid === undefined ? undefined : roster.get(uid);
  const isOwn = member !== undefined && userIdOf(member) === userId;
  if (key.kind !== 'live') return isOwn && !member.quiet;
  if (apps.get(key.app)?.bindSignaling !== true) return false;
  return (asker === 'owner' && isOwn) || membersShownAs(roster, userId, uid).length > 0;
}
