import type { Reading } from './local-stats.ts';
import { activePair, codecOf, find, type Report, rate, type StatsEntry } from './report.ts';
import {
  audioCodecs,
  emptyRemoteAudioStats,
  emptyRemoteVideoStats,
  type RemoteAudioStats,
  type RemoteVideoStats,
  videoCodecs,
} from './stats.ts';

/** Computes the figures of a host's sound; `sinceMs` is when it was subscribed, by the clock of the readings. */
export function remoteAudioStats(
  now: Reading,
  before: Reading | undefined,
  sinceMs: number,
): RemoteAudioStats {
  const received = find(now.report, 'inbound-rtp', 'audio');
  if (!received) return emptyRemoteAudioStats();
  return {
    ...codecType(now.report, received, audioCodecs),
    ...receiving(now, before, 'audio', sinceMs),
    receiveLevel: Math.round((received.audioLevel ?? 0) * 32767),
    receivePacketsDiscarded: received.packetsDiscarded ?? 0,
  };
}

/** Computes those of a host's pictures, likewise. */
export function remoteVideoStats(
  now: Reading,
  before: Reading | undefined,
  sinceMs: number,
): RemoteVideoStats {
  const received = find(now.report, 'inbound-rtp', 'video');
  if (!received) return emptyRemoteVideoStats();
  const receivedBefore = before && find(before.report, 'inbound-rtp', 'video');
  const ms = now.atMs - (before?.atMs ?? now.atMs);
  return {
    ...codecType(now.report, received, videoCodecs),
    ...receiving(now, before, 'video', sinceMs),
    decodeFrameRate: rate(received.framesDecoded, receivedBefore?.framesDecoded, ms),
    receiveFrameRate: received.framesPerSecond ?? 0,
    renderFrameRate: received.framesPerSecond ?? 0,
    receiveResolutionHeight: received.frameHeight ?? 0,
    receiveResolutionWidth: received.frameWidth ?? 0,
  };
}

function codecType<C extends string>(
  report: Report,
  entry: StatsEntry,
  known: readonly C[],
): { codecType?: C } {
  const codecType = codecOf(report, entry, known);
  return codecType === undefined ? {} : { codecType };
}

function receiving(now: Reading, before: Reading | undefined, kind: 'audio' | 'video', sinceMs: number) {
  const { report, atMs } = now;
  const received = find(report, 'inbound-rtp', kind);
  const earlier = before && find(before.report, 'inbound-rtp', kind);
  const packets = received?.packetsReceived ?? 0;
  const lost = received?.packetsLost ?? 0;
  const lostNow = Math.max(0, lost - (earlier?.packetsLost ?? 0));
  const packetsNow = Math.max(0, packets - (earlier?.packetsReceived ?? 0));
  const { jitterBufferDelay = 0, jitterBufferEmittedCount = 0 } = received ?? {};
  const bufferMs = jitterBufferEmittedCount > 0 ? (jitterBufferDelay * 1000) / jitterBufferEmittedCount : 0;
  const rttMs = (activePair(report)?.currentRoundTripTime ?? 0) * 1000;
  const seconds = Math.floor((atMs - sinceMs) / 1000);
  const frozen = received?.totalFreezesDuration ?? 0;
  return {
    transportDelay: Math.round(rttMs / 2),
    end2EndDelay: Math.round(rttMs / 2 + bufferMs),
    receiveBitrate: rate(received?.bytesReceived, earlier?.bytesReceived, atMs - (before?.atMs ?? atMs), 8),
    receiveBytes: received?.bytesReceived ?? 0,
    receiveDelay: Math.round(bufferMs),
    receivePackets: packets,
    receivePacketsLost: lost,
    packetLossRate: share(lost, packets),
    currentPacketLossRate: share(lostNow, packetsNow),
    totalDuration: seconds,
    totalFreezeTime: frozen,
    freezeRate: seconds > 0 ? Math.min(1, frozen / seconds) : 0,
    publishDuration: seconds,
  };
}

const share = (lost: number, received: number): number =>
  lost + received > 0 ? lost / (lost + received) : 0;
