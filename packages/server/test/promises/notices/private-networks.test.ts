import { expect, test } from 'bun:test';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import { testApp, testCustomer } from '../../../testing/processes/server-process.ts';
import { startTestServer } from '../../../testing/processes/test-server.ts';

const authorization = `Basic ${btoa(`${testCustomer.id}:${testCustomer.secret}`)}`;

test('TENANT7: an endpoint made over REST reaches a private network only if the operator names it; one of the file says so itself', async () => {
  const receiver = await startReceiver();
  /** Makes an endpoint over REST and enables it, as any customer can. */
  const make = async (url: string) => {
    const post = async (path: string, body?: object) => {
      const answer = await fetch(`${url}/v1/apps/${testApp.id}/endpoints${path}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const made = await post('', { url: receiver.url, events: [101], allowPrivateNetwork: true });
    if (made.status !== 200) return made;
    const { endpointId } = made.body.endpoint as { endpointId: string };
    return post(`/${endpointId}/enable`);
  };
  const withServer = async (config: object, work: (url: string) => Promise<void>) => {
    const server = await startTestServer({ ...config });
    try {
      await work(server.url);
    } finally {
      await server.close();
    }
  };
  try {
    await withServer({}, async (url) => {
      const { status, body } = await make(url);
      expect([status, body.code]).toEqual([400, 'body_invalid']);
      expect(body.message).toContain('endpointNetworks');
    });
    await withServer({ endpointNetworks: ['10.0.0.0/8'] }, async (url) => {
      expect((await make(url)).body.code).toBe('health_test_failed');
    });
    expect(receiver.notices).toHaveLength(0);
    await withServer({ endpointNetworks: ['127.0.0.0/8'] }, async (url) => {
      expect((await make(url)).status).toBe(200);
    });
    expect(receiver.notices).toHaveLength(1);
    const id = 'of-the-file';
    const endpoint = { id, app: testApp.id, url: receiver.url, secret: 's', allowPrivateNetwork: true };
    await withServer({ endpoints: [{ ...endpoint, events: [101] }] }, async (url) => {
      const answer = await fetch(`${url}/v1/apps/${testApp.id}/endpoints/${id}/test`, {
        method: 'POST',
        headers: { authorization },
      });
      expect(await answer.json()).toMatchObject({ ok: true });
    });
    expect(receiver.notices).toHaveLength(2);
  } finally {
    await receiver.close();
  }
}, 60_000);

test('TENANT7: the development server, on loopback, reaches receivers on loopback', async () => {
  const receiver = await startReceiver();
  const server = await startTestServer({ apps: undefined, customers: undefined });
  try {
    const at = `${server.url}/v1/apps/${testApp.id}/endpoints`;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ url: receiver.url, events: [101], allowPrivateNetwork: true });
    const made = (await (await fetch(at, { method: 'POST', headers, body })).json()) as {
      endpoint: { endpointId: string };
    };
    const enabled = await fetch(`${at}/${made.endpoint.endpointId}/enable`, { method: 'POST' });
    expect(enabled.status).toBe(200);
  } finally {
    await server.close();
    await receiver.close();
  }
}, 60_000);
