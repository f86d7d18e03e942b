import { HousecountError, isAccount, isSignalingName } from '@housecount/protocol';
import type { RequestContext } from '../../../net/http/route.ts';
import { type ChannelKey, keyOf as keyOfPlace } from '../../../signaling/names/channel-key.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { path, queryChoice } from '../../request/parameters.ts';

export const userParameter = path('user', 'User id, percent-encoded.');
export const personParameter = path('user', 'User id, account or uid, percent-encoded.');

export const channelTypeParameter = queryChoice('type', 'Which kind of channel the name is of.', [
  'MESSAGE',
  'STREAM',
]);

/**
 * The signaling channel that the path and `type` name.
 * @throws HousecountError invalid_app_id, invalid_channel_name, query_invalid
 */
export function keyOf(list: AppList, context: RequestContext): ChannelKey {
  const app = appOf(list, context).id;
  const channelType = channelTypeParameter.read(context);
  return keyOfPlace(app, { channelType, channel: signalingChannelOf(context) });
}

/** @throws HousecountError invalid_channel_name */
export function signalingChannelOf({ params }: RequestContext): string {
  if (!isSignalingName(params.channel)) throw new HousecountError('invalid_channel_name');
  return params.channel;
}

/** @throws HousecountError invalid_user_id */
export function userOf({ params }: RequestContext): string {
  return legalUser(params.user);
}

/** @throws HousecountError invalid_user_id */
export function legalUser(value: unknown): string {
  if (!isSignalingName(value)) throw new HousecountError('invalid_user_id');
  return value;
}

/** @throws HousecountError invalid_user_id */
export function personOf({ params }: RequestContext): string {
  return legalPerson(params.user);
}

/**
 * The name of somebody who may be in live channels alone: any account, of which every user id is one.
 * @throws HousecountError invalid_user_id
 */
export function legalPerson(value: unknown): string {
  if (!isAccount(value)) throw new HousecountError('invalid_user_id', 'It is no account either.');
  return value;
}
