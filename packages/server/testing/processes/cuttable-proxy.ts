import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on a free port, that can behave like a network that is gone for a while. */
export interface CuttableProxy {
  readonly url: string;
  /** Nothing passes any more, and nobody is told: as TCP would, what is sent waits until the network is back. */
  cut(): void;
  /** All passes again, what waited first. */
  heal(): void;
  /** Ends it and every connection. */
  close(): Promise<void>;
}

export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  /** Connections that were asked for during the cut. */
  let waiting: (() => void)[] = [];
  let isCut = false;
  const keep = (socket: Socket, other: () => Socket | undefined): void => {
    sockets.add(socket);
    socket.on('data', (chunk) => other()?.write(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      // A goodbye does not pass either, while the network is away.
      const end = () => other()?.destroy();
      if (isCut) waiting.push(end);
      else end();
    });
    if (isCut) socket.pause();
  };
  const server = createServer((client) => {
    let upstream: Socket | undefined;
    keep(client, () => upstream);
    const open = (): void => {
      if (client.destroyed) return;
      upstream = connect(Number(port), hostname);
      keep(upstream, () => client);
      client.resume();
    };
    // Paused until there is somewhere to send it to.
    client.pause();
    if (isCut) waiting.push(open);
    else open();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    heal() {
      isCut = false;
      for (const socket of sockets) socket.resume();
      for (const act of waiting.splice(0)) act();
    },
    close() {
      waiting = [];
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
