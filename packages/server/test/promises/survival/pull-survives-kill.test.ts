import { afterEach, expect, test } from 'bun:test';
import { Client } from '../../../testing/clients/client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
} from '../../../testing/processes/server-process.ts';

let server: ServerProcess | undefined;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await server?.close();
  server = undefined;
});

interface Page {
  readonly status: number;
  readonly code?: string;
  readonly events: readonly { readonly channel: string; readonly sid: string; readonly seq: number }[];
  readonly cursor: string;
  readonly more: boolean;
}
async function pull(url: string, query: string): Promise<Page> {
  const response = await fetch(`${url}/v1/apps/${testApp.id}/events?${query}`, {
    headers: { authorization: testAuthorization },
  });
  return { status: response.status, ...((await response.json()) as Omit<Page, 'status'>) };
}
const join = async (url: string, uid: number) => {
  clients.push(await Client.join({ url, channel: 'pulled', uid }));
};

test('REST34: a receiver that keeps its cursor misses nothing and is told nothing twice, over kill -9 and new servers', async () => {
  server = await startServerProcess();
  const { url } = server;
  const heard: number[] = [];
  let { cursor } = await pull(url, 'cursor=now');
  const follow = async (seq: number) => {
    while ((heard.at(-1) ?? 0) < seq) {
      const page = await pull(url, `cursor=${cursor}&wait=20&limit=2`);
      expect(page.status).toBe(200);
      heard.push(...page.events.map((event) => event.seq));
      cursor = page.cursor;
    }
  };
  for (let round = 0; round < 3; round++) {
    const waiting = follow(2 + round * 4);
    await join(url, round * 4 + 1);
    await waiting;
    // These are durable, and have not been pulled when the server dies.
    for (let more = 2; more <= 4; more++) await join(url, round * 4 + more);
    await server.kill();
    await server.restart();
  }
  await follow(13);
  expect(heard.slice(0, 13)).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
}, 120_000);

test('REST35: the stop of the server ends those who wait', async () => {
  server = await startServerProcess();
  const { url } = server;
  const { cursor } = await pull(url, 'cursor=now');
  const waiting = Array.from({ length: 20 }, () =>
    pull(url, `cursor=${cursor}&wait=50`).then(
      ({ status, code }) => `${status} ${code}`,
      () => 'closed',
    ),
  );
  // One that is answered shows that the server has taken up those before it.
  await pull(url, 'cursor=now&wait=1');
  expect(await server.terminate()).toBe(0);
  for (const answer of await Promise.all(waiting)) expect(['503 going_away', 'closed']).toContain(answer);
}, 120_000);
