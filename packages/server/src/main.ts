import { buildClients } from './assembly/build-clients.ts';
import { buildEdge } from './assembly/build-edge.ts';
import { buildGround } from './assembly/build-ground.ts';
import { buildRoutes } from './assembly/build-http.ts';
import { buildLedger } from './assembly/build-ledger.ts';
import { buildLog, openDataFolder } from './assembly/build-log.ts';
import { buildNotify } from './assembly/build-notify.ts';
import { buildReload } from './assembly/build-reload.ts';
import type { Settings } from './assembly/settings.ts';
import { Stops } from './assembly/stops.ts';
import type { Config } from './config/config.ts';
import type { Logger } from './observe/contract.ts';
import type { ReloadReport } from './operate/reload.ts';
import { repositoryFiles, type ShippedFiles } from './shipped-files.ts';
import { IceServers } from './token/ice-servers.ts';

export interface RunningServer {
  /** The address at which it listens, with the port it got. */
  readonly url: string;
  /** Reads the configuration again. Never rejects: the report says what came of it. */
  reload(): Promise<ReloadReport>;
  /** Stops accepting, says goodbye with a retry hint, flushes. Members stay in the log for the recovery lease. */
  stop(why?: string): Promise<void>;
}

/**
 * Builds the parts, hands each what it needs, and starts them; rejects, with everything stopped again, if one cannot
 * start. `reread` gives the configuration as it is written at a reload.
 */
export async function startServer(
  config: Config,
  reread: () => Config = () => config,
  files: ShippedFiles = repositoryFiles,
): Promise<RunningServer> {
  const stops = new Stops();
  try {
    const { logger, ...server } = await build(config, reread, files, stops);
    return {
      ...server,
      stop(why) {
        logger.info('stopping: clients are told to come back', { why });
        return stops.stop();
      },
    };
  } catch (error) {
    // A failure to stop says less than the reason why it did not start.
    await stops.stop().catch(() => undefined);
    throw error;
  }
}

/** Each part is built after those that it is handed; assembly/ has a file for each group of them. */
async function build(
  config: Config,
  reread: () => Config,
  files: ShippedFiles,
  stops: Stops,
): Promise<Omit<RunningServer, 'stop'> & { readonly logger: Logger }> {
  const settings: Settings = { first: config, now: config };
  const ground = buildGround(settings, stops);
  const folder = await openDataFolder(settings, ground, stops);
  const log = await buildLog(settings, ground, folder, stops);
  const ledger = buildLedger(settings, ground, log, stops);
  const notices = await buildNotify(settings, ground, { ...folder, ...ledger, log }, stops);
  const clients = await buildClients(
    settings,
    ground,
    { resumeSecret: folder.resumeSecret, messages: ledger.messages, log, files },
    stops,
  );
  /** Changed in place by a reload, so that whoever has it has those of now. */
  const iceSettings = [...config.media.iceServers];
  const iceServers = new IceServers(iceSettings, ground.common.clock);
  const routes = buildRoutes(
    settings,
    ground,
    { ...ledger, ...notices, ...clients, log, files, iceServers },
    stops,
  );
  await folder.manifest.noteFound();
  const front = await buildEdge(settings, ground, { ...folder, ...clients, log, routes, iceServers }, stops);
  const reloader = await buildReload(
    settings,
    ground,
    { ...front, ...folder, ...clients, ...notices, log, iceSettings, reread },
    stops,
  );
  log.opened();
  const { logger } = ground.common;
  const { url } = front.edge;
  tellListening(logger, url, settings.now);
  return { url, reload: () => reloader.reload(), logger };
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
