import type {
  LockEventType,
  PresenceEventType,
  StorageEventType,
  StorageType,
  TokenEventType,
  TopicEventType,
} from './constants.ts';
import type { LockDetail, StateDetail, StorageData } from './details.ts';

/** `STREAM` x, `MESSAGE` x and `USER` x have nothing in common. */
export type ChannelType = 'STREAM' | 'MESSAGE' | 'USER';
export type ServiceType = 'MESSAGE' | 'STREAM';

/** Every event has a time: epoch milliseconds, of the server where it comes from there. */
export type BaseEvent = { timestamp: number };

export interface PublishInfo {
  publisherUserId: string;
  publisherMeta: string;
}
export interface topicDetail {
  topicName: string;
  publishers: PublishInfo[];
  totalPublisher: number;
}
export interface UserState {
  userId: string;
  states: StateDetail;
  statesCount: number;
}
export interface UserList {
  users: string[];
  userCount: number;
}
/** The net changes of an interval: nobody is in two of the lists. */
export interface IntervalDetail {
  join: UserList;
  leave: UserList;
  timeout: UserList;
  userStateList: UserState[];
  totalOccupancy: number;
}
export interface PresenceEvent extends BaseEvent {
  eventType: PresenceEventType;
  channelType: ChannelType;
  channelName: string;
  publisher: string;
  /** All states of the publisher, not only what changed. */
  stateChanged: StateDetail;
  interval: IntervalDetail | null;
  snapshot: UserState[] | null;
}
export interface MessageEvent extends BaseEvent {
  channelType: ChannelType;
  channelName: string;
  topicName: string;
  messageType: 'STRING' | 'BINARY';
  customType: string;
  message: string | Uint8Array;
  publisher: string;
  publishTime?: number;
}
export interface StorageEvent extends BaseEvent {
  channelType: ChannelType;
  channelName: string;
  publisher: string;
  storageType: StorageType;
  eventType: StorageEventType;
  data: StorageData;
}
export interface LockEvent extends BaseEvent {
  channelType: ChannelType;
  channelName: string;
  eventType: LockEventType;
  lockName: string;
  ttl: number;
  publisher: string;
  snapshot: LockDetail[];
  owner: string;
}
export interface TopicEvent extends BaseEvent {
  eventType: TopicEventType;
  channelName: string;
  publisher: string;
  topicInfos: topicDetail[];
  totalTopics: number;
}
export type LinkOperation =
  | 'LOGIN'
  | 'LOGOUT'
  | 'JOIN'
  | 'LEAVE'
  | 'SERVER_REJECT'
  | 'AUTO_RECONNECT'
  | 'RECONNECTED'
  | 'HEARTBEAT_TIMEOUT'
  | 'SERVER_TIMEOUT'
  | 'NETWORK_CHANGE';
export type LinkState = 'IDLE' | 'CONNECTING' | 'CONNECTED' | 'DISCONNECTED' | 'SUSPENDED' | 'FAILED';
export type LinkStateChangeReasonCode =
  keyof typeof import('./constants.ts').LinkStateChangeReasonDescription;
export interface LinkStateEvent extends BaseEvent {
  currentState: LinkState;
  previousState: LinkState;
  serviceType: ServiceType;
  operation: LinkOperation;
  reason: string;
  reasonCode: LinkStateChangeReasonCode;
  affectedChannels: string[];
  unrestoredChannels: string[];
  isResumed: boolean;
}
export interface TokenEvent extends BaseEvent {
  eventType: TokenEventType;
  reason: string;
  affectedResources: { messageChannels: string[] };
}
/** The event that `linkState` took the place of, for apps of 2.2 and before. */
export interface StatusEvent extends BaseEvent {
  state: 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'FAILED';
  reason:
    | 'CONNECTING'
    | 'LOGIN_SUCCESS'
    | 'REJECTED_BY_SERVER'
    | 'LOST'
    | 'INTERRUPTED'
    | 'LOGOUT'
    | 'SAME_UID_LOGIN'
    | 'TOKEN_EXPIRED';
}
export interface RTMClientEventMap {
  presence: (presenceData: PresenceEvent) => void;
  message: (message: MessageEvent) => void;
  storage: (storageData: StorageEvent) => void;
  lock: (lockInfo: LockEvent) => void;
  topic: (topicEvent: TopicEvent) => void;
  tokenPrivilegeWillExpire: (channelName: string) => void;
  linkState: (linkState: LinkStateEvent) => void;
  token: (tokenEvent: TokenEvent) => void;
}
