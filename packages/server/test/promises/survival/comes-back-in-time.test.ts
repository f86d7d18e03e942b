import { afterAll, beforeAll, expect, test } from 'bun:test';
import AgoraRTC, { type IAgoraRTCClient } from '../../../../rtc/src/index.ts';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../../testing/clients/rtm-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../../testing/processes/server-process.ts';

let server: ServerProcess;
const pages: IAgoraRTCClient[] = [];
const users: RtmUser[] = [];

beforeAll(async () => {
  // The leases of those who are there are long: what counts here is who is back in time after the restart.
  server = await startServerProcess({ leases: { rtcMs: 60_000, signalingMs: 60_000, recoveryMs: 12_000 } });
  AgoraRTC.setParameter('HOUSECOUNT_URL', server.url);
  AgoraRTC.setLogLevel(4);
}, 60_000);
afterAll(async () => {
  await Promise.all(pages.map((page) => page.leave()));
  await logoutAll();
  await server.close();
});

/** Attempts of a user to come back so far. */
const attemptsOf = ({ links }: RtmUser): number =>
  links.filter(({ currentState, operation }) => currentState === 'CONNECTING' && operation !== 'LOGIN')
    .length;

test('BACK6: over an outage that is longer than every lease nobody who is healthy is told as lost', async () => {
  for (const uid of [1, 2, 3]) {
    const page = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    pages.push(page);
    await page.join(testApp.id, 'show', tokenFor('show', { uid }), uid);
  }
  for (const name of ['ann', 'bob', 'cat']) {
    const user = rtmUser(server.url, name);
    users.push(user);
    await user.client.login({ token: rtmToken(name) });
    await user.client.subscribe('lobby');
  }
  // These come back no more than devices that were switched off.
  await Client.join({ url: server.url, channel: 'show', uid: 9 });
  await (await SignalingClient.login(server.url, 'dan')).subscribes('lobby');
  const [ann] = users as [RtmUser];
  await ann.until('dan', () => ann.told().includes('REMOTE_JOIN dan'));

  await server.kill();
  for (const user of users) await user.until('five attempts', () => attemptsOf(user) >= 5, 90_000);
  await server.restart();
  for (const user of users)
    await user.until('the server', () => user.links.at(-1)?.currentState === 'CONNECTED', 60_000);
  await until(
    'the pages',
    () => pages.every(({ connectionState }) => connectionState === 'CONNECTED'),
    60_000,
  );

  const events = async () =>
    (await ask(server.url, `/v1/apps/${testApp.id}/channels/show/events?limit=1000`)).body.events as {
      type: string;
      uid?: number;
    }[];
  const left = async () =>
    (await events()).filter(({ type }) => type === 'member-left').map(({ uid }) => uid);
  // When those who do not come back are told as lost, the others would have been.
  await until('the one who is gone', async () => (await left()).length > 0, 60_000);
  expect(await left()).toEqual([9]);
  await ann.until('dan lost', () => ann.told().includes('REMOTE_TIMEOUT dan'), 60_000);
  const toldAfter = users.flatMap((user) => user.told()).filter((each) => /TIMEOUT|LEAVE/.test(each));
  expect(new Set(toldAfter)).toEqual(new Set(['REMOTE_TIMEOUT dan']));
}, 240_000);
