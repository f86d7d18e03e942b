import { HousecountError, type ServerFrame } from '@housecount/protocol';
import { AddressCount } from '../net/address/address-count.ts';
import { addressKind } from '../net/address/address-guard.ts';
import { clientReader, type ProxyTrust } from '../net/address/client.ts';
import type { BasePath } from '../net/http/base-path.ts';
import { bunServer, type Tls } from '../net/http/bun-server.ts';
import { httpHandler } from '../net/http/http.ts';
import type { BodyLimits } from '../net/http/http-limits.ts';
import type { Route } from '../net/http/route.ts';
import type { SocketBus } from '../net/socket/bus.ts';
import type { Socket, SocketHandler } from '../net/socket/socket.ts';
import type { Logger } from '../observe/contract.ts';
import { type ConnectionsOptions, openConnections } from './connections.ts';
import { defaultRequests, type LiveLimits } from './live-limits.ts';
import type { LoggedIn } from './requests/link.ts';

export interface EdgeOptions extends Omit<ConnectionsOptions, 'limits'> {
  /** Default: those of limits.ts. */
  readonly limits?: LiveLimits & BodyLimits;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly tls?: Tls;
  readonly trust: ProxyTrust;
  readonly basePath: BasePath;
  /** Counts the HTTP requests being answered; default: by itself, up to what limits.ts says. */
  readonly requests?: AddressCount;
  /** The HTTP routes of the server's parts. */
  readonly routes: readonly Route[];
  /** Takes in the WebSockets of signaling, and ends them with the others. */
  readonly signaling?: LoggedIn & {
    accept(socket: Socket): SocketHandler;
    stop(retryAfterMs: number): Promise<void>;
  };
  /** Frames that other parts publish on the bus fan out to the sockets of this server. */
  readonly bus: Pick<SocketBus, 'join'>;
}

export interface Edge {
  readonly port: number;
  /** `http://host:port`, as bound. */
  readonly url: string;
  /** Members backed by a WebSocket here. */
  readonly joined: number;
  /** See Connections.tell. */
  tell(connectionId: string, frame: ServerFrame): void;
  /** See Connections.endApp. */
  endApp(app: string): void;
  /** Listens with this key and certificate from now on; connections that are open stay. Fails if they cannot be used, and then nothing has changed. */
  setTls(tls: Tls): void;
  /** Why connections whose member is out are not ended; undefined while they are. */
  readonly trouble: string | undefined;
  /** Ends all that arrives here; members stay in the log. Clients are told to come back after `retryAfterMs`. */
  stop(options: { readonly retryAfterMs: number }): Promise<void>;
}

/** Paths of the WebSocket protocols (docs/protocol.md, docs/signaling.md). */
const webSocketPath = '/v1/connect';
const signalingPath = '/v1/signaling';
/** Time for clients to take the closing frame, and for HTTP answers to end, milliseconds; then they are cut. */
const graceMs = 1_000;

/** Begins to listen for HTTP and WebSockets. Throws if the address cannot be bound. */
export function serveEdge(options: EdgeOptions): Edge {
  const { host, port, tls, trust, basePath, routes, bus, signaling, logger } = options;
  const connections = openConnections(options);
  const webSockets = new Map([[webSocketPath, (socket: Socket) => connections.accept(socket)]]);
  if (signaling) webSockets.set(signalingPath, (socket) => signaling.accept(socket));
  const plain = Array.from(
    webSockets.keys(),
    (path): Route => ({
      method: 'GET',
      path,
      handle() {
        throw new HousecountError('upgrade_required');
      },
    }),
  );
  const open = options.requests ?? new AddressCount(defaultRequests.max, defaultRequests.perAddressMax);
  options.metrics.gauge('housecount_http_requests_open', 'HTTP requests being answered.', () => open.size);
  const server = bunServer({
    host,
    port,
    ...(tls && { tls }),
    webSockets,
    bus,
    basePath,
    ...(options.limits && { limits: options.limits }),
    clientOf: clientReader(trust, untrustedProxyLog(logger)),
    http: httpHandler({ ...options, open, routes: [...routes, ...plain] }),
  });
  connections.start();
  return {
    port: server.port,
    url: server.url,
    tell: (connectionId, frame) => connections.tell(connectionId, frame),
    endApp: (app) => connections.endApp(app),
    setTls: (pair) => server.setTls(pair),
    get joined() {
      return connections.size;
    },
    get trouble() {
      return connections.trouble;
    },
    async stop({ retryAfterMs }) {
      await Promise.all([connections.stop(retryAfterMs), signaling?.stop(retryAfterMs)]);
      await server.stop(graceMs);
    },
  };
}

/**
 * Says once of a peer in a private network that it writes the headers of a proxy and is not trusted: all its clients have
 * its address then, which is seldom what the operator wants. Peers elsewhere may be anybody.
 */
function untrustedProxyLog(logger: Logger): (peer: string) => void {
  let isSaid = false;
  return (peer) => {
    if (isSaid || addressKind(peer) !== 'private') return;
    isSaid = true;
    logger.warn('a proxy that is not trusted: all its clients count as one; see listen.trustedProxies', {
      peer,
    });
  };
}
