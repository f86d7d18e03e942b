import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveKey } from '../../packages/server/src/channel/channel.ts';
import { systemClock, systemRandom } from '../../packages/server/src/clock.ts';
import { openEmbeddedLog } from '../../packages/server/src/engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../../packages/server/src/engine/embedded/node-disk.ts';
import { keptFiles } from '../../packages/server/src/kept/files/kept-files.ts';
import { openDeliveries } from '../../packages/server/src/ledger/deliveries/deliveries.ts';
import { openHistory } from '../../packages/server/src/ledger/history/history.ts';
import { limits } from '../../packages/server/src/limits.ts';
import { openLog } from '../../packages/server/src/log/open-log.ts';
import type { Endpoint } from '../../packages/server/src/notify/endpoint/endpoint.ts';
import { startNotify } from '../../packages/server/src/notify/notify.ts';
import { retentionCheckMs } from '../../packages/server/src/notify/retention/retention.ts';
import { createHttpSender } from '../../packages/server/src/notify/send/send-http.ts';
import { createLogger } from '../../packages/server/src/observe/logger.ts';
import { createMetrics } from '../../packages/server/src/observe/metrics.ts';
import { serveCalls } from '../child.ts';
import { waitedMs } from '../server-load.ts';

/**
 * The server without its sockets, in a process of its own: the real log on a real disk, history, delivery and its file,
 * put together as main.ts does. Joins and leaves are made right here, so that no client takes CPU from what is measured.
 */

const app = '0123456789abcdef0123456789abcdef';
const lease = {
  leaseMs: 3_600_000,
  ip: '192.0.2.1',
  platform: 7,
  role: 'audience',
  connectionKind: 'rtc',
} as const;

export interface HostStatus {
  readonly cpuMs: number;
  /** Time that its JavaScript thread was ready and had no core, milliseconds (Linux; elsewhere 0): a measure of what else runs on the machine. */
  readonly waitedMs: number;
  readonly residentBytes: number;
  readonly lastPosition: number;
  /** Log positions that each endpoint has not finished. */
  readonly backlogs: readonly number[];
}

async function build(endpoints: readonly Endpoint[]) {
  const dataDir = mkdtempSync(join(tmpdir(), 'housecount-bench-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const clock = systemClock();
  const random = systemRandom();
  const logger = createLogger({ level: 'error', format: 'json' });
  const metrics = createMetrics();
  const common = { clock, random, logger, metrics };
  const disk = await openNodeDisk(dataDir);
  const retention = {
    ms: limits.retentionHours * 3_600_000,
    bytes: limits.retentionBytes,
    bytesPerApp: limits.retentionBytesPerApp,
    checkMs: retentionCheckMs,
  };
  const store = await openEmbeddedLog({ disk, logger, clock });
  const log = await openLog({
    ...common,
    store,
    partition: 'main',
    recoveryMs: 15_000,
    retentionMs: retention.ms,
    retentionBytes: retention.bytes,
    onFenced: (cause) => {
      throw cause;
    },
  });
  const signal = new AbortController().signal;
  openHistory({ ...common, path: join(dataDir, 'history.db'), log, signal });
  const deliveries = openDeliveries({ ...common, path: join(dataDir, 'deliveries.db') });
  const sender = createHttpSender({ clock });
  const notify = await startNotify({
    ...common,
    log,
    kept: keptFiles(disk),
    send: sender.send,
    endpoints,
    retention,
    communicationEventsOf: () => '107/108',
    inspectorSecretOf: () => 'inspector',
    onAttempt: deliveries.record,
  });
  return { log, notify, metrics };
}

let host: Awaited<ReturnType<typeof build>> | undefined;
function running() {
  if (!host) throw new Error('not started');
  return host;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function enter(channel: string, uid: number): Promise<string> {
  const connectionId = `${channel}/${uid}`;
  const outcome = await running().log.join({
    key: liveKey(app, channel),
    identity: { uid },
    connectionId,
    ...lease,
  });
  if (!outcome.ok) throw new Error(`a join was refused: ${outcome.code}`);
  return connectionId;
}

async function leave(channel: string, connectionId: string): Promise<void> {
  const outcome = await running().log.submit(liveKey(app, channel), {
    type: 'leave',
    connectionId,
    evidence: 'bye',
  });
  if (!outcome.ok) throw new Error(`a leave was refused: ${outcome.code}`);
}

const backlogs = () =>
  running()
    .notify.status()
    .map(({ backlog }) => backlog);

const calls = {
  async start({ endpoints }: { endpoints: readonly Endpoint[] }): Promise<void> {
    host = await build(endpoints);
  },

  /**
   * `members` of one channel leave and join again, until `untilMs` or until `events` were made; one stays, so that the
   * channel does. Waits while an endpoint is more than `backlogMax` behind. Resolves with the number of events.
   */
  async churn(options: {
    readonly channel: string;
    readonly members: number;
    readonly seconds: number;
    readonly events: number;
    readonly backlogMax: number;
  }): Promise<number> {
    const { channel, members, seconds, backlogMax } = options;
    const { log } = running();
    const endMs = performance.now() + seconds * 1000;
    await enter(channel, 1_000_000);
    // Its opening and its join; before these the log may have recorded its start, of which there is no notice.
    const first = log.lastPosition - 2;
    let made = 0;
    let ahead = false;
    const watch = setInterval(() => {
      ahead = Math.max(...backlogs()) > backlogMax;
    }, 5);
    const one = async (uid: number): Promise<void> => {
      while (performance.now() < endMs && made < options.events) {
        while (ahead) await pause(5);
        made += 2;
        await leave(channel, await enter(channel, uid));
      }
    };
    await Promise.all(Array.from({ length: members }, (_, index) => one(index + 1)));
    clearInterval(watch);
    return log.lastPosition - first;
  },

  /** Joins at a steady rate, each member once. Resolves with uid and time of each, then how long each took to be durable. */
  async joins(options: {
    readonly channel: string;
    readonly rate: number;
    readonly seconds: number;
    readonly firstUid: number;
  }): Promise<{ readonly sent: readonly number[]; readonly durableMs: readonly number[] }> {
    const { channel, rate, seconds, firstUid } = options;
    const sent: number[] = [];
    const durableMs: number[] = [];
    const open = new Set<Promise<void>>();
    const startedMs = performance.now();
    for (let index = 0; index < rate * seconds; index++) {
      const waitMs = startedMs + (index * 1000) / rate - performance.now();
      if (waitMs > 0) await pause(Math.max(1, waitMs));
      const uid = firstUid + index;
      const beganMs = performance.now();
      sent.push(uid, performance.timeOrigin + beganMs);
      const joined = enter(channel, uid).then(() => {
        durableMs.push(performance.now() - beganMs);
        open.delete(joined);
      });
      open.add(joined);
    }
    await Promise.all(open);
    return { sent, durableMs };
  },

  pause: ({ endpoint }: { endpoint: string }) => running().notify.pause(endpoint),
  resume: ({ endpoint }: { endpoint: string }) => running().notify.resume(endpoint),
  async change({ endpoint }: { endpoint: Endpoint }): Promise<void> {
    await running().notify.change(endpoint);
  },
  /** Resolves when the endpoints have nothing left to send. */
  idle: (_: Record<string, never>) => running().notify.waitIdle(),
  status(_: Record<string, never>): HostStatus {
    const { user, system } = process.cpuUsage();
    return {
      cpuMs: (user + system) / 1000,
      waitedMs: waitedMs('self'),
      residentBytes: process.memoryUsage.rss(),
      lastPosition: running().log.lastPosition,
      backlogs: backlogs(),
    };
  },
  /** Attempts that cannot be looked up in full, or at all, because their file was behind. */
  dropped(_: Record<string, never>): { readonly details: number; readonly outcomes: number } {
    const text = running().metrics.text();
    const count = (what: string) =>
      Number(
        new RegExp(`^housecount_deliveries_dropped_total\\{what="${what}"\\} (\\d+)$`, 'm').exec(text)?.[1] ??
          0,
      );
    return { details: count('detail'), outcomes: count('outcome') };
  },
};
export type HostCalls = typeof calls;
serveCalls(calls);
