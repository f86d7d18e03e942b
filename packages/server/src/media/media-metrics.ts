import type { Metrics } from '../observe/contract.ts';
import type { MediaStats } from './contract.ts';

/** Shows what the engine carries; `stats`: as it last told, a few seconds ago. Rates of the totals are the bitrate and the loss. */
export function mediaMetrics(metrics: Metrics, stats: () => MediaStats): void {
  const total = (name: string, help: string, read: (stats: MediaStats) => number) =>
    metrics.total(`housecount_media_${name}`, help, () => read(stats()));
  const byDirection = (name: string, help: string, read: (stats: MediaStats) => [number, number]) =>
    metrics.total(`housecount_media_${name}`, help, () => {
      const [received, sent] = read(stats());
      return [
        { value: received, labels: { direction: 'in' } },
        { value: sent, labels: { direction: 'out' } },
      ];
    });
  metrics.gauge('housecount_media_sessions', 'Open WHIP (publish) and WHEP (play) sessions.', () => {
    const { publishers, players } = stats();
    return [
      { value: publishers, labels: { kind: 'publish' } },
      { value: players, labels: { kind: 'play' } },
    ];
  });
  metrics.gauge(
    'housecount_media_sessions_by_way',
    'Connected sessions by the way that their client came: the UDP port, the one after it, or TCP.',
    () => {
      const { sessionsDirect, sessionsFront, sessionsTcp } = stats();
      return [
        { value: sessionsDirect, labels: { way: 'direct' } },
        { value: sessionsFront, labels: { way: 'front' } },
        { value: sessionsTcp, labels: { way: 'tcp' } },
      ];
    },
  );
  byDirection('bytes_total', 'Bytes of RTP and RTCP from hosts, and to players.', (each) => [
    each.bytesIn,
    each.bytesOut,
  ]);
  byDirection('packets_total', 'Packets from hosts, and to players.', (each) => [
    each.packetsIn,
    each.packetsOut,
  ]);
  byDirection(
    'lost_packets_total',
    'Packets that were missing when receivers reported: ours of hosts, players of us.',
    (each) => [each.packetsLostIn, each.packetsLostOut],
  );
  total('resent_packets_total', 'Packets sent again to players that asked.', ({ resends }) => resends);
  total(
    'dropped_packets_total',
    'Packets that came while the engine was too busy to forward them.',
    ({ packetsDropped }) => packetsDropped,
  );
  total(
    'unknown_packets_total',
    'Packets of a picture sent in several sizes that did not say of which.',
    ({ packetsUnknown }) => packetsUnknown,
  );
  total('keyframe_requests_total', 'Keyframes asked of hosts.', (each) => each.keyframeRequests);
  total(
    'restarts_total',
    'Times that the process of the engine ended and was started again.',
    (each) => each.restarts,
  );
  total('cpu_seconds_total', 'Processor time of the process of the engine.', ({ cpuSeconds }) => cpuSeconds);
  metrics.gauge(
    'housecount_media_resident_memory_bytes',
    'Memory of the process of the engine.',
    () => stats().residentBytes,
  );
}
