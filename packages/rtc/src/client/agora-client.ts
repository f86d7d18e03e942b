import { stampMs } from '@housecount/link';
import type { HousecountClient } from '../api/client.ts';
import type { LowStreamParameter, TurnServerConfig } from '../api/configurations.ts';
import type { UID } from '../api/uid.ts';
import { checkFallback } from '../dual/stream-choices.ts';
import { readEncryption } from '../encryption/encryption.ts';
import type { RemoteStreamFallbackType, RemoteStreamType } from '../enums.ts';
import { failure } from '../errors.ts';
import { log } from '../log.ts';
import { rejectUnsupported as unsupported } from '../unsupported.ts';
import { Client } from './client.ts';

/**
 * The rest of the API's methods, so that an app which calls them runs: hints that a self-hosted server has no use for do
 * nothing; what would have to do something, and cannot, rejects NOT_SUPPORTED.
 */
export class AgoraClient extends Client implements HousecountClient {
  /** Media of sessions opened from now on may go over this TURN server, or servers, beside what the server names; with `forceturn` only so. */
  setTurnServer(server: TurnServerConfig | readonly TurnServerConfig[]): void {
    this.network.setTurnServer(server);
  }
  /** The next join reaches the server at this address: a proxy in front of it. */
  setProxyServer(address: string): void {
    this.network.setProxyServer(address);
  }
  // The vendor's own proxies, and its access points.
  startProxyServer(_mode?: number): void {}
  stopProxyServer(): void {}
  setLocalAccessPointsV2(_points?: unknown): void {}

  // Two streams of one video.
  /** Sends a small picture beside the large one, now or as soon as there is one. NOT_SUPPORTED if what is published already cannot. */
  async enableDualStream(): Promise<void> {
    await this.setDualStreamMode(1);
  }
  async disableDualStream(): Promise<void> {
    await this.setDualStreamMode(0);
  }
  async setDualStreamMode(mode: -1 | 0 | 1, parameter?: LowStreamParameter): Promise<void> {
    this.dual.setMode(mode, parameter);
    await this.encodeAnew();
  }
  /** The size and rate of the small picture, before or after the publish: its width is met, its height follows the source. */
  setLowStreamParameter(parameter: LowStreamParameter): void {
    this.dual.set(parameter);
    this.encodeAnew().catch((error: unknown) => log.warn('the low stream is not sent as asked for', error));
  }
  /** The largest picture of a host, before or after it is subscribed: 0 as large as there is one, 1 the small one. */
  async setRemoteVideoStreamType(uid: UID, type: RemoteStreamType): Promise<void> {
    this.choices.set(uid, type);
    await this.chooseLayers(uid);
  }
  /** The same of all hosts that nothing was said of. */
  async setRemoteDefaultVideoStreamType(type: RemoteStreamType): Promise<void> {
    this.choices.setUsual(type);
    await this.chooseLayers();
  }
  async setStreamFallbackOption(_uid: UID, type: RemoteStreamFallbackType): Promise<void> {
    checkFallback(type);
  }
  pickSVCLayer(): Promise<void> {
    return unsupported('scalable video layers');
  }

  /**
   * Encrypts what is published, and decrypts what is subscribed, from the next join to the leave after it, so that the server can read
   * neither; all in the channel use the same. INVALID_PARAMS, NOT_SUPPORTED for a mode or for stream messages that cannot be encrypted.
   */
  setEncryptionConfig(mode: string, secret: string, salt?: Uint8Array, encryptDataStream = false): void {
    if (encryptDataStream && mode !== 'none')
      throw failure('NOT_SUPPORTED', 'Housecount has no encryption of stream messages');
    this.cipherKey = readEncryption({ mode, secret, salt });
  }

  setLiveTranscoding(): Promise<void> {
    return unsupported('CDN streaming');
  }
  startLiveStreaming(): Promise<void> {
    return unsupported('CDN streaming');
  }
  stopLiveStreaming(): Promise<void> {
    return unsupported('CDN streaming');
  }
  startChannelMediaRelay(): Promise<void> {
    return unsupported('channel media relay');
  }
  updateChannelMediaRelay(): Promise<void> {
    return unsupported('channel media relay');
  }
  stopChannelMediaRelay(): Promise<void> {
    return unsupported('channel media relay');
  }
  pauseAllChannelMediaRelay(): Promise<void> {
    return unsupported('channel media relay');
  }
  resumeAllChannelMediaRelay(): Promise<void> {
    return unsupported('channel media relay');
  }
  enableContentInspect(): Promise<void> {
    return unsupported('content inspection');
  }
  async disableContentInspect(): Promise<void> {}
  setImageModeration(enabled: boolean): Promise<void> {
    return enabled ? unsupported('image moderation') : Promise.resolve();
  }
  async sendCustomReportMessage(_message?: unknown): Promise<void> {}

  setRTMConfig(_config?: unknown): Promise<void> {
    return unsupported('signaling inside of the live connection: @housecount/rtm is beside it');
  }

  // Licences are the vendor's, and so is the framework of which these two are.
  setLicense(_license?: string): void {}
  _setRteInfo(_url?: string, _sid?: string): void {}
  _isPreRender(): boolean {
    return false;
  }

  /** Epoch milliseconds by this machine's clock. */
  getNtpWallTimeInMs(): number {
    return stampMs();
  }
}
