import { afterEach, describe, expect, test } from 'bun:test';
import type { SignalingPresenceEvent, SignalingServerFrame, SignalingStates } from '@housecount/protocol';
import fc from 'fast-check';
import { anyLobbyStep, anyUser, Lobby } from '../../../testing/models/lobby.ts';
import { peopleOf } from '../../../testing/models/people.ts';
import { eachOnce, RosterModel } from '../../../testing/models/people-roster.ts';
import { app, leaseMs, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { liveKey } from '../../channel/channel.ts';
import { fixed } from '../../fixed-limits.ts';
import type { SignalingApp } from '../names/app.ts';
import type { SignalingLimits } from '../signaling-limits.ts';

let world: SignalingWorld | undefined;
async function begin(
  changes: Partial<SignalingApp['signaling']> = {},
  limits: Partial<SignalingLimits> = {},
): Promise<SignalingWorld> {
  world = await SignalingWorld.start({ signaling: { ...app.signaling, ...changes } }, false, { limits });
  return world;
}
afterEach(async () => {
  expectNoFaults();
  await world?.stop();
  world = undefined;
});

const place = { channelType: 'MESSAGE', channel: 'lobby' } as const;
const truth = (w: SignalingWorld) =>
  Object.fromEntries([...peopleOf(w.log, app.id, 'lobby')].map(([userId, { states }]) => [userId, states]));

/** The people that a client knows, who folds each event as it comes: each of them once at every moment. */
class Folded {
  readonly people = new Map<string, SignalingStates>();
  /** Events in order, one for each word. */
  readonly told: string[] = [];
  /** What could not be: thrown to the server it would be nobody's. */
  readonly faults: unknown[] = [];

  constructor(client: TestClient) {
    const send = client.send.bind(client);
    client.send = (text) => {
      const frame = JSON.parse(text) as SignalingServerFrame;
      if (!client.closed && frame.type === 'presence' && frame.channel === 'lobby')
        try {
          this.#take(frame.event);
        } catch (cause) {
          this.faults.push(cause);
        }
      send(text);
    };
  }

  #take(event: SignalingPresenceEvent): void {
    const { people } = this;
    switch (event.type) {
      case 'SNAPSHOT':
        people.clear();
        for (const { userId, states } of event.occupants) people.set(userId, states);
        break;
      case 'REMOTE_JOIN':
        this.#joins(event.userId);
        break;
      case 'REMOTE_LEAVE':
      case 'REMOTE_TIMEOUT':
        this.#goes(event.userId);
        break;
      case 'REMOTE_STATE_CHANGED':
        if (!people.has(event.userId)) throw new Error(`${event.userId} changes and is not there`);
        people.set(event.userId, event.states);
        break;
      case 'INTERVAL':
        for (const userId of [...event.leave, ...event.timeout]) this.#goes(userId);
        for (const userId of event.join) this.#joins(userId);
        for (const { userId, states } of event.states) people.set(userId, states);
        if (people.size !== event.totalOccupancy)
          throw new Error(`${people.size} are known of ${event.totalOccupancy}`);
    }
    this.told.push('userId' in event ? `${event.type} ${event.userId}` : event.type);
    eachOnce([...people].map(([userId, states]) => ({ userId, states })));
  }

  #joins(userId: string): void {
    if (this.people.has(userId)) throw new Error(`${userId} joins twice`);
    this.people.set(userId, {});
  }

  #goes(userId: string): void {
    if (!this.people.delete(userId)) throw new Error(`${userId} goes and is not there`);
  }
}

const watching: Folded[] = [];
function expectNoFaults(): void {
  expect(watching.splice(0).flatMap(({ faults }) => faults)).toEqual([]);
}

/** Somebody who is not seen and watches. */
async function watch(w: SignalingWorld, userId = 'watcher') {
  const client = await w.login(userId);
  const folded = new Folded(client);
  watching.push(folded);
  await client.subscribes('lobby', { beQuiet: true, withMessage: false });
  folded.told.length = 0;
  return { client, folded };
}

async function onlineUsers(client: TestClient) {
  const answer = await client.asks({
    type: 'online-users',
    ...place,
    includedUserId: true,
    includedState: true,
  });
  if (answer.type !== 'ok' || !answer.result || !('occupants' in answer.result)) throw new Error('no page');
  const { occupants, channelOccupancy } = answer.result;
  expect(occupants).toHaveLength(channelOccupancy);
  return Object.fromEntries(
    occupants.map(({ userId, states }): [string, SignalingStates] => [userId, states]),
  );
}

const stateOf = (client: TestClient, userId: string) => client.asks({ type: 'get-state', ...place, userId });
const placesOf = async (client: TestClient, userId: string) => {
  const answer = await client.asks({ type: 'user-channels', userId });
  if (answer.type !== 'ok' || !answer.result || !('channels' in answer.result)) throw new Error('no places');
  return answer.result.channels.map(({ channelName }) => channelName);
};

describe('one entry', () => {
  test('PERSON40: a linked member is shown as the user: with whom it is one, from the first link to the last', async () => {
    const w = await begin({ debounceMs: 0 });
    const { client, folded } = await watch(w);
    const viewer = await w.joins({ uid: 4711 }, { userId: 'ann' });
    expect(folded.told).toEqual(['REMOTE_JOIN ann', 'REMOTE_STATE_CHANGED ann']);
    const ann = await w.login('ann');
    await ann.subscribes('lobby', { states: { mood: 'good' } });
    const states = { mood: 'good', role: 'audience', uid: '4711' };
    expect(await onlineUsers(client)).toEqual({ ann: states });
    expect(await stateOf(client, 'ann')).toMatchObject({ result: { states } });
    expect(await stateOf(client, '4711')).toMatchObject({ code: -13011 });
    expect(await placesOf(client, 'ann')).toEqual(['lobby']);
    expect(await placesOf(client, '4711')).toEqual([]);
    folded.told.length = 0;
    await viewer.leaves();
    expect(await onlineUsers(client)).toEqual({ ann: { mood: 'good' } });
    const again = await w.joins({ uid: 4711 }, { userId: 'ann' });
    await ann.asks({ type: 'unsubscribe', ...place });
    expect(await onlineUsers(client)).toEqual({ ann: { role: 'audience', uid: '4711' } });
    expect(new Set(folded.told)).toEqual(new Set(['REMOTE_STATE_CHANGED ann']));
    await again.falls();
    await w.advance(leaseMs + 1);
    expect(folded.told.at(-1)).toBe('REMOTE_TIMEOUT ann');
    expect([await onlineUsers(client), await placesOf(client, 'ann')]).toEqual([{}, []]);
  });

  test('PERSON41: with several links: a host if any is, the first uid, and all of them by arrival; nobody else says uids', async () => {
    const w = await begin({ debounceMs: 0 });
    const { client, folded } = await watch(w);
    const mallory = await w.login('mallory');
    await mallory.subscribes('lobby', { states: { uids: '7,8' } });
    const page = await w.joins({ uid: 9 });
    await w.joins({ uid: 5 }, { userId: 'ann', role: 'broadcaster' });
    await page.links('ann');
    expect(folded.people.get('ann')).toEqual({ role: 'broadcaster', uid: '9', uids: '9,5' });
    expect(await stateOf(client, 'ann')).toMatchObject({ result: { states: { uid: '9', uids: '9,5' } } });
    expect(await onlineUsers(client)).toEqual({
      mallory: {},
      ann: { role: 'broadcaster', uid: '9', uids: '9,5' },
    });
    await page.leaves();
    expect(folded.people.get('ann')).toEqual({ role: 'broadcaster', uid: '5' });
    // More than anybody needs are hers all the same.
    for (let uid = 101; uid <= 100 + fixed.personUidsMax; uid++) await w.joins({ uid }, { userId: 'ann' });
    const { uids = '' } = folded.people.get('ann') ?? {};
    expect(uids.split(',')).toHaveLength(fixed.personUidsMax);
    expect(Object.keys(await onlineUsers(client))).toEqual(['mallory', 'ann']);
  });

  test('PERSON40: silent while nothing is heard by any link, and counted once, as a host if any link is one', async () => {
    const w = await begin();
    const watcher = await w.login('watcher');
    const model = new RosterModel();
    for (const view of [undefined, { count: true }])
      await watcher.asks({ type: 'subscribe-roster', ...place, ...(view && { view }) });
    const take = () => {
      for (const frame of watcher.frames.splice(0)) model.take(frame);
    };
    const first = await w.joins({ uid: 1 }, { userId: 'ann' });
    const second = await w.joins({ uid: 2 }, { userId: 'ann', role: 'broadcaster' });
    await first.falls();
    await w.advance(fixed.rosterViewMs);
    take();
    expect(model.counts.get('count')).toEqual([1, 1, 0, 0]);
    expect(model.all?.get('ann')).toMatchObject({ live: { uid: 1, role: 'broadcaster', uids: [1, 2] } });
    await second.falls();
    await w.advance(fixed.rosterViewMs);
    take();
    expect(model.counts.get('count')).toEqual([1, 1, 0, 1]);
    expect(model.all?.get('ann')?.interruptedSinceMs).toBeGreaterThan(0);
  });
});

describe('late', () => {
  test('PERSON42: while a link is awaited nobody is told of the member; then of who it is, or of itself alone', async () => {
    const w = await begin({ debounceMs: 0 });
    const { client, folded } = await watch(w);
    const [one, two] = [
      await w.joins({ uid: 1 }, { linkAwaited: true }),
      await w.joins({ uid: 2 }, { linkAwaited: true }),
    ];
    await one.becomes('broadcaster');
    expect([folded.told, await onlineUsers(client), await placesOf(client, '1')]).toEqual([[], {}, []]);
    expect(await stateOf(client, '1')).toMatchObject({ code: -13011 });
    await one.links('ann');
    await two.links();
    expect(await onlineUsers(client)).toEqual({
      ann: { role: 'broadcaster', uid: '1' },
      2: { role: 'audience', uid: '2' },
    });
    expect(folded.told).toEqual([
      'REMOTE_JOIN ann',
      'REMOTE_STATE_CHANGED ann',
      'REMOTE_JOIN 2',
      'REMOTE_STATE_CHANGED 2',
    ]);
    // Who leaves before it is known never was there.
    const three = await w.joins({ uid: 3 }, { linkAwaited: true });
    await three.leaves();
    expect(folded.told).toHaveLength(4);
  });

  test('PERSON43: a late link takes back who was shown, at once and with what becomes of the user; in the live channel nothing happens', async () => {
    const w = await begin();
    const { folded } = await watch(w);
    const ann = await w.login('ann');
    const viewer = await w.joins({ uid: 4711 });
    const before = w.log.channel(liveKey(app.id, 'lobby'))?.seq;
    folded.told.length = 0;
    await viewer.links('ann');
    expect(folded.told).toEqual(['REMOTE_LEAVE 4711', 'REMOTE_JOIN ann', 'REMOTE_STATE_CHANGED ann']);
    await ann.subscribes('lobby');
    const other = await w.joins({ uid: 4712 });
    folded.told.length = 0;
    await other.links('ann');
    expect(folded.told).toEqual(['REMOTE_LEAVE 4712', 'REMOTE_STATE_CHANGED ann']);
    expect(folded.people.get('ann')).toEqual({ role: 'audience', uid: '4711', uids: '4711,4712' });
    // Somebody else has logged in on the page.
    await other.links('bob');
    expect(folded.told.slice(2)).toEqual([
      'REMOTE_STATE_CHANGED ann',
      'REMOTE_JOIN bob',
      'REMOTE_STATE_CHANGED bob',
    ]);
    expect(w.log.channel(liveKey(app.id, 'lobby'))?.seq).toBe((before ?? 0) + 1);
  });

  test('PERSON43: that is so of a user with more members than are named', async () => {
    const w = await begin();
    const { folded } = await watch(w);
    const viewer = await w.joins({ uid: 4711 });
    for (let uid = 1; uid <= fixed.personUidsMax; uid++) await w.joins({ uid }, { userId: 'ann' });
    const late = await w.joins({ uid: 4712 });
    folded.told.length = 0;
    await late.links('ann');
    await viewer.links('ann');
    expect(folded.told).toEqual(['REMOTE_LEAVE 4712', 'REMOTE_LEAVE 4711', 'REMOTE_STATE_CHANGED ann']);
    expect(Object.keys(truth(w))).toEqual(['ann']);
  });

  test('PERSON43: in an interval it is one net effect', async () => {
    const w = await begin({ announceMax: 3, intervalMs: 5_000 }, { signalingWindowChangesMax: 5 });
    for (const uid of [1, 2, 3]) await w.joins({ uid });
    const { client } = await watch(w);
    const viewer = await w.joins({ uid: 4711 });
    await w.advance(5_000);
    // Windows that have room for one more change are told in one part all the same.
    await w.joins({ uid: 5 });
    await w.joins({ uid: 6 });
    client.news();
    await viewer.links('ann');
    await w.advance(5_000);
    const states = { role: 'audience', uid: '4711' };
    expect(client.news()).toEqual([
      {
        type: 'INTERVAL',
        join: ['5', '6', 'ann'],
        leave: ['4711'],
        timeout: [],
        states: [
          { userId: '5', states: { role: 'audience', uid: '5' } },
          { userId: '6', states: { role: 'audience', uid: '6' } },
        ],
        totalOccupancy: 6,
      },
      {
        type: 'INTERVAL',
        join: [],
        leave: [],
        timeout: [],
        states: [{ userId: 'ann', states }],
        totalOccupancy: 6,
      },
    ]);
  });

  test('PERSON43: the roster tells it as one who left into another, and in the same frame what becomes of that', async () => {
    const w = await begin();
    const watcher = await w.login('watcher');
    await watcher.asks({ type: 'subscribe-roster', ...place });
    const viewer = await w.joins({ uid: 4711 });
    await w.advance(fixed.rosterViewMs);
    watcher.frames.splice(0);
    await viewer.links('ann');
    await w.advance(fixed.rosterViewMs);
    expect(watcher.all('roster-changes')).toMatchObject([
      {
        count: 1,
        changes: [
          { type: 'left', userId: '4711', into: 'ann', reason: 'quit' },
          { type: 'joined', member: { userId: 'ann', live: { uid: 4711 } } },
        ],
      },
    ]);
    expect(watcher.all('roster-changes')[0]?.changes.some(({ event }) => event)).toBe(false);
  });

  test('PERSON46: who left, and is back as somebody else within the debounce, is never there as both', async () => {
    const w = await begin();
    const { folded } = await watch(w);
    const viewer = await w.joins({ uid: 4711 });
    await viewer.leaves();
    folded.told.length = 0;
    const back = await w.joins({ uid: 4711 }, { userId: 'ann' });
    expect(folded.told).toEqual(['REMOTE_LEAVE 4711', 'REMOTE_JOIN ann', 'REMOTE_STATE_CHANGED ann']);
    await back.leaves();
    await w.joins({ uid: 4711 });
    expect(folded.told.slice(3)).toEqual([
      'REMOTE_LEAVE ann',
      'REMOTE_JOIN 4711',
      'REMOTE_STATE_CHANGED 4711',
    ]);
    await w.advance(10_000);
    expect(folded.told).toHaveLength(6);
  });

  test('PERSON46: what somebody says of themselves ends nobody’s debounce', async () => {
    const w = await begin();
    const { folded } = await watch(w);
    const mallory = await w.login('mallory');
    await mallory.subscribes('lobby');
    const viewer = await w.joins({ uid: 4711 });
    await viewer.leaves();
    folded.told.length = 0;
    // The live channel is not open, so that anybody may say so.
    const states = { role: 'audience', uid: '4711', uids: '4711' };
    await mallory.asks({ type: 'set-state', ...place, states });
    expect(folded.told).toEqual(['REMOTE_STATE_CHANGED mallory']);
    // Whoever folds it by what it says takes her for that member: the claim is hers, and nobody else's.
    expect(folded.faults.splice(0)).toHaveLength(1);
    await w.joins({ uid: 4711 });
    expect(folded.told).not.toContain('REMOTE_LEAVE 4711');
  });
});

describe('who is not shown', () => {
  test('PERSON44: a member that nothing proves adds nothing to the user of that id, and does not keep it there', async () => {
    const w = await begin({ debounceMs: 0 });
    const { client, folded } = await watch(w);
    const bob = await w.login('bob');
    await bob.subscribes('lobby', { states: { mood: 'good' } });
    const impostor = await w.joins({ account: 'bob' }, { unproven: true, role: 'broadcaster' });
    expect(await onlineUsers(client)).toEqual({ bob: { mood: 'good' } });
    expect(await stateOf(client, 'bob')).toMatchObject({ result: { states: { mood: 'good' } } });
    await bob.asks({ type: 'unsubscribe', ...place });
    expect(folded.told.slice(-3)).toEqual([
      'REMOTE_LEAVE bob',
      'REMOTE_JOIN bob',
      'REMOTE_STATE_CHANGED bob',
    ]);
    // Alone it is shown as ever.
    expect(folded.people.get('bob')).toMatchObject({ role: 'broadcaster' });
    await impostor.links('mallory');
    expect(Object.keys(await onlineUsers(client))).toEqual(['mallory']);
    // Beside one that is linked it adds nothing either; and who is linked is proven.
    const own = await w.joins({ uid: 7 }, { userId: 'bob' });
    const other = await w.joins({ account: 'bob' }, { unproven: true });
    expect(folded.people.get('bob')).toEqual({ role: 'audience', uid: '7' });
    await other.links('bob');
    expect(folded.people.get('bob')).toMatchObject({ uids: `7,${other.uid}` });
    await own.leaves();
    expect(Object.keys(await onlineUsers(client))).toEqual(['bob']);
  });

  test('PERSON45: an account that is no user id of signaling is not shown, nor counted, unless it is linked', async () => {
    const w = await begin({ debounceMs: 0 });
    const { client, folded } = await watch(w);
    const [one, two] = [await w.joins({ account: '_agent' }), await w.joins({ account: 'a.name' })];
    expect([folded.told, await onlineUsers(client)]).toEqual([[], {}]);
    await one.links('ann');
    await two.leaves();
    expect(await onlineUsers(client)).toEqual({ ann: { role: 'audience', uid: String(one.uid) } });
    // It counts as a member all the same: while the live channel is open nobody gives themselves a role.
    await one.leaves();
    const mallory = await w.login('mallory');
    await mallory.subscribes('lobby', { states: { role: 'broadcaster' } });
    expect(await onlineUsers(client)).toEqual({ mallory: { role: 'broadcaster' } });
    await w.joins({ account: '_agent' });
    expect(await onlineUsers(client)).toEqual({ mallory: {} });
  });

  test('PERSON40: where a user is comes from every live channel in which a member is linked to them, also after a restart', async () => {
    const w = await begin();
    const one = await w.joins({ uid: 1 }, { channel: 'a', userId: 'ann' });
    await w.joins({ uid: 2 }, { channel: 'a', userId: 'ann' });
    await w.joins({ uid: 3 }, { channel: 'b', userId: 'ann' });
    const asker = await w.login('asker');
    expect((await placesOf(asker, 'ann')).sort()).toEqual(['a', 'b']);
    await one.links('bob');
    expect([(await placesOf(asker, 'ann')).sort(), await placesOf(asker, 'bob')]).toEqual([
      ['a', 'b'],
      ['a'],
    ]);
    await w.crash();
    await w.start();
    const again = await w.login('asker');
    expect([(await placesOf(again, 'ann')).sort(), await placesOf(again, 'bob')]).toEqual([
      ['a', 'b'],
      ['a'],
    ]);
    expect(await placesOf(again, '1')).toEqual([]);
  });
});

const anyStep = fc.oneof(
  { weight: 22, arbitrary: anyLobbyStep },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('log out' as const), user: anyUser }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('watch' as const) }) },
);

test('SIG27, PERSON46: whatever links come and go, and when, who folds what it is told knows who is there, each of them once at every moment', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { maxLength: 20, size: 'max' }),
      fc.constantFrom(2, 4, 50),
      fc.constantFrom(0, 2_000),
      async (steps, announceMax, debounceMs) => {
        const w = await begin({ announceMax, debounceMs, intervalMs: 5_000 });
        try {
          const watchers = [await watch(w)];
          const [first] = watchers;
          const lobby = new Lobby(w);
          for (const one of steps) {
            if (one.what === 'watch') watchers.push(await watch(w, `watcher ${watchers.length}`));
            else if (one.what === 'log out') await lobby.known(one.user)?.says({ type: 'logout' });
            else await lobby.takes(one);
            // Lists and counts are exact at once.
            if (first) expect(await onlineUsers(first.client)).toEqual(truth(w));
          }
          await w.advance(20_000);
          expectNoFaults();
          for (const { folded } of watchers) expect(Object.fromEntries(folded.people)).toEqual(truth(w));
          for (const [userId, states] of Object.entries(truth(w)))
            if (first) expect(await stateOf(first.client, userId)).toMatchObject({ result: { states } });
        } finally {
          watching.length = 0;
          await w.stop();
          world = undefined;
        }
      },
    ),
    {
      numRuns: 150,
      // Who is linked is shown as the user, whose id another has whom nothing proves.
      examples: [
        [
          [
            { what: 'join', user: 1, how: { unproven: true } },
            { what: 'join', user: 4, how: { unproven: true } },
            { what: 'link', user: 4, to: 1 },
          ],
          2,
          0,
        ],
      ],
    },
  );
}, 300_000);
