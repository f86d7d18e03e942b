import { AgoraRTC } from './client/agora-rtc.ts';

export default AgoraRTC;
export type { AgoraClient as IAgoraRTCClient } from './client/agora-client.ts';
export type { AgoraRTCApi } from './client/agora-rtc.ts';
export { VERSION } from './client/agora-rtc.ts';
export type { ClientConfig, ClientRole, ClientRoleOptions, JoinOptions } from './client/client.ts';
export type { ClientEvents } from './client/client-events.ts';
export * from './enums.ts';
export { AgoraRTCErrorCode, AgoraRTCException } from './errors.ts';
export type { DeviceInfo, GlobalEvents } from './global-events.ts';
export type { VideoCodec as SDK_CODEC } from './media/codecs.ts';
export type { PublishableTrack } from './media/publishable-track.ts';
export type { IAgoraRTCRemoteUser, UID, UserLeftReason } from './media/remote-hosts.ts';
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
export type {
  CameraConfig as CameraVideoTrackInitConfig,
  CustomAudioConfig as CustomAudioTrackInitConfig,
  CustomVideoConfig as CustomVideoTrackInitConfig,
  MicrophoneConfig as MicrophoneAudioTrackInitConfig,
  ScreenConfig as ScreenVideoTrackInitConfig,
} from './tracks/create.ts';
export type {
  LocalAudioTrack as ILocalAudioTrack,
  MicrophoneAudioTrack as IMicrophoneAudioTrack,
} from './tracks/local-audio-track.ts';
export type { LocalTrack as ILocalTrack } from './tracks/local-track.ts';
export type {
  CameraVideoTrack as ICameraVideoTrack,
  LocalVideoTrack as ILocalVideoTrack,
} from './tracks/local-video-track.ts';
export type { AudioEncoderConfiguration, VideoEncoderConfiguration } from './tracks/presets.ts';
export type { RemoteAudioTrack as IRemoteAudioTrack } from './tracks/remote-audio-track.ts';
export type { RemoteTrack as IRemoteTrack } from './tracks/remote-track.ts';
export type { RemoteVideoTrack as IRemoteVideoTrack } from './tracks/remote-video-track.ts';
export { AgoraRTC };
