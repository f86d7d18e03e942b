import { AgoraRTM } from './agora-rtm.ts';

export default AgoraRTM;
export type { IAgoraRTM } from './agora-rtm.ts';
export { BUILD, VERSION } from './agora-rtm.ts';
export { setArea } from './area.ts';
export type { LoginOptions, PublishOptions, RenewTokenOptions, SubscribeOptions } from './client.ts';
export { RTMClient, RTMClient as RTM } from './client.ts';
export type { PrivateConfig, RTMConfig } from './config.ts';
export * as ConstantsType from './constants.ts';
export * as constantsType from './constants.ts';
export type * from './details.ts';
export type { ErrorInfo, IErrorInfo } from './errors.ts';
export { RTMBaseError } from './errors.ts';
export type { ChannelType, ServiceType } from './events.ts';
export * as RTMEvents from './events.ts';
export * from './history.ts';
export * from './lock.ts';
export type { MetadataItem, MetadataOptions } from './metadata-item.ts';
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
} from './presence.ts';
export { RTMPresence } from './presence.ts';
export type * from './responses.ts';
export type {
  RosterChange,
  RosterOptions,
  RTMRoster,
  RTMRosterEventMap,
  RTMRosterMember,
} from './roster/roster.ts';
export { getParameter, setParameter } from './settings.ts';
export type { StatusEvent } from './status-event.ts';
export * from './storage.ts';
export * from './stream-channel.ts';
export * as RTMStreamChannelStatusCode from './stream-status.ts';
