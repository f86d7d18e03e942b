import { AgoraRTC } from './client/agora-rtc.ts';

export default AgoraRTC;
export type { AgoraRTCApi, IAgoraRTC, LastmileProbeResult } from './api/agora-rtc.ts';
export type { Audience, HousecountClient, IAgoraRTCClient, JoinOptions } from './api/client.ts';
export type { ClientEvents } from './api/client-events.ts';
export type * from './api/configurations.ts';
export type * from './api/data-channels.ts';
export type * from './api/elsewhere.ts';
export type { IAgoraRTCError } from './api/errors.ts';
export type {
  IAudioProcessor,
  IBaseProcessor,
  IExtension,
  IProcessorContext,
} from './api/processors.ts';
export type { IAgoraRTCRemoteUser, UserLeftReason } from './api/remote-user.ts';
export type {
  IBufferSourceAudioTrack,
  ICameraVideoTrack,
  ILocalAudioTrack,
  ILocalTrack,
  ILocalVideoTrack,
  IMicrophoneAudioTrack,
  IRemoteAudioTrack,
  IRemoteTrack,
  IRemoteVideoTrack,
  ITrack,
  PublishableTrack,
} from './api/tracks.ts';
export type { UID } from './api/uid.ts';
export { VERSION } from './client/agora-rtc.ts';
export * from './enums.ts';
export { AgoraRTCErrorCode, AgoraRTCException, HousecountErrorCode } from './errors.ts';
export type { GlobalEvents } from './global-events.ts';
export type { AudienceLeftReason, Member, Roster } from './roster/roster.ts';
export type { ChannelCounts, RosterRange, RosterWindow } from './roster/roster-part.ts';
export type {
  AgoraRTCStats,
  LocalAudioStats as LocalAudioTrackStats,
  LocalVideoStats as LocalVideoTrackStats,
  NetworkQuality,
  RemoteAudioStats as RemoteAudioTrackStats,
  RemoteVideoStats as RemoteVideoTrackStats,
} from './stats/stats.ts';
export { AgoraRTC };
