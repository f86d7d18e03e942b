import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { RtcRole, RtcTokenBuilder } from 'agora-token';
import { logoutAll, type RtmUser, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { type ServerProcess, startServerProcess, testApp } from '../../testing/processes/server-process.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

/** A token as an app's server makes it, with the official builder. */
const streamToken = (userId: string, channel: string, seconds = 3600): string =>
  RtcTokenBuilder.buildTokenWithUserAccount(
    testApp.id,
    testApp.certificate,
    channel,
    userId,
    RtcRole.SUBSCRIBER,
    seconds,
    seconds,
  );

async function inArena(userId: string) {
  const user = rtmUser(server.url, userId);
  await user.client.login({ token: rtmToken(userId) });
  const arena = user.client.createStreamChannel('arena');
  await arena.join({ token: streamToken(userId, 'arena') });
  return { user, arena };
}
const streams = ({ links }: RtmUser): string[] =>
  links.flatMap(({ serviceType, currentState, reasonCode }) =>
    serviceType === 'STREAM' ? [`${currentState} ${reasonCode}`] : [],
  );
const topicsTold = ({ topics }: RtmUser): string[] =>
  topics.map(({ eventType, publisher, topicInfos }) =>
    [
      eventType,
      publisher,
      ...topicInfos.map(
        ({ topicName, publishers }) =>
          `${topicName}:${publishers.map(({ publisherUserId, publisherMeta }) => `${publisherUserId}=${publisherMeta}`)}`,
      ),
    ]
      .join(' ')
      .replace('  ', ' ')
      .trim(),
  );

test('RTM80, RTM84, RTM86: two pages meet in a topic; a lost connection comes back with all of it', async () => {
  const [ann, bob] = [await inArena('ann'), await inArena('bob')];
  await ann.user.until('bob', () => ann.user.told().includes('REMOTE_JOIN bob'));
  await ann.arena.joinTopic('moves', { meta: 'red' });
  await bob.user.until('the topic', () => topicsTold(bob.user).includes('REMOTE_JOIN ann moves:ann=red'));
  expect(await bob.arena.subscribeTopic('moves', { users: ['ann', 'dan'] })).toMatchObject({
    topicName: 'moves',
    succeedUsers: ['ann'],
    failedUsers: ['dan'],
    failedDetails: [{ user: 'dan', errorCode: 5, topicName: 'moves' }],
  });
  expect(bob.arena.getSubscribedUserList('moves').subscribed).toEqual(['ann']);
  await ann.arena.publishTopicMessage('moves', 'e4', { customType: 'chess' });
  await ann.arena.publishTopicMessage('moves', new Uint8Array([1, 2, 3]));
  await bob.user.until('the messages', () => bob.user.messages.length === 2);
  expect(bob.user.messages).toMatchObject([
    {
      channelType: 'STREAM',
      channelName: 'arena',
      topicName: 'moves',
      publisher: 'ann',
      message: 'e4',
      customType: 'chess',
      messageType: 'STRING',
    },
    { messageType: 'BINARY', message: new Uint8Array([1, 2, 3]) },
  ]);
  expect(ann.user.messages).toEqual([]);
  for (const { user } of [ann, bob]) {
    user.breakSocket();
    await user.until('the loss', () => streams(user).includes('CONNECTING CONNECTION_ERROR'));
    await user.until('the return', () => streams(user).at(-1) === 'CONNECTED RECONNECT_SUCCESS');
  }
  await ann.arena.publishTopicMessage('moves', 'Nf3');
  await bob.user.until('the message', () => bob.user.messages.length === 3);
  expect(topicsTold(bob.user).filter((each) => each !== 'SNAPSHOT moves:ann=red')).toEqual([
    'SNAPSHOT',
    'REMOTE_JOIN ann moves:ann=red',
  ]);
  expect(streams(bob.user).slice(0, 2)).toEqual(['CONNECTING JOIN', 'CONNECTED JOIN_SUCCESS']);
  await ann.arena.leave();
  await bob.user.until('the end', () => topicsTold(bob.user).includes('REMOTE_LEAVE ann moves:ann=red'));
  expect(streams(ann.user).at(-1)).toBe('IDLE LEAVE');
}, 60_000);

test('RTM87: after kill -9 channels, states, topics and subscriptions to them are what they were', async () => {
  const [ann, bob] = [await inArena('ann'), await inArena('bob')];
  await ann.arena.joinTopic('moves', { meta: 'red' });
  await ann.user.client.presence.setState('arena', 'STREAM', { mood: 'good' });
  await bob.arena.subscribeTopic('moves', { users: ['ann'] });
  await server.kill();
  for (const { user } of [ann, bob])
    await user.until('the loss', () => streams(user).at(-1) === 'CONNECTING CONNECTION_ERROR');
  await server.restart();
  for (const { user } of [ann, bob]) {
    await user.until('the return', () => streams(user).at(-1) === 'CONNECTED RECONNECT_SUCCESS');
    expect(user.links.at(-1)?.unrestoredChannels).toEqual([]);
  }
  await ann.arena.publishTopicMessage('moves', 'again');
  await bob.user.until('the message', () => bob.user.messages.length === 1);
  expect(bob.arena.getSubscribedUserList('moves').subscribed).toEqual(['ann']);
  expect(await bob.user.client.presence.getState('ann', 'arena', 'STREAM')).toMatchObject({
    states: { mood: 'good' },
  });
  expect(topicsTold(bob.user).filter((each) => each.startsWith('REMOTE_LEAVE'))).toEqual([]);
  expect(bob.user.told().filter((each) => /LEAVE|TIMEOUT/.test(each))).toEqual([]);
}, 120_000);

test("RTM83: a token's end leaves that channel alone, and the app comes back with a new one", async () => {
  const user = rtmUser(server.url, 'ann');
  const soon: string[] = [];
  user.client.addEventListener('tokenPrivilegeWillExpire', (channel) => soon.push(channel));
  await user.client.login({ token: rtmToken('ann') });
  await user.client.subscribe('lobby');
  const arena = user.client.createStreamChannel('arena');
  await arena.join({ token: streamToken('ann', 'arena', 5) });
  await user.until('the end', () => streams(user).at(-1) === 'FAILED TOKEN_EXPIRED', 45_000);
  expect(soon).toEqual(['arena']);
  expect(await arena.joinTopic('t').catch(({ errorCode }) => errorCode)).toBe(-11006);
  await user.client.publish('lobby', 'still here');
  await arena.join({ token: streamToken('ann', 'arena') });
  expect(streams(user).slice(-2)).toEqual(['CONNECTING REJOIN', 'CONNECTED JOIN_SUCCESS']);
  await arena.joinTopic('t');
}, 60_000);
