import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server } from 'node:tls';
import { generate } from 'selfsigned';
import { type Behaviour, type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import { systemClock } from '../../clock.ts';
import { HttpConnection, SendFailure } from './http-connection.ts';
import { createHttpSender, type HttpSender } from './send-http.ts';
import type { SendOutcome, SendRequest } from './transport.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const body = JSON.stringify({ noticeId: 'S:1:101', payload: { seq: 1 }, name: 'tëst' });

function sender(options: Partial<Parameters<typeof createHttpSender>[0]> = {}): HttpSender {
  const made = createHttpSender({ clock: systemClock(), ...options });
  ends.push(() => made.close());
  return made;
}

async function receiver(behaviour: Behaviour): Promise<Receiver> {
  const made = await startReceiver({ behaviour: () => behaviour });
  ends.push(() => made.close());
  return made;
}

function post(to: HttpSender, url: string, changes: Partial<SendRequest> = {}): Promise<SendOutcome> {
  const signal = new AbortController().signal;
  const headers = { 'Content-Type': 'application/json', 'Agora-Signature': 'x' };
  return to.send({ url, allowPrivateNetwork: true, headers, body, timeoutMs: 10_000, signal, ...changes });
}

describe('plain answers', () => {
  test('HOOK2: the request carries the bytes and headers as given', async () => {
    const good = await receiver({ status: 200, body: '{"ok":"jä"}' });
    expect(await post(sender(), `${good.url}?a=b%20c`)).toEqual({
      answered: true,
      status: 200,
      excerpt: '{"ok":"jä"}',
    });
    expect(good.notices[0]).toMatchObject({
      body,
      path: '/notices?a=b%20c',
      headers: {
        host: `127.0.0.1:${good.port}`,
        'content-type': 'application/json',
        'agora-signature': 'x',
        'content-length': String(Buffer.byteLength(body)),
      },
    });
  });

  test('HOOK14: one connection serves attempt after attempt', async () => {
    const good = await receiver({ status: 200 });
    const { send } = { send: sender() };
    for (let count = 0; count < 5; count++) await post(send, good.url);
    expect(good.notices).toHaveLength(5);
    expect(good.connections).toBe(1);
  });

  test('HOOK14: a kept connection that the receiver closed is replaced within the attempt', async () => {
    const good = await receiver({ status: 200 });
    const http = sender();
    await post(http, good.url);
    const again = await startAgain(good);
    expect(await post(http, again.url)).toMatchObject({ status: 200 });
    expect(again.notices).toHaveLength(1);
  });

  test('HOOK4: a redirect is an answer, and is not followed', async () => {
    const port = await rawServer((socket) =>
      socket.write('HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
    );
    expect(await post(sender(), `http://127.0.0.1:${port}/`)).toMatchObject({ answered: true, status: 307 });
  });
});

describe('hostile answers', () => {
  const stages: [string, Behaviour, object][] = [
    ['silence', { does: 'hang' }, { answered: false, stage: 'answer-timeout' }],
    ['a slow drip', { does: 'drip', everyMs: 5 }, { answered: false, stage: 'answer-timeout' }],
    ['a close', { does: 'close' }, { answered: false }],
    ['half a head', { does: 'half-head' }, { answered: false, stage: 'answer' }],
    ['half a body', { does: 'half-body' }, { answered: true, status: 200 }],
  ];
  test.each(stages)('HOOK15: %s is an outcome with its stage', async (_name, behaviour, outcome) => {
    const bad = await receiver(behaviour);
    expect(await post(sender(), bad.url, { timeoutMs: 300 })).toMatchObject(outcome);
  });

  test('HOOK15: of a 1 GB answer 64 KiB are read and the connection is closed', async () => {
    const flood = await receiver({ does: 'flood', bytes: 1024 ** 3 });
    expect(await post(sender(), flood.url)).toMatchObject({ answered: true, status: 200 });
    // The kernels' buffers took some of it beyond our reading; 1 GB is beyond them.
    expect(flood.floodedBytes).toBeLessThan(64 * 1024 ** 2);
  });

  test('HOOK15: what is not HTTP is told as a bad answer', async () => {
    const port = await rawServer((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(await post(sender(), `http://127.0.0.1:${port}/`)).toMatchObject({
      answered: false,
      stage: 'answer',
    });
  });

  test('HOOK15: bytes after the answer cost the connection, so that they answer nothing else', async () => {
    let connections = 0;
    const ok = 'HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n';
    const port = await rawServer(
      (socket) => socket.write(`${ok}HTTP/1.1 500 X\r\n\r\n`),
      () => {
        connections += 1;
      },
    );
    const http = sender();
    for (let count = 0; count < 3; count++)
      expect(await post(http, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 200 });
    expect(connections).toBe(3);
  });

  test.each([
    ['a body that it has not taken', 200, 'x'.repeat(16 * 1024 * 1024)],
    ['a body that it finds too large', 413, body],
  ])('HOOK175: the connection of %s is not used again', async (_name, status, large) => {
    let connections = 0;
    const port = await rawServer(
      (socket) => {
        // It answers at the first bytes, and reads no further.
        socket.pause();
        socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
      },
      () => {
        connections += 1;
      },
    );
    const http = sender();
    for (let count = 0; count < 2; count++)
      expect(await post(http, `http://127.0.0.1:${port}/`, { body: large })).toMatchObject({ status });
    expect(connections).toBe(2);
  });

  test('HOOK15: a refused connection and a name without address have their own stages', async () => {
    const gone = await startReceiver();
    await gone.close();
    expect(await post(sender(), gone.url)).toEqual({
      answered: false,
      stage: 'connect',
      detail: 'ECONNREFUSED',
    });
    const lookup = () => Promise.reject(new Error('ENOTFOUND'));
    expect(await post(sender({ lookup }), 'http://nowhere.example/')).toMatchObject({ stage: 'resolve' });
    const silent = () => new Promise<never>(() => undefined);
    expect(await post(sender({ lookup: silent }), 'http://slow.example/', { timeoutMs: 50 })).toMatchObject({
      stage: 'resolve',
    });
  });

  test('HOOK15: an abort ends an attempt', async () => {
    const bad = await receiver({ does: 'hang' });
    const abort = new AbortController();
    const outcome = post(sender(), bad.url, { signal: abort.signal });
    await bad.until((notices) => notices.length === 1);
    abort.abort();
    expect(await outcome).toMatchObject({ answered: false });
  });
});

describe('addresses', () => {
  test('HOOK16: a private address, a name that resolves to one, and plain http are refused without allowPrivateNetwork', async () => {
    const good = await receiver({ status: 200 });
    const lookup = () => Promise.resolve(['127.0.0.1', '::1', '10.0.0.1']);
    const refused = { answered: false, stage: 'address' };
    const strict = { allowPrivateNetwork: false };
    expect(await post(sender(), good.url, strict)).toMatchObject(refused);
    expect(await post(sender(), good.url.replace('http:', 'https:'), strict)).toMatchObject(refused);
    expect(await post(sender({ lookup }), `https://inside.example:${good.port}/`, strict)).toMatchObject(
      refused,
    );
    expect(await post(sender(), `https://0x7f000001:${good.port}/`, strict)).toMatchObject(refused);
    expect(await post(sender(), `https://[::ffff:7f00:1]:${good.port}/`, strict)).toMatchObject(refused);
    expect(good.connections).toBe(0);
  });

  test('HOOK16: metadata addresses are refused even with allowPrivateNetwork', async () => {
    const lookup = () => Promise.resolve(['169.254.169.254']);
    expect(await post(sender({ lookup }), 'http://innocent.example/')).toMatchObject({ stage: 'address' });
  });

  test('HOOK17: the connection goes to the address that was checked, whatever the name says next', async () => {
    const good = await receiver({ status: 200 });
    const asked: string[] = [];
    const lookup = async (host: string) => {
      asked.push(host);
      return asked.length === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
    };
    const http = sender({ lookup });
    const url = `http://rebinding.example:${good.port}/x`;
    expect(await post(http, url)).toMatchObject({ status: 200 });
    expect(await post(http, url)).toMatchObject({ status: 200 });
    expect(asked).toEqual(['rebinding.example']);
    expect(good.notices[0]?.headers.host).toBe(`rebinding.example:${good.port}`);
  });

  test('HOOK17: of several addresses the refused ones are left out and the next is tried if one does not connect', async () => {
    const good = await receiver({ status: 200 });
    const lookup = () => Promise.resolve(['169.254.169.254', '127.0.0.77', '127.0.0.1']);
    expect(await post(sender({ lookup }), `http://many.example:${good.port}/`)).toMatchObject({
      status: 200,
    });
  });
});

describe('several addresses', () => {
  const swallowing = (dead: string, tried: string[], real = HttpConnection.open): typeof real => {
    return (target, ending) => {
      tried.push(target.address);
      if (target.address !== dead) return real(target, ending);
      // As an address does that drops what is sent to it.
      return new Promise((_, reject) => {
        const end = () => reject(new SendFailure('connect', 'timed out'));
        if (ending.aborted) end();
        ending.addEventListener('abort', end, { once: true });
      });
    };
  };

  test('HOOK192: a first address that swallows connections does not keep a notice from the next, within the attempt', async () => {
    const good = await receiver({ status: 200 });
    const tried: string[] = [];
    const lookup = () => Promise.resolve(['127.0.0.77', '127.0.0.1']);
    const http = sender({ lookup, open: swallowing('127.0.0.77', tried) });
    const url = `http://two.example:${good.port}/`;
    expect(await post(http, url)).toMatchObject({ status: 200 });
    expect(tried).toEqual(['127.0.0.77', '127.0.0.1']);
    // Many at once: the address that answered is the first now.
    await Promise.all(Array.from({ length: 8 }, () => post(http, url)));
    expect(tried.slice(2)).not.toContain('127.0.0.77');
    expect(good.notices).toHaveLength(9);
  });

  test('HOOK192: a first address that takes the connection and says no word of TLS is passed over as well', async () => {
    const { port, ca } = await tlsServer('good.example');
    const deaf = createServer((socket) => socket.on('error', () => socket.destroy()));
    await new Promise<void>((resolve) => deaf.listen(port, '127.0.0.77', resolve));
    ends.push(() => deaf.close());
    const lookup = () => Promise.resolve(['127.0.0.77', '127.0.0.1']);
    expect(await post(sender({ lookup, ca: [ca] }), `https://good.example:${port}/`)).toMatchObject({
      status: 200,
    });
  });

  test('HOOK192: an address that takes a request and answers none comes last at the next attempt', async () => {
    const good = await receiver({ status: 200 });
    const deaf = createServer((socket) => socket.on('error', () => socket.destroy()));
    await new Promise<void>((resolve) => deaf.listen(good.port, '127.0.0.77', resolve));
    ends.push(() => deaf.close());
    const lookup = () => Promise.resolve(['127.0.0.77', '127.0.0.1']);
    const http = sender({ lookup });
    const url = `http://two.example:${good.port}/`;
    expect(await post(http, url, { timeoutMs: 50 })).toMatchObject({ stage: 'answer-timeout' });
    expect(await post(http, url)).toMatchObject({ status: 200 });
  });

  test('HOOK192: when all fail the outcome is the one that says most, and the end of the attempt ends them all', async () => {
    const { port, ca } = await tlsServer('good.example');
    const lookup = () => Promise.resolve(['127.0.0.1', '127.0.0.77']);
    expect(await post(sender({ lookup, ca: [ca] }), `https://bad.example:${port}/`)).toMatchObject({
      answered: false,
      stage: 'tls',
    });
    const opened = Promise.withResolvers<void>();
    const silent: typeof HttpConnection.open = (_, ending) =>
      new Promise((_resolve, reject) => {
        opened.resolve();
        const end = () => reject(new SendFailure('connect', 'timed out'));
        if (ending.aborted) end();
        ending.addEventListener('abort', end, { once: true });
      });
    const abort = new AbortController();
    const outcome = post(sender({ lookup, open: silent }), `https://good.example:${port}/`, {
      signal: abort.signal,
    });
    await opened.promise;
    abort.abort();
    expect(await outcome).toEqual({ answered: false, stage: 'connect', detail: 'timed out' });
  });

  test('HOOK192: none but checked addresses are raced', async () => {
    const tried: string[] = [];
    const lookup = () => Promise.resolve(['93.184.216.34', '10.0.0.1', '127.0.0.1', '1.1.1.1']);
    const open: typeof HttpConnection.open = (target) => {
      tried.push(target.address);
      return Promise.reject(new SendFailure('connect', 'ECONNREFUSED'));
    };
    const strict = { allowPrivateNetwork: false };
    expect(await post(sender({ lookup, open }), 'https://some.example/', strict)).toMatchObject({
      stage: 'connect',
    });
    expect(tried).toEqual(['93.184.216.34', '1.1.1.1']);
  });
});

describe('TLS', () => {
  test('HOOK18: the certificate must carry the name of the URL, though the connection goes to an address', async () => {
    const { port, ca } = await tlsServer('good.example');
    const lookup = () => Promise.resolve(['127.0.0.1']);
    const http = sender({ lookup, ca: [ca] });
    expect(await post(http, `https://good.example:${port}/`)).toMatchObject({ answered: true, status: 200 });
    expect(await post(http, `https://bad.example:${port}/`)).toMatchObject({ answered: false, stage: 'tls' });
    expect(await post(http, `https://127.0.0.1:${port}/`)).toMatchObject({ answered: false, stage: 'tls' });
    expect(await post(sender({ lookup }), `https://good.example:${port}/`)).toMatchObject({ stage: 'tls' });
  });

  test('HOOK18: a server that does not speak TLS fails at its stage', async () => {
    const plain = await rawServer((socket) => socket.end('HTTP/1.1 200 X\r\n\r\n'));
    expect(await post(sender(), `https://127.0.0.1:${plain}/`, { timeoutMs: 2_000 })).toMatchObject({
      stage: 'tls',
    });
  });
});

/** The receiver went down and came back at the same port: connections that were kept are dead. */
async function startAgain(old: Receiver): Promise<Receiver> {
  await old.close();
  const again = await startReceiver({ port: old.port });
  ends.push(() => again.close());
  return again;
}

async function rawServer(answer: (socket: Socket) => void, onConnection = () => {}): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    onConnection();
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', () => answer(socket));
  });
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

async function tlsServer(name: string): Promise<{ port: number; ca: string }> {
  const pems = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  const server = createTlsServer({ key: pems.private, cert: pems.cert }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.write('HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}'));
  });
  server.on('tlsClientError', () => undefined);
  ends.push(() => server.close());
  return { port: await portOf(server), ca: pems.cert };
}

function portOf(server: Server | ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

afterAll(() => expect(ends).toEqual([]));
