import { isAppId, type Profile } from '@housecount/protocol';
import { isLoopbackHost } from '../../net/address/loopback.ts';
import {
  child,
  choice,
  complain,
  flag,
  integer,
  list,
  onlyKeys,
  type Source,
  text,
  unique,
} from '../../settings/reader.ts';
import type { AppConfig, Config, SignalingConfig } from '../config.ts';
import { readAppLimits } from '../limit-settings.ts';
import { filled } from './filled.ts';

export const signalingDefaults: SignalingConfig = {
  announceMax: 50,
  intervalMs: 30_000,
  debounceMs: 2_000,
  lease: 'server',
  historyDays: 30,
};

export function readApps(
  source: Source,
  { listen, limits }: Pick<Config, 'listen' | 'limits'>,
): readonly AppConfig[] {
  const apps = list(source, (item) => {
    onlyKeys(item, [
      'id',
      'certificate',
      'secondaryCertificate',
      'openTo',
      'bindSignaling',
      'linkIdentities',
      'signaling',
      'communicationEvents',
      'rosterVisibleTo',
      'coHostAuthentication',
      'profiles',
      'limits',
    ]);
    const certificate = child(item, 'certificate');
    const secondary = child(item, 'secondaryCertificate');
    if (secondary.value !== undefined && certificate.value === undefined)
      complain(secondary, 'expected certificate, too');
    const bindSignaling = flag(child(item, 'bindSignaling'), true);
    const hex = '32 hexadecimal characters';
    return {
      id: text(child(item, 'id'), hex, isAppId),
      ...(certificate.value !== undefined && { certificate: text(certificate, hex, isAppId) }),
      openTo: readOpenTo(item, listen),
      ...(secondary.value !== undefined && { secondaryCertificate: text(secondary, hex, isAppId) }),
      bindSignaling,
      linkIdentities: flag(child(item, 'linkIdentities'), bindSignaling),
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
      limits: readAppLimits(child(item, 'limits'), limits),
    } satisfies AppConfig;
  });
  if (apps.length === 0 && (source.value === undefined || Array.isArray(source.value)))
    complain(source, 'expected a list of at least one app');
  unique(source, apps, (app) => app.id, 'app id');
  return apps;
}

/**
 * The clients that an app without certificate admits. Clients of the internet must be meant: a proxy on this machine makes them look
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
