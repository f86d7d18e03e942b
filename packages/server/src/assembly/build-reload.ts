import type { Config } from '../config/config.ts';
import { appLimitWarnings } from '../config/limits/combinations.ts';
import { loadTls } from '../config/tls.ts';
import type { TlsWatch } from '../config/tls-watch.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Commands } from '../log/contract/commands.ts';
import { openControlSocket } from '../operate/control-socket.ts';
import { Reloader } from '../operate/reload.ts';
import { ConfigError } from '../settings/reader.ts';
import type { Clients } from './build-clients.ts';
import type { Front } from './build-edge.ts';
import type { Ground } from './build-ground.ts';
import type { DataFolder } from './build-log.ts';
import type { Notices } from './build-notify.ts';
import { warnIfOpen } from './open-apps.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

export interface ReloadParts
  extends Pick<Clients, 'sockets' | 'signaling' | 'whip'>,
    Pick<Notices, 'sender' | 'endpoints'>,
    Front,
    Pick<DataFolder, 'disk'> {
  readonly log: Pick<Channels, 'everyChannel'> & Pick<Commands, 'submit'>;
  /** Changed in place, so that whoever has it has those of now. */
  readonly iceSettings: Config['media']['iceServers'][number][];
}

/** Lets the operator have the configuration read again, over the control socket and the returned reloader. */
export async function buildReload(
  settings: Settings,
  ground: Pick<Ground, 'common' | 'apps'>,
  parts: ReloadParts & { readonly reread: () => Config },
  stops: Stops,
): Promise<Reloader> {
  const { logger } = ground.common;
  const reloader = new Reloader({
    logger,
    running: () => settings.now,
    reread: parts.reread,
    apply: ({ config }) => apply(config, settings, ground, parts),
  });
  const control = await openControlSocket(
    settings.first.dataDir,
    async (request) =>
      request === 'reload' ? reloader.reload() : { ok: false, problems: [`${request}: not known here`] },
    logger,
  );
  stops.add(async () => {
    await control?.close();
    await reloader.stop();
  });
  return reloader;
}

async function apply(
  next: Config,
  settings: Settings,
  { common: { logger }, apps }: Pick<Ground, 'common' | 'apps'>,
  parts: ReloadParts,
) {
  const { sockets, requests, iceSettings, sender, signaling, edge, whip, certificate } = parts;
  const pair = (await loadTls(next.listen, parts.disk)).tls;
  // First what may be refused.
  const isOtherCertificate = pair !== undefined && certificate !== undefined && takeTls(certificate, pair);
  settings.now = next;
  const { listen, media } = next;
  sockets.limit(listen.socketsMax, listen.socketsPerAddressMax);
  requests.limit(listen.requestsMax, listen.requestsPerAddressMax);
  iceSettings.splice(0, iceSettings.length, ...media.iceServers);
  sender.forgetReach();
  const changes = apps.replace(next.apps);
  for (const id of changes.added) signaling.addApp(id);
  const others = [...apps].filter(({ id }) => changes.added.includes(id) || changes.changed.includes(id));
  for (const app of others) warnIfOpen(logger, app);
  // The server's limits are those of its start.
  for (const { message, app } of appLimitWarnings({ limits: settings.first.limits, apps: others }))
    logger.warn(message, { app });
  for (const id of changes.removed) {
    edge.endApp(id);
    whip.endApp(id);
    await signaling.endApp(id);
    await endMembers(parts.log, id);
  }
  return {
    apps: changes,
    endpoints: await parts.endpoints.configure(next.endpoints),
    certificate: isOtherCertificate,
  };
}

function takeTls(watch: TlsWatch, pair: Parameters<TlsWatch['take']>[0]): boolean {
  try {
    return watch.take(pair);
  } catch (cause) {
    throw new ConfigError([`listen.tls: ${cause instanceof Error ? cause.message : String(cause)}`]);
  }
}

/** Whoever is in a channel of the app leaves, as one who was kicked. */
async function endMembers(log: ReloadParts['log'], app: string) {
  for (const { key, sid } of log.everyChannel())
    if (key.app === app && sid !== undefined) await log.submit(key, { type: 'kick' });
}
