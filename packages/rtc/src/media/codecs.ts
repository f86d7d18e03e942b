import type { SDK_CODEC } from '../api/configurations.ts';

/** Chooses the codec that is sent: the server forwards VP8 and H.264, and the others fall back to VP8. */
export function sentCodec(asked: SDK_CODEC): 'vp8' | 'h264' {
  return asked === 'h264' ? 'h264' : 'vp8';
}

/** Puts the codec asked for first in the offer; a browser that lacks it or cannot be told offers as it likes. */
export function preferCodec(transceiver: RTCRtpTransceiver, codec: 'vp8' | 'h264'): void {
  const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs;
  if (!codecs || typeof transceiver.setCodecPreferences !== 'function') return;
  const wanted = codecs.filter((each) => each.mimeType.toLowerCase() === `video/${codec}`);
  if (wanted.length === 0) return;
  transceiver.setCodecPreferences([...wanted, ...codecs.filter((each) => !wanted.includes(each))]);
}

/** Can this browser show AV1? */
export async function isAV1Decodable(): Promise<boolean> {
  if (typeof RTCRtpReceiver === 'undefined') return false;
  const codecs = RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? [];
  return codecs.some((each) => each.mimeType.toLowerCase() === 'video/av1');
}

/** AgoraRTC.getSupportedCodec: what this browser can send, by upper-case names. */
export function supportedCodecs(): { video: string[]; audio: string[] } {
  const names = (kind: 'audio' | 'video', known: readonly string[]): string[] => {
    if (typeof RTCRtpSender === 'undefined') return [];
    const codecs = RTCRtpSender.getCapabilities?.(kind)?.codecs ?? [];
    const found = new Set(codecs.map((each) => each.mimeType.split('/')[1]?.toUpperCase() ?? ''));
    return known.filter((name) => found.has(name));
  };
  return {
    video: names('video', ['H264', 'VP8', 'VP9', 'AV1', 'H265']),
    audio: names('audio', ['OPUS', 'PCMU', 'PCMA', 'G722']),
  };
}
