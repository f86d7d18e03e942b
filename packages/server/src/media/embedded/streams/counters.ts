/** The engine's counters since its process started. One object, shared by all streams of a process. */
export interface Counters {
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  nacksIn: number;
  resends: number;
  nacksOut: number;
  keyframeRequests: number;
  packetsDropped: number;
  packetsUnknown: number;
  packetsLostIn: number;
  packetsLostOut: number;
}

export const newCounters = (): Counters => ({
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  nacksIn: 0,
  resends: 0,
  nacksOut: 0,
  keyframeRequests: 0,
  packetsDropped: 0,
  packetsUnknown: 0,
  packetsLostIn: 0,
  packetsLostOut: 0,
});
