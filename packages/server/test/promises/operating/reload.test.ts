import { describe, expect, test } from 'bun:test';
import type { ReloadReport } from '../../../src/operate/reload.ts';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import { startReloadableServer } from '../../../testing/processes/reloadable-server.ts';
import { testApp } from '../../../testing/processes/server-process.ts';

const other = { id: 'a'.repeat(32), certificate: 'b'.repeat(32) };
const renewed = { ...testApp, certificate: 'c'.repeat(32) };

/** The changes of a reload, for tests that expect it to be taken. */
function taken(report: ReloadReport) {
  if (!report.ok) throw new Error(`not taken: ${report.problems.join('; ')}`);
  return report;
}
const joinOf = (url: string, app: typeof testApp, uid: number) =>
  Client.join({
    url,
    channel: 'x',
    uid,
    hello: { app: app.id, token: tokenFor('x', { uid }, 'broadcaster', app) },
  });
const refusalOf = async (joining: Promise<Client>) =>
  joining.then(
    () => 'welcome',
    (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1],
  );

describe('apps', () => {
  test('RELOAD2: one that is added takes people in at once, over every surface', async () => {
    await using server = await startReloadableServer();
    const { url } = server;
    expect(await refusalOf(joinOf(url, other, 1))).toBe('invalid_app_id');
    const report = taken(await server.reload({ apps: [testApp, other] }));
    expect(report).toMatchObject({
      changed: ['apps'],
      apps: { added: [other.id], changed: [], removed: [] },
    });
    const client = await joinOf(url, other, 1);
    expect((await ask(url, `/v1/apps/${other.id}/channels/x/roster`)).body.members).toMatchObject([
      { uid: 1 },
    ]);
    expect((await ask(url, '/v1/apps')).body.apps).toMatchObject([{ id: testApp.id }, { id: other.id }]);
    expect((await ask(url, `/dev/v1/channel/${other.id}`)).status).toBe(200);
    client.drop();
  }, 120_000);

  test('RELOAD3: another certificate puts nobody out who is in; who comes needs a token of it', async () => {
    await using server = await startReloadableServer();
    const { url } = server;
    const inside = await joinOf(url, testApp, 1);
    const user = await SignalingClient.login(url, 'ann');
    await user.subscribes('x');
    const report = taken(await server.reload({ apps: [renewed] }));
    expect(report.apps).toMatchObject({ changed: [testApp.id], removed: [] });
    expect(await refusalOf(joinOf(url, testApp, 2))).toBe('invalid_token');
    const newcomer = await joinOf(url, renewed, 3);
    inside.send({ type: 'ping', id: 7 });
    await inside.until('an answer', () => inside.all('pong').some(({ id }) => id === 7));
    inside.send({ type: 'renew-token', id: 8, token: tokenFor('x', { uid: 1 }) });
    await inside.until('a refusal', () => inside.all('error').some(({ id }) => id === 8));
    inside.send({ type: 'renew-token', id: 9, token: tokenFor('x', { uid: 1 }, 'broadcaster', renewed) });
    await inside.until('an answer', () => inside.all('ok').some(({ id }) => id === 9));
    expect((await user.subscribes('y')).type).toBe('ok');
    expect([inside.closed, user.closed]).toEqual([undefined, undefined]);
    for (const client of [inside, newcomer, user]) client.drop();
  }, 120_000);

  test('RELOAD4: who is in one that is removed is told so, for good, and leaves; the others notice nothing', async () => {
    await using server = await startReloadableServer({ apps: [testApp, other] });
    const { url } = server;
    const stays = await joinOf(url, other, 1);
    const goes = await joinOf(url, testApp, 1);
    const user = await SignalingClient.login(url, 'ann');
    await user.subscribes('x');
    const report = taken(await server.reload({ apps: [other] }));
    expect(report.apps.removed).toEqual([testApp.id]);
    expect(await goes.next('closing')).toMatchObject({ code: 'invalid_app_id', retry: false });
    await user.until('the end', () => user.closed);
    expect(user.all('closing')).toMatchObject([{ code: 'invalid_app_id' }]);
    expect(await refusalOf(joinOf(url, testApp, 2))).toBe('invalid_app_id');
    expect((await ask(url, `/v1/apps/${testApp.id}/channels/x/roster`)).status).toBe(400);
    expect(stays.closed).toBeUndefined();
    taken(await server.reload({ apps: [other, testApp] }));
    expect((await ask(url, `/v1/apps/${testApp.id}/channels/x/roster`)).body.code).toBe('not_found');
    const { body } = await ask(url, `/v1/apps/${testApp.id}/channels/x/sids`);
    expect(body.sids).toHaveLength(1);
    stays.drop();
  }, 120_000);
});

test('RELOAD5: customers, limits and networks hold from the next request on', async () => {
  await using server = await startReloadableServer();
  const { url } = server;
  const second = { id: 'second', secret: 'another-one-for-the-tests' };
  const asSecond = () =>
    fetch(`${url}/v1/apps`, { headers: { authorization: `Basic ${btoa(`${second.id}:${second.secret}`)}` } });
  expect((await asSecond()).status).toBe(401);
  const report = taken(
    await server.reload({ customers: [second], listen: { host: '127.0.0.1', port: 0, socketsMax: 1 } }),
  );
  expect(report.changed).toEqual(['listen.socketsMax', 'customers']);
  expect((await asSecond()).status).toBe(200);
  expect((await ask(url, '/v1/apps')).status).toBe(401);
  const first = await joinOf(url, testApp, 1);
  expect(await refusalOf(joinOf(url, testApp, 2))).toBe('too_many_connections');
  first.drop();
}, 120_000);

test('RELOAD6: a file that is wrong is refused whole, with every reason; a key that needs a restart is named, and the rest taken', async () => {
  await using server = await startReloadableServer();
  const { url } = server;
  const wrong = await server.reload({
    apps: [testApp, other],
    customers: [{ id: 'x', secret: 'short' }],
    lsten: {},
  });
  expect(wrong).toEqual({
    ok: false,
    problems: [
      expect.stringMatching(/^lsten: unknown key/),
      expect.stringMatching(/^customers\[0\]\.secret: /),
    ],
  });
  expect(await refusalOf(joinOf(url, other, 1))).toBe('invalid_app_id');
  expect((await server.reloadText('apps: [')).ok).toBe(false);
  expect((await ask(url, '/v1/apps')).status).toBe(200);
  const open = await server.reload({
    apps: [{ id: other.id }, { ...testApp, bindSignaling: false }],
    leases: { rtcMs: 9_000 },
    log: { level: 'warn', format: 'json' },
  });
  expect(taken(open)).toMatchObject({
    changed: ['log.level', 'apps'],
    waiting: ['leases.rtcMs', 'log.format', 'apps[1].bindSignaling'],
  });
  // The same again: nothing has changed, and the same waits.
  expect(taken(await server.reload({ apps: [{ id: other.id }, testApp] }))).toMatchObject({ waiting: [] });
}, 120_000);

test('RELOAD7: endpoints of the file come, change and go; one that is put back goes on where it was; those made over REST stay', async () => {
  const receiver = await startReceiver();
  await using server = await startReloadableServer({ endpointNetworks: ['127.0.0.0/8'] });
  const { url } = server;
  const endpoint = { id: 'main', app: testApp.id, url: receiver.url, secret: 's', allowPrivateNetwork: true };
  const settings = { endpointNetworks: ['127.0.0.0/8'] };
  const visit = async (uid: number) => (await joinOf(url, testApp, uid)).leave();
  const told = () => receiver.notices.filter(({ path }) => path !== '/made').map(({ notice }) => notice);
  const uids = (type: number) =>
    told().flatMap(({ eventType, payload }) => (eventType === type && 'uid' in payload ? [payload.uid] : []));
  try {
    const made = await ask(url, `/v1/apps/${testApp.id}/endpoints`, {
      send: { url: `${receiver.url}made`, events: [101], allowPrivateNetwork: true },
    });
    const id = made.body.endpoint?.endpointId;
    expect((await ask(url, `/v1/apps/${testApp.id}/endpoints/${id}/enable`, { method: 'POST' })).status).toBe(
      200,
    );
    await visit(1);
    const added = taken(await server.reload({ ...settings, endpoints: [endpoint] }));
    expect(added).toMatchObject({ changed: ['endpoints'], endpoints: { added: ['main'] } });
    await visit(2);
    await receiver.until(() => uids(103).length + uids(105).length >= 1);
    // The endpoint takes other events from now on.
    const changed = taken(
      await server.reload({ ...settings, endpoints: [{ ...endpoint, events: [101, 102] }] }),
    );
    expect(changed.endpoints).toMatchObject({ added: [], changed: ['main'], removed: [] });
    await visit(3);
    await receiver.until(() => told().filter(({ eventType }) => eventType === 101).length >= 2);
    expect(taken(await server.reload(settings)).endpoints.removed).toEqual(['main']);
    await visit(4);
    const list = async () =>
      (await ask(url, `/v1/apps/${testApp.id}/endpoints`)).body.endpoints.map(
        (one: { endpointId: string }) => one.endpointId,
      );
    expect(await list()).toEqual([id]);
    taken(await server.reload({ ...settings, endpoints: [endpoint] }));
    await receiver.until(() => uids(105).includes(4));
    expect(uids(105)).toEqual([2, 4]);
    expect(await list()).toEqual(['main', id]);
    const refused = await ask(url, `/v1/apps/${testApp.id}/endpoints/main`, { method: 'DELETE' });
    expect([refused.status, refused.body.code]).toEqual([409, 'endpoint_read_only']);
  } finally {
    await receiver.close();
  }
}, 120_000);

test('RELOAD7: an endpoint that was taken out by a reload goes on there after a restart, too', async () => {
  const receiver = await startReceiver();
  const endpoints = [
    { id: 'main', app: testApp.id, url: receiver.url, secret: 's', allowPrivateNetwork: true, events: [101] },
  ];
  await using server = await startReloadableServer({ endpoints });
  const visit = async (uid: number) => (await joinOf(server.url, testApp, uid)).leave();
  try {
    await visit(1);
    await receiver.until((notices) => notices.length === 1);
    taken(await server.reload({}));
    await visit(2);
    await server.restart();
    await visit(3);
    taken(await server.reload({ endpoints }));
    await receiver.until((notices) => notices.length >= 3);
    expect(receiver.notices.map(({ copy }) => copy)).toEqual([1, 1, 1]);
  } finally {
    await receiver.close();
  }
}, 120_000);
