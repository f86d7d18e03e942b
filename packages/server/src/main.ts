import { createHmac } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { Authority } from './api/access/auth.ts';
import { LoginBrake } from './api/access/login-brake.ts';
import { whyNotObserve } from './api/access/why-not-observe.ts';
import { observeRoutes } from './api/observe-routes.ts';
import { Idempotency } from './api/request/idempotency.ts';
import { apiRoutes } from './api/routes.ts';
import { systemClock, systemRandom } from './clock.ts';
import { Apps } from './config/apps.ts';
import type { AppConfig, Config } from './config/config.ts';
import { loadTls } from './config/tls.ts';
import { TlsWatch } from './config/tls-watch.ts';
import { Manifest } from './data/manifest.ts';
import { openResumeSecret } from './data/resume-secret.ts';
import { openEmbeddedLog } from './engine/embedded/embedded-log.ts';
import { openNodeDisk } from './engine/embedded/node-disk.ts';
import { canWrite } from './engine/write-probe.ts';
import { keptFiles } from './kept/files/kept-files.ts';
import { openDeliveries } from './ledger/deliveries/deliveries.ts';
import { openHistory } from './ledger/history/history.ts';
import { openMessages } from './ledger/messages/messages.ts';
import { Redeliveries } from './ledger/redelivery/redeliveries.ts';
import { JoinBudgets } from './live/join-budgets.ts';
import { startFanOut } from './live/roster/fan-out.ts';
import { serveEdge } from './live/serve.ts';
import type { Channels } from './log/contract/channels.ts';
import type { Commands } from './log/contract/commands.ts';
import { openLog } from './log/open-log.ts';
import { startEmbeddedMedia } from './media/embedded/engine.ts';
import { mediaMetrics } from './media/media-metrics.ts';
import { AddressCount } from './net/address/address-count.ts';
import { holderOf } from './net/address/ip-address.ts';
import { SocketBus } from './net/socket/bus.ts';
import { SocketCount } from './net/socket/socket-count.ts';
import { EndpointStore } from './notify/endpoint/endpoint-store.ts';
import { startNotify } from './notify/notify.ts';
import { EndpointRegistry } from './notify/registry/endpoint-registry.ts';
import { retentionCheckMs } from './notify/retention/retention.ts';
import { createHttpSender } from './notify/send/send-http.ts';
import type { Logger } from './observe/contract.ts';
import { createHealth } from './observe/health.ts';
import { LimitedLogger } from './observe/limited-logger.ts';
import { createLogger } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import { processMetrics } from './observe/process-metrics.ts';
import { ProcessWatch } from './observe/process-watch.ts';
import { refusedLogins } from './observe/refused-logins.ts';
import { audienceMetrics } from './operate/audience-metrics.ts';
import { openControlSocket } from './operate/control-socket.ts';
import { followKicks } from './operate/kick-log.ts';
import { warnOfReaders } from './operate/readable-secrets.ts';
import { Reloader, type ReloadReport } from './operate/reload.ts';
import { sdkRoutes } from './pages/sdk-files.ts';
import { staticRoutes } from './pages/static-files.ts';
import { ConfigError } from './settings/reader.ts';
import { repositoryFiles, type ShippedFiles } from './shipped-files.ts';
import { startSignaling } from './signaling/signaling.ts';
import { requestBudget } from './whip/request-budget.ts';
import { whipRoutes } from './whip/routes.ts';
import { WhipService } from './whip/service.ts';

/** When clients told to go away may come back, milliseconds. Chosen: a restart takes about one second. */
const retryAfterMs = 2_000;

export interface RunningServer {
  /** Where it listens, with the port it got. */
  readonly url: string;
  /** Reads the configuration again. Never rejects: the report says what came of it. */
  reload(): Promise<ReloadReport>;
  /** Stops accepting, says goodbye with a retry hint, flushes. Members stay in the log for the recovery lease. */
  stop(why?: string): Promise<void>;
}

/**
 * Builds the parts, hands each what it needs, and starts them; rejects, with everything stopped again, if one cannot
 * start. This is the only file that knows every part. `reread` gives the configuration as it is written at a reload.
 */
export async function startServer(
  config: Config,
  reread: () => Config = () => config,
  files: ShippedFiles = repositoryFiles,
): Promise<RunningServer> {
  const started: (() => void | Promise<void>)[] = [];
  /** In reverse: who was started last depends on those before. One that fails to stop does not keep the others from it. */
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let end = started.pop(); end; end = started.pop()) {
      try {
        await end();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `Some parts did not stop as they should: ${failures.map(String).join('; ')}`,
      );
  };
  try {
    const { logger, ...server } = await build(config, reread, files, started);
    return {
      ...server,
      stop(why) {
        logger.info('stopping: clients are told to come back', { why });
        return stop();
      },
    };
  } catch (error) {
    // What could not be stopped either says less than why it did not start.
    await stop().catch(() => undefined);
    throw error;
  }
}

async function build(
  config: Config,
  reread: () => Config,
  files: ShippedFiles,
  started: (() => void | Promise<void>)[],
): Promise<Omit<RunningServer, 'stop'> & { readonly logger: Logger }> {
  /** What a reload may change is read from here, each time that it is needed; `config` is for what stays until a restart. */
  let live = config;
  const clock = systemClock();
  const random = systemRandom();
  const logger = createLogger({
    format: config.log.format,
    get level() {
      return live.log.level;
    },
  });
  const metrics = createMetrics();
  const health = createHealth(clock);
  const apps = new Apps(config.apps);
  // Last of all in the end, and first of all now.
  started.push(() => logger.info('stopped'));
  logger.info('starting', {
    version: packageJson.version,
    pid: process.pid,
    dataDir: resolve(config.dataDir),
    development: config.development,
  });
  for (const app of apps) tellIfOpen(logger, app);
  const limited = new LimitedLogger(logger, clock);
  started.push(() => limited.stop());
  const onRefusedLogin = refusedLogins(limited);
  const common = { clock, random, logger, metrics };
  /** Of parts that strangers speak to. */
  const outward = { ...common, logger: limited };
  const { hours, ...room } = config.retention;
  const retention = { ms: hours * 3_600_000, ...room, checkMs: retentionCheckMs };

  processMetrics(metrics);
  const watch = new ProcessWatch({ clock, logger, metrics });
  watch.start();
  started.push(() => watch.stop());
  health.register('process', () => watch.trouble);

  await warnOfReaders(logger, config);
  const folder = await openNodeDisk(config.dataDir, logger);
  started.push(() => folder.close());
  const manifest = await Manifest.read(folder, { logger, nowMs: clock.wallMs });
  await manifest.check(config.dataDir);
  const disk = manifest.watched();
  const resumeSecret = await openResumeSecret(keptFiles(disk));

  const store = await openEmbeddedLog({ disk, logger, clock });
  started.push(() => store.close());
  let fenced: string | undefined;
  const log = await openLog({
    ...common,
    store,
    recoveryMs: config.leases.recoveryMs,
    retentionMs: retention.ms,
    retentionBytes: retention.bytes,
    accountDays: config.accounts.days,
    onFenced: (cause) => {
      fenced = cause.message;
      logger.error('this process no longer owns the log; it takes no more commands', {
        cause: cause.message,
      });
    },
  });
  started.push(() => log.stop());
  const kicks = followKicks({ log, clock, logger, limited });
  started.push(() => kicks.stop());
  audienceMetrics(metrics, log, () => apps.ids);
  health.register('log', async () => {
    // With nobody to write for, nothing would ever find that there is room again.
    if (fenced !== undefined || log.trouble === undefined) return fenced;
    return (await canWrite(disk)) ? undefined : log.trouble;
  });

  const historyEnd = new AbortController();
  const history = openHistory({
    ...common,
    limits: config.limits,
    path: join(config.dataDir, 'history.db'),
    log,
    signal: historyEnd.signal,
  });
  started.push(async () => {
    historyEnd.abort();
    await history.closed;
  });
  health.register('history', () => history.trouble);

  const keptEnd = new AbortController();
  const kept = openMessages({
    ...common,
    limits: config.limits,
    path: join(config.dataDir, 'messages.db'),
    log,
    daysOf: apps.historyDays,
    signal: keptEnd.signal,
  });
  started.push(async () => {
    keptEnd.abort();
    await kept.closed;
  });
  health.register('messages', () => kept.trouble);

  const deliveries = openDeliveries({
    ...common,
    limits: config.limits,
    path: join(config.dataDir, 'deliveries.db'),
  });
  started.push(() => deliveries.stop());

  const sender = createHttpSender({ clock, named: () => live.endpointNetworks });
  started.push(() => sender.close());
  const communicationEventsOf = (app: string) => apps.get(app)?.communicationEvents ?? '107/108';
  const endpointStore = await EndpointStore.open(keptFiles(disk));
  const managed = endpointStore.list().filter(({ enabled }) => enabled);
  const cutOff = managed.filter(({ allowPrivateNetwork }) => allowPrivateNetwork).map(({ id }) => id);
  if (config.endpointNetworks.length === 0 && cutOff.length > 0)
    logger.warn(
      'endpoints made over REST reach a private network only if the setting endpointNetworks names it; notices of these wait',
      { endpoints: cutOff },
    );
  const notify = await startNotify({
    ...common,
    log,
    kept: keptFiles(disk),
    send: sender.send,
    endpoints: [...config.endpoints, ...managed],
    paused: new Set([
      ...config.endpoints.filter(({ skipHealthTest }) => !skipHealthTest).map(({ id }) => id),
      ...managed.filter(({ paused }) => paused).map(({ id }) => id),
    ]),
    isDeleted: (id) => endpointStore.isDeleted(id),
    retention,
    communicationEventsOf,
    inspectorSecretOf: (app) =>
      inspectorSecret(apps.get(app)?.certificate ?? Buffer.from(resumeSecret).toString('hex')),
    onAttempt: deliveries.record,
    isDelivered: (endpoint, noticeId) => deliveries.delivery(endpoint, noticeId)?.status === 'delivered',
  });
  started.push(() => notify.stop());
  health.register('notify', () => notify.trouble);
  const endpoints = new EndpointRegistry({
    ...common,
    limits: config.limits,
    configured: config.endpoints,
    store: endpointStore,
    notify,
    send: sender.send,
    get hasNamedNetworks() {
      return live.endpointNetworks.length > 0;
    },
  });
  started.push(() => endpoints.stop());
  const redeliveries = new Redeliveries({ ...common, limits: config.limits, history, deliveries, notify });
  started.push(() => redeliveries.stop());

  const broadcast = new SocketBus();
  let whip: WhipService | undefined;
  const fanOut = startFanOut({
    ...common,
    log,
    apps: apps.ids,
    broadcast,
  });
  started.push(() => fanOut.stop());
  health.register('signal', () => fanOut.trouble);

  const sockets = new SocketCount(config.listen.socketsMax, config.listen.socketsPerAddressMax);
  const requests = new AddressCount(config.listen.requestsMax, config.listen.requestsPerAddressMax);
  const signaling = startSignaling({
    ...outward,
    apps,
    kept,
    log,
    broadcast,
    sockets,
    secret: resumeSecret,
    leaseMs: config.leases.signalingMs,
    recoveryMs: config.leases.recoveryMs,
    isTokenFree: config.development,
    onRefusedLogin,
  });
  // Ends with edge, which has its sockets; here in case that was never started.
  started.push(() => signaling.stop(retryAfterMs));
  health.register('signaling', () => signaling.trouble);

  const joins = new JoinBudgets(clock, {
    get perAddress() {
      return live.limits.joinsPerAddress;
    },
    get perToken() {
      return live.limits.joinsPerToken;
    },
  });

  const media = await startEmbeddedMedia({
    ...config.media,
    program: files.mediaChild,
    bindAddress: config.listen.host,
    clock,
    logger,
    onReport: (report) => {
      whip?.report(report);
      if (report.type === 'restarted') fanOut.tellEveryone({ type: 'media-restarted' });
    },
  });
  started.push(() => media.stop());
  health.register('media', () =>
    media.pid === undefined ? 'The media engine is not running; it is being restarted.' : undefined,
  );
  whip = new WhipService({
    ...outward,
    apps,
    log,
    resumeSecret,
    joins,
    media,
    streams: fanOut.streams,
    leaseMs: config.leases.rtcMs,
    get sessionsPerAppMax() {
      return live.media.sessionsPerAppMax;
    },
  });
  whip.start();
  started.push(() => whip?.stop());
  health.register('whip', () => whip?.trouble);
  mediaMetrics(metrics, () => media.lastStats);

  const budget = requestBudget(clock, config.limits.mediaRequestsPerSecondMax);
  const strangers = requestBudget(clock, config.limits.mediaRequestsPerSecondMax);
  const idempotency = Idempotency.open(join(config.dataDir, 'idempotency.db'), {
    ...common,
    bounds: {
      keptMs: config.limits.idempotencyMs,
      keysMax: config.limits.idempotencyKeysMax,
      bytesMax: config.limits.idempotencyBytesMax,
    },
  });
  started.push(() => idempotency.close());
  await manifest.noteFound();
  const authority = new Authority({
    get customers() {
      return live.customers;
    },
    development: config.development,
    brake: new LoginBrake({ ...outward, limits: config.limits }),
  });
  const tls = await loadTls(config.listen, disk);
  /** Changed in place, so that whoever has it has those of now. */
  const iceServers = [...config.media.iceServers];
  const edge = serveEdge({
    ...outward,
    host: config.listen.host,
    port: config.listen.port,
    ...tls,
    basePath: config.listen.basePath,
    requests,
    trust: {
      get proxies() {
        return live.listen.trustedProxies;
      },
      get header() {
        return live.listen.forwardedHeader;
      },
    },
    apps,
    log,
    fanOut,
    resumeSecret,
    leaseMs: config.leases.rtcMs,
    recoveryMs: config.leases.recoveryMs,
    iceServers,
    onRefusedLogin,
    onSelect: (connectionId, session, kinds) => whip?.select(connectionId, session, kinds),
    routes: [
      ...observeRoutes({ metrics, health, whyNotLook: whyNotObserve(authority, () => live.observeNetworks) }),
      ...apiRoutes({
        ...common,
        limits: config.limits,
        apps: () => Array.from(apps, apiApp),
        kept,
        authority,
        idempotency,
        development: config.development,
        log,
        history,
        deliveries,
        redeliveries,
        notify,
        communicationEventsOf,
        endpoints,
        signaling: signaling.backend,
        noticeAddresses: ownAddresses,
      }),
      ...whipRoutes({
        service: whip,
        iceServers,
        onRefusedLogin,
        basePath: config.listen.basePath,
        admitRequest: (key) => budget.take(key),
        admitStranger: (address) => strangers.take(holderOf(address)),
      }),
      ...sdkRoutes({ dir: files.sdks }),
      ...staticRoutes({ dir: files.console }),
    ],
    bus: broadcast,
    sockets,
    joins,
    signaling,
  });
  started.push(() => edge.stop({ retryAfterMs }));
  health.register('edge', () => edge.trouble);

  const certificate =
    tls.tls &&
    new TlsWatch({
      clock,
      logger,
      present: tls.tls,
      files: () => (live.listen.tls && 'cert' in live.listen.tls ? live.listen.tls : undefined),
      load: async () => (await loadTls(live.listen, disk)).tls ?? Promise.reject(new Error('There is none.')),
      use: (pair) => edge.setTls(pair),
    });
  certificate?.start();
  started.push(() => certificate?.stop());

  const reloader = new Reloader({
    logger,
    running: () => live,
    reread,
    async apply({ config: next }) {
      const pair = (await loadTls(next.listen, disk)).tls;
      // First what may be refused.
      const isOtherCertificate =
        pair !== undefined && certificate !== undefined && takeTls(certificate, pair);
      live = next;
      const { listen, media } = next;
      sockets.limit(listen.socketsMax, listen.socketsPerAddressMax);
      requests.limit(listen.requestsMax, listen.requestsPerAddressMax);
      iceServers.splice(0, iceServers.length, ...media.iceServers);
      sender.forgetReach();
      const changes = apps.replace(next.apps);
      for (const id of changes.added) signaling.addApp(id);
      for (const app of apps)
        if (changes.added.includes(app.id) || changes.changed.includes(app.id)) tellIfOpen(logger, app);
      for (const id of changes.removed) {
        edge.endApp(id);
        whip?.endApp(id);
        await signaling.endApp(id);
        await endMembers(log, id);
      }
      return {
        apps: changes,
        endpoints: await endpoints.configure(next.endpoints),
        certificate: isOtherCertificate,
      };
    },
  });
  const control = await openControlSocket(
    config.dataDir,
    async (request) =>
      request === 'reload' ? reloader.reload() : { ok: false, problems: [`${request}: not known here`] },
    logger,
  );
  started.push(async () => {
    await control?.close();
    await reloader.stop();
  });
  tellListening(logger, edge.url, live);
  return { url: edge.url, reload: () => reloader.reload(), logger };
}

function tellListening(logger: Logger, url: string, config: Config): void {
  const { apps, customers, endpoints } = config;
  logger.info('listening', {
    url,
    apps: apps.length,
    customers: customers.map(({ id, role }) => `${id} (${role})`),
    endpoints: endpoints.length,
  });
  if (config.development) return;
  if (customers.length === 0)
    logger.warn('no customers: nobody can use the REST API and the console', { setting: 'customers' });
  else
    logger.info('REST and the console take a login of a customer; the demo is of the server without a file');
}

function takeTls(watch: TlsWatch, pair: Parameters<TlsWatch['take']>[0]): boolean {
  try {
    return watch.take(pair);
  } catch (cause) {
    throw new ConfigError([`listen.tls: ${cause instanceof Error ? cause.message : String(cause)}`]);
  }
}

/** Whoever is in a channel of the app leaves, as one who was kicked. */
async function endMembers(log: Pick<Channels, 'everyChannel'> & Pick<Commands, 'submit'>, app: string) {
  for (const { key, sid } of log.everyChannel())
    if (key.app === app && sid !== undefined) await log.submit(key, { type: 'kick' });
}

/** An app as the REST API knows it. */
const apiApp = ({ id, certificate, openTo, signaling: { historyDays } }: AppConfig) => ({
  id,
  ...(certificate === undefined ? { openTo } : { certificate }),
  historyDays,
});

function tellIfOpen(logger: Logger, { id, certificate, openTo }: AppConfig): void {
  if (certificate === undefined) logger.warn(`AN APP HAS NO CERTIFICATE: ${openWords[openTo]}`, { app: id });
}

/** What an app without certificate means, for whoever reads the log. */
const openWords = {
  thisMachine:
    'whoever is on this machine joins and logs in without a token, under any name; nobody else does',
  everybody: 'EVERYBODY who reaches this server joins and logs in without a token, under any name',
} as const;

/** What the inspector's copies are signed with: the certificate's, but of no use for anything else. */
const inspectorSecret = (certificate: string): string =>
  createHmac('sha256', certificate).update('housecount notice inspector').digest('hex');

/** Addresses of this machine that notices can leave from. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return outward.length > 0 ? outward : ['127.0.0.1'];
}
