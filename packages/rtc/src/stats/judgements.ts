import type { UID } from '../api/uid.ts';
import type { ExceptionCode } from './exceptions.ts';
import type { Reading } from './local-stats.ts';
import { find, rate, type StatsEntry } from './report.ts';

/** Says of one exception whether it is so now. */
export type Judge = (uid: UID, code: ExceptionCode, isWrong: boolean) => void;

/** Frames per second that are too few of a picture that moves. Chosen: below it people see single pictures. */
const frameRateLeast = 10;
/** Bits per second that are too few of a picture, and of sound. Chosen: less than the smallest preset takes, and than Opus takes of speech. */
const videoBitsLeast = 30_000;
const audioBitsLeast = 5_000;
/** Loudness, of 1, that is as good as none: ten of the 32,767 steps of a sample. */
const levelLeast = 10 / 32_767;

/** What of this page's kinds is published, neither muted nor disabled; of the picture the frame rate that was asked for, too. */
export interface Sent {
  readonly audio: boolean;
  readonly video?: { readonly frameRate: number };
}

/** Judges what this page sends, by two readings of its connection. A kind that is not sent is not judged. */
export function judgeSent(uid: UID, sent: Sent, { now, before }: Readings, judge: Judge): void {
  if (sent.video) {
    const source = find(now.report, 'media-source', 'video');
    // Who asks for few frames gets few.
    const least = Math.min(frameRateLeast, sent.video.frameRate / 2);
    const isInputLow = (source?.framesPerSecond ?? 0) < least;
    judge(uid, 1001, isInputLow);
    judge(
      uid,
      1002,
      !isInputLow && Math.max(0, ...sentAs(now, 'video').map((each) => each.framesPerSecond ?? 0)) < least,
    );
    judge(uid, 1003, bitsOf(now, before, 'video') < videoBitsLeast);
  }
  if (sent.audio) {
    judge(uid, 2001, (find(now.report, 'media-source', 'audio')?.audioLevel ?? 0) < levelLeast);
    judge(uid, 2003, bitsOf(now, before, 'audio') < audioBitsLeast);
  }
}

/** Judges what is received of a host, likewise; `received` are the kinds that are subscribed and sent. */
export function judgeReceived(
  uid: UID,
  received: { readonly audio: boolean; readonly video: boolean },
  { now, before }: Readings,
  judge: Judge,
): void {
  if (received.video) {
    const [inbound, earlier] = inboundOf(now, before, 'video');
    judge(uid, 1005, grew(inbound, earlier, 'packetsReceived') && !grew(inbound, earlier, 'framesDecoded'));
  }
  if (received.audio) {
    const [inbound, earlier] = inboundOf(now, before, 'audio');
    judge(uid, 2002, (inbound?.audioLevel ?? 0) < levelLeast);
    const isPlayed = grew(inbound, earlier, 'jitterBufferEmittedCount');
    judge(uid, 2005, grew(inbound, earlier, 'packetsReceived') && !isPlayed);
  }
}

export interface Readings {
  readonly now: Reading;
  readonly before: Reading;
}

type Counter = 'packetsReceived' | 'framesDecoded' | 'jitterBufferEmittedCount';

const inboundOf = (now: Reading, before: Reading, kind: 'audio' | 'video') =>
  [find(now.report, 'inbound-rtp', kind), find(before.report, 'inbound-rtp', kind)] as const;

const grew = (now: StatsEntry | undefined, before: StatsEntry | undefined, counter: Counter): boolean =>
  (now?.[counter] ?? 0) > (before?.[counter] ?? 0);

/** What is sent of a kind: one stream, or a layer each. */
const sentAs = ({ report }: Reading, kind: 'audio' | 'video') =>
  report.filter((each) => each.type === 'outbound-rtp' && each.kind === kind);

function bitsOf(now: Reading, before: Reading, kind: 'audio' | 'video'): number {
  const bytesOf = (reading: Reading) =>
    sentAs(reading, kind).reduce((sum, { bytesSent = 0 }) => sum + bytesSent, 0);
  return rate(bytesOf(now), bytesOf(before), now.atMs - before.atMs, 8);
}
