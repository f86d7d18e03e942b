import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import type { RosterChange, RTMRoster } from '../../../rtm/src/index.ts';
import { Client } from '../../testing/clients/client.ts';
import { ask } from '../../testing/clients/rest-client.ts';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../testing/processes/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
}, 60_000);
const viewers: Client[] = [];
afterEach(async () => {
  await logoutAll();
  for (const viewer of viewers.splice(0)) await viewer.leave();
});
afterAll(() => server.close());

async function login(userId: string): Promise<RtmUser> {
  const user = rtmUser(server.url, userId);
  await user.client.login({ token: rtmToken(userId) });
  return user;
}
async function watch(channel: string, uid: number, role: 'audience' | 'broadcaster' = 'audience') {
  const viewer = await Client.join({ url: server.url, channel, uid, role });
  viewers.push(viewer);
  return viewer;
}
const restRoster = async (channel: string) =>
  (await ask(server.url, `/v1/apps/${testApp.id}/channels/${channel}/roster?limit=1000`)).body;
const names = (roster: RTMRoster) => [...roster.members.keys()];
const heard = (roster: RTMRoster): RosterChange[] => {
  const changes: RosterChange[] = [];
  roster.on('change', (change) => changes.push(change));
  return changes;
};

test('RTM96: a page that only has signaling sees the whole audience by name, at the seq of REST, and is not seen', async () => {
  await watch('show', 1, 'broadcaster');
  const host = await login('moderator');
  const roster = await host.client.roster('show');
  const changes = heard(roster);
  expect([names(roster), roster.hostCount, roster.audienceCount]).toEqual([['1'], 1, 0]);
  for (const uid of [2, 3, 4]) await watch('show', uid);
  const rest = await restRoster('show');
  await until('the seq', () => roster.at.live?.seq === rest.seq);
  expect(roster.at.live).toEqual({ sid: rest.sid, seq: rest.seq });
  expect(names(roster)).toEqual(['1', '2', '3', '4']);
  expect([roster.count, roster.audienceCount]).toEqual([rest.count, 3]);
  expect(names(roster)).not.toContain('moderator');
  await viewers.splice(1, 1)[0]?.leave();
  await until('the leave', () => roster.count === 3);
  expect(changes.flatMap(({ left }) => left)).toEqual([
    { member: expect.objectContaining({ userId: '2' }), reason: 'quit' },
  ]);
});

test('RTM96: the first two of them and how many, beside one who follows all; a window moves on when one leaves', async () => {
  for (const uid of [11, 12, 13, 14]) await watch('part', uid);
  const host = await login('host');
  const window = await host.client.roster('part', { first: 2 });
  const counts = await host.client.roster('part', { countOnly: true });
  const all = await host.client.roster('part');
  expect([names(window), window.count, names(counts), counts.count, names(all).length]).toEqual([
    ['11', '12'],
    4,
    [],
    4,
    4,
  ]);
  await viewers.shift()?.leave();
  await until('all three', () => window.count === 3 && counts.audienceCount === 3 && all.count === 3);
  expect(names(window)).toEqual(['12', '13']);
  window.close();
  counts.close();
  const before = heard(window);
  await viewers.shift()?.leave();
  await until('the leave', () => all.count === 2);
  expect([before, names(window)]).toEqual([[], ['12', '13']]);
});

test('RTM96: what happens while the connection is lost is one change; over kill -9 the roster is what it was', async () => {
  for (const uid of [21, 22]) await watch('lost', uid);
  const host = await login('host');
  const roster = await host.client.roster('lost');
  const changes = heard(roster);
  host.breakSocket();
  await host.until('the loss', () => host.links.at(-1)?.currentState === 'DISCONNECTED');
  await viewers.shift()?.leave();
  await watch('lost', 23);
  await host.until('the connection', () => host.links.at(-1)?.currentState === 'CONNECTED');
  await until('both', () => names(roster).join() === '22,23');
  expect(changes.map(({ joined, left }) => [joined.length, left.length])).toEqual([[1, 1]]);
  const { at } = roster;
  await server.kill();
  await host.until('the loss', () => host.links.at(-1)?.currentState !== 'CONNECTED');
  await server.restart();
  await host.until('the server', () => host.links.at(-1)?.currentState === 'CONNECTED');
  expect(names(roster)).toEqual(['22', '23']);
  expect(roster.at.live?.sid).toBe(at.live?.sid ?? '');
  viewers.length = 0;
}, 120_000);
