import { afterEach, expect, test } from 'bun:test';
import { freeUdpPort } from '../../../testing/media/udp.ts';
import { type ServerProcess, startServerProcess } from '../../../testing/processes/server-process.ts';

const servers: ServerProcess[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

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
