import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { RTMClient } from '../../../rtm/src/index.ts';
import { logoutAll, type RtmUser } from '../../testing/clients/rtm-client.ts';
import { codeOf, loggedIn, newChannel } from '../../testing/clients/rtm-tables.ts';
import { testApp } from '../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../testing/processes/test-server.ts';

/** One test for each row of the API's tables of presence (spec: signaling section 3), against real servers. */
const announceMax = 8;
const intervalMs = 5_000;
let server: TestServer;
/** A server with the API's debounce, and a lease that a busy machine does not use up. */
let waiting: TestServer;
beforeAll(async () => {
  [server, waiting] = await Promise.all([
    startTestServer({ apps: [{ ...testApp, signaling: { announceMax, intervalMs, debounceMs: 0 } }] }),
    startTestServer({ leases: { signalingMs: 60_000 } }),
  ]);
}, 60_000);
afterEach(() => logoutAll());
afterAll(async () => {
  await Promise.all([server.close(), waiting.close()]);
});
const login = (userId: string) => loggedIn(server.url, userId);

/** Somebody in a channel who has seen the snapshot, and somebody who is not there yet. */
async function watched(): Promise<{ channel: string; ann: RtmUser; bob: RtmUser }> {
  const channel = newChannel();
  const [ann, bob] = [await login('ann'), await login('bob')];
  await ann.client.subscribe(channel);
  await ann.until('the snapshot', () => ann.presence.length === 1);
  return { channel, ann, bob };
}
const empty = { stateChanged: {}, interval: null, snapshot: null };

describe('event types', () => {
  test('RTM118: SNAPSHOT: for the one who joins alone, with all who are visible, oneself too, and their states', async () => {
    const { channel, ann, bob } = await watched();
    await ann.client.presence.setState(channel, 'MESSAGE', { mood: 'good' });
    await bob.client.subscribe(channel);
    await bob.until('the snapshot', () => bob.presence.length > 0);
    expect(bob.presence).toEqual([
      {
        eventType: 'SNAPSHOT',
        channelType: 'MESSAGE',
        channelName: channel,
        publisher: '',
        stateChanged: {},
        interval: null,
        snapshot: [
          { userId: 'ann', states: { mood: 'good' }, statesCount: 1 },
          { userId: 'bob', states: {}, statesCount: 0 },
        ],
        timestamp: expect.any(Number),
      },
    ]);
    await ann.until('bob', () => ann.presence.length === 2);
    expect(ann.told()).toEqual(['SNAPSHOT', 'REMOTE_JOIN bob']);
  });

  test('RTM118: REMOTE_JOIN: for others, at a subscription', async () => {
    const { channel, ann, bob } = await watched();
    await bob.client.subscribe(channel);
    await ann.until('bob', () => ann.presence.length === 2);
    expect(ann.presence[1]).toMatchObject({ ...empty, eventType: 'REMOTE_JOIN', publisher: 'bob' });
    await bob.until('the snapshot', () => bob.presence.length > 0);
    expect(bob.told()).toEqual(['SNAPSHOT']);
  });

  test('RTM118: REMOTE_LEAVE: at unsubscribe, and at logout in every channel', async () => {
    const { channel, ann, bob } = await watched();
    const other = newChannel();
    await ann.client.subscribe(other);
    await bob.client.subscribe(channel);
    await bob.client.unsubscribe(channel);
    await ann.until('the leave', () => ann.told().includes('REMOTE_LEAVE bob'));
    expect(ann.presence.at(-1)).toMatchObject({ ...empty, channelName: channel });
    await bob.client.subscribe(channel);
    await bob.client.subscribe(other);
    await bob.client.logout();
    await ann.until('both', () => ann.told().filter((each) => each === 'REMOTE_LEAVE bob').length === 3);
  });

  test('RTM118: REMOTE_STATE_CHANGED: for others, once for each call, with all that is set then', async () => {
    const { channel, ann, bob } = await watched();
    await bob.client.subscribe(channel);
    await bob.client.presence.setState(channel, 'MESSAGE', { a: '1', b: '2' });
    await bob.client.presence.setState(channel, 'MESSAGE', { b: '3' });
    await bob.client.presence.removeState(channel, 'MESSAGE', { states: ['a'] });
    await ann.until('three', () => ann.presence.length === 5);
    expect(ann.presence.slice(2)).toMatchObject(
      [{ a: '1', b: '2' }, { a: '1', b: '3' }, { b: '3' }].map((stateChanged) => ({
        eventType: 'REMOTE_STATE_CHANGED',
        publisher: 'bob',
        stateChanged,
        interval: null,
        snapshot: null,
      })),
    );
    expect(ann.presence.slice(2).map(({ stateChanged }) => Object.keys(stateChanged).length)).toEqual([
      2, 2, 1,
    ]);
    expect(bob.told()).toEqual(['SNAPSHOT']);
  });

  test('RTM118: ERROR_OUT_OF_SERVICE and NONE are never told: who subscribes without presence hears nothing', async () => {
    const { channel, ann, bob } = await watched();
    await bob.client.subscribe(channel, { withPresence: false });
    await ann.client.publish(channel, 'a mark');
    await bob.until('the mark', () => bob.messages.length > 0);
    expect(bob.presence).toEqual([]);
    const kinds = new Set(ann.presence.map(({ eventType }) => eventType));
    expect([...kinds].sort()).toEqual(['REMOTE_JOIN', 'SNAPSHOT']);
  });
});

describe('announce and interval mode', () => {
  test('RTM118: below the maximum one by one; from it on together, net, with the number at the end', async () => {
    const { channel, ann } = await watched();
    const others = await Promise.all(Array.from({ length: announceMax }, (_, each) => login(`u${each}`)));
    for (const { client } of others.slice(0, announceMax - 2)) await client.subscribe(channel);
    await ann.until('all of them', () => ann.presence.length === announceMax - 1);
    expect(
      new Set(
        ann
          .told()
          .slice(1)
          .map((each) => each.split(' ')[0]),
      ),
    ).toEqual(new Set(['REMOTE_JOIN']));

    const [last, fleeting] = others.slice(-2) as [RtmUser, RtmUser];
    await last.client.subscribe(channel);
    await fleeting.client.subscribe(channel);
    await fleeting.client.unsubscribe(channel);
    await last.client.presence.setState(channel, 'MESSAGE', { mood: 'good' });
    await others[0]?.client.unsubscribe(channel);
    await ann.until('the interval', () => ann.presence.some(({ eventType }) => eventType === 'INTERVAL'));
    // Users who came and went in one interval are in neither list.
    const shown = ann.presence.slice(announceMax - 1);
    expect(shown.at(-1)).toMatchObject({
      eventType: 'INTERVAL',
      channelType: 'MESSAGE',
      channelName: channel,
      publisher: '',
      stateChanged: {},
      snapshot: null,
    });
    const joined = shown.flatMap(({ interval, eventType, publisher }) =>
      eventType === 'REMOTE_JOIN' ? [publisher] : (interval?.join.users ?? []),
    );
    const left = shown.flatMap(({ interval, eventType, publisher }) =>
      eventType === 'REMOTE_LEAVE' ? [publisher] : (interval?.leave.users ?? []),
    );
    expect([joined, left]).toEqual([[`u${announceMax - 2}`], ['u0']]);
    expect(shown.at(-1)?.interval?.totalOccupancy).toBe(announceMax - 1);
  }, 30_000);

  test('RTM118: who comes to a channel in interval mode has the snapshot at once', async () => {
    const channel = newChannel();
    const users = await Promise.all(Array.from({ length: announceMax + 2 }, (_, each) => login(`u${each}`)));
    for (const { client } of users) await client.subscribe(channel);
    const last = users.at(-1);
    await last?.until('the snapshot', () => (last?.presence.length ?? 0) > 0);
    expect(last?.presence[0]?.snapshot).toHaveLength(announceMax + 2);
  });
});

describe('queries', () => {
  const aliases = [
    ['getOnlineUsers', 'whoNow'],
    ['getUserChannels', 'whereNow'],
  ] as const;
  test.each(aliases)('RTM118: %s and %s are the same', async (name, alias) => {
    const { channel, ann } = await watched();
    const presence = ann.client.presence as unknown as Record<string, (...args: string[]) => Promise<object>>;
    const args = name === 'getOnlineUsers' ? [channel, 'MESSAGE'] : ['ann'];
    const [one, other] = [await presence[name]?.(...args), await presence[alias]?.(...args)];
    expect({ ...one, timestamp: 0 }).toEqual({ ...other, timestamp: 0 });
  });

  test('RTM118: getOnlineUsers: also from outside; no states unless asked for', async () => {
    const { channel, ann, bob } = await watched();
    await ann.client.presence.setState(channel, 'MESSAGE', { a: '1' });
    expect(await bob.client.presence.getOnlineUsers(channel, 'MESSAGE')).toEqual({
      timestamp: expect.any(Number),
      totalOccupancy: 1,
      channelOccupancy: 1,
      occupants: [{ userId: 'ann', states: {}, statesCount: 0 }],
      nextPage: '',
    });
    const { occupants } = await bob.client.presence.getOnlineUsers(channel, 'MESSAGE', {
      includedState: true,
    });
    expect(occupants).toEqual([{ userId: 'ann', states: { a: '1' }, statesCount: 1 }]);
  });

  test('RTM118: includedUserId false: the number alone; with states: −13003', async () => {
    const { channel, ann } = await watched();
    const ask = (options: object) => ann.client.presence.getOnlineUsers(channel, 'MESSAGE', options);
    expect(await ask({ includedUserId: false })).toMatchObject({
      totalOccupancy: 1,
      occupants: [],
      nextPage: '',
    });
    expect(await codeOf(() => ask({ includedUserId: false, includedState: true }))).toBe(-13003);
  });

  test('RTM118: page: a hundred at a time; a page that is none: −13003', async () => {
    const channel = newChannel();
    const users: RtmUser[] = [];
    for (let each = 0; each < 120; each += 30)
      users.push(...(await Promise.all(Array.from({ length: 30 }, (_, index) => login(`p${each + index}`)))));
    await Promise.all(users.map(({ client }) => client.subscribe(channel)));
    const { presence } = (users[0] as RtmUser).client;
    const first = await presence.getOnlineUsers(channel, 'MESSAGE');
    expect([first.totalOccupancy, first.channelOccupancy, first.nextPage === '']).toEqual([100, 120, false]);
    const second = await presence.getOnlineUsers(channel, 'MESSAGE', { page: first.nextPage });
    expect([second.totalOccupancy, second.nextPage]).toEqual([20, '']);
    const all = [...first.occupants, ...second.occupants].map(({ userId }) => userId);
    expect(new Set(all).size).toBe(120);
    expect(await codeOf(() => presence.getOnlineUsers(channel, 'MESSAGE', { page: 'nonsense' }))).toBe(
      -13003,
    );
  }, 30_000);

  test("RTM118: getUserChannels: of both kinds; '' is oneself; who is not there is nowhere", async () => {
    const { channel, ann, bob } = await watched();
    const answer = { channels: [{ channelName: channel, channelType: 'MESSAGE' }], totalChannel: 1 };
    expect(await ann.client.presence.getUserChannels('')).toMatchObject(answer);
    expect(await bob.client.presence.getUserChannels('ann')).toMatchObject(answer);
    expect(await bob.client.presence.getUserChannels('away')).toMatchObject({
      channels: [],
      totalChannel: 0,
    });
  });
});

describe('temporary state', () => {
  const stateOf = async (client: RTMClient, channel: string) =>
    (await client.presence.getState('ann', channel, 'MESSAGE')).states;

  test('RTM118: setState: merges; what is no text becomes one', async () => {
    const { channel, ann, bob } = await watched();
    await ann.client.presence.setState(channel, 'MESSAGE', { a: '1', b: '2' });
    await ann.client.presence.setState(channel, 'MESSAGE', { b: true, c: 7 } as never);
    expect(await stateOf(bob.client, channel)).toEqual({ a: '1', b: 'true', c: '7' });
  });

  test('RTM118: getState: user first, with the count; of who is not there: −13011', async () => {
    const { channel, ann, bob } = await watched();
    await ann.client.presence.setState(channel, 'MESSAGE', { a: '1' });
    expect(await bob.client.presence.getState('ann', channel, 'MESSAGE')).toEqual({
      timestamp: expect.any(Number),
      userId: 'ann',
      states: { a: '1' },
      statesCount: 1,
    });
    expect(await codeOf(() => bob.client.presence.getState('bob', channel, 'MESSAGE'))).toBe(-13011);
  });

  test('RTM118: removeState: what is named; without names, or with none, all', async () => {
    const { channel, ann, bob } = await watched();
    for (const options of [undefined, {}, { states: [] }]) {
      await ann.client.presence.setState(channel, 'MESSAGE', { a: '1', b: '2' });
      await ann.client.presence.removeState(channel, 'MESSAGE', { states: ['a', 'never'] });
      expect(await stateOf(bob.client, channel)).toEqual({ b: '2' });
      await ann.client.presence.removeState(channel, 'MESSAGE', options);
      expect(await stateOf(bob.client, channel)).toEqual({});
    }
  });

  test('RTM118: 32 pairs: −13005 above; a key too long: −13008; a value too long: −13009', async () => {
    const { channel, ann } = await watched();
    const pairs = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, each) => [`k${each}`, '']));
    const set = (states: Record<string, string>) =>
      codeOf(() => ann.client.presence.setState(channel, 'MESSAGE', states));
    expect(await set(pairs(33))).toBe(-13005);
    expect(await set(pairs(32))).toBe(0);
    expect(await set({ more: '' })).toBe(-13005);
    await ann.client.presence.removeState(channel, 'MESSAGE');
    expect(await set({ ['k'.repeat(65)]: '' })).toBe(-13008);
    expect(await set({ k0: 'v'.repeat(1025) })).toBe(-13009);
    expect(await set({ k0: 'v'.repeat(1024), 'k[1].x': 'brackets and dots' })).toBe(0);
  });

  test('RTM118: set before the subscription: told with it, as a change after the join; 100 wait: −13004', async () => {
    const { channel, ann, bob } = await watched();
    await bob.client.presence.setState(channel, 'MESSAGE', { ready: 'yes' });
    expect(ann.told()).toEqual(['SNAPSHOT']);
    await bob.client.subscribe(channel);
    await ann.until('the state', () => ann.presence.length === 3);
    expect(ann.told()).toEqual(['SNAPSHOT', 'REMOTE_JOIN bob', 'REMOTE_STATE_CHANGED bob']);
    expect(ann.presence[2]?.stateChanged).toEqual({ ready: 'yes' });
    const codes: unknown[] = [];
    for (let each = 0; each < 4; each++)
      codes.push(
        await codeOf(() =>
          bob.client.presence.setState(
            `c${each}`,
            'MESSAGE',
            Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`k${at}`, ''])),
          ),
        ),
      );
    expect(codes).toEqual([0, 0, 0, -13004]);
  });

  test('RTM118: it lives as long as the subscription', async () => {
    const { channel, ann, bob } = await watched();
    await ann.client.presence.setState(channel, 'MESSAGE', { a: '1' });
    await ann.client.unsubscribe(channel);
    await ann.client.subscribe(channel);
    expect(await stateOf(bob.client, channel)).toEqual({});
  });
});

describe('debounce and loss', () => {
  const pair = async () => {
    const channel = newChannel();
    const [ann, bob] = [await loggedIn(waiting.url, 'ann'), await loggedIn(waiting.url, 'bob')];
    await ann.client.subscribe(channel);
    await bob.client.presence.setState(channel, 'MESSAGE', { seat: '7' });
    await bob.client.subscribe(channel);
    await ann.until('bob', () => ann.presence.length === 3);
    return { channel, ann, bob };
  };

  test('RTM118: who is back within 2 s was never away; the count drops at once all the same', async () => {
    const { channel, ann, bob } = await pair();
    await bob.client.unsubscribe(channel);
    expect((await ann.client.presence.getOnlineUsers(channel, 'MESSAGE')).totalOccupancy).toBe(1);
    await bob.client.subscribe(channel);
    await bob.client.unsubscribe(channel);
    const leftMs = Date.now();
    await ann.until('the leave', () => ann.told().includes('REMOTE_LEAVE bob'));
    expect(Date.now() - leftMs).toBeGreaterThan(1_500);
    expect(ann.told().filter((each) => each.endsWith('bob'))).toEqual([
      'REMOTE_JOIN bob',
      'REMOTE_STATE_CHANGED bob',
      // States that were set went with the first subscription.
      'REMOTE_STATE_CHANGED bob',
      'REMOTE_LEAVE bob',
    ]);
    expect(ann.presence.at(-2)?.stateChanged).toEqual({});
  }, 30_000);

  test('RTM118: a lost connection that is back in time is no event, and keeps its state', async () => {
    const { channel, ann, bob } = await pair();
    bob.breakSocket();
    await bob.until('the loss', () => bob.links.at(-1)?.currentState !== 'CONNECTED');
    await bob.until('the connection', () => bob.links.at(-1)?.currentState === 'CONNECTED');
    expect(bob.links.at(-1)?.isResumed).toBe(true);
    await ann.client.publish(channel, 'a mark');
    await ann.until('the mark', () => ann.messages.length > 0);
    expect(ann.presence).toHaveLength(3);
    expect((await ann.client.presence.getState('bob', channel, 'MESSAGE')).states).toEqual({ seat: '7' });
  }, 30_000);
});
