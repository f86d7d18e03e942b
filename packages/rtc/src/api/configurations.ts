import type { AudienceLatencyLevelType } from '../enums.ts';
import type { ScreenSourceType } from './elsewhere.ts';

export type SDK_MODE = 'live' | 'rtc' | 'p2p';
export type SDK_CODEC = 'vp8' | 'h264' | 'vp9' | 'av1' | 'h265';
export type SDK_AUDIO_CODEC = 'opus' | 'pcma' | 'pcmu' | 'g722';
export type ClientRole = 'audience' | 'host';

export type DeviceState = 'ACTIVE' | 'INACTIVE';
/** A device that came or went. */
export interface DeviceInfo {
  /** Epoch milliseconds of this change, and of when the device was first seen. */
  updateAt: number;
  initAt: number;
  state: DeviceState;
  device: MediaDeviceInfo;
}

export interface ClientRoleOptions {
  level: AudienceLatencyLevelType;
  delay?: number;
}

/** How a request is tried again. Times are milliseconds. */
export interface RetryConfiguration {
  /** The wait before the second attempt. */
  timeout: number;
  /** Each wait is this many times the one before. */
  timeoutFactor: number;
  maxRetryCount: number;
  /** The longest wait. */
  maxRetryTimeout: number;
}

/** A TURN server of the app's own. */
export interface TurnServerConfig {
  turnServerURL: string;
  username: string;
  password: string;
  udpport?: number;
  tcpport?: number;
  /** Send media over this server alone. */
  forceturn?: boolean;
  /** Reach it over TLS. */
  security?: boolean;
}

export interface ClientConfig {
  mode: SDK_MODE;
  codec: SDK_CODEC;
  audioCodec?: SDK_AUDIO_CODEC;
  role?: ClientRole;
  clientRoleOptions?: ClientRoleOptions;
  proxyServer?: string;
  turnServer?: TurnServerConfig;
  httpRetryConfig?: RetryConfiguration;
  websocketRetryConfig?: RetryConfiguration;
  aiClientMode?: boolean;
}

export interface IJoinOptions {
  /** Subscribe to whatever hosts publish. */
  autoSubscribe?: boolean;
  /** Subscribe to the sound of hosts, and play it. */
  autoReceiveAndPlayAudio?: boolean;
}

export interface ConstrainLong {
  min?: number;
  max?: number;
  ideal?: number;
  exact?: number;
}

export interface AudioEncoderConfiguration {
  /** Hertz. */
  sampleRate?: number;
  sampleSize?: number;
  stereo?: boolean;
  /** Kilobits per second. */
  bitrate?: number;
}
export type AudioEncoderConfigurationPreset =
  | 'speech_low_quality'
  | 'speech_standard'
  | 'music_standard'
  | 'standard_stereo'
  | 'high_quality'
  | 'high_quality_stereo';

export interface VideoEncoderConfiguration {
  width?: number | ConstrainLong;
  height?: number | ConstrainLong;
  frameRate?: number | ConstrainLong;
  /** Kilobits per second. */
  bitrateMin?: number;
  bitrateMax?: number;
  scaleResolutionDownBy?: number;
  minDownscaleWidth?: number;
  minDownscaleHeight?: number;
}

/** The name of a preset. The ones known are offered while typing; a name that is none is INVALID_PARAMS when it is used. */
type Preset<Known extends string> = Known | (string & Record<never, never>);
export type VideoEncoderConfigurationPreset = Preset<
  | '120p_1'
  | '180p_1'
  | '240p_1'
  | '360p_1'
  | '360p_7'
  | '480p_1'
  | '480p_2'
  | '480p_9'
  | '720p_1'
  | '720p_2'
  | '720p_3'
  | '720p_auto'
  | '1080p_1'
  | '1080p_2'
  | '1080p_5'
>;
export type ScreenEncoderConfigurationPreset = Preset<
  | '480p_1'
  | '480p_2'
  | '480p_3'
  | '720p_1'
  | '720p_2'
  | '720p_3'
  | '720p_auto'
  | '1080p_1'
  | '1080p_2'
  | '1080p_3'
>;

export interface SVCConfiguration {
  numSpatialLayers: 1 | 2 | 3;
  numTemporalLayers: 1 | 3;
}
/** `1SL3TL` and the like. */
export type SVCConfigurationPreset = string;

export type OptimizationMode = 'balanced' | 'motion' | 'detail';

/** The second, smaller picture of dual stream. */
export interface LowStreamParameter {
  width: ConstrainULong;
  height: ConstrainULong;
  framerate?: ConstrainULong;
  /** Kilobits per second. */
  bitrate?: number;
}

interface AudioTrackInitConfig {
  /** Echo cancellation, automatic gain and noise suppression; each is on unless it is said to be off. */
  AEC?: boolean;
  AGC?: boolean;
  ANS?: boolean;
}
export interface MicrophoneAudioTrackInitConfig extends AudioTrackInitConfig {
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
  microphoneId?: string;
  DTX?: boolean;
  bypassWebAudio?: boolean;
}
export interface CustomAudioTrackInitConfig {
  mediaStreamTrack: MediaStreamTrack;
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
}
export interface ScreenAudioTrackInitConfig extends AudioTrackInitConfig {
  suppressLocalAudioPlayback?: boolean;
  restrictOwnAudio?: boolean;
}

export interface BufferSourceAudioTrackInitConfig {
  /** A file of the user's, an address, or sound that is decoded already. */
  source: File | string | AudioBuffer;
  cacheOnlineFile?: boolean;
  encoderConfig?: AudioEncoderConfiguration | AudioEncoderConfigurationPreset;
}
export interface AudioSourceOptions {
  /** How often it is played. */
  cycle?: number;
  loop?: boolean;
  /** Seconds from the beginning at which it starts. */
  startPlayTime?: number;
}
export type AudioSourceState = 'stopped' | 'playing' | 'paused';

export interface CameraVideoTrackInitConfig {
  encoderConfig?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset;
  cameraId?: string;
  facingMode?: VideoFacingModeEnum;
  optimizationMode?: OptimizationMode;
  scalabiltyMode?: SVCConfiguration | SVCConfigurationPreset;
}
export interface CustomVideoTrackInitConfig {
  mediaStreamTrack: MediaStreamTrack;
  width?: number | ConstrainLong;
  height?: number | ConstrainLong;
  frameRate?: number | ConstrainLong;
  /** Kilobits per second. */
  bitrateMin?: number;
  bitrateMax?: number;
  minDownscaleWidth?: number;
  minDownscaleHeight?: number;
  optimizationMode?: OptimizationMode;
  scalabiltyMode?: SVCConfiguration | SVCConfigurationPreset;
}
export interface ScreenVideoTrackInitConfig {
  encoderConfig?: VideoEncoderConfiguration | ScreenEncoderConfigurationPreset;
  optimizationMode?: OptimizationMode;
  scalabiltyMode?: SVCConfiguration | SVCConfigurationPreset;
  displaySurface?: 'browser' | 'window' | 'monitor';
  selfBrowserSurface?: 'include' | 'exclude';
  surfaceSwitching?: 'include' | 'exclude';
  systemAudio?: 'include' | 'exclude';
  windowAudio?: 'exclude' | 'system';
  monitorTypeSurfaces?: 'exclude' | 'include';
  preferCurrentTab?: boolean;
  electronScreenSourceId?: string;
  extensionId?: string;
  screenSourceType?: ScreenSourceType;
}

export interface VideoPlayerConfig {
  mirror?: boolean;
  fit?: 'cover' | 'contain' | 'fill';
  /** Leaves the look of the element to the page. */
  noStyle?: boolean;
}

/** How strong the beauty effect is; each level is from 0 to 1. */
export interface BeautyEffectOptions {
  smoothnessLevel?: number;
  lighteningLevel?: number;
  rednessLevel?: number;
  lighteningContrastLevel?: 0 | 1 | 2;
}

export interface ImageTypedData {
  buffer: Uint8Array;
  width: number;
  height: number;
}
