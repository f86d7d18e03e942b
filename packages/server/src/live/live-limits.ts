import { limits as defaults, type LimitsOf } from '../limits.ts';
import type { RosterLimits } from '../rosters/roster-limits.ts';

/** Limits of what clients of live channels may do and have. */
export type LiveLimits = LimitsOf<
  'closingMs' | 'framesPerSecondMax' | 'helloMs' | 'pendingFramesMax' | 'socketBacklogBytesMax'
> &
  StreamMessageLimits;

/** Limits of the messages that broadcasters send to all. */
export type StreamMessageLimits = LimitsOf<
  | 'channelStreamMessagesPerSecondMax'
  | 'joinBucketsMax'
  | 'streamMessageBytesPerSecondMax'
  | 'streamMessagesPerSecondMax'
>;

/** Limits of how often members come, and change what is recorded of them. */
export type JoinLimits = LimitsOf<
  | 'joinBucketsMax'
  | 'joinBurstSeconds'
  | 'memberChangesBurst'
  | 'memberChangesPerSecondMax'
  | 'ownTokenJoinsBurst'
  | 'ownTokenJoinsPerSecondMax'
>;

/** Limits of the rosters of live channels: for those who follow them, and of what is kept for readers that come back. */
export type LiveRosterLimits = RosterLimits &
  LimitsOf<'rosterRingChangesMax' | 'rosterRingChangesTotalMax' | 'rosterRingIdleMs'>;

export const defaultLiveLimits: LiveLimits = defaults;
export const defaultJoinLimits: JoinLimits = defaults;
export const defaultJoinRates = { perAddress: defaults.joinsPerAddress, perToken: defaults.joinsPerToken };
export const defaultRequests = { max: defaults.requestsMax, perAddressMax: defaults.requestsPerAddressMax };
export const defaultLiveRosterLimits: LiveRosterLimits = defaults;
