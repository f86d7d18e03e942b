import { limits as defaults, type LimitsOf } from '../limits.ts';

/** The limits of one app in the log. Limits of one channel are among them: a channel is of an app. */
export type AppLogLimits = LimitsOf<
  | 'appAccountsMax'
  | 'appChannelsMax'
  | 'appKeptBytesMax'
  | 'appRulesMax'
  | 'appSeenUidsMax'
  | 'appSignalingChannelsMax'
  | 'appTextBytesMax'
  | 'authorKeptBytesMax'
  | 'channelHostsMax'
  | 'channelHostsReserved'
  | 'channelLocksMax'
  | 'channelMembersMax'
  | 'channelPublishersMax'
  | 'channelUserMembersMax'
  | 'endingKeptMs'
  | 'endingsMax'
  | 'memberTopicsMax'
  | 'messageAheadMsMax'
  | 'metadataBytesMax'
  | 'metadataItemsMax'
  | 'signalingStatesMax'
  | 'streamMembersMax'
>;

/** The limits of an app now; the same object until they change. */
export type AppLogLimitsOf = (app: string) => AppLogLimits;

/** The limits of the log for all apps together. */
export type LogLimits = LimitsOf<'batchCommandsMax' | 'commandQueueMax'>;

export const defaultLogLimits: LogLimits = defaults;
export const defaultAppLogLimits: AppLogLimitsOf = () => defaults;
