// The types of what a self-hosted server does not have: apps name them, and the methods that take them reject NOT_SUPPORTED.
import type { UID } from './uid.ts';

export type EncryptionMode =
  | 'aes-128-xts'
  | 'aes-256-xts'
  | 'aes-128-ecb'
  | 'sm4-128-ecb'
  | 'aes-128-gcm'
  | 'aes-256-gcm'
  | 'aes-128-gcm2'
  | 'aes-256-gcm2'
  | 'none';

export interface LiveStreamingTranscodingImage {
  url: string;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  alpha?: number;
}

export interface LiveStreamingTranscodingUser {
  uid: UID;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  alpha?: number;
  zOrder?: number;
  audioChannel?: number;
}

export interface LiveStreamingTranscodingConfig {
  audioBitrate?: number;
  audioChannels?: 1 | 2 | 3 | 4 | 5;
  audioSampleRate?: 32000 | 44100 | 48000;
  backgroundColor?: number;
  width?: number;
  height?: number;
  lowLatency?: boolean;
  videoBitrate?: number;
  videoCodecProfile?: 66 | 77 | 100;
  videoFrameRate?: number;
  videoGop?: number;
  images?: LiveStreamingTranscodingImage[];
  watermark?: LiveStreamingTranscodingImage;
  backgroundImage?: LiveStreamingTranscodingImage;
  transcodingUsers?: LiveStreamingTranscodingUser[];
  userConfigExtraInfo?: string;
}

export interface ChannelMediaRelayInfo {
  channelName: string;
  token?: string;
  uid: number;
}

export interface IChannelMediaRelayConfiguration {
  setSrcChannelInfo(info: ChannelMediaRelayInfo): void;
  addDestChannelInfo(info: ChannelMediaRelayInfo): void;
  removeDestChannelInfo(channelName: string): void;
}

export interface InspectConfiguration {
  interval: number;
  ossFilePrefix?: string;
  extraInfo?: string;
  inspectType?: ('supervise' | 'moderation')[];
}

export interface ImageModerationConfiguration {
  interval: number;
  extraInfo?: string;
  vendor?: string;
}

export interface RTMConfiguration {
  apRTM: boolean;
  rtmFlag: number;
}

/** Addresses of the vendor's servers where they are installed on one's own. */
export type LocalAccessPointConfig = {
  [service in 'log' | 'report' | 'cds']?: { hostname?: string[]; port?: number };
} & {
  accessPoints: { serverList: string[]; domain: string; port?: number };
};

export interface EventCustomReportParams {
  reportId: string;
  category: string;
  event: string;
  label: string;
  value: number;
}

export type ScreenSourceType = 'screen' | 'window' | 'application';

interface IElectronNativeImage {
  toDataURL(): string;
  getSize(): { width: number; height: number };
  resize(options: { width: number }): IElectronNativeImage;
}

export interface ElectronDesktopCapturerSource {
  id: string;
  name: string;
  thumbnail: IElectronNativeImage;
}

/** A plug-in of the vendor's, for `AgoraRTC.use`. */
// biome-ignore lint/suspicious/noExplicitAny: each plug-in makes what it makes.
export interface IAgoraRTCServicePlugin<T = any, R = any> {
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  create: (...args: any[]) => T;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  createSubmodule?: (...args: any[]) => R;
}
