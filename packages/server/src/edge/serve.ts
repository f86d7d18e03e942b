import { HousecountError } from '@housecount/protocol';
import { bunServer } from './bun-server.ts';
import { Connections, type ConnectionsOptions } from './connections.ts';
import { httpHandler } from './http.ts';
import type { Route } from './route.ts';
import type { LateBroadcast } from './socket.ts';

export interface EdgeOptions extends ConnectionsOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** What the parts of the server answer over HTTP. */
  readonly routes: readonly Route[];
  /** The one that signal/ publishes on: carried by this server from now on. */
  readonly broadcast: LateBroadcast;
}

export interface Edge {
  readonly port: number;
  /** `http://host:port`, as bound. */
  readonly url: string;
  /** Members backed by a WebSocket here. */
  readonly joined: number;
  /** Why connections whose member is out are not ended; undefined while they are. */
  readonly trouble: string | undefined;
  /** Ends all that arrives here; members stay in the log. Clients are told to come back after `retryAfterMs`. */
  stop(options: { readonly retryAfterMs: number }): Promise<void>;
}

/** Path of the WebSocket protocol (docs/protocol.md). */
const webSocketPath = '/v1/connect';
/** Time for clients to take the closing frame, and for HTTP answers to end, milliseconds; then they are cut. */
const graceMs = 1_000;

/** Begins to listen for HTTP and WebSockets. Throws if the address cannot be bound. */
export function serveEdge(options: EdgeOptions): Edge {
  const { host, port, tls, routes, broadcast } = options;
  const connections = new Connections(options);
  const connect: Route = {
    method: 'GET',
    path: webSocketPath,
    handle() {
      throw new HousecountError('upgrade_required');
    },
  };
  const server = bunServer({
    host,
    port,
    ...(tls && { tls }),
    webSocketPath,
    http: httpHandler({ ...options, routes: [...routes, connect] }),
    accept: (socket) => connections.accept(socket),
  });
  broadcast.connect((topic, text) => server.publish(topic, text));
  connections.start();
  return {
    port: server.port,
    url: server.url,
    get joined() {
      return connections.size;
    },
    get trouble() {
      return connections.trouble;
    },
    async stop({ retryAfterMs }) {
      await connections.stop(retryAfterMs);
      await server.stop(graceMs);
    },
  };
}
