import { isDeepStrictEqual } from 'node:util';
import { isLoopbackHost } from '../net/address/loopback.ts';
import { ConfigError, isObject } from '../settings/reader.ts';
import type { AppConfig, Config } from './config.ts';
import type { environmentKinds } from './environment.ts';
import { ofEachLimit } from './limit-settings.ts';

/** Does a change of the key take effect at a reload, or at the next start? docs/settings.md says the same. */
export const reloadKinds = {
  'listen.host': 'restart',
  'listen.port': 'restart',
  'listen.tls.cert': 'reload',
  'listen.tls.key': 'reload',
  'listen.tls.selfSigned': 'restart',
  'listen.trustedProxies': 'reload',
  'listen.forwardedHeader': 'reload',
  'listen.basePath': 'restart',
  'listen.socketsMax': 'reload',
  'listen.socketsPerAddressMax': 'reload',
  'listen.requestsMax': 'reload',
  'listen.requestsPerAddressMax': 'reload',
  dataDir: 'restart',
  engine: 'restart',
  apps: 'reload',
  customers: 'reload',
  endpoints: 'reload',
  endpointNetworks: 'reload',
  observeNetworks: 'reload',
  'retention.hours': 'restart',
  'retention.bytes': 'restart',
  'retention.bytesPerApp': 'restart',
  'accounts.days': 'restart',
  'limits.joinsPerAddress': 'reload',
  'limits.joinsPerToken': 'reload',
  ...ofEachLimit('limits.', 'restart'),
  'leases.rtcMs': 'restart',
  'leases.signalingMs': 'restart',
  'leases.recoveryMs': 'restart',
  'media.engine': 'restart',
  'media.udpPort': 'restart',
  'media.tcpPort': 'restart',
  'media.announcedAddress': 'restart',
  'media.sessionsPerAppMax': 'reload',
  'media.iceServers': 'reload',
  'log.level': 'reload',
  'log.format': 'restart',
} as const satisfies Record<keyof typeof environmentKinds, 'reload' | 'restart'>;

/** These keys of an app that exists already take a restart: which members presence shows is settled when the app begins. */
export const appRestartKeys = ['bindSignaling'] as const satisfies readonly (keyof AppConfig)[];

export interface ReloadPlan {
  /** The running configuration with all of the new one that takes effect now. */
  readonly config: Config;
  /** Keys whose change takes effect now. */
  readonly changed: readonly string[];
  /** Keys whose change waits for a restart. */
  readonly waiting: readonly string[];
}

/**
 * The effect of a reload to a configuration that is valid in itself.
 * @throws ConfigError where it is not valid together with settings that only a restart changes.
 */
export function planReload(running: Config, next: Config): ReloadPlan {
  const changed: string[] = [];
  const waiting: string[] = [];
  let config: unknown = { ...running };
  for (const [path, kind] of Object.entries(reloadKinds)) {
    if (path.startsWith('listen.tls.') || path === 'apps') continue;
    const keys = path.split('.');
    const value = at(next, keys);
    if (isDeepStrictEqual(at(running, keys), value)) continue;
    if (kind === 'restart') waiting.push(path);
    else {
      changed.push(path);
      config = withValue(config, keys, value);
    }
  }
  let planned = config as Config;
  if (!isDeepStrictEqual(running.listen.tls, next.listen.tls)) {
    // Other files may take the place of files; a change to or from TLS is another scheme, and so another address.
    const areFiles = [running, next].every(({ listen: { tls } }) => tls !== undefined && 'cert' in tls);
    if (areFiles && next.listen.tls) {
      changed.push('listen.tls');
      planned = { ...planned, listen: { ...planned.listen, tls: next.listen.tls } };
    } else waiting.push('listen.tls');
  }
  const apps = next.apps.map((app, index) => {
    const known = running.apps.find(({ id }) => id === app.id);
    const kept = appRestartKeys.filter((key) => known && known[key] !== app[key]);
    waiting.push(...kept.map((key) => `apps[${index}].${key}`));
    return known && kept.length > 0 ? { ...app, bindSignaling: known.bindSignaling } : app;
  });
  if (!isDeepStrictEqual(running.apps, apps)) changed.push('apps');
  planned = { ...planned, apps };
  checkOpenApps(planned);
  return { config: planned, changed, waiting };
}

/** An app without certificate was admitted for an address that the server does not have before a restart. */
function checkOpenApps({ apps, listen: { host, trustedProxies } }: Config): void {
  if (isLoopbackHost(host) && trustedProxies.length === 0) return;
  const problems = apps.flatMap(({ certificate, openTo }, index) =>
    certificate === undefined && openTo === 'thisMachine'
      ? [
          `apps[${index}].certificate: expected one, because others than this machine reach the running server`,
        ]
      : [],
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

function at(tree: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return tree;
  return isObject(tree) ? at(tree[key], rest) : undefined;
}

function withValue(tree: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const below = isObject(tree) ? tree : {};
  return { ...below, [key]: withValue(below[key], rest, value) };
}
