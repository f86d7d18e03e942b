import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { SignalingPresenceEvent, SignalingRequest, SignalingResult } from '@housecount/protocol';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { type Harness, makeClient } from '../testing/harness.ts';

let world: FakeWorld;
let ann: Harness;
beforeEach(async () => {
  world = new FakeWorld();
  ann = makeClient();
  await ann.client.login();
});
afterEach(() => world.restore());

const told = (event: SignalingPresenceEvent, channel = 'lobby'): void =>
  world.socket.tell({ type: 'presence', channelType: 'MESSAGE', channel, event, serverMs: 5 });
const answer = (result: SignalingResult): void => {
  world.onRequest = (request, socket) =>
    socket.tell({ type: 'ok', id: request.id, serverMs: world.nowMs, result });
};
const kinds = (): unknown[] =>
  world.requests.splice(0).map((request: SignalingRequest) => {
    if (request.type === 'set-state') return ['set', request.channel, request.states];
    if (request.type === 'remove-state') return ['remove', request.channel, request.keys];
    if (request.type === 'subscribe') return ['subscribe', request.channel, request.states];
    return [request.type];
  });

test('RTM50: each presence event is told with all its fields', async () => {
  await ann.client.subscribe('lobby');
  const bob = { userId: 'bob', states: { mood: 'fine' } };
  told({ type: 'SNAPSHOT', occupants: [{ userId: 'ann', states: {} }, bob] });
  told({ type: 'REMOTE_JOIN', userId: 'cat' });
  told({ type: 'REMOTE_LEAVE', userId: 'cat' });
  told({ type: 'REMOTE_TIMEOUT', userId: 'bob' });
  told({ type: 'REMOTE_STATE_CHANGED', ...bob });
  told({
    type: 'INTERVAL',
    join: ['dan', 'eve'],
    leave: ['cat'],
    timeout: [],
    states: [bob],
    totalOccupancy: 60,
  });
  await world.settle();
  const state = { ...bob, statesCount: 1 };
  const usual = {
    channelType: 'MESSAGE',
    channelName: 'lobby',
    publisher: '',
    stateChanged: {},
    interval: null,
    snapshot: null,
    timestamp: 5,
  };
  expect(ann.presence).toEqual([
    { ...usual, eventType: 'SNAPSHOT', snapshot: [{ userId: 'ann', states: {}, statesCount: 0 }, state] },
    { ...usual, eventType: 'REMOTE_JOIN', publisher: 'cat' },
    { ...usual, eventType: 'REMOTE_LEAVE', publisher: 'cat' },
    { ...usual, eventType: 'REMOTE_TIMEOUT', publisher: 'bob' },
    { ...usual, eventType: 'REMOTE_STATE_CHANGED', publisher: 'bob', stateChanged: { mood: 'fine' } },
    {
      ...usual,
      eventType: 'INTERVAL',
      interval: {
        join: { users: ['dan', 'eve'], userCount: 2 },
        leave: { users: ['cat'], userCount: 1 },
        timeout: { users: [], userCount: 0 },
        userStateList: [state],
        totalOccupancy: 60,
      },
    },
  ] as never);
});

test('RTM50: nobody is told of oneself, but for the snapshot', async () => {
  await ann.client.subscribe('lobby');
  for (const type of ['REMOTE_JOIN', 'REMOTE_LEAVE', 'REMOTE_TIMEOUT'] as const)
    told({ type, userId: 'ann' });
  told({ type: 'REMOTE_STATE_CHANGED', userId: 'ann', states: {} });
  told({ type: 'SNAPSHOT', occupants: [{ userId: 'ann', states: {} }] });
  await world.settle();
  expect(ann.presence.map(({ eventType }) => eventType)).toEqual(['SNAPSHOT']);
});

for (const method of ['getOnlineUsers', 'whoNow'] as const)
  test(`RTM51: ${method} asks for a page and gives it, with the number in the channel beside`, async () => {
    answer({
      occupants: [{ userId: 'bob', states: { mood: 'fine' } }],
      totalOccupancy: 1,
      channelOccupancy: 70_000,
      nextPage: 'next',
    });
    const { presence } = ann.client;
    expect(await presence[method]('lobby', 'MESSAGE', { includedState: true, page: 'first' })).toEqual({
      timestamp: world.nowMs,
      totalOccupancy: 1,
      occupants: [{ userId: 'bob', states: { mood: 'fine' }, statesCount: 1 }],
      nextPage: 'next',
      channelOccupancy: 70_000,
    });
    await presence[method]('lobby', 'STREAM', { includedUserId: false });
    const usual = { type: 'online-users', channel: 'lobby' };
    expect(world.requests).toEqual([
      { ...usual, id: 1, channelType: 'MESSAGE', includedUserId: true, includedState: true, page: 'first' },
      { ...usual, id: 2, channelType: 'STREAM', includedUserId: false, includedState: false },
    ] as never);
    expect(await outcome(presence[method]('', 'MESSAGE'))).toBe(-10008);
    expect(await outcome(presence[method]('x', 'USER'))).toBe(-10019);
    for (const bad of [
      { includedUserId: false, includedState: true },
      { page: 7 },
      { includedState: 'yes' },
      7,
    ])
      expect(await outcome(presence[method]('x', 'MESSAGE', bad as never))).toBe(-13003);
  });

for (const method of ['getUserChannels', 'whereNow'] as const)
  test(`RTM52: ${method} gives the channels of a user; of nobody, one's own`, async () => {
    answer({ channels: [{ channelName: 'lobby', channelType: 'MESSAGE' }] });
    const { presence } = ann.client;
    expect(await presence[method]('bob')).toEqual({
      timestamp: world.nowMs,
      channels: [{ channelName: 'lobby', channelType: 'MESSAGE' }],
      totalChannel: 1,
    });
    await presence[method]('');
    expect(world.of('user-channels').map(({ userId }) => userId)).toEqual(['bob', 'ann']);
    for (const bad of ['_x', 'a.b', 7, null])
      expect(await outcome(presence[method](bad as string))).toBe(-10006);
  });

test('RTM52: an answer to something else is a failure, not a guess', async () => {
  answer({ states: {} });
  expect(await outcome(ann.client.presence.getUserChannels('bob'))).toBe(-13013);
  expect(await outcome(ann.client.presence.getOnlineUsers('x', 'MESSAGE'))).toBe(-13013);
});

test('RTM53: getState takes the user first, and rejects as the server does', async () => {
  answer({ states: { mood: 'fine' } });
  const { presence } = ann.client;
  expect(await presence.getState('bob', 'lobby', 'MESSAGE')).toEqual({
    timestamp: world.nowMs,
    userId: 'bob',
    states: { mood: 'fine' },
    statesCount: 1,
  });
  expect(world.of('get-state')).toEqual([
    { type: 'get-state', id: 1, channelType: 'MESSAGE', channel: 'lobby', userId: 'bob' },
  ]);
  expect(await outcome(presence.getState('', 'lobby', 'MESSAGE'))).toBe(-10006);
  expect(await outcome(presence.getState('bob', '', 'MESSAGE'))).toBe(-10008);
  expect(await outcome(presence.getState('bob', 'lobby', 'USER'))).toBe(-10019);
  world.onRequest = (request, socket) => socket.refuse(request.id, -13011);
  expect(await outcome(presence.getState('bob', 'lobby', 'MESSAGE'))).toBe(-13011);
});

test('RTM54: setState and removeState send what changes; values become strings', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  const { presence } = client;
  expect(await presence.setState('lobby', 'MESSAGE', { mood: 'fine', seat: 7 as never })).toEqual({
    timestamp: world.nowMs,
  });
  await presence.removeState('lobby', 'MESSAGE', { states: ['seat'] });
  await presence.removeState('lobby', 'MESSAGE', { states: [] });
  await presence.removeState('lobby', 'MESSAGE');
  expect(kinds()).toEqual([
    ['subscribe', 'lobby', undefined],
    ['set', 'lobby', { mood: 'fine', seat: '7' }],
    ['remove', 'lobby', ['seat']],
    ['remove', 'lobby', []],
    ['remove', 'lobby', []],
  ]);
  for (const bad of [null, 7, 'x', []])
    expect(await outcome(presence.setState('x', 'MESSAGE', bad as never))).toBe(-13003);
  expect(await outcome(presence.setState('x', 'MESSAGE', { '': 'x' }))).toBe(-13006);
  expect(await outcome(presence.removeState('x', 'MESSAGE', { states: 'x' as never }))).toBe(-13003);
  // These would remove every state if they were taken for absent options.
  for (const bad of ['mood', ['mood'], 7])
    expect(await outcome(presence.removeState('x', 'MESSAGE', bad as never))).toBe(-13003);
  expect(await outcome(presence.setState('x', 'USER', {}))).toBe(-10019);
  expect(await outcome(presence.removeState('', 'MESSAGE'))).toBe(-10008);
});

const many = (count: number, from = 0): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${from + at}`, 'v']));

test('RTM54: 32 keys in a channel at most, those there counted in', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  await client.presence.setState('lobby', 'MESSAGE', many(32));
  await client.presence.setState('lobby', 'MESSAGE', many(32));
  expect(await outcome(client.presence.setState('lobby', 'MESSAGE', { more: '' }))).toBe(-13005);
  expect(await outcome(client.presence.setState('hall', 'MESSAGE', many(33)))).toBe(-13005);
});

test('RTM54: a state that the server refuses is not kept', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  await client.presence.setState('lobby', 'MESSAGE', { mood: 'fine' });
  world.onRequest = (request, socket) => socket.refuse(request.id, -13009);
  expect(await outcome(client.presence.setState('lobby', 'MESSAGE', { long: 'x' }))).toBe(-13009);
  world.onRequest = (request, socket) => socket.ok(request.id);
  world.onLogin = (_, socket) => socket.tell(world.welcome());
  kinds();
  world.socket.drop();
  await world.pass(2000);
  expect(kinds()).toEqual([['subscribe', 'lobby', { mood: 'fine' }]]);
});

test('RTM55: a state set before the subscription is kept, and goes with it', async () => {
  const { client } = ann;
  expect(await client.presence.setState('lobby', 'MESSAGE', { a: '1', b: '2' })).toEqual({ timestamp: 0 });
  await client.presence.removeState('lobby', 'MESSAGE', { states: ['b'] });
  await client.presence.setState('lobby', 'MESSAGE', { c: '3' });
  expect(kinds()).toEqual([]);
  await client.subscribe('lobby');
  expect(kinds()).toEqual([['subscribe', 'lobby', { a: '1', c: '3' }]]);
  await client.unsubscribe('lobby');
  await client.subscribe('lobby');
  expect(kinds()).toEqual([['unsubscribe'], ['subscribe', 'lobby', undefined]]);
});

test('RTM55: a state set while the subscription is on its way follows it', async () => {
  const { client } = ann;
  await client.presence.setState('lobby', 'MESSAGE', { a: '1' });
  world.onRequest = () => undefined;
  const subscribed = client.subscribe('lobby');
  await client.presence.setState('lobby', 'MESSAGE', { b: '2' });
  expect(kinds()).toEqual([['subscribe', 'lobby', { a: '1' }]]);
  world.socket.ok(1);
  await subscribed;
  expect(kinds()).toEqual([['set', 'lobby', { b: '2' }]]);
});

test('RTM160: a state that no server takes is refused at once, and never stands in the way of a subscription', async () => {
  const { client } = ann;
  const { presence } = client;
  const long = 'v'.repeat(1024);
  const kilobytes = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, long]));
  await presence.setState('lobby', 'MESSAGE', { mood: 'fine' });
  expect(await outcome(presence.setState('lobby', 'MESSAGE', { [`${'k'.repeat(63)}é`]: '' }))).toBe(-13008);
  expect(await outcome(presence.setState('lobby', 'MESSAGE', { a: `${long.slice(1)}é` }))).toBe(-13009);
  expect(await outcome(presence.setState('lobby', 'MESSAGE', kilobytes(8)))).toBe(-13009);
  expect(await outcome(presence.setState('arena', 'STREAM', { a: `${long}v` }))).toBe(-13009);
  // States that are set already count towards the limit; states that are replaced do not.
  await presence.setState('lobby', 'MESSAGE', kilobytes(7));
  await presence.setState('lobby', 'MESSAGE', kilobytes(7));
  expect(await outcome(presence.setState('lobby', 'MESSAGE', { more: long }))).toBe(-13009);
  kinds();
  await client.subscribe('lobby');
  expect(kinds()).toEqual([['subscribe', 'lobby', { mood: 'fine', ...kilobytes(7) }]]);
  world.onLogin = (_, socket) => socket.tell(world.welcome());
  world.socket.drop();
  await world.settle();
  expect(await outcome(presence.setState('lobby', 'MESSAGE', { more: long }))).toBe(-13009);
  await world.pass(2000);
  expect(kinds()).toEqual([['subscribe', 'lobby', { mood: 'fine', ...kilobytes(7) }]]);
});

test('RTM55: a channel that was left before it was entered keeps no state for the next time', async () => {
  const { client } = ann;
  const stream = client.createStreamChannel('lobby');
  const held: (() => void)[] = [];
  for (const type of ['MESSAGE', 'STREAM'] as const)
    await client.presence.setState('lobby', type, { a: '1' });
  world.onRequest = ({ id }, socket) => void held.push(() => socket.ok(id));
  const calls = [client.subscribe('lobby'), client.unsubscribe('lobby'), stream.join(), stream.leave()];
  const ended = Promise.all(calls.map(outcome));
  await world.settle();
  for (const answer of held.splice(0)) answer();
  await ended;
  world.onRequest = ({ id }, socket) => socket.ok(id);
  kinds();
  await client.subscribe('lobby');
  await stream.join();
  expect(kinds()).toEqual([
    ['subscribe', 'lobby', undefined],
    ['subscribe', 'lobby', undefined],
  ]);
});

test('RTM55: 100 keys are kept for channels to come, at most', async () => {
  const { presence } = ann.client;
  for (const channel of ['a', 'b', 'c']) await presence.setState(channel, 'MESSAGE', many(32));
  await presence.setState('d', 'MESSAGE', many(4));
  expect(await outcome(presence.setState('d', 'MESSAGE', { more: '' }))).toBe(-13004);
  await ann.client.subscribe('a');
  expect(await presence.setState('d', 'MESSAGE', { more: '' })).toEqual({ timestamp: 0 });
});

test('RTM56: states are given again to a new session, and again after a failure and a login', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  await client.presence.setState('lobby', 'MESSAGE', { mood: 'fine' });
  kinds();
  world.onLogin = (_, socket) => socket.tell(world.welcome());
  world.socket.drop();
  await world.pass(2000);
  expect(kinds()).toEqual([['subscribe', 'lobby', { mood: 'fine' }]]);
  world.socket.tell({ type: 'closing', code: 'replaced', message: 'Elsewhere.', retry: false });
  await world.settle();
  expect(await client.presence.setState('lobby', 'MESSAGE', { seat: '7' })).toEqual({ timestamp: 0 });
  await client.login();
  expect(kinds()).toEqual([['subscribe', 'lobby', { mood: 'fine', seat: '7' }]]);
  await client.logout();
  await client.login();
  await client.subscribe('lobby');
  expect(kinds()).toEqual([['subscribe', 'lobby', undefined]]);
});

test('RTM56: states that changed while the connection was lost are sent once, as their outcome', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  const { presence } = client;
  await presence.setState('lobby', 'MESSAGE', { a: '1', b: '2', c: '3' });
  world.onRequest = () => undefined;
  const inFlight = presence.setState('lobby', 'MESSAGE', { a: '4' });
  await world.settle();
  world.socket.drop();
  expect(await inFlight).toEqual({ timestamp: 0 });
  await presence.removeState('lobby', 'MESSAGE', { states: ['b'] });
  await presence.setState('lobby', 'MESSAGE', { d: '5', c: '9' });
  await presence.setState('lobby', 'MESSAGE', { c: '3' });
  kinds();
  world.onRequest = (request, socket) => socket.ok(request.id);
  await world.pass(2000);
  expect(kinds()).toEqual([
    ['remove', 'lobby', ['b']],
    ['set', 'lobby', { a: '4', d: '5' }],
  ]);
  world.socket.drop();
  await world.pass(2000);
  expect(kinds()).toEqual([]);
});

test('RTM56: a key removed while the connection was lost is taken out also where the server made a session anew', async () => {
  const { client } = ann;
  await client.subscribe('lobby');
  await client.presence.setState('lobby', 'MESSAGE', { a: '1', b: '2' });
  world.onLogin = (_, socket) => socket.tell(world.welcome({ resumed: false }));
  world.socket.drop();
  await world.settle();
  await client.presence.removeState('lobby', 'MESSAGE', { states: ['b'] });
  kinds();
  await world.pass(2000);
  expect(kinds()).toEqual([
    ['subscribe', 'lobby', { a: '1' }],
    ['remove', 'lobby', ['b']],
  ]);
  world.socket.drop();
  await world.pass(2000);
  expect(kinds()).toEqual([['subscribe', 'lobby', { a: '1' }]]);
});

test('RTM56: what the server may have taken, and was taken back before it is known, is set right', async () => {
  const { client } = ann;
  const { presence } = client;
  await client.subscribe('lobby');
  await presence.setState('lobby', 'MESSAGE', { mood: 'fine' });
  // The server has done it, and the answer is lost.
  world.onRequest = (_, socket) => socket.drop();
  await presence.setState('lobby', 'MESSAGE', { hand: 'up', mood: 'sad' });
  await presence.removeState('lobby', 'MESSAGE', { states: ['hand'] });
  await presence.setState('lobby', 'MESSAGE', { mood: 'fine' });
  kinds();
  world.onRequest = (request, socket) => socket.ok(request.id);
  await world.pass(2000);
  expect(kinds()).toEqual([
    ['remove', 'lobby', ['hand']],
    ['set', 'lobby', { mood: 'fine' }],
  ]);
  world.socket.drop();
  await world.pass(2000);
  expect(kinds()).toEqual([]);
});

test('RTM56: what a subscription took along whose answer was lost, and was taken back then, is taken out', async () => {
  const { client } = ann;
  const { presence } = client;
  await client.subscribe('lobby');
  world.onLogin = (_, socket) => socket.tell(world.welcome({ session: { id: 's2', key: 'k2' } }));
  world.onRequest = (_, socket) => socket.drop();
  world.socket.drop();
  await world.settle();
  await presence.setState('lobby', 'MESSAGE', { hand: 'up' });
  kinds();
  await world.pass(2000);
  expect(kinds()).toEqual([['subscribe', 'lobby', { hand: 'up' }]]);
  await presence.removeState('lobby', 'MESSAGE');
  world.onRequest = (request, socket) => socket.ok(request.id);
  await world.pass(4000);
  expect(kinds()).toEqual([
    ['subscribe', 'lobby', undefined],
    ['remove', 'lobby', ['hand']],
  ]);
});
