import { afterEach, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { simulate } from './simulate.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

/** Looks like a Housecount server until a WebSocket is opened. */
async function startPretender(onUpgrade: (socket: Socket) => void): Promise<string> {
  const pretender = createServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'application/json', connection: 'close' });
    response.end('{"code":"upgrade_required","message":"Here are WebSockets."}');
  });
  pretender.on('upgrade', (_request, socket) => onUpgrade(socket as Socket));
  await new Promise<void>((resolve) => pretender.listen(0, '127.0.0.1', resolve));
  server = pretender;
  return `http://127.0.0.1:${(pretender.address() as AddressInfo).port}`;
}

async function run(url: string, ...options: [string, unknown][]) {
  let out = '';
  const values = {
    url,
    app: '0123456789abcdef0123456789abcdef',
    certificate: 'fedcba9876543210fedcba9876543210',
    channel: 'lobby',
    audience: '1',
    for: '100ms',
    ...Object.fromEntries(options),
  };
  const add = (text: string) => {
    out += text;
  };
  return { status: await simulate.run(values, { out: add, err: () => {}, env: {} }), out: () => out };
}

test('CLI17: a server that takes no connections is said in the report, and the status is 1', async () => {
  const { status, out } = await run(await startPretender((socket) => socket.destroy()));
  expect(status).toBe(1);
  expect(out()).toMatch(/^joins {5}0$/m);
  expect(out()).toMatch(/^unreached \d+ .*\n +\d+: 127\.0\.0\.1:\d+ closed the connection/m);
});

test('CLI34: a proxy that lets no WebSockets through is said, in JSON too', async () => {
  const url = await startPretender((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const { status, out } = await run(url, ['json', true]);
  expect(status).toBe(1);
  const { unreached, unreachedBecause } = JSON.parse(out()) as {
    unreached: number;
    unreachedBecause: Record<string, number>;
  };
  const [[why, attempts] = []] = Object.entries(unreachedBecause);
  expect(why).toMatch(/answered 400 and opened no WebSocket: .* let WebSockets through/);
  expect(attempts).toBe(unreached);
});
