import { afterAll, expect, test } from 'bun:test';
import type { RTMEvents } from '../../../../rtm/src/index.ts';
import { Client } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../../testing/clients/rtm-client.ts';
import { testApp, until } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const channel = 'premiere';
const servers: TestServer[] = [];
const clients: Client[] = [];
afterAll(async () => {
  for (const client of clients) client.drop();
  await logoutAll();
  for (const server of servers) await server.close();
});

/** A server of one app, and its host's page: it subscribes to the channel, and runs nothing for its audience. */
async function hostOf(bindSignaling: boolean): Promise<{ readonly url: string; readonly host: RtmUser }> {
  const server = await startTestServer({
    // Longer than a client that stays can be starved on a busy machine.
    leases: { rtcMs: 15_000, signalingMs: 15_000, recoveryMs: 15_000 },
    apps: [{ ...testApp, bindSignaling, signaling: { debounceMs: 0 } }],
  });
  servers.push(server);
  const host = rtmUser(server.url, 'host');
  await host.client.login({ token: rtmToken('host') });
  await host.client.subscribe(channel);
  return { url: server.url, host };
}

/** Three viewers without signaling: one comes on stage and leaves, one loses its path, one stays. */
async function audience(url: string): Promise<readonly Client[]> {
  const seven = await Client.join({ url, channel, uid: 7 });
  const vera = await Client.join({ url, channel, account: 'vera' });
  const eight = await Client.join({ url, channel, uid: 8 });
  clients.push(seven, vera, eight);
  seven.send({ type: 'set-role', id: 1, role: 'broadcaster' });
  await seven.next('ok');
  await seven.leave();
  vera.drop();
  return [seven, vera, eight];
}

test('SIG24: a host that subscribes sees an audience without signaling come, change role, go and time out; with the switch off, none of it', async () => {
  const [bound, unbound] = await Promise.all([hostOf(true), hostOf(false)]);
  const [[, vera]] = await Promise.all([audience(bound.url), audience(unbound.url)]);
  const uid = String(vera?.welcome?.uid);
  const { host } = bound;
  await host.until('the timeout', () => host.told().includes('REMOTE_TIMEOUT vera'));
  const shown = host.presence.map(
    ({ eventType, publisher, stateChanged, snapshot }: RTMEvents.PresenceEvent) =>
      eventType === 'SNAPSHOT' ? snapshot : [eventType, publisher, stateChanged],
  );
  expect(shown).toEqual([
    [{ userId: 'host', states: {}, statesCount: 0 }],
    ['REMOTE_JOIN', '7', {}],
    ['REMOTE_STATE_CHANGED', '7', { role: 'audience', uid: '7' }],
    ['REMOTE_JOIN', 'vera', {}],
    ['REMOTE_STATE_CHANGED', 'vera', { role: 'audience', uid }],
    ['REMOTE_JOIN', '8', {}],
    ['REMOTE_STATE_CHANGED', '8', { role: 'audience', uid: '8' }],
    ['REMOTE_STATE_CHANGED', '7', { role: 'broadcaster', uid: '7' }],
    ['REMOTE_LEAVE', '7', {}],
    ['REMOTE_TIMEOUT', 'vera', {}],
  ]);
  const { presence } = host.client;
  expect(await presence.getOnlineUsers(channel, 'MESSAGE', { includedState: true })).toMatchObject({
    channelOccupancy: 2,
    occupants: [{ userId: 'host' }, { userId: '8', states: { role: 'audience', uid: '8' } }],
  });
  // The timeout has to have happened on this server too before the host is told of somebody who subscribes.
  const live = `/v1/apps/${testApp.id}/channels/${channel}/roster`;
  await until('the timeout', async () => (await ask(unbound.url, live)).body.count === 1);
  const late = rtmUser(unbound.url, 'late');
  await late.client.login({ token: rtmToken('late') });
  await late.client.subscribe(channel);
  await unbound.host.until('late', () => unbound.host.told().includes('REMOTE_JOIN late'));
  expect(unbound.host.told()).toEqual(['SNAPSHOT', 'REMOTE_JOIN late']);
  expect(await unbound.host.client.presence.getOnlineUsers(channel, 'MESSAGE')).toMatchObject({
    channelOccupancy: 2,
    occupants: [{ userId: 'host' }, { userId: 'late' }],
  });
  expect((await unbound.host.client.presence.getUserChannels('8')).channels).toEqual([]);
}, 60_000);
