import type { VideoState } from '../enums.ts';
import type { LocalAudioStats, LocalVideoStats, RemoteAudioStats, RemoteVideoStats } from '../stats/stats.ts';
import type {
  AudioSourceOptions,
  AudioSourceState,
  BeautyEffectOptions,
  ImageTypedData,
  OptimizationMode,
  VideoEncoderConfiguration,
  VideoEncoderConfigurationPreset,
  VideoPlayerConfig,
} from './configurations.ts';
import type { TypedEmitter } from './event-emitter.ts';
import type {
  AudioExtensionConstructor,
  IAudioProcessor,
  IBaseProcessor,
  ITrackExtension,
  VideoExtensionConstructor,
} from './processors.ts';

/** 0 the large stream, 1 the small one of dual stream. */
type StreamType = 0 | 1;

export type VisibleStatus =
  | { visible: true }
  | { visible: false; reason: 'COVERED' | 'POSITION' | 'SIZE' | 'STYLE' };

/** What apps may do with any track. `E` maps its events to their arguments. */
export interface ITrack<E = object> extends TypedEmitter<E> {
  trackMediaType: 'audio' | 'video';
  isPlaying: boolean;
  getTrackId(): string;
  getMediaStreamTrack(): MediaStreamTrack;
  getRTCRtpTransceiver(type?: StreamType): RTCRtpTransceiver | undefined;
  play(element?: string | HTMLElement): void;
  stop(): void;
}

/** A track that can be published: one of ours, or any object that looks like one (made by another copy of an SDK). */
export interface PublishableTrack {
  readonly trackMediaType: 'audio' | 'video';
  readonly muted?: boolean;
  readonly enabled?: boolean;
  getMediaStreamTrack(): MediaStreamTrack;
}

export interface LocalTrackEvents {
  /** The device was unplugged, the screen share stopped, or the permission withdrawn. */
  'track-ended': [];
  'track-updated': [track: MediaStreamTrack];
  'transceiver-updated': [transceiver: RTCRtpTransceiver, type?: StreamType];
}

export interface ILocalTrack<E = LocalTrackEvents> extends ITrack<E> {
  muted: boolean;
  enabled: boolean;
  setMuted(muted: boolean): Promise<void>;
  setEnabled(enabled: boolean): Promise<void>;
  getTrackLabel(): string;
  /** @deprecated Use the client's getLocalAudioStats and getLocalVideoStats. */
  getStats(): LocalVideoStats | LocalAudioStats;
  close(): void;
}

/** What local and remote sound have in common. */
interface ProcessedSound {
  pipe(processor: IAudioProcessor): IAudioProcessor;
  unpipe(): void;
  processorDestination: IAudioProcessor;
  setAudioFrameCallback(callback: null | ((buffer: AudioBuffer) => void), frameSize?: number): void;
  setPlaybackDevice(deviceId: string): Promise<void>;
  useExtension<T extends ITrackExtension>(
    extension: AudioExtensionConstructor<T>,
    options?: Record<string, unknown>,
  ): T;
  removeExtension(extension: ITrackExtension): boolean;
  addReferenceTrack(track: ILocalAudioTrack | IRemoteAudioTrack): void;
  removeReferenceTrack(track: ILocalAudioTrack | IRemoteAudioTrack): boolean;
}

/** What local and remote pictures have in common. */
interface ProcessedPictures {
  getCurrentFrameData(): ImageData;
  getVideoElementVisibleStatus(): VisibleStatus | undefined;
  pipe(processor: IBaseProcessor): IBaseProcessor;
  unpipe(): void;
  processorDestination: IBaseProcessor;
  useExtension<T extends VideoExtensionConstructor>(
    extension: T,
    options?: { extensionOptions?: Record<string, unknown>; moduleURL?: string; registrationName?: string },
  ): InstanceType<T>;
  removeExtension(extension: ITrackExtension): boolean;
}

export interface ILocalAudioTrack<E = LocalTrackEvents> extends ILocalTrack<E>, ProcessedSound {
  play(): void;
  /** 0 silent, 100 as it is, up to 1000. */
  setVolume(volume: number): void;
  /** Loudness now, 0 to 1. */
  getVolumeLevel(): number;
  getStats(): LocalAudioStats;
}

export interface IMicrophoneAudioTrack extends ILocalAudioTrack {
  setDevice(deviceId: string): Promise<void>;
}

export interface BufferSourceTrackEvents extends LocalTrackEvents {
  'source-state-change': [state: AudioSourceState];
}

/** Sound from a file or a buffer. */
export interface IBufferSourceAudioTrack extends ILocalAudioTrack<BufferSourceTrackEvents> {
  source: string | File | AudioBuffer | null;
  currentState: AudioSourceState;
  /** Seconds. */
  duration: number;
  /** Percent of the usual speed. */
  playbackSpeed: number;
  /** Seconds. */
  getCurrentTime(): number;
  startProcessAudioBuffer(options?: AudioSourceOptions): void;
  pauseProcessAudioBuffer(): void;
  resumeProcessAudioBuffer(): void;
  stopProcessAudioBuffer(): void;
  /** `time` is in seconds. */
  seekAudioBuffer(time: number): void;
  /** 50 to 400 percent of the usual speed. */
  setAudioBufferPlaybackSpeed(speed: number): void;
}

export interface LocalVideoTrackEvents extends LocalTrackEvents {
  'video-element-visible-status': [status?: VisibleStatus];
}

export interface ILocalVideoTrack extends ILocalTrack<LocalVideoTrackEvents>, ProcessedPictures {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getStats(): LocalVideoStats;
  clone(
    config?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset,
    cloneTrack?: boolean,
  ): ILocalVideoTrack;
  setEncoderConfiguration(config: VideoEncoderConfiguration | VideoEncoderConfigurationPreset): Promise<void>;
  setOptimizationMode(mode: OptimizationMode): Promise<void>;
  replaceTrack(track: MediaStreamTrack, stopOldTrack: boolean): Promise<void>;
  setBeautyEffect(enabled: boolean, options?: BeautyEffectOptions): Promise<void>;
  getCurrentFrameImage(imageType: string, quality: number): Promise<ImageTypedData>;
  sendSeiData(sei: Uint8Array): void;
}

export interface ICameraVideoTrack extends ILocalVideoTrack {
  setDevice(
    device:
      | string
      | { deviceId: string; facingMode?: never }
      | { facingMode: VideoFacingModeEnum; deviceId?: never },
  ): Promise<void>;
  clone(
    config?: VideoEncoderConfiguration | VideoEncoderConfigurationPreset,
    cloneTrack?: boolean,
  ): ICameraVideoTrack;
}

export interface RemoteTrackEvents {
  'track-updated': [track: MediaStreamTrack];
  'first-frame-decoded': [];
  'transceiver-updated': [transceiver: RTCRtpTransceiver];
}

export interface IRemoteTrack<E = RemoteTrackEvents> extends ITrack<E> {
  getUserId(): number | string;
  /** @deprecated Use the client's getRemoteAudioStats and getRemoteVideoStats. */
  getStats(): RemoteAudioStats | RemoteVideoStats;
}

export interface IRemoteAudioTrack extends IRemoteTrack, ProcessedSound {
  play(): void;
  /** 0 to 100. */
  setVolume(volume: number): void;
  /** Louder than it is sent: 0 to 1000, 100 as it is. */
  setAmplifiedVolume(volume: number): void;
  getVolume(): number;
  /** Loudness now, 0 to 1. */
  getVolumeLevel(): number;
  getStats(): RemoteAudioStats;
}

export interface RemoteVideoTrackEvents extends RemoteTrackEvents {
  'video-state-changed': [state: VideoState];
  'video-element-visible-status': [status?: VisibleStatus];
  'sei-received': [sei: Uint8Array, rtpTimestamp?: number];
}

export interface IRemoteVideoTrack extends IRemoteTrack<RemoteVideoTrackEvents>, ProcessedPictures {
  play(element: string | HTMLElement, config?: VideoPlayerConfig): void;
  getStats(): RemoteVideoStats;
}
