import { afterEach, describe, expect, test } from 'bun:test';
import { connect, type Socket as NetSocket } from 'node:net';
import { clientFrameBytesMax, HousecountError, type ServerFrame } from '@housecount/protocol';
import { helloFrame, leaseMs, TestWorld, testApp, token } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { type Clock, systemClock, systemRandom } from '../clock.ts';
import { limits } from '../limits.ts';
import { AddressCount } from '../net/address/address-count.ts';
import { nobodyTrusted, type ProxyTrust } from '../net/address/client.ts';
import { parseNetwork } from '../net/address/network.ts';
import type { Route } from '../net/http/route.ts';
import { SocketBus } from '../net/socket/bus.ts';
import { createLogger } from '../observe/logger.ts';
import { createMetrics } from '../observe/metrics.ts';
import { IceServers } from '../token/ice-servers.ts';
import { hostsBusTopic } from './roster/bus-topics.ts';
import { type Edge, serveEdge } from './serve.ts';

let edge: Edge;
let clock: Clock = systemClock();
let counts: { requests?: AddressCount } = {};
let trust: ProxyTrust = nobodyTrusted;
let world: TestWorld;
let logged = '';
let bus: SocketBus;
let metrics: ReturnType<typeof createMetrics>;
/** Open sockets as the server counts them. */
const open = () => Number(/^housecount_sockets (\d+)$/m.exec(metrics.text())?.[1]);

/** Called when a request has come to /waits. */
let reached = () => {};

const routes: Route[] = [
  {
    method: 'GET',
    path: '/hello/{name}',
    handle: (_, { params }) =>
      new Response(`hello ${params.name}`, { headers: { 'content-type': 'text/plain' } }),
  },
  {
    method: 'POST',
    path: '/length',
    handle: async (request) => new Response(String((await request.text()).length)),
  },
  {
    method: 'GET',
    path: '/throws',
    handle() {
      throw new Error('a secret detail');
    },
  },
  {
    method: 'GET',
    path: '/refuses',
    async handle() {
      throw new HousecountError('profile_mismatch', 'With a reason.');
    },
  },
  {
    method: 'GET',
    path: '/unavailable',
    handle() {
      throw new HousecountError('log_unavailable', 'the disk at /secret is full');
    },
  },
  {
    method: 'GET',
    path: '/full',
    handle() {
      throw new HousecountError('overloaded', 'Of this at most 7.');
    },
  },
  {
    method: 'GET',
    path: '/waits',
    async handle(_, { signal }) {
      reached();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw signal.reason;
    },
  },
  {
    method: 'GET',
    path: '/bytes',
    handle: () => new Response(new Uint8Array(70_000), { headers: { 'content-type': 'a/b' } }),
  },
  { method: 'GET', path: '/stream', handle: (_, { signal }) => streamUntil(signal) },
  { method: 'GET', path: '/address', handle: (_, { address }) => new Response(address) },
  {
    method: 'OPTIONS',
    path: '/length',
    handle: () => new Response(null, { status: 204, headers: { allow: 'POST' } }),
  },
];

function streamUntil(signal: AbortSignal): Response {
  let end = () => {};
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue('data: 1\n\n');
      end = () => controller.close();
      signal.addEventListener('abort', end);
    },
    cancel: () => signal.removeEventListener('abort', end),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** Status line and headers as they are sent, but for those that differ each time; and the body, of streams its beginning. */
async function ask(line: string): Promise<{ headers: string[]; body: string }> {
  const socket = connect(edge.port, '127.0.0.1');
  socket.write(`${line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (/transfer-encoding/i.test(text)) socket.destroy();
  }
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const headers = head.split('\r\n').map((each) => each.replace(/^[^:]*:/, (name) => name.toLowerCase()));
  return { headers: headers.filter((each) => !/^(x-request-id|date):/.test(each)).sort(), body };
}

async function begin(): Promise<void> {
  world = await TestWorld.start();
  logged = '';
  bus = new SocketBus();
  metrics = createMetrics();
  world.publish = (topic, text) => bus.publish(topic, text);
  edge = serveEdge({
    host: '127.0.0.1',
    port: 0,
    trust,
    basePath: '',
    ...counts,
    routes,
    bus,
    apps: new Map([[testApp.id, testApp]]),
    log: world.log,
    fanOut: world.fanOut,
    words: world.words,
    clock,
    random: systemRandom(),
    logger: createLogger({
      level: 'debug',
      format: 'json',
      sink: {
        write(line: string) {
          logged += line;
          return true;
        },
      },
    }),
    metrics,
    resumeSecret: world.resumeSecret,
    recoveryMs: 15_000,
    leaseMs,
    iceServers: new IceServers([], clock),
    onSelect: () => undefined,
  });
}
afterEach(async () => {
  trust = nobodyTrusted;
  counts = {};
  clock = systemClock();
  await edge.stop({ retryAfterMs: 0 });
  await world.stop();
});

const nowSeconds = () => Math.floor(Date.now() / 1000);

/** A real WebSocket; the log's simulated time is moved on while it waits. */
class Client {
  readonly frames: ServerFrame[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly socket = new WebSocket(`${edge.url.replace('http', 'ws')}/v1/connect`) as Bun.WebSocket;

  constructor(hello?: Parameters<typeof helloFrame>[0]) {
    this.socket.onmessage = ({ data }) => this.frames.push(JSON.parse(String(data)) as ServerFrame);
    this.socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
    };
    const channel = hello?.channel ?? 'lobby';
    this.socket.onopen = () => {
      if (hello) this.says(helloFrame({ token: token({ channel }, nowSeconds()), ...hello }));
    };
  }

  says(frame: object | string): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  async until<T>(check: () => T | undefined | false): Promise<T> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const value = check();
      if (value !== undefined && value !== false) return value;
      if (performance.now() > deadline)
        throw new Error(`in vain: ${JSON.stringify(this.frames)} ${JSON.stringify(this.closed)}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      await world.clock.advance(2);
    }
  }

  async next<Type extends ServerFrame['type']>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    return this.until(
      () => this.frames.find((frame) => frame.type === type) as Extract<ServerFrame, { type: Type }>,
    );
  }
}

/** A WebSocket of which the test decides when it is read. */
async function rawWebSocket(hello: object): Promise<NetSocket> {
  const socket = connect(edge.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(
    'GET /v1/connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await new Promise((resolve) => socket.once('data', resolve));
  const payload = Buffer.from(JSON.stringify(hello));
  // FIN and text; masked, with a mask of zeros; a length of two bytes.
  const head = Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  socket.write(Buffer.concat([head, payload]));
  return socket;
}

describe('HTTP', () => {
  test('WIRE40: every answer has a request id of its own', async () => {
    await begin();
    const answers = await Promise.all(
      ['/hello/x', '/nowhere', '/throws', '/refuses'].map((path) => fetch(edge.url + path)),
    );
    const ids = answers.map(({ headers }) => headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[A-Z2-7]{16}$/);
  });

  test('WIRE41: errors are problem JSON with the code, a fault of the server says nothing else, a limit which it is', async () => {
    await begin();
    const problemAt = async (path: string, init?: RequestInit) => {
      const answer = await fetch(edge.url + path, init);
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    expect(await problemAt('/nowhere')).toMatchObject({ status: 404, code: 'not_found' });
    expect(await problemAt('/length')).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(await problemAt('/hello/%zz')).toMatchObject({ status: 400, code: 'query_invalid' });
    expect(await problemAt('/refuses')).toMatchObject({
      status: 409,
      code: 'profile_mismatch',
      message: expect.stringContaining('With a reason.'),
    });
    const failed = await problemAt('/throws');
    expect(failed).toMatchObject({ status: 500, code: 'internal' });
    expect(Object.keys(failed).sort()).toEqual(['code', 'message', 'requestId', 'status']);
    expect(JSON.stringify(failed)).not.toContain('secret');
    expect(JSON.stringify(await problemAt('/unavailable'))).not.toContain('secret');
    expect(await problemAt('/full')).toMatchObject({
      status: 503,
      message: expect.stringContaining('Of this at most 7.'),
    });
    expect(logged).toContain('a secret detail');
  });

  test('WIRE41: a request that its asker gave up is no error', async () => {
    await begin();
    const patience = new AbortController();
    const came = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const asked = fetch(`${edge.url}/waits`, { signal: patience.signal });
    await Promise.race([came, asked]);
    patience.abort();
    await expect(asked).rejects.toThrow();
    while (!logged.includes('"path":"/waits"')) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(logged).not.toContain('"level":"error"');
  });

  test('WIRE41: 405 names the methods there are; HEAD is GET without the body; OPTIONS is a route like others', async () => {
    await begin();
    expect((await fetch(`${edge.url}/length`)).headers.get('allow')).toBe('OPTIONS, POST');
    expect((await fetch(`${edge.url}/hello/x`, { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${edge.url}/stream`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${edge.url}/length`, { method: 'OPTIONS' })).status).toBe(204);
    expect((await fetch(`${edge.url}/hello/x`, { method: 'OPTIONS' })).status).toBe(405);
  });

  test('WIRE53: HEAD answers with the headers of GET, length included, and no body', async () => {
    await begin();
    for (const path of [
      '/hello/x',
      '/hello',
      '/hello/%',
      '/refuses',
      '/throws',
      '/bytes',
      '/connect',
      '/stream',
    ]) {
      const get = await ask(`GET ${path}`);
      const head = await ask(`HEAD ${path}`);
      expect([path, head.headers, head.body]).toEqual([path, get.headers, '']);
      expect([
        path,
        get.headers.some((line) => /^(content-length: [1-9]|transfer-encoding: )/.test(line)),
      ]).toEqual([path, true]);
    }
  });

  test('WIRE41: a body that is broken off is no error of the server', async () => {
    await begin();
    for (const [head, part] of [
      ['Content-Length: 100', 'abc'],
      ['Transfer-Encoding: chunked', '5\r\nab'],
      ['Transfer-Encoding: chunked', 'ZZ\r\nab'],
    ]) {
      logged = '';
      const socket = connect(edge.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`POST /length HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${part}`, () => socket.end());
      socket.resume();
      while (!logged.includes('"path":"/length"')) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(logged).not.toContain('"level":"error"');
      expect(logged).toContain('"status":400');
    }
  });

  test('WIRE56: requests that wait are limited in all and per address, and counted down again', async () => {
    trust = { proxies: [parseNetwork('127.0.0.1') ?? expect.unreachable()], header: 'auto' };
    counts = { requests: new AddressCount(3, 2) };
    await begin();
    const from = (address: string, path: string, signal?: AbortSignal) =>
      fetch(`${edge.url}${path}`, {
        headers: { 'x-forwarded-for': address },
        ...(signal && { signal }),
      });
    const isOpen = (count: number) => metrics.text().includes(`housecount_http_requests_open ${count}\n`);
    const wait = async (address: string) => {
      const end = new AbortController();
      const came = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const asked = from(address, '/waits', end.signal).catch(() => undefined);
      await came;
      return async () => {
        end.abort();
        await asked;
      };
    };
    const ends = [await wait('198.51.100.1'), await wait('198.51.100.1')];
    const refused = await from('198.51.100.1', '/hello/x');
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'too_many_connections' }]);
    expect((await from('198.51.100.2', '/hello/x')).status).toBe(200);
    ends.push(await wait('198.51.100.2'));
    expect((await from('198.51.100.3', '/hello/x')).status).toBe(503);
    // A body that never comes holds a place too.
    for (const end of ends) await end();
    while (!isOpen(0)) await new Promise((resolve) => setTimeout(resolve, 2));
    const sockets = Array.from({ length: 2 }, () => {
      const socket = connect(edge.port, '127.0.0.1');
      socket.write(
        'POST /length HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\nContent-Length: 9\r\n\r\nabc',
      );
      return socket;
    });
    while (!isOpen(2)) await new Promise((resolve) => setTimeout(resolve, 2));
    expect((await from('198.51.100.1', '/hello/x')).status).toBe(503);
    for (const socket of sockets) socket.destroy();
    while (!isOpen(0)) await new Promise((resolve) => setTimeout(resolve, 2));
    expect((await from('198.51.100.1', '/hello/x')).status).toBe(200);
  });

  test('WIRE56: a body that comes drop by drop is not waited for', async () => {
    const system = systemClock();
    let endOfTime: (() => void) | undefined;
    clock = {
      ...system,
      after(delayMs, run) {
        if (delayMs !== limits.bodyMs) return system.after(delayMs, run);
        endOfTime = run;
        return () => undefined;
      },
    };
    await begin();
    const socket = connect(edge.port, '127.0.0.1');
    socket.write('POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc');
    while (endOfTime === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    socket.write('d');
    endOfTime();
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toStartWith('HTTP/1.1 400 ');
    expect(text).toContain('It took too long.');
    expect(metrics.text()).toContain('housecount_http_requests_open 0\n');
    expect(logged).not.toContain('"level":"error"');
  });

  test('WIRE54: a WebSocket is taken with a slash at the end too', async () => {
    await begin();
    const socket = new WebSocket(`${edge.url.replace('http', 'ws')}/v1/connect/`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    socket.close();
  });

  test('WIRE42: names come percent-decoded, with every legal character', async () => {
    await begin();
    const name = ' !#$%&()+-:;<=.>?@[]^_{}|~,az09AZ';
    expect(await (await fetch(`${edge.url}/hello/${encodeURIComponent(name)}`)).text()).toBe(`hello ${name}`);
  });

  test('WIRE42: a broken percent-encoding is the fault of the path, not of a body that there may be', async () => {
    await begin();
    for (const name of ['%ED%A0%80', '%FF', '%zz', 'a%']) {
      const answer = await fetch(`${edge.url}/hello/${name}`);
      expect([name, answer.status, await answer.json()]).toMatchObject([
        name,
        400,
        { code: 'query_invalid' },
      ]);
    }
  });

  test('WIRE44: a body over the limit is refused, declared or not', async () => {
    await begin();
    const post = async (body: string | ReadableStream<Uint8Array>) => {
      const answer = await fetch(`${edge.url}/length`, { method: 'POST', body });
      return [answer.status, await answer.text()];
    };
    const most = 'x'.repeat(limits.bodyBytesMax);
    expect(await post(most)).toEqual([200, String(limits.bodyBytesMax)]);
    expect((await post(`${most}x`))[0]).toBe(413);
    const streamed = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 3; part++) controller.enqueue(new TextEncoder().encode(most));
        controller.close();
      },
    });
    expect((await post(streamed))[0]).toBe(413);
    expect(await (await fetch(`${edge.url}/hello/x`)).text()).toBe('hello x');
  });

  test('WIRE45: a stream lives until the server stops, and then ends properly', async () => {
    await begin();
    const answer = await fetch(`${edge.url}/stream`);
    const reader = answer.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: 1\n\n');
    const stopped = edge.stop({ retryAfterMs: 0 });
    expect((await reader?.read())?.done).toBe(true);
    await stopped;
  });

  test('WIRE45: the address of the peer reaches the handler', async () => {
    await begin();
    const headers = { 'x-forwarded-for': '198.51.100.1' };
    expect(await (await fetch(`${edge.url}/address`, { headers })).text()).toBe('127.0.0.1');
    await fetch(`${edge.url}/address`, { headers });
    expect(logged.match(/a proxy that is not trusted/g)).toHaveLength(1);
  });

  test('PROXY1: behind a trusted proxy the address of its client reaches the handler', async () => {
    trust = { proxies: [parseNetwork('127.0.0.1') ?? expect.unreachable()], header: 'auto' };
    await begin();
    const headers = { 'x-forwarded-for': '127.0.0.1, 2001:DB8:0::1' };
    expect(await (await fetch(`${edge.url}/address`, { headers })).text()).toBe('2001:db8::1');
    expect(logged).not.toContain('a proxy that is not trusted');
  });

  test('WIRE45: bytes that are not HTTP, and strange Host headers, hurt nobody', async () => {
    await begin();
    for (const bytes of [
      '\x16\x03\x01\x02\x00',
      'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
      'GET http://[x HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n',
      'X\r\n\r\n',
    ]) {
      const socket: NetSocket = connect(edge.port, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => {
        socket.on('close', () => resolve());
        socket.on('data', () => socket.destroy());
        socket.end(bytes);
      });
    }
    expect(await (await fetch(`${edge.url}/hello/x`)).text()).toBe('hello x');
  });

  test('WIRE46: a plain request to the WebSocket path is told to upgrade', async () => {
    await begin();
    const answer = await fetch(`${edge.url}/v1/connect`);
    expect(answer.status).toBe(426);
    expect(await answer.json()).toMatchObject({ code: 'upgrade_required' });
  });
});

describe('WebSocket', () => {
  test('WIRE46: a whole visit: hello, welcome, ping, hosts, bye', async () => {
    await begin();
    const host = new Client({ uid: 1, role: 'broadcaster' });
    expect(await host.next('welcome')).toMatchObject({ uid: 1, count: 1 });
    const viewer = new Client({ uid: 2 });
    await viewer.next('welcome');
    host.says({ type: 'streams', id: 1, audio: true, video: true });
    expect(await viewer.next('host-streams')).toMatchObject({ uid: 1, audio: true });
    viewer.says({ type: 'ping', id: 5 });
    expect(await viewer.next('pong')).toEqual({ type: 'pong', id: 5 });
    host.says({ type: 'bye' });
    expect(await viewer.next('host-left')).toMatchObject({ uid: 1, reason: 'quit' });
    await host.until(() => host.closed);
    expect(host.closed).toEqual({ code: 4305, reason: 'left' });
    expect(edge.joined).toBe(1);
  });

  test('WIRE46: a socket that breaks is silent in the log at once', async () => {
    await begin();
    const client = new Client({ uid: 1 });
    await client.next('welcome');
    client.socket.terminate();
    await client.until(
      () => world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(1)?.link.state === 'silent',
    );
    expect(world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(1)?.link).toMatchObject({
      evidence: 'socket-closed',
    });
  });

  test('WIRE7: frames over the limit are closed by name, frames far over it by the protocol itself', async () => {
    await begin();
    const over = new Client({ uid: 1 });
    await over.next('welcome');
    over.says(' '.repeat(clientFrameBytesMax + 1));
    await over.until(() => over.closed);
    expect(over.closed).toEqual({ code: 4001, reason: 'frame_too_large' });
    const far = new Client({ uid: 2 });
    await far.next('welcome');
    far.says(' '.repeat(clientFrameBytesMax * 8));
    await far.until(() => far.closed);
    expect([1006, 1009]).toContain(far.closed?.code ?? 0);
  });

  test('WIRE22: a reader that reads nothing is cut, is told why if it reads at last, and its member is silent', async () => {
    await begin();
    const other = new Client({ uid: 2 });
    await other.next('welcome');
    const slow = await rawWebSocket(helloFrame({ uid: 1, token: token({}, nowSeconds()) }));
    await other.until(() => edge.joined === 2);
    slow.pause();
    const text = JSON.stringify({ type: 'padding', text: 'x'.repeat(100_000) });
    const topic = hostsBusTopic(testApp.id, 'lobby');
    // Kernel buffers take the first megabytes, how many is not ours to know; then slowly enough for a look in between.
    let turn = 0;
    await other.until(() => {
      if (edge.joined === 2 && turn++ % 10 === 0) bus.publish(topic, text);
      return edge.joined === 1;
    });
    await other.until(
      () => world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(1)?.link.state === 'silent',
    );
    let tail = Buffer.alloc(0);
    slow.on('data', (bytes: Buffer) => {
      tail = Buffer.concat([tail, bytes]).subarray(-1_000);
    });
    slow.resume();
    await other.until(() => slow.destroyed || slow.readableEnded);
    expect(tail.toString('latin1')).toContain('slow_reader');
    expect(other.closed).toBeUndefined();
    other.says({ type: 'ping', id: 3 });
    expect(await other.next('pong')).toEqual({ type: 'pong', id: 3 });
  });

  test('WIRE22: a reader that never reads again is cut all the same', async () => {
    await begin();
    const slow = await rawWebSocket(helloFrame({ uid: 1, token: token({}, nowSeconds()) }));
    const other = new Client({ uid: 2 });
    await other.until(() => edge.joined === 2);
    slow.pause();
    const text = JSON.stringify({ type: 'padding', text: 'x'.repeat(100_000) });
    await other.until(() => {
      if (edge.joined === 2) bus.publish(hostsBusTopic(testApp.id, 'lobby'), text);
      return edge.joined === 1;
    });
    // The server's side of the socket ends although the peer takes nothing.
    await other.until(() => open() === 1);
    slow.destroy();
  });

  test('WIRE17: on stop everybody is told when to come back, nobody leaves, and nobody new is taken in', async () => {
    await begin();
    const client = new Client({ uid: 1 });
    await client.next('welcome');
    const position = world.log.lastPosition;
    await edge.stop({ retryAfterMs: 1234 });
    await client.until(() => client.closed);
    expect(client.frames.at(-1)).toMatchObject({
      type: 'closing',
      code: 'going_away',
      retry: true,
      retryAfterMs: 1234,
    });
    expect(client.closed).toEqual({ code: 4304, reason: 'going_away' });
    expect(world.log.lastPosition).toBe(position);
    await expect(fetch(`${edge.url}/hello/x`)).rejects.toThrow();
  });
});
