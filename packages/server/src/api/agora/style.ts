import { type Code, HousecountError, isChannelName } from '@housecount/protocol';
import type { RequestContext } from '../../net/http/route.ts';
import type { AgoraStyle } from '../request/operation.ts';
import { path } from '../request/parameters.ts';

/** Calls per second of one customer (spec: rest, rate): 20 for each online-channel query, 10 for each other API. */
export const query = (name: string, ...refusals: readonly Code[]): AgoraStyle => ({
  kind: 'agora',
  rate: { name, perSecond: 20 },
  refusals,
});
export const other = (name: string, ...refusals: readonly Code[]): AgoraStyle => ({
  kind: 'agora',
  rate: { name, perSecond: 10 },
  refusals,
});

export const appIdParameter = path('appid', 'App id.');
export const channelNameParameter = path('channelName', 'Channel name, percent-encoded.');

/** @throws HousecountError invalid_channel_name */
export function channelNameOf(context: RequestContext): string {
  const { channelName } = context.params;
  if (!isChannelName(channelName)) throw new HousecountError('invalid_channel_name');
  return channelName;
}
