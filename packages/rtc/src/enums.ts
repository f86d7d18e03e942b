/** Runtime enums that apps import by name. */
export const AREAS = {
  CHINA: 'CHINA',
  ASIA: 'ASIA',
  NORTH_AMERICA: 'NORTH_AMERICA',
  EUROPE: 'EUROPE',
  JAPAN: 'JAPAN',
  INDIA: 'INDIA',
  KOREA: 'KOREA',
  HKMC: 'HKMC',
  US: 'US',
  OCEANIA: 'OCEANIA',
  SOUTH_AMERICA: 'SOUTH_AMERICA',
  AFRICA: 'AFRICA',
  OVERSEA: 'OVERSEA',
  GLOBAL: 'GLOBAL',
} as const;

export const AudienceLatencyLevelType = {
  AUDIENCE_LEVEL_LOW_LATENCY: 1,
  AUDIENCE_LEVEL_ULTRA_LOW_LATENCY: 2,
  AUDIENCE_LEVEL_SYNC_LATENCY: 3,
} as const;

export const RemoteStreamType = { HIGH_STREAM: 0, LOW_STREAM: 1 } as const;
export const RemoteStreamFallbackType = { DISABLE: 0, LOW_STREAM: 1, AUDIO_ONLY: 2 } as const;
export const VideoState = {
  VideoStateStopped: 0,
  VideoStateStarting: 1,
  VideoStateDecoding: 2,
  VideoStateFrozen: 3,
} as const;

export const ConnectionDisconnectedReason = {
  LEAVE: 'LEAVE',
  NETWORK_ERROR: 'NETWORK_ERROR',
  SERVER_ERROR: 'SERVER_ERROR',
  UID_BANNED: 'UID_BANNED',
  IP_BANNED: 'IP_BANNED',
  CHANNEL_BANNED: 'CHANNEL_BANNED',
  FALLBACK: 'FALLBACK',
  LICENSE_MISSING: 'LICENSE_MISSING',
  LICENSE_EXPIRED: 'LICENSE_EXPIRED',
  LICENSE_MINUTES_EXCEEDED: 'LICENSE_MINUTES_EXCEEDED',
  LICENSE_PERIOD_INVALID: 'LICENSE_PERIOD_INVALID',
  LICENSE_MULTIPLE_SDK_SERVICE: 'LICENSE_MULTIPLE_SDK_SERVICE',
  LICENSE_ILLEGAL: 'LICENSE_ILLEGAL',
  TOKEN_EXPIRE: 'TOKEN_EXPIRE',
  UID_CONFLICT: 'UID_CONFLICT',
  FALLBACK_TO_HLS: 'FALLBACK_TO_HLS',
} as const;
export type ConnectionDisconnectedReason =
  (typeof ConnectionDisconnectedReason)[keyof typeof ConnectionDisconnectedReason];

export type ConnectionState = 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'DISCONNECTING';

/** Relaying to other channels is not part of Housecount; apps import these names all the same. */
export const ChannelMediaRelayError = {
  RELAY_OK: 'RELAY_OK',
  SERVER_ERROR_RESPONSE: 'SERVER_ERROR_RESPONSE',
};
export const ChannelMediaRelayEvent = { NETWORK_DISCONNECTED: 'NETWORK_DISCONNECTED' };
export const ChannelMediaRelayState = { RELAY_STATE_IDLE: 'RELAY_STATE_IDLE' };
