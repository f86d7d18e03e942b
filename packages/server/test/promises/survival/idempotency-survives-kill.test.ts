import { expect, test } from 'bun:test';
import { startServerProcess, testApp, testCustomer } from '../../../testing/processes/server-process.ts';

const authorization = `Basic ${btoa(`${testCustomer.id}:${testCustomer.secret}`)}`;

test('REST80: a key outlives kill -9: after it the request is answered as before, and not done again', async () => {
  const server = await startServerProcess();
  try {
    const rules = `${server.url}/v1/apps/${testApp.id}/rules`;
    const post = async () => {
      const answer = await fetch(rules, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'idempotency-key': 'order-7' },
        body: JSON.stringify({ channel: 'x', privileges: ['join_channel'], seconds: 3_600 }),
      });
      expect(answer.status).toBe(200);
      return { replayed: answer.headers.get('idempotency-replayed'), body: await answer.json() };
    };
    const first = await post();
    await server.kill();
    await server.restart();
    expect(await post()).toEqual({ replayed: 'true', body: first.body });
    const listed = (await (await fetch(rules, { headers: { authorization } })).json()) as { total: number };
    expect([first.replayed, listed.total]).toEqual([null, 1]);
  } finally {
    await server.close();
  }
}, 120_000);
