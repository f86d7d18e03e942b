/** The fields of the browser's statistics that are read; every one may be missing in some browser. */
export interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly codecId?: string;
  /** The entry that this one, which the other end reports, is about. */
  readonly localId?: string;
  readonly mimeType?: string;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly packetsSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly packetsDiscarded?: number;
  readonly fractionLost?: number;
  readonly jitter?: number;
  readonly roundTripTime?: number;
  readonly currentRoundTripTime?: number;
  readonly availableOutgoingBitrate?: number;
  readonly nominated?: boolean;
  readonly framesPerSecond?: number;
  readonly framesDecoded?: number;
  readonly framesEncoded?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly width?: number;
  readonly height?: number;
  readonly totalEncodeTime?: number;
  readonly targetBitrate?: number;
  readonly audioLevel?: number;
  readonly totalFreezesDuration?: number;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
}

export type Report = readonly StatsEntry[];

/** Reads the statistics of a connection as a list. */
export async function readReport(connection: RTCPeerConnection): Promise<Report> {
  const entries: StatsEntry[] = [];
  (await connection.getStats()).forEach((entry: StatsEntry) => {
    entries.push(entry);
  });
  return entries;
}

/** The entry of a type (and kind), if there is one. */
export function find(report: Report, type: string, kind?: 'audio' | 'video'): StatsEntry | undefined {
  return report.find((each) => each.type === type && (kind === undefined || each.kind === kind));
}

/** The entry of what is sent of a kind; of a picture sent in two sizes the larger one. */
export function findSent(report: Report, kind: 'audio' | 'video'): StatsEntry | undefined {
  let largest: StatsEntry | undefined;
  for (const each of report) {
    if (each.type !== 'outbound-rtp' || each.kind !== kind) continue;
    if (largest === undefined || (each.frameHeight ?? 0) > (largest.frameHeight ?? 0)) largest = each;
  }
  return largest;
}

/** The one of `known` that an entry names as its codec. */
export function codecOf<C extends string>(
  report: Report,
  entry: StatsEntry,
  known: readonly C[],
): C | undefined {
  const name = report
    .find((each) => each.id === entry.codecId)
    ?.mimeType?.split('/')[1]
    ?.toLowerCase();
  return known.find((each) => each.toLowerCase() === name);
}

/** The candidate pair that carries the media. */
export function activePair(report: Report): StatsEntry | undefined {
  return report.find((each) => each.type === 'candidate-pair' && each.nominated === true);
}

/** Change of a counter per second, times `factor`; 0 for a first reading or one that began anew. */
export function rate(now: number | undefined, before: number | undefined, ms: number, factor = 1): number {
  if (now === undefined || before === undefined || ms <= 0 || now < before) return 0;
  return Math.round(((now - before) * factor * 1000) / ms);
}
