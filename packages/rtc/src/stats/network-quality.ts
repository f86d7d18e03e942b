import type { Reading } from './local-stats.ts';
import { activePair, find } from './report.ts';
import type { NetworkQuality } from './stats.ts';

type Quality = NetworkQuality['uplinkNetworkQuality'];

/** Limits of loss (share) and round trip (milliseconds) for excellent, good, fair and poor. Chosen, not measured. */
const steps: readonly (readonly [loss: number, rttMs: number])[] = [
  [0.01, 100],
  [0.03, 200],
  [0.08, 400],
  [0.15, 800],
];

/** The quality of a connection by its losses and delay: 1 excellent … 5 very bad. */
export function qualityOf(loss: number, rttMs: number): Quality {
  const at = steps.findIndex(([lossMax, rttMsMax]) => loss <= lossMax && rttMs <= rttMsMax);
  return (at < 0 ? 5 : at + 1) as Quality;
}

/** Quality of what is sent, from the receiver's reports; 0 before the first. */
export function uplinkQuality({ report }: Reading): Quality {
  const told = report.filter((each) => each.type === 'remote-inbound-rtp');
  if (told.length === 0) return 0;
  const loss = Math.max(...told.map((each) => each.fractionLost ?? 0));
  const rttMs = Math.max(...told.map((each) => (each.roundTripTime ?? 0) * 1000));
  return qualityOf(loss, rttMs);
}

/** Quality of what is received, from losses between two readings; 0 before there are two. */
export function downlinkQuality(now: Reading, before: Reading | undefined): Quality {
  if (!before) return 0;
  let lost = 0;
  let received = 0;
  for (const kind of ['audio', 'video'] as const) {
    const later = find(now.report, 'inbound-rtp', kind);
    const earlier = find(before.report, 'inbound-rtp', kind);
    lost += Math.max(0, (later?.packetsLost ?? 0) - (earlier?.packetsLost ?? 0));
    received += Math.max(0, (later?.packetsReceived ?? 0) - (earlier?.packetsReceived ?? 0));
  }
  if (lost + received === 0) return 0;
  return qualityOf(lost / (lost + received), (activePair(now.report)?.currentRoundTripTime ?? 0) * 1000);
}
