import { limits as defaults, type LimitsOf } from '../limits.ts';
import type { RosterLimits } from '../rosters/roster-limits.ts';

/** What the users of one app may do and have. */
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

/** What an app's users may do now; the same object until that changes. */
export type AppSignalingLimitsOf = (app: string) => AppSignalingLimits;

/** How the watchers of channels are told of presence. */
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

/** What signaling bounds for all apps together. */
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
