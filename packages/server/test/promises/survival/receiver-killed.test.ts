import { afterEach, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '../../../testing/clients/client.ts';
import {
  freePort,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

const script = fileURLToPath(new URL('../../../testing/processes/receiver-process.ts', import.meta.url));
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Told {
  readonly id: string;
  readonly seq: number;
  readonly uid?: number;
}

test('HOOK197: over a kill of the receiver every endpoint of any format and plan is told everything, by itself', async () => {
  const port = await freePort();
  const told = new Map<string, Told[]>();
  const start = async () => {
    const child = spawn(process.execPath, [script, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
    ends.push(() => child.kill('SIGKILL'));
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the receiver did not start')));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { path, body } = JSON.parse(line) as { path: string; body: string };
        if (path === '') resolve();
        else told.set(path, [...(told.get(path) ?? []), ...toldBy(body)]);
      });
    });
    return child;
  };
  const kill = (child: ChildProcess) =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  const plans = {
    '/agora': { format: 'agora' },
    '/strict': { format: 'agora', retry: 'agora' },
    '/standard': { format: 'standard' },
    '/batch': { format: 'batch' },
  };
  const paths = Object.keys(plans);
  const receiver = await start();
  const server = await startServerProcess({
    endpoints: Object.entries(plans).map(([path, plan]) => ({
      ...plan,
      app: testApp.id,
      url: `http://127.0.0.1:${port}${path}`,
      secret: 'a-secret-of-the-endpoint',
      events: [101, 103, 104, 105, 106],
      allowPrivateNetwork: true,
    })),
  });
  ends.push(() => server.close());
  const { url } = server;
  const join = async (uid: number) => {
    const client = await Client.join({ url, channel: 'stage', uid });
    ends.push(() => client.drop());
  };
  const seqsOf = (path: string) => new Set(told.get(path)?.map(({ seq }) => seq));
  const allHave = (count: number) => () => paths.every((path) => seqsOf(path).size === count);

  await join(1);
  await until('all to be told of the first', allHave(2));
  await kill(receiver);
  for (let uid = 2; uid <= 9; uid++) await join(uid);
  // The strict plan is over: only now its notices would be missing for good.
  await until('the strict plan to give up', async () => (await givenUpOf(url, '/strict')) === 8);
  expect(await givenUpOf(url, '/agora')).toBe(0);
  await start();
  await until('all to be told of everything', allHave(10));
  await until('nothing to be given up', async () => (await givenUpOf(url, '/strict')) === 0);
  for (const path of paths) {
    const ids = new Map(told.get(path)?.map(({ id, seq }) => [seq, id]));
    // Copies may come; all of them carry the id of the first.
    for (const { id, seq } of told.get(path) ?? []) expect(id).toBe(ids.get(seq) ?? '');
  }
}, 240_000);

function toldBy(body: string): Told[] {
  return [JSON.parse(body)].flat().map((notice) => {
    const { payload, noticeId, id, seq, data } = notice;
    return payload ? { id: noticeId, seq: payload.seq, uid: payload.uid } : { id, seq, uid: data.uid };
  });
}

async function givenUpOf(url: string, path: string): Promise<number> {
  const response = await fetch(`${url}/v1/apps/${testApp.id}/endpoints`, {
    headers: { authorization: testAuthorization },
  });
  const { endpoints } = (await response.json()) as { endpoints: { url: string; givenUp: number }[] };
  return endpoints.find((endpoint) => endpoint.url.endsWith(path))?.givenUp ?? -1;
}
