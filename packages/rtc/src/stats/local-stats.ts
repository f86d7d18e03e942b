import { activePair, codecOf, find, findSent, type Report, rate } from './report.ts';
import {
  audioCodecs,
  emptyLocalAudioStats,
  emptyLocalVideoStats,
  type LocalAudioStats,
  type LocalVideoStats,
  videoCodecs,
} from './stats.ts';

/** A reading of the publishing connection, and when it was taken (milliseconds of any one clock). */
export interface Reading {
  readonly report: Report;
  readonly atMs: number;
}

/** Computes the figures of the sound that is sent, from this reading and the one before. */
export function localAudioStats(now: Reading, before: Reading | undefined): LocalAudioStats {
  const { report } = now;
  const sent = find(report, 'outbound-rtp', 'audio');
  if (!sent) return emptyLocalAudioStats();
  const codecType = codecOf(report, sent, audioCodecs);
  return {
    ...(codecType !== undefined && { codecType }),
    sendVolumeLevel: Math.round((find(report, 'media-source', 'audio')?.audioLevel ?? 0) * 32767),
    ...sending(now, before, 'audio'),
  };
}

/** Computes those of the pictures, likewise; `sinceMs` is when the track was published. */
export function localVideoStats(now: Reading, before: Reading | undefined, sinceMs: number): LocalVideoStats {
  const { report } = now;
  const sent = findSent(report, 'video');
  if (!sent) return emptyLocalVideoStats();
  const source = find(report, 'media-source', 'video');
  const codecType = codecOf(report, sent, videoCodecs);
  const { totalEncodeTime = 0, framesEncoded = 0 } = sent;
  return {
    ...(codecType !== undefined && { codecType }),
    ...sending(now, before, 'video'),
    sendFrameRate: sent.framesPerSecond ?? 0,
    captureFrameRate: source?.framesPerSecond ?? 0,
    sendResolutionHeight: sent.frameHeight ?? 0,
    sendResolutionWidth: sent.frameWidth ?? 0,
    captureResolutionHeight: source?.height ?? 0,
    captureResolutionWidth: source?.width ?? 0,
    encodeDelay: framesEncoded > 0 ? Math.round((totalEncodeTime * 1000) / framesEncoded) : 0,
    targetSendBitrate: Math.round(sent.targetBitrate ?? 0),
    totalDuration: Math.floor((now.atMs - sinceMs) / 1000),
    totalFreezeTime: 0,
  };
}

function sending(now: Reading, before: Reading | undefined, kind: 'audio' | 'video') {
  const { report } = now;
  const sent = findSent(report, kind);
  const told =
    report.find((each) => each.type === 'remote-inbound-rtp' && each.localId === sent?.id) ??
    find(report, 'remote-inbound-rtp', kind);
  const sentBefore = before?.report.find((each) => each.id === sent?.id);
  const rttSeconds = told?.roundTripTime ?? activePair(report)?.currentRoundTripTime ?? 0;
  return {
    sendBitrate: rate(sent?.bytesSent, sentBefore?.bytesSent, now.atMs - (before?.atMs ?? now.atMs), 8),
    sendBytes: sent?.bytesSent ?? 0,
    sendPackets: sent?.packetsSent ?? 0,
    sendPacketsLost: told?.packetsLost ?? 0,
    sendJitterMs: Math.round((told?.jitter ?? 0) * 1000),
    sendRttMs: Math.round(rttSeconds * 1000),
    currentPacketLossRate: told?.fractionLost ?? 0,
  };
}
