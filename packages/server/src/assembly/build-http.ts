import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../api/access/auth.ts';
import { LoginBrake } from '../api/access/login-brake.ts';
import { whyNotObserve } from '../api/access/why-not-observe.ts';
import { observeRoutes } from '../api/observe-routes.ts';
import { Idempotency } from '../api/request/idempotency.ts';
import { apiRoutes } from '../api/routes.ts';
import type { AppConfig } from '../config/config.ts';
import { HeardRules } from '../kicks/heard-rules.ts';
import type { Log } from '../log/contract/log.ts';
import { holderOf } from '../net/address/ip-address.ts';
import type { Route } from '../net/http/route.ts';
import { sdkRoutes } from '../pages/sdk-files.ts';
import { staticRoutes } from '../pages/static-files.ts';
import type { ShippedFiles } from '../shipped-files.ts';
import type { IceServers } from '../token/ice-servers.ts';
import { requestBudget } from '../whip/request-budget.ts';
import { whipRoutes } from '../whip/routes.ts';
import type { Clients } from './build-clients.ts';
import type { Ground } from './build-ground.ts';
import type { Ledger } from './build-ledger.ts';
import type { Notices } from './build-notify.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

export interface RouteParts
  extends Ledger,
    Omit<Notices, 'sender'>,
    Pick<Clients, 'signaling' | 'whip' | 'words'> {
  readonly log: Log;
  readonly files: Pick<ShippedFiles, 'sdks' | 'console'>;
  readonly iceServers: IceServers;
}

/** Builds everything that is answered over HTTP. */
export function buildRoutes(
  settings: Settings,
  ground: Ground,
  parts: RouteParts,
  stops: Stops,
): readonly Route[] {
  const { common, outward, health, apps } = ground;
  const { dataDir, development, limits } = settings.first;
  const { files, messages, signaling, words } = parts;
  const idempotency = Idempotency.open(join(dataDir, 'idempotency.db'), {
    ...common,
    bounds: {
      keptMs: limits.idempotencyMs,
      keysMax: limits.idempotencyKeysMax,
      bytesMax: limits.idempotencyBytesMax,
    },
  });
  stops.add(() => idempotency.close());
  const authority = new Authority({
    get customers() {
      return settings.now.customers;
    },
    development,
    brake: new LoginBrake({ ...outward, limits }),
  });
  const whyNotLook = whyNotObserve(authority, () => settings.now.observeNetworks);
  return [
    ...observeRoutes({ metrics: common.metrics, health, whyNotLook }),
    ...apiRoutes({
      ...common,
      limits,
      apps: () => Array.from(apps, apiApp),
      kept: messages,
      authority,
      idempotency,
      development,
      log: parts.log,
      rules: new HeardRules({ log: parts.log, words }),
      history: parts.history,
      deliveries: parts.deliveries,
      redeliveries: parts.redeliveries,
      notify: parts.notify,
      communicationEventsOf: parts.communicationEventsOf,
      endpoints: parts.endpoints,
      signaling: signaling.backend,
      noticeAddresses: ownAddresses,
    }),
    ...mediaRoutes(settings, ground, parts),
    ...sdkRoutes({ dir: files.sdks }),
    ...staticRoutes({ dir: files.console }),
  ];
}

function mediaRoutes(
  { first }: Settings,
  { common: { clock }, onRefusedLogin }: Pick<Ground, 'common' | 'onRefusedLogin'>,
  { whip, iceServers }: Pick<RouteParts, 'whip' | 'iceServers'>,
): readonly Route[] {
  const budget = requestBudget(clock, first.limits.mediaRequestsPerSecondMax);
  const strangers = requestBudget(clock, first.limits.mediaRequestsPerSecondMax);
  return whipRoutes({
    service: whip,
    iceServers,
    onRefusedLogin,
    basePath: first.listen.basePath,
    admitRequest: (key) => budget.take(key),
    admitStranger: (address) => strangers.take(holderOf(address)),
  });
}

/** An app as the REST API knows it. */
const apiApp = ({ id, certificate, openTo, signaling: { historyDays } }: AppConfig) => ({
  id,
  ...(certificate === undefined ? { openTo } : { certificate }),
  historyDays,
});

/** Addresses of this machine that notices can leave from. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return outward.length > 0 ? outward : ['127.0.0.1'];
}
