import type { ConnectionDisconnectedReason, ConnectionState } from '../enums.ts';
import type { MediaKind } from '../media/host-subscription.ts';
import type { IAgoraRTCRemoteUser, UID, UserLeftReason } from '../media/remote-hosts.ts';
import type { AudienceLeftReason, Member } from '../roster/roster.ts';
import type { ChannelCounts, RosterWindow } from '../roster/roster-part.ts';
import type { NetworkQuality } from '../stats/stats.ts';

/** Every event of a client. The first block is the API this SDK follows: it speaks of hosts only. */
export interface ClientEvents {
  'user-joined': [IAgoraRTCRemoteUser];
  'user-left': [IAgoraRTCRemoteUser, UserLeftReason];
  'user-published': [IAgoraRTCRemoteUser, MediaKind];
  'user-unpublished': [IAgoraRTCRemoteUser, MediaKind];
  'user-info-updated': [UID, 'mute-audio' | 'unmute-audio' | 'mute-video' | 'unmute-video'];
  'published-user-list': [readonly IAgoraRTCRemoteUser[]];
  'connection-state-change': [ConnectionState, ConnectionState, ConnectionDisconnectedReason | undefined];
  'peerconnection-state-change': [RTCPeerConnectionState, RTCPeerConnectionState];
  'token-privilege-will-expire': [];
  'token-privilege-did-expire': [];
  'volume-indicator': [{ readonly uid: UID; readonly level: number }[]];
  'network-quality': [NetworkQuality];
  'media-reconnect-start': [UID];
  'media-reconnect-end': [UID];
  'is-using-cloud-proxy': [boolean];
  'join-fallback-to-proxy': [string];
  exception: [{ readonly code: number; readonly msg: string; readonly uid: UID }];
  'stream-type-changed': [UID, 0 | 1];
  'stream-fallback': [UID, 'fallback' | 'recover'];
  'stream-message': [UID, Uint8Array];
  'crypt-error': [];
  'live-streaming-error': [string, Error];
  'live-streaming-warning': [string, Error];
  'channel-media-relay-state': [unknown, unknown];
  'channel-media-relay-event': [unknown];
  'content-inspect-connection-state-change': [string, string];
  'content-inspect-error': [Error?];
  'image-moderation-connection-state-change': [string, string];

  /** Housecount: somebody came into the audience, or a host became audience. */
  'audience-joined': [Member];
  /** Housecount: somebody left the audience: the leave's reason, or `became-host`. */
  'audience-left': [Member, AudienceLeftReason];
  /** Housecount: how many are in the audience, at the first snapshot and whenever it changes. */
  'audience-count': [number];
  /** Housecount: a member's connection is silent. Not a leave: it may be back within its lease. */
  'member-interrupted': [Member];
  'member-back': [Member];
  /** Housecount: how many are in the channel, at first and whenever one of the numbers is another. Costs nothing per member. */
  'channel-count': [ChannelCounts];
  /** Housecount: the window that `roster({ first })` or `roster({ from, count })` shows is another one. */
  'roster-window': [RosterWindow];
}

/** The events that need the whole roster: whoever listens for one of them makes the client follow it. */
export const rosterEvents: ReadonlySet<keyof ClientEvents> = new Set([
  'audience-joined',
  'audience-left',
  'audience-count',
  'member-interrupted',
  'member-back',
]);
