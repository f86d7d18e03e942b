import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isAppId, type Profile } from '@housecount/protocol';
import { parse as parseYaml } from 'yaml';
import { type Customer, customerRoles } from '../api/access/customer.ts';
import { limits } from '../limits.ts';
import { isLoopbackHost } from '../net/address/loopback.ts';
import { type Network, parseNetwork } from '../net/address/network.ts';
import { endpointFieldKeys, readEndpointFields } from '../notify/endpoint/endpoint-fields.ts';
import { managedIdPrefix } from '../notify/endpoint/endpoint-store.ts';
import {
  ConfigError,
  child,
  choice,
  complain,
  flag,
  integer,
  isObject,
  list,
  onlyKeys,
  type Source,
  text,
  unique,
} from '../settings/reader.ts';
import type { AppConfig, Config, EndpointConfig, SignalingConfig } from './config.ts';
import { merge, readEnvironment, type Tree } from './environment.ts';
import { readLimits } from './limit-settings.ts';

export interface LoadOptions {
  /** Path of a YAML file. Without one, and without apps from elsewhere, it is the development configuration. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Laid over file and environment, in the file's shape: `{ listen: { port: 0 } }`. */
  readonly overrides?: Tree;
}

/** The app and customer of the development configuration. Public constants: they protect nothing. */
export const development = {
  appId: '0123456789abcdef0123456789abcdef',
  certificate: 'fedcba9876543210fedcba9876543210',
  customerId: 'housecount',
  customerSecret: 'development-only',
} as const;

/**
 * The configuration from file, then environment, then overrides, checked and with defaults filled in.
 * @throws ConfigError naming every wrong key and what was expected there.
 */
export function loadConfig(options: LoadOptions): Config {
  const problems: string[] = [];
  const problem = (path: string, sentence: string) => problems.push(path ? `${path}: ${sentence}` : sentence);
  const tree = treeOf(options, problem);
  const isDevelopment = options.file === undefined && tree.apps === undefined;
  const config = readConfig({ value: tree, path: '', problem }, isDevelopment);
  if (problems.length > 0) throw new ConfigError(problems);
  return options.file === undefined ? config : { ...config, file: options.file };
}

/**
 * Where the data folder is, for whoever looks for the server of a configuration that need not be valid otherwise.
 * @throws ConfigError if the file cannot be read, or the folder is none.
 */
export function dataDirOf(options: LoadOptions): string {
  const problems: string[] = [];
  const problem = (path: string, sentence: string) => problems.push(`${path}: ${sentence}`);
  const tree = treeOf(options, () => undefined);
  const dataDir = readDataDir({ value: tree, path: '', problem });
  if (problems.length > 0) throw new ConfigError(problems);
  return dataDir;
}

/** Is the log to be read by a machine? Of a configuration that need not be valid, nor there. */
export function isJsonLog(options: LoadOptions): boolean {
  const isJson = (tree: Tree) => isObject(tree.log) && tree.log.format === 'json';
  try {
    return isJson(treeOf(options, () => undefined));
  } catch {
    const { file: _, ...others } = options;
    return isJson(treeOf(others, () => undefined));
  }
}

/** File, then environment, then overrides. */
function treeOf({ file, env, overrides = {} }: LoadOptions, problem: Source['problem']): Tree {
  const fromFile = file === undefined ? {} : readFile(file);
  return merge(merge(fromFile, readEnvironment(env, problem)), overrides);
}

const readDataDir = (root: Source): string =>
  text(child(root, 'dataDir'), 'the path of a folder', filled, './data');

function readConfig(root: Source, isDevelopment: boolean): Config {
  onlyKeys(root, [
    'listen',
    'dataDir',
    'engine',
    'apps',
    'customers',
    'endpoints',
    'endpointNetworks',
    'observeNetworks',
    'retention',
    'accounts',
    'limits',
    'leases',
    'media',
    'log',
  ]);
  const listen = readListen(child(root, 'listen'));
  const apps = isDevelopment ? [developmentApp] : readApps(child(root, 'apps'), listen);
  const customers = readCustomers(child(root, 'customers'), apps, isDevelopment);
  const leases = child(root, 'leases');
  onlyKeys(leases, ['rtcMs', 'signalingMs', 'recoveryMs']);
  const retention = child(root, 'retention');
  onlyKeys(retention, ['hours', 'bytes', 'bytesPerApp']);
  const accounts = child(root, 'accounts');
  onlyKeys(accounts, ['days']);
  const rates = child(root, 'limits');
  const log = child(root, 'log');
  onlyKeys(log, ['level', 'format']);
  return {
    listen,
    dataDir: readDataDir(root),
    engine: choice(child(root, 'engine'), ['embedded'], 'embedded'),
    apps,
    customers: isDevelopment && customers.length === 0 ? [developmentCustomer] : customers,
    endpoints: readEndpoints(child(root, 'endpoints'), apps),
    endpointNetworks: readEndpointNetworks(child(root, 'endpointNetworks'), listen, isDevelopment),
    observeNetworks: readNetworks(child(root, 'observeNetworks')),
    retention: {
      hours: integer(child(retention, 'hours'), { min: 1, max: 8_760, fallback: limits.retentionHours }),
      bytes: integer(child(retention, 'bytes'), retentionBytesBounds),
      bytesPerApp: integer(child(retention, 'bytesPerApp'), bytesPerAppBounds),
    },
    // Below a week who comes every Sunday would be forgotten; ten years is for ever.
    accounts: {
      days: integer(child(accounts, 'days'), { min: 7, max: 3_650, fallback: limits.accountDays }),
    },
    limits: {
      ...readLimits(rates, ['joinsPerAddress', 'joinsPerToken']),
      joinsPerAddress: integer(child(rates, 'joinsPerAddress'), joinRateBounds(limits.joinsPerAddress)),
      joinsPerToken: integer(child(rates, 'joinsPerToken'), joinRateBounds(limits.joinsPerToken)),
    },
    leases: {
      rtcMs: readLease(child(leases, 'rtcMs')),
      signalingMs: readLease(child(leases, 'signalingMs')),
      recoveryMs: integer(child(leases, 'recoveryMs'), leaseBounds(15_000)),
    },
    media: readMedia(child(root, 'media')),
    log: {
      level: choice(child(log, 'level'), ['debug', 'info', 'warn', 'error'], 'info'),
      format: choice(child(log, 'format'), ['auto', 'json', 'pretty'], 'auto'),
    },
    development: isDevelopment,
  };
}

const signalingDefaults: SignalingConfig = {
  announceMax: 50,
  intervalMs: 30_000,
  debounceMs: 2_000,
  lease: 'server',
  historyDays: 30,
};

const developmentApp: AppConfig = {
  id: development.appId,
  certificate: development.certificate,
  openTo: 'thisMachine',
  bindSignaling: true,
  signaling: signalingDefaults,
  communicationEvents: '107/108',
  rosterVisibleTo: 'everyone',
  coHostAuthentication: false,
  profiles: [],
};
const developmentCustomer: Customer = {
  id: development.customerId,
  secret: development.customerSecret,
  apps: undefined,
  role: 'admin',
  names: true,
};

/** Below four files of the log its size says little. */
const retentionBytesBounds = { min: 256 * 1024 ** 2, max: 2 ** 50, fallback: limits.retentionBytes };
const bytesPerAppBounds = { min: 0, max: 2 ** 50, fallback: limits.retentionBytesPerApp };
/** More than a log takes: no limit. */
const joinRateBounds = (fallback: number) => ({ min: 1, max: 1_000_000, fallback });
const filled = (value: string) => value.trim() !== '';
/** Below 100 ms a lease is shorter than a slow answer; above 10 min nobody believes the roster. */
const leaseBounds = (fallback: number) => ({ min: 100, max: 600_000, fallback });

function readLease(source: Source): number {
  const { value } = source;
  const min = limits.leaseMsMin;
  if (typeof value !== 'number' || value >= min) return integer(source, { ...leaseBounds(10_000), min });
  complain(
    source,
    `expected at least ${min} ms, because silence is noticed after ${limits.silentMs} ms and must be told before it ends a membership`,
    String(value),
  );
  return min;
}

function readFile(path: string): Tree {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError([`${path}: cannot be read: ${messageOf(cause)}`]);
  }
  let tree: unknown;
  try {
    tree = parseYaml(content) ?? {};
  } catch (cause) {
    // The parser quotes the offending lines, which may hold a secret: only its first line names the place.
    throw new ConfigError([`${path}: not valid YAML: ${messageOf(cause).split('\n')[0]}`]);
  }
  if (!isObject(tree)) throw new ConfigError([`${path}: expected an object at the top`]);
  return { ...tree };
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

function readListen(source: Source): Config['listen'] {
  onlyKeys(source, [
    'host',
    'port',
    'tls',
    'trustedProxies',
    'forwardedHeader',
    'basePath',
    'socketsMax',
    'socketsPerAddressMax',
    'requestsMax',
    'requestsPerAddressMax',
  ]);
  const host = text(child(source, 'host'), 'a host name or address', filled, '127.0.0.1');
  const port = integer(child(source, 'port'), { min: 0, max: 65_535, fallback: 7080 });
  const basePath = text(
    child(source, 'basePath'),
    'a path like /housecount, or /',
    (path) => path === '' || path === '/' || /^(\/[\w.~-]*\w[\w.~-]*)+\/?$/.test(path),
    '',
  );
  const proxies = {
    ...readConnectionLimits(source),
    basePath: basePath === '/' ? basePath : basePath.replace(/\/$/, ''),
    trustedProxies: readNetworks(child(source, 'trustedProxies')),
    forwardedHeader: choice(
      child(source, 'forwardedHeader'),
      ['auto', 'x-forwarded-for', 'forwarded'],
      'auto',
    ),
  };
  const tls = child(source, 'tls');
  onlyKeys(tls, ['cert', 'key', 'selfSigned']);
  const selfSigned = flag(child(tls, 'selfSigned'), false);
  const cert = child(tls, 'cert');
  const key = child(tls, 'key');
  if (cert.value === undefined && key.value === undefined)
    return { host, port, ...proxies, ...(selfSigned && { tls: { selfSigned } }) };
  if (selfSigned) complain(tls, 'expected either cert and key, or selfSigned: true');
  return {
    host,
    port,
    ...proxies,
    tls: {
      cert: text(cert, 'the path of a PEM file', filled),
      key: text(key, 'the path of a PEM file', filled),
    },
  };
}

function readConnectionLimits(source: Source) {
  const count = (key: string, fallback: number) =>
    integer(child(source, key), { min: 1, max: 10_000_000, fallback });
  return {
    socketsMax: count('socketsMax', limits.connectionsMax),
    socketsPerAddressMax: count('socketsPerAddressMax', limits.connectionsPerAddressMax),
    requestsMax: count('requestsMax', limits.requestsMax),
    requestsPerAddressMax: count('requestsPerAddressMax', limits.requestsPerAddressMax),
  };
}

function readNetworks(source: Source): readonly Network[] {
  const expected = 'an address or a network, like 127.0.0.1 or 10.0.0.0/8';
  return list(source, (item) => {
    const written = text(item, expected, (value) => parseNetwork(value) !== undefined);
    return parseNetwork(written) ?? { prefix: new Uint8Array(4), bits: 32 };
  });
}

/** In development, and only on loopback, receivers on this machine are meant: whoever asks is at it. */
function readEndpointNetworks(
  source: Source,
  { host }: Config['listen'],
  isDevelopment: boolean,
): readonly Network[] {
  if (source.value === undefined && isDevelopment && isLoopbackHost(host))
    return ['127.0.0.0/8', '::1'].flatMap((text) => parseNetwork(text) ?? []);
  return readNetworks(source);
}

function readApps(source: Source, listen: Config['listen']): readonly AppConfig[] {
  const apps = list(source, (item) => {
    onlyKeys(item, [
      'id',
      'certificate',
      'secondaryCertificate',
      'openTo',
      'bindSignaling',
      'signaling',
      'communicationEvents',
      'rosterVisibleTo',
      'coHostAuthentication',
      'profiles',
    ]);
    const certificate = child(item, 'certificate');
    const secondary = child(item, 'secondaryCertificate');
    if (secondary.value !== undefined && certificate.value === undefined)
      complain(secondary, 'expected certificate, too');
    const hex = '32 hexadecimal characters';
    return {
      id: text(child(item, 'id'), hex, isAppId),
      ...(certificate.value !== undefined && { certificate: text(certificate, hex, isAppId) }),
      openTo: readOpenTo(item, listen),
      ...(secondary.value !== undefined && { secondaryCertificate: text(secondary, hex, isAppId) }),
      bindSignaling: flag(child(item, 'bindSignaling'), true),
      signaling: readSignaling(child(item, 'signaling')),
      communicationEvents: choice(child(item, 'communicationEvents'), ['107/108', '103/104'], '107/108'),
      rosterVisibleTo: choice(child(item, 'rosterVisibleTo'), ['everyone', 'broadcasters'], 'everyone'),
      coHostAuthentication: flag(child(item, 'coHostAuthentication'), false),
      profiles: list(child(item, 'profiles'), (pin) => {
        onlyKeys(pin, ['channels', 'profile']);
        return {
          channels: text(child(pin, 'channels'), 'a channel name, or a pattern with *', filled),
          profile: text(child(pin, 'profile'), 'live or communication', (profile) =>
            ['live', 'communication'].includes(profile),
          ) as Profile,
        };
      }),
    } satisfies AppConfig;
  });
  if (apps.length === 0 && (source.value === undefined || Array.isArray(source.value)))
    complain(source, 'expected a list of at least one app');
  unique(source, apps, (app) => app.id, 'app id');
  return apps;
}

/**
 * Whom an app without certificate admits. Clients of the internet must be meant: a proxy on this machine makes them look
 * as if they were at it, and a public address needs no proxy.
 */
function readOpenTo(app: Source, { host, trustedProxies }: Config['listen']): AppConfig['openTo'] {
  const source = child(app, 'openTo');
  const openTo = choice(source, ['thisMachine', 'everybody'], 'thisMachine');
  const certificate = child(app, 'certificate');
  if (certificate.value !== undefined) {
    if (openTo === 'everybody')
      complain(source, 'expected no certificate: with one, tokens say who may come');
  } else if (openTo === 'thisMachine' && (!isLoopbackHost(host) || trustedProxies.length > 0))
    certificate.problem(
      certificate.path,
      'expected 32 hexadecimal characters, because others than this machine reach the server; if everybody may join this app under any name, say openTo: everybody',
    );
  return openTo;
}

/** Bounds as in the spec (signaling 3.2), but for more users: what that costs is the operator's to know. */
function readSignaling(source: Source): SignalingConfig {
  onlyKeys(source, ['announceMax', 'intervalMs', 'debounceMs', 'lease', 'historyDays']);
  const { announceMax, intervalMs, debounceMs, lease, historyDays } = signalingDefaults;
  return {
    announceMax: integer(child(source, 'announceMax'), { min: 8, max: 10_000, fallback: announceMax }),
    intervalMs: integer(child(source, 'intervalMs'), { min: 5_000, max: 300_000, fallback: intervalMs }),
    debounceMs: integer(child(source, 'debounceMs'), { min: 0, max: 60_000, fallback: debounceMs }),
    lease: choice(child(source, 'lease'), ['server', 'client'], lease),
    // A hundred years is for ever.
    historyDays: integer(child(source, 'historyDays'), { min: 0, max: 36_500, fallback: historyDays }),
  };
}

/** A secret of fewer characters can be guessed. The development configuration's is public anyway. */
const customerSecretLengthMin = 16;

function readCustomers(
  source: Source,
  apps: readonly AppConfig[],
  isDevelopment: boolean,
): readonly Customer[] {
  const lengthMin = isDevelopment ? 1 : customerSecretLengthMin;
  const customers = list(source, (item): Customer => {
    onlyKeys(item, ['id', 'secret', 'apps', 'role', 'names']);
    const owned = child(item, 'apps');
    const isApp = (id: string) => apps.some((app) => app.id === id);
    const ids = list(owned, (app) => text(app, 'the id of an app under apps', isApp));
    if (Array.isArray(owned.value) && ids.length === 0)
      complain(owned, 'expected at least one app; without this key it is all of them');
    return {
      // RFC 7617: the user-id of Basic authentication cannot hold a colon.
      id: text(child(item, 'id'), 'a text without a colon', (id) => filled(id) && !id.includes(':')),
      secret: text(
        child(item, 'secret'),
        isDevelopment
          ? 'a text that is not empty'
          : `a text of at least ${lengthMin} characters, as from openssl rand -base64 24`,
        (secret) => filled(secret) && secret.length >= lengthMin,
      ),
      apps: owned.value === undefined ? undefined : ids,
      role: choice(child(item, 'role'), customerRoles, 'admin'),
      names: flag(child(item, 'names'), true),
    };
  });
  unique(source, customers, (customer) => customer.id, 'customer id');
  return customers;
}

function readEndpoints(source: Source, apps: readonly AppConfig[]): readonly EndpointConfig[] {
  const endpoints = list(source, (item) => {
    onlyKeys(item, ['id', 'app', ...endpointFieldKeys, 'skipHealthTest']);
    const isApp = (id: string) => apps.some((app) => app.id === id);
    const app = text(child(item, 'app'), 'the id of an app under apps', isApp);
    const fields = readEndpointFields(item);
    return {
      id: text(
        child(item, 'id'),
        `1 to 64 letters, digits, "-" or "_", not beginning with ${managedIdPrefix}`,
        (id) => /^[\w-]{1,64}$/.test(id) && !id.startsWith(managedIdPrefix),
        endpointIdOf(app, fields.url),
      ),
      app,
      ...fields,
      skipHealthTest: flag(child(item, 'skipHealthTest'), true),
    } satisfies EndpointConfig;
  });
  unique(source, endpoints, (endpoint) => endpoint.id, 'endpoint id (or the same app and url)');
  for (const app of apps)
    if (endpoints.filter((endpoint) => endpoint.app === app.id).length > limits.appEndpointsMax)
      complain(source, `expected at most ${limits.appEndpointsMax} endpoints of app ${app.id}`);
  return endpoints;
}

/** The default id of an endpoint: the same for the same app and url, so that its cursor is found again. */
export function endpointIdOf(app: string, url: string): string {
  return createHash('sha256').update(`${app}\n${url}`).digest('hex').slice(0, 16);
}

function readMedia(source: Source): Config['media'] {
  onlyKeys(source, ['engine', 'udpPort', 'announcedAddress', 'sessionsPerAppMax', 'iceServers']);
  return {
    engine: choice(child(source, 'engine'), ['embedded'], 'embedded'),
    udpPort: integer(child(source, 'udpPort'), { min: 0, max: 65_535, fallback: 7081 }),
    announcedAddress: text(
      child(source, 'announcedAddress'),
      'an IP address, or auto',
      (address) => address === 'auto' || isIP(address) !== 0,
      'auto',
    ),
    sessionsPerAppMax: integer(child(source, 'sessionsPerAppMax'), {
      min: 1,
      max: limits.mediaSessionsMax,
      fallback: limits.mediaSessionsPerAppMax,
    }),
    iceServers: list(child(source, 'iceServers'), (item) => {
      onlyKeys(item, ['urls', 'username', 'credential']);
      const username = child(item, 'username');
      const credential = child(item, 'credential');
      return {
        urls: text(child(item, 'urls'), 'a stun:, turn: or turns: URL', (url) =>
          /^(stuns?|turns?):./.test(url),
        ),
        ...(username.value !== undefined && { username: text(username, 'a text', filled) }),
        ...(credential.value !== undefined && { credential: text(credential, 'a text', filled) }),
      };
    }),
  };
}
