import { expect, test } from 'bun:test';
import type { SignalingClientFrame, SignalingRequest } from '@housecount/protocol';
import { signalingFrames } from '@housecount/schema/frames/signaling-frames';
import { type FakeSocket, FakeWorld } from '../testing/fake-server.ts';
import { makeClient } from '../testing/harness.ts';

type Sent = SignalingClientFrame['type'];

/** A server that has a roster for those who ask, and takes everything else. */
function answer(request: SignalingRequest, socket: FakeSocket): void {
  const { id, type } = request;
  const result = { subscribed: ['bob'], succeeded: ['bob'], failed: [] };
  socket.tell({ type: 'ok', id, serverMs: 1, ...(type === 'subscribe-topic' && { result }) });
  if (type !== 'subscribe-roster') return;
  const { channelType, channel } = request;
  const snapshot = { type: 'roster-snapshot', channelType, channel, stream: 's', seq: 1, at: {} } as const;
  socket.tell({ ...snapshot, count: 0, members: [], last: true });
}

test('SHAPE13: what a client sends is as the schema of its frame says, and every kind of frame is sent', async () => {
  const world = new FakeWorld();
  world.onRequest = answer;
  const { client } = makeClient();
  await client.login({ token: '007t' });
  const lobby = ['lobby', 'MESSAGE'] as const;
  const items = [{ key: 'k', value: 'v' }];
  const { storage, presence, lock, history } = client;
  const stage = client.createStreamChannel('stage');
  const calls = [
    () => client.subscribe('lobby', { withMetadata: true, withLock: true, beQuiet: true }),
    () => client.publish('lobby', 'text', { customType: 'c', storeInHistory: true }),
    () => client.publish('lobby', new Uint8Array(3)),
    () => client.publish('bob', 'text', { channelType: 'USER' }),
    () => history.getMessages('lobby', 'MESSAGE', { messageCount: 5 }),
    () => presence.setState(...lobby, { mood: 'good' }),
    () => presence.getState('ann', ...lobby),
    () => presence.removeState(...lobby, { states: ['mood'] }),
    () => presence.getOnlineUsers(...lobby, { includedState: true }),
    () => presence.getUserChannels('ann'),
    () => storage.setChannelMetadata(...lobby, items, { addTimeStamp: true, addUserId: true }),
    () => storage.updateUserMetadata(items, { userId: 'ann' }),
    () => storage.removeChannelMetadata(...lobby),
    () => storage.getChannelMetadata(...lobby),
    () => storage.subscribeUserMetadata('bob'),
    () => storage.unsubscribeUserMetadata('bob'),
    () => lock.setLock(...lobby, 'l', { ttl: 20 }),
    () => lock.acquireLock(...lobby, 'l', { retry: true }),
    () => lock.releaseLock(...lobby, 'l'),
    () => lock.revokeLock(...lobby, 'l', 'ann'),
    () => lock.getLock(...lobby),
    () => lock.removeLock(...lobby, 'l'),
    () => stage.join({ token: '007t', withPresence: true }),
    () => stage.joinTopic('t', { meta: 'm' }),
    () => stage.publishTopicMessage('t', 'text'),
    () => stage.subscribeTopic('t', { users: ['bob'] }),
    () => stage.unsubscribeTopic('t', { users: ['bob'] }),
    () => stage.leaveTopic('t'),
    () => stage.leave(),
    async () => (await client.roster('lobby')).close(),
    () => client.renewToken('007t'),
    () => client.unsubscribe('lobby'),
  ];
  // The answers are not what all of them need: the frame is sent.
  for (const call of calls) await Promise.allSettled([call()]);
  await world.pass(60_000);
  await client.logout();
  const sent = new Set<Sent>([...world.logins, ...world.requests, ...world.others].map(({ type }) => type));
  world.restore();
  // A proof is asked for by a page that is in a live channel too.
  const unsent = Object.keys(signalingFrames).filter((type) => !sent.has(type as Sent));
  expect(unsent.filter((type) => type !== 'link-proof')).toEqual([]);
});

test('SHAPE13: the fake server of these tests says at their end what no server would take', async () => {
  const frames = [{ type: 'ping', more: 1 }, { type: 'subscribe', id: 1 }, { type: 'none' }];
  for (const frame of frames) {
    const world = new FakeWorld();
    const { client } = makeClient();
    await client.login();
    world.take(world.socket, frame as never);
    expect(() => world.restore()).toThrow('frames are not as their schemas say');
  }
});
