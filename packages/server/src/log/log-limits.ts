import { limits as defaults, type LimitsOf } from '../limits.ts';

/** What one app may have in the log. Bounds of one channel are among it: a channel is of an app. */
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
  | 'endingKeptMs'
  | 'endingsMax'
  | 'memberTopicsMax'
  | 'messageAheadMsMax'
  | 'metadataBytesMax'
  | 'metadataItemsMax'
  | 'signalingStatesMax'
  | 'streamMembersMax'
>;

/** What an app may have now; the same object until that changes. */
export type AppLogLimitsOf = (app: string) => AppLogLimits;

/** What the log bounds for all apps together. */
export type LogLimits = LimitsOf<'batchCommandsMax' | 'commandQueueMax'>;

export const defaultLogLimits: LogLimits = defaults;
export const defaultAppLogLimits: AppLogLimitsOf = () => defaults;
