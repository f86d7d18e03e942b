import { afterEach, expect, test } from 'bun:test';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { loadTls, type Tls } from '../../../src/config/tls.ts';
import { Client } from '../../../testing/clients/client.ts';
import {
  freePort,
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';
import { SimDisk } from '../../simulation/sim-disk.ts';
import { SimRandom } from '../../simulation/sim-random.ts';

let folder = '';
let server: ServerProcess | undefined;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function newPair(): Promise<Tls> {
  const { tls } = await loadTls({ tls: { selfSigned: true } }, new SimDisk(new SimRandom(5)).mount());
  return tls ?? expect.unreachable();
}
const at = (name: string) => join(folder, name);
const place = (name: string, text: string) => writeFile(at(name), text);

async function begin() {
  folder = await mkdtemp(join(tmpdir(), 'housecount-renewed-'));
  const pair = await newPair();
  await place('cert.pem', pair.cert);
  await place('key.pem', pair.key);
  const port = await freePort();
  const tls = { cert: at('cert.pem'), key: at('key.pem') };
  server = await startServerProcess({ listen: { host: '127.0.0.1', port, tls }, log: { format: 'json' } });
  const { stderr } = server;
  const shown = () =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
        socket.destroy();
      });
      // The change itself may break off a connection that is just being made.
      socket.on('error', () => resolve('none'));
    });
  /** A host, over the certificate that is in use. */
  const joinAs = async (uid: number, { cert }: Tls) => {
    const client = await Client.join({
      url: `https://127.0.0.1:${port}`,
      channel: 'x',
      uid,
      role: 'broadcaster',
      tls: { ca: cert },
    });
    clients.push(client);
    return client;
  };
  return { pair, stderr, shown, join: joinAs, url: `https://127.0.0.1:${port}` };
}
const printOf = ({ cert }: Tls) => new X509Certificate(cert).fingerprint256;
const heardOf = (client: Client, uid: number) =>
  client.until(`host ${uid}`, () => client.all('host-joined').some(({ host }) => host.uid === uid));

test('RELOAD9: a certificate that changed on the disk is used by itself; who is connected stays, and hears of those who come', async () => {
  const { pair, shown, join, url } = await begin();
  const inside = await join(1, pair);
  const ending = new AbortController();
  const stream = await fetch(`${url}/v1/apps/${testApp.id}/notices`, {
    headers: { authorization: testAuthorization, accept: 'text/event-stream' },
    signal: ending.signal,
    tls: { ca: pair.cert },
  } as RequestInit);
  expect(stream.status).toBe(200);
  const next = await newPair();
  // As certbot does it: both are there, and then the names are.
  await place('cert.new', next.cert);
  await place('key.new', next.key);
  await rename(at('key.new'), at('key.pem'));
  await rename(at('cert.new'), at('cert.pem'));
  await until('the new certificate', async () => (await shown()) === printOf(next));
  const newcomer = await join(2, next);
  await heardOf(inside, 2);
  const third = await join(3, next);
  await Promise.all([heardOf(inside, 3), heardOf(newcomer, 3)]);
  let told = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream.body ?? []) {
    told += decoder.decode(chunk, { stream: true });
    // The notice is a text in the event.
    if (/uid\\?":3\b/.test(told)) break;
  }
  ending.abort();
  inside.send({ type: 'ping', id: 1 });
  await inside.next('pong');
  expect([inside.closed, newcomer.closed, third.closed]).toEqual([undefined, undefined, undefined]);
  expect(await server?.terminate()).toBe(0);
  for (const client of [inside, newcomer, third])
    expect((await client.next('closing')).code).toBe('going_away');
}, 120_000);

test('RELOAD10: half of a renewed pair is not used, nor one that is no certificate; the log says why, once for each', async () => {
  const { pair, shown, stderr } = await begin();
  const next = await newPair();
  await place('cert.pem', next.cert);
  await until('a line of the log', () => stderr().includes('is not the key of the certificate'));
  expect(await shown()).toBe(printOf(pair));
  await place('key.pem', next.key.slice(0, 40));
  await until('a line of the log', () => stderr().includes('is not a private key'));
  expect(await shown()).toBe(printOf(pair));
  await place('key.pem', next.key);
  await until('the new certificate', async () => (await shown()) === printOf(next));
  expect(stderr().split('is not the key of the certificate')).toHaveLength(2);
}, 120_000);
