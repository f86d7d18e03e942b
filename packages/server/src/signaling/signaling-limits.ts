import { limits as defaults, type LimitsOf } from '../limits.ts';
import type { RosterLimits } from '../rosters/roster-limits.ts';

/** The limits of the users of one app. */
export type AppSignalingLimits = LimitsOf<
  | 'channelLocksMax'
  | 'memberTopicsMax'
  | 'metadataBytesMax'
  | 'metadataItemsMax'
  | 'signalingDeliveredBytesPerSecondMax'
  | 'signalingFollowedPublishersMax'
  | 'signalingFollowedUsersMax'
  | 'signalingKeptBytesPerSecondMax'
  | 'signalingPublishesPerSecondMax'
  | 'signalingRenewalsPerSecondMax'
  | 'signalingRequestsPerSecondMax'
  | 'signalingRostersMax'
  | 'signalingSubscriptionsMax'
  | 'signalingTopicMessagesPerSecondMax'
  | 'signalingTopicsMax'
  | 'signalingUserBacklogBytesMax'
  | 'signalingWaitsMax'
>;

/** The limits of an app's users now; the same object until they change. */
export type AppSignalingLimitsOf = (app: string) => AppSignalingLimits;

/** The limits of how the watchers of channels are told of presence. */
export type PresenceLimits = LimitsOf<
  | 'signalingFoldIdleMs'
  | 'signalingRosterChannelsMax'
  | 'signalingRosterRingCharsMax'
  | 'signalingRosterRingCharsTotalMax'
  | 'signalingSnapshotMergeMs'
  | 'signalingSnapshotMergeUsersMin'
  | 'signalingSnapshotUsersMax'
  | 'signalingWindowChangesMax'
  | 'signalingWindowNewcomersMax'
> &
  RosterLimits;

/** The limits of signaling for all apps together. */
export type SignalingLimits = PresenceLimits &
  LimitsOf<
    | 'closingMs'
    | 'helloMs'
    | 'metadataBytesMax'
    | 'ownerPublishersMax'
    | 'recentRatesMax'
    | 'signalingBacklogBytesMax'
    | 'signalingFramesPerSecondMax'
    | 'signalingPendingCharsMax'
    | 'signalingPendingFramesMax'
    | 'signalingStartBytes'
    | 'signalingStartsMax'
    | 'socketBacklogBytesMax'
  >;

export const defaultSignalingLimits: SignalingLimits = defaults;
export const defaultAppSignalingLimits: AppSignalingLimits = defaults;
