import manifest from '../../package.json' with { type: 'json' };
import type { Metrics } from './contract.ts';

/** Tells what this process is, since when it runs, and the processor time it used, by the names that Prometheus's own clients give them. */
export function processMetrics(metrics: Metrics): void {
  const startSeconds = (Date.now() - performance.now()) / 1_000;
  metrics.gauge('process_start_time_seconds', 'When the process started, Unix time.', () => startSeconds);
  metrics.total('process_cpu_seconds_total', 'Processor time of the server process, without media.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  const labels = { version: manifest.version, bun: Bun.version };
  metrics.gauge('housecount_build_info', 'Always 1; its labels say what is running.', () => [
    { value: 1, labels },
  ]);
}
