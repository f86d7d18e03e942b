import type {
  ChannelMediaRelayError,
  ChannelMediaRelayEvent,
  ChannelMediaRelayState,
  ConnectionDisconnectedReason,
  ConnectionState,
  RemoteStreamType,
} from '../enums.ts';
import type { AudienceLeftReason, Member } from '../roster/roster.ts';
import type { ChannelCounts, RosterWindow } from '../roster/roster-part.ts';
import type { NetworkQuality } from '../stats/stats.ts';
import type { IDataChannelConfig } from './data-channels.ts';
import type { IAgoraRTCError } from './errors.ts';
import type { IAgoraRTCRemoteUser, UserLeftReason } from './remote-user.ts';
import type { UID } from './uid.ts';

type Published = 'audio' | 'video' | 'datachannel';
type ServiceState = 'CONNECTING' | 'RECONNECTING' | 'CONNECTED' | 'CLOSED';

/** Every event of a client, with its arguments. The first block is the API this SDK follows: it speaks of hosts only. */
export interface ClientEvents {
  'user-joined': [user: IAgoraRTCRemoteUser];
  'user-left': [user: IAgoraRTCRemoteUser, reason: UserLeftReason];
  'user-published': [user: IAgoraRTCRemoteUser, mediaType: Published, config?: IDataChannelConfig];
  'user-unpublished': [user: IAgoraRTCRemoteUser, mediaType: Published, config?: IDataChannelConfig];
  'user-info-updated': [
    uid: UID,
    what:
      | 'mute-audio'
      | 'unmute-audio'
      | 'mute-video'
      | 'unmute-video'
      | 'enable-local-video'
      | 'disable-local-video',
  ];
  'published-user-list': [users: IAgoraRTCRemoteUser[]];
  'connection-state-change': [
    current: ConnectionState,
    previous: ConnectionState,
    reason?: ConnectionDisconnectedReason,
  ];
  'peerconnection-state-change': [current: RTCPeerConnectionState, previous: RTCPeerConnectionState];
  'token-privilege-will-expire': [];
  'token-privilege-did-expire': [];
  'volume-indicator': [volumes: { uid: UID; level: number }[]];
  'network-quality': [quality: NetworkQuality];
  'media-reconnect-start': [uid: UID];
  'media-reconnect-end': [uid: UID];
  'is-using-cloud-proxy': [isUsing: boolean];
  'join-fallback-to-proxy': [proxy: string];
  exception: [event: { code: number; msg: string; uid: UID }];
  'stream-type-changed': [uid: UID, type: RemoteStreamType];
  'stream-fallback': [uid: UID, what: 'fallback' | 'recover'];
  'stream-message': [uid: UID, payload: Uint8Array];
  'crypt-error': [];
  'live-streaming-error': [url: string, error: IAgoraRTCError];
  'live-streaming-warning': [url: string, warning: IAgoraRTCError];
  'channel-media-relay-state': [state: ChannelMediaRelayState, code: ChannelMediaRelayError];
  'channel-media-relay-event': [event: ChannelMediaRelayEvent];
  'content-inspect-connection-state-change': [previous: ServiceState, current: ServiceState];
  'content-inspect-error': [error?: IAgoraRTCError];
  'image-moderation-connection-state-change': [current: ServiceState, previous: ServiceState];

  /** Housecount: somebody came into the audience, or a host became audience. */
  'audience-joined': [member: Member];
  /** Housecount: somebody left the audience: the leave's reason, or `became-host`. */
  'audience-left': [member: Member, reason: AudienceLeftReason];
  /** Housecount: how many are in the audience, at the first snapshot and whenever it changes. */
  'audience-count': [count: number];
  /** Housecount: a member's connection is silent. Not a leave: it may be back within its lease. */
  'member-interrupted': [member: Member];
  'member-back': [member: Member];
  /** Housecount: how many are in the channel, at first and whenever one of the numbers is another. Costs nothing per member. */
  'channel-count': [counts: ChannelCounts];
  /** Housecount: the window that `roster({ first })` or `roster({ from, count })` shows is another one. */
  'roster-window': [window: RosterWindow];
}
