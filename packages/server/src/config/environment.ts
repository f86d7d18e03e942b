import { nearestName } from '../settings/nearest-name.ts';
import { isObject, shownValue } from '../settings/reader.ts';
import { ofEachLimit } from './limit-settings.ts';

/**
 * Every key of the configuration as an environment variable: HOUSECOUNT_ and the path in capitals, with `_` between
 * words and levels (`listen.port` is HOUSECOUNT_LISTEN_PORT, `leases.rtcMs` is HOUSECOUNT_LEASES_RTC_MS). Lists are
 * given whole, as JSON. An empty variable counts as absent.
 */
export const environmentKinds = {
  'listen.host': 'text',
  'listen.port': 'integer',
  'listen.tls.cert': 'text',
  'listen.tls.key': 'text',
  'listen.tls.selfSigned': 'flag',
  'listen.trustedProxies': 'json',
  'listen.forwardedHeader': 'text',
  'listen.basePath': 'text',
  'listen.socketsMax': 'integer',
  'listen.socketsPerAddressMax': 'integer',
  'listen.requestsMax': 'integer',
  'listen.requestsPerAddressMax': 'integer',
  dataDir: 'text',
  engine: 'text',
  apps: 'json',
  customers: 'json',
  endpoints: 'json',
  endpointNetworks: 'json',
  observeNetworks: 'json',
  'retention.hours': 'integer',
  'retention.bytes': 'integer',
  'retention.bytesPerApp': 'integer',
  'accounts.days': 'integer',
  'limits.joinsPerAddress': 'integer',
  'limits.joinsPerToken': 'integer',
  ...ofEachLimit('limits.', 'integer'),
  'leases.rtcMs': 'integer',
  'leases.signalingMs': 'integer',
  'leases.recoveryMs': 'integer',
  'media.engine': 'text',
  'media.udpPort': 'integer',
  'media.tcpPort': 'integer',
  'media.announcedAddress': 'text',
  'media.sessionsPerAppMax': 'integer',
  'media.iceServers': 'json',
  'log.level': 'text',
  'log.format': 'text',
} as const satisfies Record<string, 'text' | 'integer' | 'flag' | 'json'>;

/** Variables that are not keys of the configuration: the command line and the tests read them. */
const otherVariables: readonly string[] = [
  'HOUSECOUNT_CONFIG',
  'HOUSECOUNT_LAUNCHER',
  'HOUSECOUNT_CHROMIUM',
  'HOUSECOUNT_SCREENSHOTS',
  'HOUSECOUNT_SEED',
];
/** The SDKs and the examples read these; a shell or a service file may hold them beside the server's. */
const clientVariables: readonly string[] = ['HOUSECOUNT_URL', 'HOUSECOUNT_SERVER', 'HOUSECOUNT_WEBSOCKET'];
/** Kubernetes sets these in every pod beside a service that is named housecount; they are not meant for us. */
const serviceVariable = /^HOUSECOUNT_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/;
const serviceValue = /^(tcp|udp|sctp):\/\//;

export type Tree = { [key: string]: unknown };

/** `leases.rtcMs` → `HOUSECOUNT_LEASES_RTC_MS`. */
export function variableOf(path: string): string {
  return `HOUSECOUNT_${path.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`;
}

/** The variables that are set, as a tree like that of the file. Complains about unknown and unreadable ones. */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  problem: (path: string, sentence: string) => void,
): Tree {
  const tree: Tree = {};
  const known = new Set([...otherVariables, ...clientVariables]);
  for (const [path, kind] of Object.entries(environmentKinds)) {
    const variable = variableOf(path);
    known.add(variable);
    const given = environment[variable];
    if (given === undefined || given === '') continue;
    const value = parse(given, kind);
    if (value === undefined) problem(variable, `expected ${expectations[kind]}${got(given, kind)}`);
    else place(tree, path.split('.'), value);
  }
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('HOUSECOUNT_') || known.has(variable) || !value) continue;
    if (serviceVariable.test(variable) || serviceValue.test(value)) continue;
    problem(variable, `unknown environment variable${meant(variable)}`);
  }
  return tree;
}

/** `over` laid over `base`: objects are merged key by key, everything else is replaced. */
export function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? merge({ ...below }, { ...value }) : value;
  }
  return merged;
}

/** The variable that was meant, if one is near; the client's are none that the server would do anything with. */
function meant(variable: string): string {
  const names = Object.keys(environmentKinds).map((path) => variableOf(path).slice(prefix.length));
  const name = nearestName(variable.slice(prefix.length), names);
  return name === undefined ? '; docs/settings.md has all of them' : `; did you mean ${prefix}${name}?`;
}

const prefix = 'HOUSECOUNT_';

const expectations = {
  text: 'a text',
  integer: 'a whole number',
  flag: 'true or false',
  json: 'JSON',
} as const;

/** JSON is not shown: it has secrets. */
const got = (given: string, kind: keyof typeof expectations) =>
  kind === 'json' ? '' : `, got ${shownValue(given)}`;

function parse(given: string, kind: keyof typeof expectations): unknown {
  switch (kind) {
    case 'text':
      return given;
    case 'integer':
      return /^-?\d+$/.test(given) ? Number(given) : undefined;
    case 'flag':
      return given === 'true' ? true : given === 'false' ? false : undefined;
    case 'json':
      try {
        return JSON.parse(given) as unknown;
      } catch {
        return undefined;
      }
  }
}

function place(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const below = tree[key];
  const next: Tree = isObject(below) ? { ...below } : {};
  tree[key] = next;
  place(next, rest, value);
}
