import { loadTls } from '../config/tls.ts';
import { TlsWatch } from '../config/tls-watch.ts';
import { type Edge, serveEdge } from '../live/serve.ts';
import type { Log } from '../log/contract/log.ts';
import { AddressCount } from '../net/address/address-count.ts';
import type { Route } from '../net/http/route.ts';
import type { IceServers } from '../token/ice-servers.ts';
import { type Clients, retryAfterMs } from './build-clients.ts';
import type { Ground } from './build-ground.ts';
import type { DataFolder } from './build-log.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

export interface Front {
  readonly edge: Edge;
  /** HTTP requests being answered. */
  readonly requests: AddressCount;
  /** Looks for another certificate; undefined without TLS. */
  readonly certificate: TlsWatch | undefined;
}

/** Listens: from here on clients come. */
export async function buildEdge(
  settings: Settings,
  { outward, common, health, apps, onRefusedLogin }: Ground,
  parts: Clients &
    Pick<DataFolder, 'disk' | 'resumeSecret'> & {
      readonly log: Log;
      readonly routes: readonly Route[];
      readonly iceServers: IceServers;
    },
  stops: Stops,
): Promise<Front> {
  const { listen, leases, limits } = settings.first;
  const { whip, disk, bus, sockets, joins, signaling, fanOut, words } = parts;
  const requests = new AddressCount(listen.requestsMax, listen.requestsPerAddressMax);
  const tls = await loadTls(listen, disk);
  const edge = serveEdge({
    ...outward,
    limits,
    host: listen.host,
    port: listen.port,
    ...tls,
    basePath: listen.basePath,
    requests,
    trust: {
      get proxies() {
        return settings.now.listen.trustedProxies;
      },
      get header() {
        return settings.now.listen.forwardedHeader;
      },
    },
    apps,
    log: parts.log,
    fanOut,
    resumeSecret: parts.resumeSecret,
    leaseMs: leases.rtcMs,
    recoveryMs: leases.recoveryMs,
    iceServers: parts.iceServers,
    onRefusedLogin,
    onSelect: (connectionId, session, selection) => whip.select(connectionId, session, selection),
    routes: parts.routes,
    bus,
    sockets,
    joins,
    words,
    signaling,
  });
  parts.mediaNews.listen((connectionId, frame) => edge.tell(connectionId, frame));
  stops.add(() => edge.stop({ retryAfterMs }));
  health.register('edge', () => edge.trouble);
  const certificate =
    tls.tls &&
    new TlsWatch({
      clock: common.clock,
      logger: common.logger,
      present: tls.tls,
      files() {
        const { tls: files } = settings.now.listen;
        return files && 'cert' in files ? files : undefined;
      },
      load: async () =>
        (await loadTls(settings.now.listen, disk)).tls ?? Promise.reject(new Error('There is none.')),
      use: (pair) => edge.setTls(pair),
    });
  certificate?.start();
  stops.add(() => certificate?.stop());
  return { edge, requests, certificate };
}
