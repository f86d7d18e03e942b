import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveKey } from '../../packages/server/src/channel/channel.ts';
import { systemClock, systemRandom } from '../../packages/server/src/clock.ts';
import { openEmbeddedLog } from '../../packages/server/src/engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../../packages/server/src/engine/embedded/node-disk.ts';
import { EdgeWords } from '../../packages/server/src/kicks/edge-words.ts';
import { openMessages } from '../../packages/server/src/ledger/messages/messages.ts';
import type { Log } from '../../packages/server/src/log/contract/log.ts';
import { openLog } from '../../packages/server/src/log/open-log.ts';
import { clientReader, nobodyTrusted } from '../../packages/server/src/net/address/client.ts';
import { bunServer } from '../../packages/server/src/net/http/bun-server.ts';
import { SocketBus } from '../../packages/server/src/net/socket/bus.ts';
import { SocketCount } from '../../packages/server/src/net/socket/socket-count.ts';
import { createLogger } from '../../packages/server/src/observe/logger.ts';
import { createMetrics } from '../../packages/server/src/observe/metrics.ts';
import { startSignaling } from '../../packages/server/src/signaling/signaling.ts';
import { testApp } from '../../packages/server/testing/processes/server-process.ts';
import { serveCalls } from '../child.ts';

/**
 * Signaling of the server in a process of its own: the real log on a real disk, and sockets for those who watch. The
 * audience is put into the live channel right here, for no machine opens 50,000 sockets to itself.
 */

const channel = 'bench';
const lease = {
  leaseMs: 3_600_000,
  ip: '192.0.2.1',
  platform: 7,
  role: 'audience',
  connectionKind: 'rtc',
} as const;

let log: Log | undefined;
/** Uids of those who are in. */
const present: number[] = [];
let lastUid = 0;
let stopChurn: (() => Promise<void>) | undefined;

async function enter(): Promise<void> {
  lastUid += 1;
  const uid = lastUid;
  const outcome = await log?.join({
    key: liveKey(testApp.id, channel),
    identity: { uid },
    connectionId: `of ${uid}`,
    ...lease,
  });
  if (!outcome?.ok) throw new Error('a join was refused');
  present.push(uid);
}

async function leave(): Promise<void> {
  const at = Math.floor(Math.random() * present.length);
  const [uid] = present.splice(at, 1);
  const outcome = await log?.submit(liveKey(testApp.id, channel), {
    type: 'leave',
    connectionId: `of ${uid}`,
    evidence: 'bye',
  });
  if (!outcome?.ok) throw new Error('a leave was refused');
}

const calls = {
  /** Resolves with the port. */
  async start(settings: { readonly announceMax: number; readonly intervalMs: number }): Promise<number> {
    const dataDir = mkdtempSync(join(tmpdir(), 'housecount-bench-'));
    process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
    const clock = systemClock();
    const random = systemRandom();
    const logger = createLogger({ level: 'error', format: 'json' });
    const common = { clock, random, logger, metrics: createMetrics() };
    const disk = await openNodeDisk(dataDir);
    const store = await openEmbeddedLog({ disk, logger, clock });
    log = await openLog({
      ...common,
      store,
      partition: 'main',
      recoveryMs: 15_000,
      retentionMs: 3_600_000,
      retentionBytes: Number.MAX_SAFE_INTEGER,
      onFenced: (cause) => {
        throw cause;
      },
    });
    const kept = openMessages({
      ...common,
      path: ':memory:',
      log,
      daysOf: new Map([[testApp.id, 0]]),
      signal: new AbortController().signal,
    });
    const bus = new SocketBus();
    const app = {
      ...testApp,
      bindSignaling: true,
      linkIdentities: false,
      signaling: { ...settings, debounceMs: 2_000, lease: 'server', historyDays: 0 },
    } as const;
    const signaling = startSignaling({
      ...common,
      apps: new Map([[testApp.id, app]]),
      log,
      kept,
      broadcast: bus,
      sockets: new SocketCount(),
      words: new EdgeWords(common.clock),
      secret: new Uint8Array(32),
      leaseMs: 10_000,
      recoveryMs: 15_000,
      isTokenFree: false,
    });
    const server = bunServer({
      bus,
      host: '127.0.0.1',
      port: 0,
      webSockets: new Map([['/v1/signaling', (socket) => signaling.accept(socket)]]),
      basePath: '',
      clientOf: clientReader(nobodyTrusted),
      http: async () => new Response(null, { status: 404 }),
    });
    return server.port;
  },

  async fill({ members }: { readonly members: number }): Promise<void> {
    for (let left = members; left > 0; left -= 500)
      await Promise.all(Array.from({ length: Math.min(500, left) }, enter));
  },

  /** Lets this many members leave, and as many others come, each second, until `stop`. */
  churn({ perSecond }: { readonly perSecond: number }): void {
    const startedMs = performance.now();
    const open = new Set<Promise<void>>();
    let failure: unknown;
    let done = 0;
    const timer = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1000) * perSecond;
      for (; done < due; done++) {
        const exchange = Promise.all([leave(), enter()])
          .then(
            () => undefined,
            (error: unknown) => {
              failure ??= error;
            },
          )
          .finally(() => open.delete(exchange));
        open.add(exchange);
      }
    }, 10);
    stopChurn = async () => {
      clearInterval(timer);
      await Promise.all(open);
      if (failure !== undefined) throw failure;
    };
  },
  async stop(_: Record<string, never>): Promise<void> {
    await stopChurn?.();
    stopChurn = undefined;
  },
};
export type PresenceCalls = typeof calls;
serveCalls(calls);
