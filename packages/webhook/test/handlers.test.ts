import { afterEach, describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toAgoraNotice } from '@housecount/protocol';
import { expressHandler, fetchHandler, type HandlerOptions, nodeHandler } from '../src/handlers.ts';
import type { Notice } from '../src/notice.ts';
import { Roster } from '../src/roster/roster.ts';
import { Truth } from './truth.ts';

const secret = 'a-secret';
const truth = new Truth('stage');
const bodies = truth
  .step({ does: 'join', pick: 6 })
  .map((event) => JSON.stringify(toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' })));
const [opened = '', joined = ''] = bodies;
const check = JSON.stringify({
  noticeId: 'n',
  productId: 1,
  eventType: 105,
  notifyMs: 1,
  payload: { channelName: 'test_webhook', uid: 12121212, ts: 1, clientSeq: 1 },
});
const signed = (body: string): Record<string, string> => ({
  'Agora-Signature-V2': createHmac('sha256', secret).update(body).digest('hex'),
});

interface Sent {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}
type Send = (sent: Sent) => Promise<{ status: number; body: string }>;

let server: Server | undefined;
afterEach(async () => {
  const old = server;
  server = undefined;
  if (old) await new Promise((resolve) => old.close(resolve));
});

async function listening(one: Server): Promise<Send> {
  server = one;
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  const { port } = one.address() as AddressInfo;
  return ({ method = 'POST', body = '', headers = signed(body) }) =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, method, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      request.on('error', reject);
      request.end(body);
    });
}

/** Like Express: a handler behind a body parser, and a last resort for errors. */
const express = (parse: (text: string) => unknown) => (options: HandlerOptions) => {
  const handle = expressHandler(options);
  return listening(
    createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const parsed = Object.assign(request, { body: parse(Buffer.concat(chunks).toString()) });
      await handle(parsed, response, (error) => {
        response.writeHead(599);
        response.end(String(error));
      });
    }),
  );
};

const kinds: [string, (options: HandlerOptions) => Promise<Send>][] = [
  ['node:http', (options) => listening(createServer(nodeHandler(options)))],
  [
    'Express without a parser',
    (options) => {
      const handle = expressHandler(options);
      return listening(createServer((request, response) => void handle(request, response, () => undefined)));
    },
  ],
  ['Express with express.raw()', express((text) => Buffer.from(text))],
  [
    'fetch',
    async (options) => {
      const handle = fetchHandler(options);
      return async ({ method = 'POST', body = '', headers = signed(body) }) => {
        const init = method === 'GET' ? { method, headers } : { method, headers, body };
        const answer = await handle(new Request('https://example.com/hook', init));
        return { status: answer.status, body: await answer.text() };
      };
    },
  ],
];

describe.each(kinds)('a handler for %s', (_name, start) => {
  test('HOOK46: a good notice reaches the roster, then the callback, and is answered 200 {}', async () => {
    const roster = new Roster();
    const counts: number[] = [];
    const onNotice = async ({ payload }: Notice) =>
      counts.push(await roster.count(String(payload.channelName)));
    const send = await start({ secret, roster, onNotice });
    expect(await send({ body: opened })).toEqual({ status: 200, body: '{}' });
    expect(await send({ body: joined })).toEqual({ status: 200, body: '{}' });
    expect(counts).toEqual([0, 1]);
  });

  test('HOOK46: a request that is not answered 200 reaches nobody', async () => {
    const seen: unknown[] = [];
    const send = await start({ secret, bodyBytesMax: 1_000, onNotice: (notice) => seen.push(notice) });
    expect((await send({ body: joined, headers: {} })).status).toBe(401);
    expect((await send({ body: `${joined} `, headers: signed(joined) })).status).toBe(401);
    expect((await send({ body: '' })).status).toBe(400);
    expect((await send({ body: '{' })).status).toBe(400);
    expect((await send({ body: '{"payload":{}}' })).status).toBe(400);
    expect((await send({ body: ' '.repeat(1_001) })).status).toBe(413);
    expect((await send({ method: 'GET' })).status).toBe(405);
    expect(seen).toEqual([]);
    expect((await send({ body: joined })).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  test('HOOK46: 500 while the callback fails, so that the notice comes again; the error is told', async () => {
    const errors: unknown[] = [];
    let fails = true;
    const onNotice = async () => {
      if (fails) throw new Error('database away');
    };
    const send = await start({ secret, onNotice, onError: (error) => errors.push(error) });
    const refused = await send({ body: joined });
    expect(refused).toEqual({ status: 500, body: '{"code":"receiver_failed"}' });
    expect(errors).toEqual([new Error('database away')]);
    fails = false;
    expect((await send({ body: joined })).status).toBe(200);
  });

  test('HOOK46: the check of an endpoint is answered 200 and is no news', async () => {
    const seen: unknown[] = [];
    const roster = new Roster();
    const send = await start({ secret, roster, onNotice: (notice) => seen.push(notice) });
    expect((await send({ body: check })).status).toBe(200);
    expect(seen).toEqual([]);
    expect(await roster.count('test_webhook')).toBe(0);
  });
});

describe('a handler', () => {
  test('HOOK46: a body that was parsed before is the app’s mistake, and is said to be', async () => {
    const send = await express((text) => JSON.parse(text))({ secret });
    const answer = await send({ body: joined });
    expect(answer.status).toBe(599);
    expect(answer.body).toContain('before express.json()');
  });

  test('HOOK46: a sender that breaks off leaves nothing behind', async () => {
    const seen: unknown[] = [];
    const done = Promise.withResolvers<void>();
    const handle = nodeHandler({ secret, onNotice: (notice) => seen.push(notice) });
    const one = createServer(
      (request, response) => void handle(request, response).then(done.resolve, done.reject),
    );
    await listening(one);
    const { port } = one.address() as AddressInfo;
    const headers = { ...signed(joined), 'Content-Length': '5000' };
    const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', headers, agent: false });
    request.on('error', () => undefined);
    request.write('{', () => request.destroy());
    await done.promise;
    expect(seen).toEqual([]);
  });

  test.each([[''], [[]]])('HOOK46: no secret (%p) is a mistake at the start', (none) => {
    expect(() => nodeHandler({ secret: none })).toThrow(TypeError);
  });
});

test('PARSE5: of a body that comes byte by byte its bytes are kept, not its pieces', async () => {
  const pieces: WeakRef<Uint8Array>[] = [];
  let alive = 0;
  async function* body() {
    for (let n = 0; n < 1_000; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      const piece = new Uint8Array([0x20]);
      pieces.push(new WeakRef(piece));
      yield piece;
    }
    Bun.gc(true);
    alive = pieces.filter((piece) => piece.deref() !== undefined).length;
  }
  let status = 0;
  const request = Object.assign(body(), { method: 'POST', headers: signed(' '.repeat(1_000)) });
  await nodeHandler({ secret })(request, {
    writeHead: (answered) => {
      status = answered;
    },
    end: () => {},
  });
  // The signature is over a thousand blanks, which are no notice.
  expect(status).toBe(400);
  expect(alive).toBeLessThan(200);
});
