import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../../src/api/access/auth.ts';
import type { Customer } from '../../src/api/access/customer.ts';
import { LoginBrake } from '../../src/api/access/login-brake.ts';
import { Idempotency } from '../../src/api/request/idempotency.ts';
import { type ApiParts, apiOperations, apiRoutes } from '../../src/api/routes.ts';
import { liveKey } from '../../src/channel/channel.ts';
import { type Clock, systemClock, systemRandom } from '../../src/clock.ts';
import type { Limits } from '../../src/config/limit-settings.ts';
import type { Disk } from '../../src/engine/disk.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { keptFiles } from '../../src/kept/files/kept-files.ts';
import { EdgeWords } from '../../src/kicks/edge-words.ts';
import { HeardRules } from '../../src/kicks/heard-rules.ts';
import { openDeliveries } from '../../src/ledger/deliveries/deliveries.ts';
import { openHistory } from '../../src/ledger/history/history.ts';
import { openMessages } from '../../src/ledger/messages/messages.ts';
import { Redeliveries } from '../../src/ledger/redelivery/redeliveries.ts';
import { limits as defaults } from '../../src/limits.ts';
import type { JoinRequest } from '../../src/log/contract/commands.ts';
import type { Log } from '../../src/log/contract/log.ts';
import { openLog } from '../../src/log/open-log.ts';
import { AddressCount } from '../../src/net/address/address-count.ts';
import { clientReader, nobodyTrusted } from '../../src/net/address/client.ts';
import { httpHandler } from '../../src/net/http/http.ts';
import type { Route } from '../../src/net/http/route.ts';
import { SocketCount } from '../../src/net/socket/socket-count.ts';
import { EndpointStore } from '../../src/notify/endpoint/endpoint-store.ts';
import { startNotify } from '../../src/notify/notify.ts';
import { EndpointRegistry } from '../../src/notify/registry/endpoint-registry.ts';
import { retentionCheckMs } from '../../src/notify/retention/retention.ts';
import type { Send, SendOutcome, SendRequest } from '../../src/notify/send/transport.ts';
import type { Logger } from '../../src/observe/contract.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { startSignaling } from '../../src/signaling/signaling.ts';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { AnswersHeld } from './answers-held.ts';
import { memberEdge } from './member-edge.ts';

export const testApp = { id: 'a'.repeat(32), certificate: 'b'.repeat(32), historyDays: 30 };
export const testCustomer: Customer = {
  id: 'tester',
  secret: 'a secret: with a colon',
  apps: undefined,
  role: 'admin',
  names: true,
};
export const testLogin = `Basic ${Buffer.from(`${testCustomer.id}:${testCustomer.secret}`).toString('base64')}`;

export interface ApiWorld {
  readonly log: Log;
  readonly deps: ApiParts;
  /** A request from loopback with the customer's login, unless told otherwise. */
  ask(path: string, init?: AskInit): Promise<Response>;
  /** The same, as parsed JSON. */
  json(path: string, init?: AskInit): Promise<{ status: number; body: Body }>;
  join(channel: string, uid: number, over?: Partial<JoinRequest>): Promise<void>;
  leave(channel: string, uid: number): Promise<void>;
  /** Moves the clock of rates, expiries and rules. */
  advance(ms: number): void;
  /** The answer of every endpoint. */
  answer: SendOutcome;
  /** The requests sent to any endpoint. */
  readonly sent: readonly SendRequest[];
  /** Lines of the log, warnings and errors. */
  readonly logged: readonly string[];
  /** The page of /metrics. */
  metricsText(): string;
  close(): Promise<void>;
}
// biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes, and compare them whole.
export type Body = any;
export interface AskInit extends RequestInit {
  readonly address?: string;
  /** Sent as JSON. */
  readonly send?: unknown;
  /** Without the customer's login. */
  readonly anonymous?: boolean;
}

interface Over extends Omit<Partial<ApiParts>, 'limits'> {
  /** Default: those of limits.ts. */
  readonly limits?: Limits;
  readonly endpoint?: boolean;
  readonly hasNamedNetworks?: boolean;
  readonly customers?: readonly Customer[];
}

/** The REST API over a real log, history and notices, behind the server's own HTTP handler; only the disk is not one. */
export async function openApiWorld(over: Over = {}): Promise<ApiWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-api-'));
  const clock = movedClock();
  const logged: string[] = [];
  const logger = loggerTo(logged);
  const metrics = createMetrics();
  const common = { clock, random: systemRandom(), logger, metrics, limits: over.limits ?? defaults };
  const disk = new SimDisk(new SimRandom(1)).mount();
  const { store, log } = await openLogOn(disk, common);
  const ending = new AbortController();
  const ledger = openLedger({ common, folder, log, signal: ending.signal });
  const { history, deliveries, kept, idempotency } = ledger;
  const world = { answer: { answered: true, status: 200, excerpt: '' } as SendOutcome };
  const sent: SendRequest[] = [];
  const send: Send = async (request) => {
    sent.push(request);
    return world.answer;
  };
  const { notify, endpoints } = await openNotices({ common, log, disk, send, deliveries, over });
  const redeliveries = new Redeliveries({ ...common, history, deliveries, notify });
  const words = new EdgeWords(common.clock);
  const signaling = openSignaling(common, log, kept, words);
  const edge = memberEdge({ ...common, log, words });
  const deps: ApiParts = {
    ...common,
    apps: () => [testApp],
    ...ledger,
    authority: new Authority({
      customers: over.customers ?? [testCustomer],
      development: over.development ?? false,
      brake: new LoginBrake(common),
    }),
    development: false,
    log,
    rules: new HeardRules({ log, words }),
    redeliveries,
    notify,
    communicationEventsOf: () => '107/108',
    endpoints,
    signaling: signaling.backend,
    noticeAddresses: () => ['192.0.2.1'],
    ...over,
  };
  // Whatever is answered is as its shape says, in every test: see SHAPE10.
  const answers = new AnswersHeld(apiRoutes(deps), apiOperations(deps));
  const ask = askerOf(common, answers.routes);
  return Object.assign(world, {
    log,
    sent,
    logged,
    metricsText: () => metrics.text(),
    deps,
    ask,
    async json(path: string, init?: AskInit) {
      const response = await ask(path, init);
      return { status: response.status, body: (await response.json()) as Body };
    },
    ...comingAndGoing(log, edge),
    advance(ms: number) {
      clock.offsetMs += ms;
    },
    async close() {
      await signaling.stop(0);
      await edge.stop();
      await redeliveries.stop();
      await endpoints.stop();
      await notify.stop();
      deliveries.stop();
      idempotency.close();
      ending.abort();
      await history.closed;
      await kept.closed;
      await log.stop();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      answers.check();
    },
  });
}

interface Common {
  readonly clock: Clock;
  readonly random: ReturnType<typeof systemRandom>;
  readonly logger: Logger;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly limits: Limits;
}

async function openLogOn(disk: Disk, common: Common) {
  const store = await openEmbeddedLog({ ...common, disk });
  const log = await openLog({
    ...common,
    store,
    partition: 'main',
    recoveryMs: 15_000,
    retentionMs: 1e9,
    retentionBytes: Number.MAX_SAFE_INTEGER,
    onFenced: () => {},
  });
  return { store, log };
}

function loggerTo(lines: string[]): Logger {
  const sink = { write: (line: unknown) => lines.push(String(line)) > 0 };
  return createLogger({ level: 'warn', format: 'json', sink });
}

/** The system's clock, `offsetMs` ahead. */
function movedClock(): Clock & { offsetMs: number } {
  const system = systemClock();
  const clock = {
    offsetMs: 0,
    nowMs: () => system.nowMs() + clock.offsetMs,
    steadyMs: () => system.steadyMs() + clock.offsetMs,
    wallMs: () => system.wallMs() + clock.offsetMs,
    notBefore: (floorMs: number) => system.notBefore(floorMs - clock.offsetMs),
    after: (delayMs: number, run: () => void) => system.after(delayMs, run),
  };
  return clock;
}

/** Members without a client: what a connection asks of the log when they come and when they go. */
function comingAndGoing(log: Log, edge: ReturnType<typeof memberEdge>): Pick<ApiWorld, 'join' | 'leave'> {
  return {
    async join(channel, uid, more = {}) {
      const outcome = await edge.join({
        key: liveKey(testApp.id, channel),
        identity: { uid },
        connectionId: `${channel}-${uid}`,
        connectionKind: 'rtc',
        role: 'audience',
        platform: 7,
        leaseMs: 10_000,
        ip: '198.51.100.1',
        ...more,
      });
      if (!outcome.ok) throw new Error(outcome.code);
    },
    async leave(channel, uid) {
      await log.submit(liveKey(testApp.id, channel), {
        type: 'leave',
        connectionId: `${channel}-${uid}`,
        evidence: 'bye',
      });
    },
  };
}

/** Opens the read models that are read from tables. */
function openLedger({
  common,
  folder,
  log,
  signal,
}: {
  readonly common: Common;
  readonly folder: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}) {
  const history = openHistory({ ...common, path: join(folder, 'history.db'), log, signal });
  const deliveries = openDeliveries({ ...common, path: join(folder, 'deliveries.db') });
  const kept = openMessages({
    ...common,
    path: join(folder, 'messages.db'),
    log,
    daysOf: new Map([[testApp.id, 30]]),
    signal,
  });
  const idempotency = Idempotency.open(join(folder, 'idempotency.db'), {
    ...common,
    bounds: { keptMs: 3_600_000, keysMax: 100, bytesMax: 1_000_000 },
  });
  return { history, deliveries, kept, idempotency };
}

const mainEndpoint = {
  id: 'main',
  app: testApp.id,
  url: 'https://example.test/notices',
  description: '',
  secrets: [{ secret: 's' }],
  channels: [],
  format: 'agora' as const,
  retry: 'agora' as const,
  redeliverGivenUp: false,
  headers: {},
  events: [101, 105, 106] as const,
  allowPrivateNetwork: false,
};

async function openNotices({
  common,
  log,
  disk,
  send,
  deliveries,
  over,
}: {
  readonly common: Common;
  readonly log: Log;
  readonly disk: Parameters<typeof keptFiles>[0];
  readonly send: Send;
  readonly deliveries: ReturnType<typeof openDeliveries>;
  readonly over: Over;
}) {
  const configured = over.endpoint ? [mainEndpoint] : [];
  const notify = await startNotify({
    ...common,
    log,
    kept: keptFiles(disk),
    send,
    endpoints: configured,
    retention: {
      ms: Number.MAX_SAFE_INTEGER,
      bytes: Number.MAX_SAFE_INTEGER,
      bytesPerApp: 0,
      checkMs: retentionCheckMs,
    },
    communicationEventsOf: () => '107/108',
    inspectorSecretOf: () => 'inspector secret',
    onAttempt: deliveries.record,
  });
  const endpoints = new EndpointRegistry({
    ...common,
    configured: configured.map((one) => ({ ...one, skipHealthTest: true })),
    store: await EndpointStore.open(keptFiles(disk)),
    notify,
    send,
    hasNamedNetworks: over.hasNamedNetworks ?? true,
  });
  return { notify, endpoints };
}

function openSignaling(common: Common, log: Log, kept: ReturnType<typeof openMessages>, words: EdgeWords) {
  const signalingApp = {
    ...testApp,
    bindSignaling: true,
    linkIdentities: true,
    signaling: {
      announceMax: 50,
      intervalMs: 30_000,
      debounceMs: 2_000,
      lease: 'server' as const,
      historyDays: 30,
    },
  };
  return startSignaling({
    ...common,
    kept,
    apps: new Map([[testApp.id, signalingApp]]),
    log,
    broadcast: { publish: () => {} },
    sockets: new SocketCount(),
    words,
    secret: new Uint8Array(32).fill(7),
    leaseMs: 10_000,
    recoveryMs: 15_000,
    isTokenFree: true,
  });
}

/** Asks the routes through the server's own HTTP handler. */
function askerOf(common: Common, routes: readonly Route[]): ApiWorld['ask'] {
  const read = clientReader(nobodyTrusted);
  const handle = httpHandler({
    ...common,
    basePath: '',
    open: new AddressCount(1_000, 1_000),
    routes,
  });
  return (path, { address = '127.0.0.1', send, anonymous, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (!anonymous && !headers.has('authorization')) headers.set('authorization', testLogin);
    if (!headers.has('host')) headers.set('host', '127.0.0.1:7080');
    const body = send === undefined ? init.body : JSON.stringify(send);
    if (send !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
    const request = new Request(`http://127.0.0.1:7080${path}`, {
      ...init,
      headers,
      ...(body != null && { body }),
    });
    return handle(request, {
      ...read(address, request),
      signal: init.signal ?? new AbortController().signal,
    });
  };
}
