import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import corpus from '../../../../protocol/fixtures/ssrf.json' with { type: 'json' };
import { systemClock } from '../../clock.ts';
import { HttpConnection, SendFailure } from './http-connection.ts';
import { createHttpSender } from './send-http.ts';
import type { SendOutcome } from './transport.ts';

interface Trick {
  readonly name: string;
  readonly url: string;
  readonly kind: string;
  readonly answers?: readonly (readonly string[])[];
  readonly redirect?: { readonly status: number; readonly header: string; readonly location: string };
}
const tricks: readonly Trick[] = corpus.tricks;
const publicAddresses = ['93.184.216.34', '2606:2800:220:1::1'];

/** The canary listens on loopback; in the network of these tests it stands at every address that is not public. */
const canary = { port: 0, hits: 0, servers: [] as Server[], sockets: new Set<Socket>() };
/** The server that stands at the public addresses for the redirecting tricks. */
const redirecting = { port: 0, ca: '', headers: '', status: 0 };
let hasIpv6 = false;

beforeAll(async () => {
  canary.port = await listen(canaryServer(), '127.0.0.1', 0);
  hasIpv6 = await listen(canaryServer(), '::1', canary.port).then(
    () => true,
    () => false,
  );
  await startRedirecting();
});
afterAll(() => {
  for (const socket of canary.sockets) socket.destroy();
  for (const server of canary.servers) server.close();
});

interface Run {
  readonly dialled: readonly string[];
  readonly outcomes: readonly SendOutcome[];
  readonly hits: number;
}

/** Sends to one trick as often as its name has answers, and once more. */
async function send(trick: Trick, how: { allowPrivateNetwork: boolean; guarded?: boolean }): Promise<Run> {
  const before = canary.hits;
  const dialled: string[] = [];
  let asked = 0;
  const answers = trick.answers ?? [['127.0.0.1']];
  const http = createHttpSender({
    clock: systemClock(),
    ca: [redirecting.ca],
    lookup: async () => answers[Math.min(asked++, answers.length - 1)] ?? [],
    open: (target, signal) => {
      dialled.push(target.address);
      const isPublic = publicAddresses.includes(target.address);
      // Nobody there: the next address and the next answer of the name are tried, as an attacker would like.
      if (isPublic && !trick.redirect) return Promise.reject(new SendFailure('connect', 'ECONNREFUSED'));
      if (isPublic)
        return HttpConnection.open({ ...target, address: '127.0.0.1', port: redirecting.port }, signal);
      const real = target.address === '127.0.0.1' || (target.address === '::1' && hasIpv6);
      const address = real ? target.address : '127.0.0.1';
      return HttpConnection.open({ ...target, address, port: canary.port }, signal);
    },
    ...(how.guarded === false && { guard: () => true }),
  });
  if (trick.redirect) {
    redirecting.status = trick.redirect.status;
    redirecting.headers = `${trick.redirect.header}: ${at(trick.redirect.location)}\r\n`;
  }
  const outcomes: SendOutcome[] = [];
  for (let time = 0; time <= answers.length; time++)
    outcomes.push(
      await http.send({
        url: at(trick.url),
        allowPrivateNetwork: how.allowPrivateNetwork,
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
        timeoutMs: 10_000,
        signal: new AbortController().signal,
      }),
    );
  http.close();
  return { dialled, outcomes, hits: canary.hits - before };
}

describe('the corpus of tricks', () => {
  test('HOOK24: it holds many tricks, each with a name and a URL of its own', () => {
    expect(tricks.length).toBeGreaterThanOrEqual(700);
    expect(new Set(tricks.map(({ name }) => name)).size).toBe(tricks.length);
    expect(new Set(tricks.map(({ url }) => url)).size).toBe(tricks.length);
  });

  test.each(tricks.map((trick) => [trick.name, trick] as const))(
    'HOOK24: without allowPrivateNetwork the canary hears nothing of: %s',
    async (_name, trick) => {
      const { dialled, outcomes, hits } = await send(trick, { allowPrivateNetwork: false });
      expect(hits).toBe(0);
      if (trick.kind === 'redirect') {
        expect(outcomes).toEqual(
          outcomes.map(() => ({ answered: true, status: trick.redirect?.status ?? 0, excerpt: '' })),
        );
      } else if (trick.kind === 'public-only') {
        expect(dialled.length).toBeGreaterThan(0);
        expect(dialled.filter((address) => !publicAddresses.includes(address))).toEqual([]);
      } else {
        expect(dialled).toEqual([]);
        for (const outcome of outcomes) expect(outcome).toMatchObject({ answered: false, stage: 'address' });
      }
    },
  );

  test('HOOK24: with allowPrivateNetwork what is never allowed still dials nothing, and what is private is reached', async () => {
    for (const trick of tricks) {
      if (trick.kind === 'redirect' || trick.kind === 'public-only') continue;
      const { dialled, hits } = await send(trick, { allowPrivateNetwork: true });
      const reached = trick.kind === 'private';
      expect({ name: trick.name, dialled: dialled.length > 0, hit: hits > 0 }).toEqual({
        name: trick.name,
        dialled: reached,
        hit: reached,
      });
    }
  });

  test('HOOK24: with the guard switched off the canary is hit by every trick that is not refused as a URL', async () => {
    for (const trick of tricks) {
      const { hits } = await send(trick, { allowPrivateNetwork: true, guarded: false });
      const expected = trick.kind !== 'url' && trick.kind !== 'never-none' && trick.kind !== 'redirect';
      expect({ name: trick.name, hit: hits > 0 }).toEqual({ name: trick.name, hit: expected });
    }
  });

  test('HOOK24: a sender that followed redirects would hit the canary', async () => {
    for (const { name, redirect } of tricks) {
      if (redirect?.header !== 'Location') continue;
      const before = canary.hits;
      await fetch(new URL(at(redirect.location), 'https://redirect.example')).catch(() => undefined);
      expect({ name, hit: canary.hits > before }).toEqual({ name, hit: true });
    }
  });
});

const at = (text: string) => text.replaceAll('{port}', String(canary.port));

/** Counts connections and closes them: no byte needs to be exchanged for the harm to be done. */
function canaryServer(): Server {
  const server = createServer((socket) => {
    canary.hits += 1;
    canary.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => canary.sockets.delete(socket));
    socket.destroy();
  });
  canary.servers.push(server);
  return server;
}

async function startRedirecting(): Promise<void> {
  const pems = await generate([{ name: 'commonName', value: 'redirect.example' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'redirect.example' }] }],
  });
  redirecting.ca = pems.cert;
  const server = createTlsServer({ key: pems.private, cert: pems.cert }, (socket) => {
    canary.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', () =>
      socket.write(`HTTP/1.1 ${redirecting.status} X\r\n${redirecting.headers}Content-Length: 0\r\n\r\n`),
    );
  });
  canary.servers.push(server);
  redirecting.port = await listen(server, '127.0.0.1', 0);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}
