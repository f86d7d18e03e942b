import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

/** Why a UDP port cannot be had, and what to do, in a sentence or two: the native library only says that it cannot. */
export async function portTrouble(port: number, bindAddress: string): Promise<string> {
  const elsewhere = 'choose another with media.udpPort (HOUSECOUNT_MEDIA_UDP_PORT)';
  switch (await bindError(port, bindAddress)) {
    case 'EADDRINUSE':
      return `Another program has UDP port ${port} on ${bindAddress}: end it, or ${elsewhere}.`;
    case 'EACCES':
      return `This user may not open UDP port ${port}: ${elsewhere}, above 1023.`;
    case 'EADDRNOTAVAIL':
      return `${bindAddress} is not an address of this machine: choose one with listen.host (HOUSECOUNT_LISTEN_HOST).`;
    default:
      return `UDP port ${port} on ${bindAddress} cannot be opened: ${elsewhere}.`;
  }
}

/** The system's name for what keeps the port from being bound; undefined if it can be bound now. */
function bindError(port: number, bindAddress: string): Promise<string | undefined> {
  const socket = createSocket(isIP(bindAddress) === 6 ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const end = (code: string | undefined) => {
      socket.close();
      resolve(code);
    };
    socket.once('error', (cause: NodeJS.ErrnoException) => end(cause.code));
    socket.bind(port, bindAddress, () => end(undefined));
  });
}
