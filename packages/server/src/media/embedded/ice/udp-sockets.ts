import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';

export const ignore = (): void => undefined;

export const isAny = (address: string): boolean =>
  address === '0.0.0.0' || address === '::' || address === '';

/** Resolves with a socket; rejects if the port cannot be had. Addresses are literal: nothing is looked up. */
export async function bound(address: string, port: number): Promise<Socket> {
  const six = isIP(address) === 6;
  const socket = createSocket({
    type: six ? 'udp6' : 'udp4',
    ipv6Only: six,
    lookup: (name, _options, found) => found(null, name, six ? 6 : 4),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    // A port at the other end that is closed, say: its silence tells.
    socket.on('error', ignore);
    return socket;
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

/** Resolves when the socket hears and speaks to that port only; else rejects, with the socket closed. */
export async function connected(socket: Socket, port: number, address: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

export const socketFor = <S extends { address(): { family: string } }>(
  sockets: readonly S[],
  address: string,
): S | undefined => sockets.find((socket) => (socket.address().family === 'IPv6') === address.includes(':'));
