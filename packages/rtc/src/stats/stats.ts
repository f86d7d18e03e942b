/** Figures as apps of agora-rtc-sdk-ng read them. Every getter answers zeros before there is anything to measure. */

export interface AgoraRTCStats {
  /** Seconds since the join. */
  Duration: number;
  /** Bits per second. */
  RecvBitrate: number;
  SendBitrate: number;
  RecvBytes: number;
  SendBytes: number;
  /** Hosts, and oneself; never the audience. */
  UserCount: number;
  /** Milliseconds. */
  RTT: number;
  /** Kilobits per second. */
  OutgoingAvailableBandwidth: number;
}

/** What browsers call the codecs that apps know. */
export const audioCodecs = ['opus', 'aac', 'PCMU', 'PCMA', 'G722'] as const;
export const videoCodecs = ['H264', 'H265', 'VP8', 'VP9', 'AV1X', 'AV1'] as const;
type AudioCodecType = (typeof audioCodecs)[number];
type VideoCodecType = (typeof videoCodecs)[number];

export interface LocalAudioStats {
  codecType?: AudioCodecType;
  sendVolumeLevel: number;
  sendBitrate: number;
  sendBytes: number;
  sendPackets: number;
  sendPacketsLost: number;
  sendJitterMs: number;
  sendRttMs: number;
  currentPacketLossRate: number;
}

export interface LocalVideoStats {
  codecType?: VideoCodecType;
  sendBytes: number;
  sendFrameRate?: number;
  captureFrameRate?: number;
  sendPackets: number;
  sendPacketsLost: number;
  sendJitterMs: number;
  sendRttMs: number;
  sendResolutionHeight: number;
  sendResolutionWidth: number;
  captureResolutionHeight: number;
  captureResolutionWidth: number;
  encodeDelay?: number;
  sendBitrate: number;
  targetSendBitrate: number;
  totalDuration: number;
  totalFreezeTime: number;
  currentPacketLossRate: number;
}

interface RemoteStats {
  transportDelay: number;
  end2EndDelay: number;
  receiveBitrate: number;
  receiveBytes: number;
  receiveDelay: number;
  receivePackets: number;
  receivePacketsLost: number;
  packetLossRate: number;
  currentPacketLossRate: number;
  totalDuration: number;
  totalFreezeTime: number;
  freezeRate: number;
  publishDuration: number;
}
export interface RemoteAudioStats extends RemoteStats {
  codecType?: AudioCodecType;
  receiveLevel: number;
  receivePacketsDiscarded: number;
}
export interface RemoteVideoStats extends RemoteStats {
  codecType?: VideoCodecType;
  decodeFrameRate?: number;
  receiveFrameRate?: number;
  renderFrameRate?: number;
  receiveResolutionHeight: number;
  receiveResolutionWidth: number;
}

/** 0 unknown, 1 excellent … 5 very bad, 6 down. */
export interface NetworkQuality {
  uplinkNetworkQuality: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  downlinkNetworkQuality: 0 | 1 | 2 | 3 | 4 | 5 | 6;
}

export const emptyLocalAudioStats = (): LocalAudioStats => ({
  sendVolumeLevel: 0,
  sendBitrate: 0,
  sendBytes: 0,
  sendPackets: 0,
  sendPacketsLost: 0,
  sendJitterMs: 0,
  sendRttMs: 0,
  currentPacketLossRate: 0,
});

export const emptyLocalVideoStats = (): LocalVideoStats => ({
  sendBytes: 0,
  sendPackets: 0,
  sendPacketsLost: 0,
  sendJitterMs: 0,
  sendRttMs: 0,
  sendResolutionHeight: 0,
  sendResolutionWidth: 0,
  captureResolutionHeight: 0,
  captureResolutionWidth: 0,
  sendBitrate: 0,
  targetSendBitrate: 0,
  totalDuration: 0,
  totalFreezeTime: 0,
  currentPacketLossRate: 0,
});

const emptyRemoteStats = (): RemoteStats => ({
  transportDelay: 0,
  end2EndDelay: 0,
  receiveBitrate: 0,
  receiveBytes: 0,
  receiveDelay: 0,
  receivePackets: 0,
  receivePacketsLost: 0,
  packetLossRate: 0,
  currentPacketLossRate: 0,
  totalDuration: 0,
  totalFreezeTime: 0,
  freezeRate: 0,
  publishDuration: 0,
});

export const emptyRemoteAudioStats = (): RemoteAudioStats => ({
  ...emptyRemoteStats(),
  receiveLevel: 0,
  receivePacketsDiscarded: 0,
});

export const emptyRemoteVideoStats = (): RemoteVideoStats => ({
  ...emptyRemoteStats(),
  receiveResolutionHeight: 0,
  receiveResolutionWidth: 0,
});
