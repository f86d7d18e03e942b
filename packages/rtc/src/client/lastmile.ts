import type { LastmileProbeResult } from '../api/agora-rtc.ts';
import { serverUrl } from '../settings.ts';
import { qualityOf } from '../stats/network-quality.ts';
import { readJoinArguments } from './join-arguments.ts';
import { roundTripMs } from './probe.ts';

/** Requests of one test. Chosen: a lost one in ten is seen, and a page waits a second on a usual network. */
const requests = 10;

/**
 * Measures the way to the server, by requests one after the other: round trip and jitter in milliseconds, and the share of requests that
 * were not answered. `unavailable` if none was. Nobody joins. INVALID_PARAMS for arguments with which nobody could join.
 */
export async function startLastmileProbeTest(
  appid: string,
  channel: string,
  token: string | null,
  uid?: number | string | null,
): Promise<LastmileProbeResult> {
  readJoinArguments(appid, channel, token, uid);
  const server = serverUrl();
  // The first one opens the connection, which takes longer.
  if ((await roundTripMs(server)) === undefined) return { state: 'unavailable' };
  const times: (number | undefined)[] = [];
  for (let at = 0; at < requests; at += 1) times.push(await roundTripMs(server));
  const answered = times.filter((time) => time !== undefined);
  const [first] = answered;
  if (first === undefined) return { state: 'unavailable' };
  const sorted = [...answered].sort((one, other) => one - other);
  const rtt = sorted[Math.floor(sorted.length / 2)] ?? first;
  const changes = answered.slice(1).map((time, at) => Math.abs(time - (answered[at] ?? time)));
  const jitter = changes.length > 0 ? changes.reduce((sum, each) => sum + each, 0) / changes.length : 0;
  const packetLossRate = 1 - answered.length / times.length;
  return {
    state: 'complete',
    rtt: Math.round(rtt),
    jitter: Math.round(jitter),
    packetLossRate,
    networkQuality: qualityOf(packetLossRate, rtt),
  };
}
