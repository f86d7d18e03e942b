import { afterEach, expect, test } from 'bun:test';
import { createSocket } from 'node:dgram';
import { type ServerProcess, startServerProcess } from '../../../testing/processes/server-process.ts';

const servers: ServerProcess[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

test('MEDIA28: a second server on the same UDP port does not start, and says which port and which setting', async () => {
  const udpPort = await freeUdpPort();
  servers.push(await startServerProcess({ media: { udpPort } }));
  const failure = await startServerProcess({ media: { udpPort } }).then(
    (server) => void servers.push(server),
    (cause: unknown) => cause,
  );
  expect(String(failure)).toContain('the server ended with 1');
  expect(String(failure)).toContain('"code":"media_unavailable"');
  expect(String(failure)).toContain(`Another program has UDP port ${udpPort}`);
  expect(String(failure)).toContain('HOUSECOUNT_MEDIA_UDP_PORT');
}, 120_000);
