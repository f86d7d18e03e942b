import type { AREAS } from '../enums.ts';
import type { GlobalEvents } from '../global-events.ts';
import type { HousecountClient, IAgoraRTCClient } from './client.ts';
import type {
  BufferSourceAudioTrackInitConfig,
  CameraVideoTrackInitConfig,
  ClientConfig,
  CustomAudioTrackInitConfig,
  CustomVideoTrackInitConfig,
  DeviceInfo,
  MicrophoneAudioTrackInitConfig,
  ScreenAudioTrackInitConfig,
  ScreenVideoTrackInitConfig,
} from './configurations.ts';
import type {
  ElectronDesktopCapturerSource,
  IAgoraRTCServicePlugin,
  IChannelMediaRelayConfiguration,
  ScreenSourceType,
} from './elsewhere.ts';
import type { TypedEmitter } from './event-emitter.ts';
import type { IExtension } from './processors.ts';
import type {
  IBufferSourceAudioTrack,
  ICameraVideoTrack,
  ILocalAudioTrack,
  ILocalVideoTrack,
  IMicrophoneAudioTrack,
  IRemoteAudioTrack,
  IRemoteVideoTrack,
} from './tracks.ts';
import type { UID } from './uid.ts';

export interface LastmileProbeResult {
  state: 'complete' | 'unavailable';
  /** Milliseconds. */
  rtt?: number;
  packetLossRate?: number;
  /** Milliseconds. */
  jitter?: number;
  /** 1 excellent to 6 down. */
  networkQuality?: number;
}

type AudioState = AudioContextState | 'interrupted';

type WithAudio = 'enable' | 'disable' | 'auto' | ScreenAudioTrackInitConfig;

/** The one object of the API, as apps name its type. */
export interface IAgoraRTC extends TypedEmitter<GlobalEvents> {
  VERSION: string;
  createClient(config: ClientConfig): IAgoraRTCClient;
  createMicrophoneAudioTrack(config?: MicrophoneAudioTrackInitConfig): Promise<IMicrophoneAudioTrack>;
  createCameraVideoTrack(config?: CameraVideoTrackInitConfig): Promise<ICameraVideoTrack>;
  createMicrophoneAndCameraTracks(
    audioConfig?: MicrophoneAudioTrackInitConfig,
    videoConfig?: CameraVideoTrackInitConfig,
  ): Promise<[IMicrophoneAudioTrack, ICameraVideoTrack]>;
  createCustomAudioTrack(config: CustomAudioTrackInitConfig): ILocalAudioTrack;
  createCustomVideoTrack(config: CustomVideoTrackInitConfig): ILocalVideoTrack;
  createBufferSourceAudioTrack(config: BufferSourceAudioTrackInitConfig): Promise<IBufferSourceAudioTrack>;
  createScreenVideoTrack(
    config: ScreenVideoTrackInitConfig,
    withAudio: 'enable',
  ): Promise<[ILocalVideoTrack, ILocalAudioTrack]>;
  createScreenVideoTrack(config: ScreenVideoTrackInitConfig, withAudio: 'disable'): Promise<ILocalVideoTrack>;
  createScreenVideoTrack(
    config: ScreenVideoTrackInitConfig,
    withAudio?: WithAudio,
  ): Promise<[ILocalVideoTrack, ILocalAudioTrack] | ILocalVideoTrack>;

  getDevices(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getCameras(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getMicrophones(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getPlaybackDevices(skipPermissionCheck?: boolean): Promise<MediaDeviceInfo[]>;
  getElectronScreenSources(type?: ScreenSourceType): Promise<ElectronDesktopCapturerSource[]>;

  checkSystemRequirements(): boolean;
  getSupportedCodec(): Promise<{ video: string[]; audio: string[] }>;
  checkVideoTrackIsActive(track: ILocalVideoTrack | IRemoteVideoTrack, timeoutMs?: number): Promise<boolean>;
  checkAudioTrackIsActive(track: ILocalAudioTrack | IRemoteAudioTrack, timeoutMs?: number): Promise<boolean>;
  preload(appid: string, channel: string, token: string | null, uid?: UID | null): Promise<void>;
  startLastmileProbeTest(
    appid: string,
    channel: string,
    token: string | null,
    uid?: UID | null,
  ): Promise<LastmileProbeResult>;

  setLogLevel(level: number): void;
  enableLogUpload(): void;
  disableLogUpload(): void;
  setArea(area: AREAS[] | { areaCode: AREAS[]; excludedArea?: AREAS }): void;
  setAppType(type: number): void;
  resumeAudioContext(): void;
  processExternalMediaAEC(element: HTMLMediaElement): void;
  // biome-ignore lint/suspicious/noExplicitAny: each extension makes processors of its own.
  registerExtensions(extensions: IExtension<any>[]): void;
  createChannelMediaRelayConfiguration(): IChannelMediaRelayConfiguration;
  use(plugin: IAgoraRTCServicePlugin): IAgoraRTC;

  onAutoplayFailed?: () => void;
  /** Called for each sound that the browser holds back. Of the API's older versions. */
  onAudioAutoplayFailed?: () => void;
  onCameraChanged?: (device: DeviceInfo) => void;
  onMicrophoneChanged?: (device: DeviceInfo) => void;
  onPlaybackDeviceChanged?: (device: DeviceInfo) => void;
  onSecurityPolicyViolation?: (event: SecurityPolicyViolationEvent) => void;
  onAudioContextStateChanged?: (current: AudioState, previous: AudioState | undefined) => void;
}

/** The object itself: beside what its type has, what apps call all the same, and clients that tell who the audience is. */
export interface AgoraRTCApi extends IAgoraRTC {
  createClient(config?: Partial<ClientConfig>): HousecountClient;
  createScreenVideoTrack(
    config: ScreenVideoTrackInitConfig | undefined,
    withAudio: 'enable',
  ): Promise<[ILocalVideoTrack, ILocalAudioTrack]>;
  createScreenVideoTrack(
    config: ScreenVideoTrackInitConfig | undefined,
    withAudio: 'disable',
  ): Promise<ILocalVideoTrack>;
  createScreenVideoTrack(
    config?: ScreenVideoTrackInitConfig,
    withAudio?: WithAudio,
  ): Promise<[ILocalVideoTrack, ILocalAudioTrack] | ILocalVideoTrack>;
  /** Unknown keys are kept and have no effect. */
  setParameter(key: string, value: unknown): void;
  setLicense(license: string): void;
  stopLastmileProbeTest(): Promise<void>;
  /** A string, as older apps have it, is taken too. */
  setArea(area: unknown): void;
  use(plugin: unknown): AgoraRTCApi;
}
