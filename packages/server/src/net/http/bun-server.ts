import { clientFrameBytesMax } from '@housecount/protocol';
import type { ReadClient } from '../address/client.ts';
import { isClientHere } from '../address/this-machine.ts';
import type { SocketBus } from '../socket/bus.ts';
import type { Broadcast, Socket, SocketHandler } from '../socket/socket.ts';
import { type BasePath, withoutBase } from './base-path.ts';
import type { HttpHandler } from './http.ts';
import { defaultPeerLimits, type PeerLimits } from './http-limits.ts';

/** PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** The adapter to Bun's HTTP and WebSocket server: the only file of net/ that knows it. */
export interface BunServerOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly tls?: Tls;
  /** Acceptors of WebSockets, by path; everything else, and a plain request to these, goes to `http`. */
  readonly webSockets: ReadonlyMap<string, (socket: Socket) => SocketHandler>;
  /** Frames published on the bus fan out to the sockets that are taken in here. */
  readonly bus: Pick<SocketBus, 'join'>;
  readonly http: HttpHandler;
  readonly clientOf: ReadClient;
  readonly basePath: BasePath;
  /** Default: those of limits.ts. */
  readonly limits?: PeerLimits;
}

export interface BunServer {
  readonly port: number;
  readonly url: string;
  /**
   * Listens with this pair from now on. Connections that are open stay on the one before, which takes nobody in any more. Bun
   * cannot change the pair of a listener: the port is let go and taken again in one turn, under a millisecond.
   * @throws what Bun says of a pair that it cannot use; then nothing has changed.
   */
  setTls(tls: Tls): void;
  /** Takes nobody in any more, tells handlers by their signal, and cuts what is left after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

interface SocketData {
  readonly address: string;
  readonly isHere: boolean;
  readonly accept: (socket: Socket) => SocketHandler;
  /** The listener that it came by. */
  readonly server: Bun.Server<SocketData>;
  handler?: SocketHandler;
}
type BunSocket = Bun.ServerWebSocket<SocketData>;

/** Silence after which an HTTP connection is closed, seconds. Longer than any answer takes; event streams have none. */
const idleSeconds = 60;
/** Beyond so many times the limit of bodies Bun itself answers 413; below it the handler does, with a code. */
const requestBytesFactor = 64;

/** The largest payload of a socket of either protocol, bytes: 128 kB, twice what the larger one takes. */
const payloadBytesMax = 4 * clientFrameBytesMax;

/** Bun takes no larger number: to it one of more than 52 bits is no integer. */
const backpressureBytesMax = 2 ** 51 - 1;

/** Begins to listen. Throws, in words for the operator, if the address cannot be bound. */
export function bunServer(options: BunServerOptions): BunServer {
  const { host, port, tls, webSockets, bus, http, clientOf, basePath, limits = defaultPeerLimits } = options;
  const stopping = new AbortController();
  const serve = (where: { hostname: string; port: number }, pair: Tls | undefined) =>
    listening({
      ...where,
      ...(pair && { tls: pair }),
      maxRequestBodySize: requestBytesFactor * limits.bodyBytesMax,
      idleTimeout: idleSeconds,
      async fetch(request, bun) {
        const client = clientOf(bun.requestIP(request)?.address, request);
        const accept = isUpgrade(request) && webSockets.get(webSocketPath(basePath, request.url));
        const isHere = isClientHere(request, client);
        if (
          accept &&
          bun.upgrade(request, { data: { address: client.address, isHere, accept, server: bun } })
        )
          return undefined;
        const signal = AbortSignal.any([request.signal, stopping.signal]);
        const response = await http(request, { ...client, signal });
        if (response.headers.get('content-type')?.startsWith('text/event-stream')) bun.timeout(request, 0);
        return response;
      },
      error: () => new Response(null, { status: 500 }),
      websocket: socketHandler(limits.socketBacklogBytesMax),
    });
  let server = serve({ hostname: host, port }, tls);
  let leaveBus = bus.join(carrierOf(server));
  let presentTls = tls;
  /** Listeners of before, for as long as they have connections. */
  const former = new Set<typeof server>();
  const boundPort = server.port ?? port;
  const listenAgain = (pair: Tls | undefined) => {
    server = serve({ hostname: host, port: boundPort }, pair);
    leaveBus = bus.join(carrierOf(server));
  };
  return {
    port: boundPort,
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    setTls(pair) {
      // Tried where it hurts nobody: without a listener there would be nothing to go back to.
      void serve({ hostname: '127.0.0.1', port: 0 }, pair).stop(true);
      const old = server;
      const leave = leaveBus;
      former.add(old);
      void old.stop(false).finally(() => {
        former.delete(old);
        leave();
      });
      try {
        listenAgain(pair);
        presentTls = pair;
      } catch (cause) {
        listenAgain(presentTls);
        throw cause;
      }
    },
    async stop(graceMs) {
      stopping.abort();
      const { promise: grace, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, graceMs);
      const all = [server, ...former];
      await Promise.race([Promise.all(all.map((each) => each.stop(false))), grace]);
      clearTimeout(timer);
      await Promise.all(all.map((each) => each.stop(true)));
      leaveBus();
    },
  };
}

/** Hands what happens to a socket to who accepted it. */
function socketHandler(backlogBytesMax: number): Bun.WebSocketHandler<SocketData> {
  return {
    // Above the limit of frames, so that those a little larger are answered by name; the rest Bun closes with 1009.
    maxPayloadLength: payloadBytesMax,
    // Liveness is ours (liveness.ts).
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    // Readers are cut by name at half of this; it holds between two looks.
    backpressureLimit: Math.min(2 * backlogBytesMax, backpressureBytesMax),
    closeOnBackpressureLimit: true,
    open(socket) {
      const handler = socket.data.accept(new AdaptedSocket(socket));
      // Turned away while being accepted: Bun has told nobody of the end yet.
      if (socket.readyState === WebSocket.OPEN) socket.data.handler = handler;
      else handler.onClosed();
    },
    message(socket, message) {
      if (typeof message === 'string') socket.data.handler?.onText(message);
      else socket.data.handler?.onBinary();
    },
    pong: (socket) => socket.data.handler?.onPong(),
    drain: (socket) => socket.data.handler?.onDrain(),
    close: (socket) => socket.data.handler?.onClosed(),
  };
}

function listening(options: Parameters<typeof Bun.serve<SocketData>>[0]): Bun.Server<SocketData> {
  try {
    return Bun.serve<SocketData>(options);
  } catch (cause) {
    const { hostname, port } = options as { readonly hostname: string; readonly port: number };
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const hindrance = hindrances[code];
    throw hindrance === undefined ? cause : new Error(hindrance(hostname, port), { cause });
  }
}

/** A listener as the bus knows it: a socket of its own that is left out publishes to the others. */
const carrierOf = (server: Bun.Server<SocketData>): Broadcast => ({
  publish(topic, text, except) {
    const isDone = except instanceof AdaptedSocket && except.publishToOthers(server, topic, text);
    if (!isDone) server.publish(topic, text);
  },
});

/** Why an address cannot be listened on, and what to do, by the code of the system. */
const hindrances: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `another program listens on port ${port} of ${host}: end it, or choose another with listen.port (--port; 0 picks a free one)`,
  EADDRNOTAVAIL: (host) =>
    `this machine does not have the address ${host}: give listen.host (--host) one of its own, or 0.0.0.0 for all of them`,
  EACCES: (_host, port) =>
    `this user may not listen on port ${port}: choose one from 1024 on with listen.port (--port), with a proxy in front`,
};

const webSocketPath = (basePath: BasePath, url: string): string =>
  (withoutBase(basePath, new URL(url).pathname) ?? '').replace(/\/$/, '');

const isUpgrade = (request: Request): boolean =>
  request.headers.get('upgrade')?.toLowerCase() === 'websocket';

/** One object per socket, kept for its life. After the end Bun ignores what is sent, but not every call is safe then. */
class AdaptedSocket implements Socket {
  readonly #socket: BunSocket;

  constructor(socket: BunSocket) {
    this.#socket = socket;
  }

  get isHere(): boolean {
    return this.#socket.data.isHere;
  }

  get address(): string {
    return this.#socket.data.address;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  ping(): void {
    this.#socket.ping();
  }

  bufferedBytes(): number {
    return this.#socket.getBufferedAmount();
  }

  subscribe(topic: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.subscribe(topic);
  }

  /** False if it did not come by this listener, or is not there any more: then nobody got it. */
  publishToOthers(server: Bun.Server<SocketData>, topic: string, text: string): boolean {
    if (this.#socket.data.server !== server || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.publish(topic, text);
    return true;
  }

  unsubscribe(topic: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.unsubscribe(topic);
  }
}
