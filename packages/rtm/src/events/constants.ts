/** Values apps compare with, by the names and numbers of the API. */

export enum MessageType {
  STRING = 'STRING',
  BINARY = 'BINARY',
}
export enum LegacyAreaCode {
  CN = 'CN',
  NA = 'NA',
  EU = 'EU',
  AS = 'AS',
  JP = 'JP',
  IN = 'IN',
  GLOB = 'GLOB',
  OC = 'OC',
  SA = 'SA',
  AF = 'AF',
  KR = 'KR',
  US = 'US',
  OVS = 'OVS',
}
export enum AreaCode {
  GLOBAL = 'GLOBAL',
  INDIA = 'INDIA',
  JAPAN = 'JAPAN',
  ASIA = 'ASIA',
  EUROPE = 'EUROPE',
  CHINA = 'CHINA',
  NORTH_AMERICA = 'NORTH_AMERICA',
}
export enum ChannelTypeEnum {
  MESSAGE = 1,
  STREAM = 2,
  USER = 3,
}
export enum TokenEventReason {
  WILL_EXPIRE = 'The token is about to expire',
  READ_PERMISSION_REVOKED = 'The token read permission is revoked',
}
export enum subscribedState {
  UNSUBSCRIBED = 'UNSUBSCRIBED',
  SUBSCRIBED = 'SUBSCRIBED',
}
/** The text of `reason` in an event `linkState`, by its `reasonCode`. */
export enum LinkStateChangeReasonDescription {
  UNKNOWN = 'Unknown',
  LOGIN = 'Perform login operation',
  LOGIN_SUCCESS = 'Login success',
  LOGIN_TIMEOUT = 'Login timeout',
  LOGIN_NOT_AUTHORIZED = 'Login not authorized',
  LOGIN_REJECTED = 'Login rejected',
  RELOGIN = 'Perform login operation again',
  LOGOUT = 'Logout success',
  AUTO_RECONNECT = 'Reconnecting',
  RECONNECT_TIMEOUT = 'Reconnect timeout',
  RECONNECT_SUCCESS = 'Reconnect success',
  JOIN = 'Perform join operation',
  JOIN_SUCCESS = 'Join channel success',
  JOIN_FAILED = 'Join channel failed',
  REJOIN = 'Perform join operation again',
  LEAVE = 'Leave channel success',
  INVALID_TOKEN = 'Invalid token',
  TOKEN_EXPIRED = 'Token expired',
  INCONSISTENT_APP_ID = 'Inconsistent app ID',
  INVALID_CHANNEL_NAME = 'Invalid channel name',
  INVALID_USER_ID = 'Invalid user id',
  NOT_INITIALIZED = 'Not initialized',
  RTM_SERVICE_NOT_CONNECTED = 'RTM service not connected',
  CHANNEL_INSTANCE_EXCEED_LIMITATION = 'Channel instance exceed limitation',
  OPERATION_RATE_EXCEED_LIMITATION = 'Operation rate exceed limitation',
  CHANNEL_IN_ERROR_STATE = 'Channel in error state',
  PRESENCE_NOT_CONNECTED = 'Presence not connected',
  SAME_UID_LOGIN = 'The same uid login on another device',
  KICKED_OUT_BY_SERVER = 'Kicked out by server',
  KEEP_ALIVE_TIMEOUT = 'Keep alive timeout',
  CONNECTION_ERROR = 'Connection error',
  PRESENCE_NOT_READY = 'Presence not ready',
  NETWORK_CHANGE = 'Network change',
  SERVICE_NOT_SUPPORTED = 'Service not supported',
  STREAM_CHANNEL_NOT_AVAILABLE = 'Stream channel not available',
  STORAGE_NOT_AVAILABLE = 'Storage service is not available',
  LOCK_NOT_AVAILABLE = 'Lock service is not available',
  LOGIN_TOO_FREQUENT = 'Login operation is too frequent',
}
/** The number of each `reasonCode`, and back. */
export enum LinkStateChangeReason4Report {
  UNKNOWN,
  LOGIN,
  LOGIN_SUCCESS,
  LOGIN_TIMEOUT,
  LOGIN_NOT_AUTHORIZED,
  LOGIN_REJECTED,
  RELOGIN,
  LOGOUT,
  AUTO_RECONNECT,
  RECONNECT_TIMEOUT,
  RECONNECT_SUCCESS,
  JOIN,
  JOIN_SUCCESS,
  JOIN_FAILED,
  REJOIN,
  LEAVE,
  INVALID_TOKEN,
  TOKEN_EXPIRED,
  INCONSISTENT_APP_ID,
  INVALID_CHANNEL_NAME,
  INVALID_USER_ID,
  NOT_INITIALIZED,
  RTM_SERVICE_NOT_CONNECTED,
  CHANNEL_INSTANCE_EXCEED_LIMITATION,
  OPERATION_RATE_EXCEED_LIMITATION,
  CHANNEL_IN_ERROR_STATE,
  PRESENCE_NOT_CONNECTED,
  SAME_UID_LOGIN,
  KICKED_OUT_BY_SERVER,
  KEEP_ALIVE_TIMEOUT,
  CONNECTION_ERROR,
  PRESENCE_NOT_READY,
  NETWORK_CHANGE,
  SERVICE_NOT_SUPPORTED,
  STREAM_CHANNEL_NOT_AVAILABLE,
  STORAGE_NOT_AVAILABLE,
  LOCK_NOT_AVAILABLE,
  LOGIN_TOO_FREQUENT,
}

export type EncryptionMode = 'NONE' | 'AES_128_GCM' | 'AES_256_GCM';
export type StorageType = 'NONE' | 'USER' | 'CHANNEL';
export type PresenceEventType =
  | 'NONE'
  | 'SNAPSHOT'
  | 'INTERVAL'
  | 'REMOTE_JOIN'
  | 'REMOTE_LEAVE'
  | 'REMOTE_TIMEOUT'
  | 'REMOTE_STATE_CHANGED'
  | 'ERROR_OUT_OF_SERVICE';
export type TopicEventType = 'NONE' | 'REMOTE_JOIN' | 'REMOTE_LEAVE' | 'SNAPSHOT';
export type StorageEventType = 'NONE' | 'SET' | 'SNAPSHOT' | 'REMOVE' | 'UPDATE';
export type LockEventType = 'NONE' | 'SET' | 'REMOVED' | 'ACQUIRED' | 'RELEASED' | 'SNAPSHOT' | 'EXPIRED';
export type TokenEventType = 'WILL_EXPIRE' | 'READ_PERMISSION_REVOKED';
