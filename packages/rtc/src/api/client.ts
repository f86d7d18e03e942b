import type { ConnectionState, RemoteStreamFallbackType, RemoteStreamType } from '../enums.ts';
import type { Roster } from '../roster/roster.ts';
import type { RosterRange, RosterWindow } from '../roster/roster-part.ts';
import type {
  AgoraRTCStats,
  LocalAudioStats,
  LocalVideoStats,
  NetworkQuality,
  RemoteAudioStats,
  RemoteVideoStats,
} from '../stats/stats.ts';
import type { ClientEvents } from './client-events.ts';
import type {
  ClientRole,
  ClientRoleOptions,
  IJoinOptions,
  LowStreamParameter,
  SDK_CODEC,
  SDK_MODE,
  TurnServerConfig,
} from './configurations.ts';
import type { IDataChannelConfig, ILocalDataChannel, IRemoteDataChannel } from './data-channels.ts';
import type {
  EncryptionMode,
  EventCustomReportParams,
  IChannelMediaRelayConfiguration,
  ImageModerationConfiguration,
  InspectConfiguration,
  LiveStreamingTranscodingConfig,
  LocalAccessPointConfig,
  RTMConfiguration,
} from './elsewhere.ts';
import type { IAgoraRTCError } from './errors.ts';
import type { TypedEmitter } from './event-emitter.ts';
import type { IAgoraRTCRemoteUser } from './remote-user.ts';
import type {
  ILocalTrack,
  IRemoteAudioTrack,
  IRemoteTrack,
  IRemoteVideoTrack,
  PublishableTrack,
} from './tracks.ts';
import type { UID } from './uid.ts';

type User = IAgoraRTCRemoteUser | UID;
type Many<T> = T | readonly T[];

/** The arguments of `join` beside who joins what. */
export interface JoinOptions extends IJoinOptions {
  /** Tell `network-quality` before anything is sent or received, too. */
  networkQualityProbe?: boolean;
}

/** A client with the methods of agora-rtc-sdk-ng, as apps name its type. The audience of a channel is told by a {@link HousecountClient}. */
export interface IAgoraRTCClient extends TypedEmitter<ClientEvents> {
  readonly connectionState: ConnectionState;
  readonly remoteUsers: IAgoraRTCRemoteUser[];
  readonly localTracks: ILocalTrack[];
  readonly localDataChannels: ILocalDataChannel[];
  readonly uid?: UID | undefined;
  readonly channelName?: string | undefined;
  readonly mode: SDK_MODE;
  readonly role: ClientRole;

  join(
    appid: string,
    channel: string,
    token: string | null,
    uid?: UID | null,
    options?: JoinOptions,
  ): Promise<UID>;
  leave(): Promise<void>;
  renewToken(token: string): Promise<void>;
  setClientRole(role: ClientRole, options?: ClientRoleOptions): Promise<void>;

  publish(tracks: Many<PublishableTrack>): Promise<void>;
  publish(config: IDataChannelConfig): Promise<ILocalDataChannel>;
  // biome-ignore lint/suspicious/noConfusingVoidType: it resolves with a channel where it was given one's configuration, else with nothing.
  publish(what: Many<PublishableTrack> | IDataChannelConfig): Promise<ILocalDataChannel | void>;
  unpublish(tracks?: Many<PublishableTrack>): Promise<void>;
  unpublish(dataChannel?: ILocalDataChannel): Promise<void>;
  unpublish(what?: Many<PublishableTrack> | ILocalDataChannel): Promise<void>;
  subscribe(user: User, mediaType: 'video'): Promise<IRemoteVideoTrack>;
  subscribe(user: User, mediaType: 'audio'): Promise<IRemoteAudioTrack>;
  subscribe(user: User, mediaType: 'datachannel', channelId: number): Promise<IRemoteDataChannel>;
  subscribe(
    user: User,
    mediaType: 'video' | 'audio' | 'datachannel',
    channelId?: number,
  ): Promise<IRemoteAudioTrack | IRemoteVideoTrack>;
  presubscribe(uid: UID, mediaType: 'audio'): Promise<IRemoteAudioTrack>;
  presubscribe(uid: UID, mediaType: 'video'): Promise<IRemoteVideoTrack>;
  presubscribe(uid: UID, mediaType: 'video' | 'audio'): Promise<IRemoteAudioTrack | IRemoteVideoTrack>;
  unsubscribe(user: User, mediaType?: 'video' | 'audio' | 'datachannel', channelId?: number): Promise<void>;
  massSubscribe(list: { user: IAgoraRTCRemoteUser; mediaType: 'audio' | 'video' }[]): Promise<
    {
      user: IAgoraRTCRemoteUser;
      mediaType: 'audio' | 'video';
      track?: IRemoteTrack;
      error?: IAgoraRTCError;
    }[]
  >;
  massUnsubscribe(list: { user: IAgoraRTCRemoteUser; mediaType?: 'audio' | 'video' }[]): Promise<void>;

  enableDualStream(): Promise<void>;
  disableDualStream(): Promise<void>;
  /** -1 as the SDK decides, 0 never, 1 always. */
  setDualStreamMode(mode: -1 | 0 | 1, parameter?: LowStreamParameter): Promise<void>;
  setLowStreamParameter(parameter: LowStreamParameter): void;
  setRemoteVideoStreamType(uid: UID, type: RemoteStreamType): Promise<void>;
  setRemoteDefaultVideoStreamType(type: RemoteStreamType): Promise<void>;
  setStreamFallbackOption(uid: UID, type: RemoteStreamFallbackType): Promise<void>;
  pickSVCLayer(
    uid: UID,
    layers: { spatialLayer: 0 | 1 | 2 | 3; temporalLayer: 0 | 1 | 2 | 3 },
  ): Promise<void>;

  enableAudioVolumeIndicator(): void;
  getRTCStats(): AgoraRTCStats;
  getLocalAudioStats(): LocalAudioStats;
  getLocalVideoStats(): LocalVideoStats;
  getRemoteAudioStats(): { [uid: string]: RemoteAudioStats };
  getRemoteVideoStats(): { [uid: string]: RemoteVideoStats };
  getNetworkQuality(): NetworkQuality;
  getRemoteNetworkQuality(): { [uid: string]: NetworkQuality };
  getNtpWallTimeInMs(): number;

  setProxyServer(server: string): void;
  setTurnServer(server: TurnServerConfig): void;
  startProxyServer(mode?: number): void;
  stopProxyServer(): void;
  setLocalAccessPointsV2(config: LocalAccessPointConfig): void;
  setLicense(license: string): void;
  setRTMConfig(config: RTMConfiguration): Promise<void>;
  setEncryptionConfig(
    mode: EncryptionMode,
    secret: string,
    salt?: Uint8Array,
    encryptDataStream?: boolean,
  ): void;

  setLiveTranscoding(config: LiveStreamingTranscodingConfig): Promise<void>;
  startLiveStreaming(url: string, transcodingEnabled?: boolean): Promise<void>;
  stopLiveStreaming(url: string): Promise<void>;
  startChannelMediaRelay(config: IChannelMediaRelayConfiguration): Promise<void>;
  updateChannelMediaRelay(config: IChannelMediaRelayConfiguration): Promise<void>;
  stopChannelMediaRelay(): Promise<void>;
  enableContentInspect(config: InspectConfiguration): Promise<void>;
  disableContentInspect(): Promise<void>;
  setImageModeration(enabled: false): Promise<void>;
  setImageModeration(enabled: true, config: ImageModerationConfiguration): Promise<void>;
  sendCustomReportMessage(reports: Many<EventCustomReportParams>): Promise<void>;
  _setRteInfo(url: string, sid: string): void;
  _isPreRender(): boolean;

  /** Housecount: see {@link HousecountClient}. A client of the original's has no such method. */
  roster?: Audience['roster'];
  /** Housecount: likewise. */
  audienceCount?: Audience['audienceCount'];
}

/** Who is in the channel, which agora-rtc-sdk-ng does not tell. */
export interface Audience {
  /**
   * Some of those who are in the channel, with the counts, as a view that stays true until the client leaves; for
   * channels that are too large to show. There is one: asking for another range moves it. Rejects INVALID_PARAMS,
   * INVALID_OPERATION as `roster()`, and also if too many different windows of the channel are being looked at.
   */
  roster(range: RosterRange): Promise<RosterWindow>;
  /**
   * Who is in the channel, as a view that stays true until the client leaves. Rejects INVALID_OPERATION when not
   * joined, or if the app shows its roster to hosts only.
   */
  roster(): Promise<Roster>;
  /**
   * How many are in the audience, without asking for who they are; `channel-count` tells when that changes.
   * Rejects INVALID_OPERATION when not joined.
   */
  audienceCount(): Promise<number>;
}

/** What `createClient` makes: such a client, which also tells who the audience is. */
export interface HousecountClient extends IAgoraRTCClient, Audience {
  readonly codec: SDK_CODEC;
  /**
   * Sends a message, of 1,024 bytes at most, to all others who are in the channel now: `stream-message` tells them, in order. Hosts only.
   * The original has the method, and its type has it not. With `retry` it is sent again after a lost connection, and may arrive twice.
   */
  sendStreamMessage(payload: Uint8Array | string, retry?: boolean): Promise<void>;
  massSubscribe<E extends { readonly user: User; readonly mediaType: 'audio' | 'video' }>(
    list: readonly E[],
  ): Promise<(E & { track?: IRemoteAudioTrack | IRemoteVideoTrack; error?: IAgoraRTCError })[]>;
  massUnsubscribe(
    list: readonly { readonly user: User; readonly mediaType?: 'audio' | 'video' }[],
  ): Promise<void>;
  roster: Audience['roster'];
  audienceCount: Audience['audienceCount'];
}
