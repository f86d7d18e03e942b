import { AgoraRTM } from './client/agora-rtm.ts';

export default AgoraRTM;
export type { IAgoraRTM } from './client/agora-rtm.ts';
export { BUILD, VERSION } from './client/agora-rtm.ts';
export type { LoginOptions, PublishOptions, RenewTokenOptions, SubscribeOptions } from './client/client.ts';
export { RTMClient, RTMClient as RTM } from './client/client.ts';
export type { ErrorInfo, IErrorInfo } from './errors/errors.ts';
export { RTMBaseError } from './errors/errors.ts';
export * as ConstantsType from './events/constants.ts';
export * as constantsType from './events/constants.ts';
export type * from './events/details.ts';
export type { ChannelType, ServiceType } from './events/events.ts';
export * as RTMEvents from './events/events.ts';
export type * from './events/responses.ts';
export type { StatusEvent } from './events/status-event.ts';
export * from './history/history.ts';
export * from './locks/lock.ts';
export type {
  ChannelDetail,
  GetOnlineUsersOptions,
  GetOnlineUsersResponse,
  GetStateResponse,
  GetUserChannelsResponse,
  OccupancyDetail,
  RemoveStateOptions,
  RemoveStateResponse,
  SetStateResponse,
  WhereNowResponse,
  WhoNowOptions,
  WhoNowResponse,
} from './presence/presence.ts';
export { RTMPresence } from './presence/presence.ts';
export type {
  RosterChange,
  RosterOptions,
  RTMRoster,
  RTMRosterEventMap,
  RTMRosterMember,
} from './roster/roster.ts';
export { setArea } from './settings/area.ts';
export type { PrivateConfig, RTMConfig } from './settings/config.ts';
export { getParameter, setParameter } from './settings/settings.ts';
export type { MetadataItem, MetadataOptions } from './storage/metadata-item.ts';
export * from './storage/storage.ts';
export * from './stream-channel/stream-channel.ts';
export * as RTMStreamChannelStatusCode from './stream-channel/stream-status.ts';
