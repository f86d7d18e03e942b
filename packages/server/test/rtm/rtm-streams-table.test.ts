import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { RtcRole, RtcTokenBuilder } from 'agora-token';
import { logoutAll, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { type ServerProcess, startServerProcess, testApp } from '../../testing/processes/server-process.ts';

/** One test for each row of the API's tables of stream channels, against a real server. */
let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());

const { id, certificate } = testApp;
const tokenFor = (userId: string, channel: string): string =>
  RtcTokenBuilder.buildTokenWithUserAccount(id, certificate, channel, userId, RtcRole.SUBSCRIBER, 600, 600);
async function login(userId: string) {
  const user = rtmUser(server.url, userId);
  await user.client.login({ token: rtmToken(userId) });
  return user;
}
let used = 0;
/** Users in a stream channel of their own. */
async function together(...userIds: string[]) {
  used += 1;
  const channel = `c${used}`;
  const joined: { user: Awaited<ReturnType<typeof login>>; stream: ReturnType<typeof streamOf> }[] = [];
  for (const userId of userIds) {
    const user = await login(userId);
    const stream = streamOf(user, channel);
    await stream.join({ token: tokenFor(userId, channel) });
    joined.push({ user, stream });
  }
  const [a, b] = joined;
  if (!a) throw new Error('nobody');
  return { channel, a, b: b ?? a };
}
const streamOf = ({ client }: Awaited<ReturnType<typeof login>>, channel: string) =>
  client.createStreamChannel(channel);
const codeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call();
    return 0;
  } catch (error) {
    return (error as { errorCode?: unknown }).errorCode ?? error;
  }
};

describe('kinds of channels: STREAM', () => {
  test('RTM80: model: a room that is made, then joined; MESSAGE of the name is another channel', async () => {
    const { channel, a, b } = await together('ann', 'bob');
    await a.user.client.subscribe(channel);
    await a.user.client.publish(channel, 'in the other');
    await a.user.until('the echo', () => a.user.messages.length === 1);
    expect(b.user.messages).toEqual([]);
    const { channels } = await a.user.client.presence.getUserChannels('ann');
    expect(channels.map(({ channelType }) => channelType).sort()).toEqual(['MESSAGE', 'STREAM']);
  });

  test('RTM84: publishing needs joinTopic', async () => {
    const { a } = await together('ann');
    expect(await codeOf(() => a.stream.publishTopicMessage('t', 'x'))).toBe(-11016);
  });

  test('RTM85: receiving needs subscribeTopic; there is no receipt', async () => {
    const { a, b } = await together('ann', 'bob');
    await a.stream.joinTopic('t');
    expect(await a.stream.publishTopicMessage('t', 'to nobody')).toMatchObject({ topicName: 't' });
    await b.stream.subscribeTopic('t', { users: ['ann'] });
    await a.stream.publishTopicMessage('t', 'to bob');
    await b.user.until('the message', () => b.user.messages.length > 0);
    expect(b.user.messages.map(({ message }) => message)).toEqual(['to bob']);
  });

  test('RTM89: presence', async () => {
    const { channel, a, b } = await together('ann', 'bob');
    await b.user.client.presence.setState(channel, 'STREAM', { mood: 'good' });
    await a.user.until('the state', () => a.user.told().includes('REMOTE_STATE_CHANGED bob'));
    const { occupants } = await a.user.client.presence.getOnlineUsers(channel, 'STREAM', {
      includedState: true,
    });
    expect(occupants).toEqual([
      { userId: 'ann', states: {}, statesCount: 0 },
      { userId: 'bob', states: { mood: 'good' }, statesCount: 1 },
    ]);
    await b.user.client.presence.removeState(channel, 'STREAM');
    expect((await a.user.client.presence.getState('bob', channel, 'STREAM')).states).toEqual({});
  });

  test('RTM84: payload of 1 KB, and no history', async () => {
    const { channel, a } = await together('ann');
    await a.stream.joinTopic('t');
    expect(await codeOf(() => a.stream.publishTopicMessage('t', 'x'.repeat(1024)))).toBe(0);
    expect(await codeOf(() => a.stream.publishTopicMessage('t', 'x'.repeat(1025)))).toBe(-11010);
    expect(await codeOf(() => a.user.client.history.getMessages(channel, 'STREAM' as never))).toBe(-10019);
    expect(await codeOf(() => a.user.client.publish(channel, 'x', { channelType: 'STREAM' }))).toBe(-10019);
  });

  test('RTM81: a token for that channel and user', async () => {
    const ann = await login('ann');
    const stream = streamOf(ann, 'mine');
    for (const token of [undefined, '', rtmToken('ann'), tokenFor('bob', 'mine'), tokenFor('ann', 'other')])
      expect(await codeOf(() => stream.join(token === undefined ? {} : { token }))).toBe(-10005);
    expect(await codeOf(() => stream.join({ token: tokenFor('ann', 'mine') }))).toBe(0);
  });
});

describe('StreamChannel', () => {
  test('RTM80: createStreamChannel checks the name, and connects to nothing; two of a name are one', async () => {
    const { client } = await login('ann');
    expect(await codeOf(() => client.createStreamChannel('a.b'))).toBe(-10008);
    const [one, two] = [client.createStreamChannel('same'), client.createStreamChannel('same')];
    expect((await client.presence.getUserChannels('ann')).channels).toEqual([]);
    await one.join({ token: tokenFor('ann', 'same') });
    await two.joinTopic('t');
    await two.leave();
    expect(await codeOf(() => one.joinTopic('t'))).toBe(-11001);
  });

  test('RTM80: withPresence is on unless told otherwise', async () => {
    const { channel, a } = await together('ann');
    await a.user.until('the snapshot', () => a.user.told().length === 1);
    const bob = await login('bob');
    await streamOf(bob, channel).join({ token: tokenFor('bob', channel), withPresence: false });
    await a.user.until('bob', () => a.user.told().includes('REMOTE_JOIN bob'));
    await bob.until('the topics', () => bob.topics.length === 1);
    expect(bob.presence).toEqual([]);
  });

  test('RTM80: nobody is told of who joins with beQuiet', async () => {
    const { channel, a } = await together('ann');
    const bob = await login('bob');
    await streamOf(bob, channel).join({ token: tokenFor('bob', channel), beQuiet: true });
    expect((await a.user.client.presence.getOnlineUsers(channel, 'STREAM')).occupants).toHaveLength(1);
    const cid = await login('cid');
    await streamOf(cid, channel).join({ token: tokenFor('cid', channel) });
    await a.user.until('cid', () => a.user.told().includes('REMOTE_JOIN cid'));
    expect(a.user.told()).not.toContain('REMOTE_JOIN bob');
  });

  test('RTM86: who joins gets both snapshots; others are told', async () => {
    const { a, b } = await together('ann', 'bob');
    await b.user.until('the snapshots', () => b.user.presence.length > 0 && b.user.topics.length > 0);
    expect(b.user.presence[0]).toMatchObject({
      eventType: 'SNAPSHOT',
      channelType: 'STREAM',
      snapshot: [{ userId: 'ann' }, { userId: 'bob' }],
    });
    expect(b.user.topics[0]).toMatchObject({ eventType: 'SNAPSHOT', topicInfos: [], totalTopics: 0 });
    await a.user.until('bob', () => a.user.told().includes('REMOTE_JOIN bob'));
  });

  test('RTM82: leave ends all roles; entering again begins with nothing', async () => {
    const { channel, a, b } = await together('ann', 'bob');
    await a.stream.joinTopic('t');
    await b.stream.joinTopic('t');
    await a.stream.subscribeTopic('t');
    await a.stream.leave();
    await b.user.until('the end of the topic', () =>
      b.user.topics.some(({ eventType }) => eventType === 'REMOTE_LEAVE'),
    );
    await a.stream.join({ token: tokenFor('ann', channel) });
    expect(await codeOf(() => a.stream.publishTopicMessage('t', 'x'))).toBe(-11016);
    expect(await codeOf(() => a.stream.getSubscribedUserList('t'))).toBe(-11013);
    await b.stream.publishTopicMessage('t', 'not subscribed');
    await a.stream.subscribeTopic('t', { users: ['bob'] });
    await b.stream.publishTopicMessage('t', 'subscribed');
    await a.user.until('the message', () => a.user.messages.length > 0);
    expect(a.user.messages.map(({ message }) => message)).toEqual(['subscribed']);
  });
});

describe('topics', () => {
  test('RTM84: joinTopic: 8 topics, a meta of 256 bytes', async () => {
    const { a, b } = await together('ann', 'bob');
    for (let i = 0; i < 8; i++)
      expect(await a.stream.joinTopic(`t${i}`, { meta: 'm'.repeat(256) })).toMatchObject({
        topicName: `t${i}`,
      });
    expect(await codeOf(() => a.stream.joinTopic('t8'))).toBe(-11014);
    expect(await codeOf(() => a.stream.joinTopic('t0', { meta: 'm'.repeat(257) }))).toBe(-11018);
    await b.user.until(
      'all topics',
      () => b.user.topics.filter(({ eventType }) => eventType === 'REMOTE_JOIN').length === 8,
    );
    expect(b.user.topics.at(-1)).toMatchObject({
      publisher: 'ann',
      topicInfos: [
        {
          topicName: 't7',
          publishers: [{ publisherUserId: 'ann', publisherMeta: 'm'.repeat(256) }],
          totalPublisher: 1,
        },
      ],
      totalTopics: 1,
    });
  });

  test('RTM84: leaveTopic: one event, and no more messages', async () => {
    const { a, b } = await together('ann', 'bob');
    await a.stream.joinTopic('t');
    expect(await a.stream.leaveTopic('t')).toMatchObject({ topicName: 't' });
    await b.user.until('the end', () => b.user.topics.length === 3);
    expect(b.user.topics.map(({ eventType }) => eventType)).toEqual([
      'SNAPSHOT',
      'REMOTE_JOIN',
      'REMOTE_LEAVE',
    ]);
    expect(await codeOf(() => a.stream.publishTopicMessage('t', 'x'))).toBe(-11016);
    expect(await codeOf(() => a.stream.leaveTopic('t'))).toBe(-11016);
  });

  test('RTM84: publishTopicMessage: in the order of the publisher', async () => {
    const { a, b } = await together('ann', 'bob');
    await a.stream.joinTopic('t');
    await b.stream.subscribeTopic('t');
    const texts = Array.from({ length: 100 }, (_, i) => `${i}`);
    await Promise.all(texts.map((text) => a.stream.publishTopicMessage('t', text, { customType: 'n' })));
    await b.user.until('the messages', () => b.user.messages.length === 100);
    expect(b.user.messages.map(({ message }) => message)).toEqual(texts);
    expect(b.user.messages[0]).toMatchObject({ customType: 'n', topicName: 't' });
  });

  test('RTM85: subscribeTopic: union, and a code for each that cannot be', async () => {
    const { a, b } = await together('ann', 'bob', 'cid');
    await a.stream.joinTopic('t');
    const details = async (users: string[]) =>
      (await b.stream.subscribeTopic('t', { users })).failedDetails.map(({ user, errorCode }) => [
        user,
        errorCode,
      ]);
    expect(await details(['cid', 'bob', 'ann', 'bad.name'])).toEqual([
      ['cid', 5],
      ['bob', 6],
      ['bad.name', 6],
    ]);
    expect(await details(['ann'])).toEqual([['ann', 20001]]);
    expect(b.stream.getSubscribedUserList('t').subscribed).toEqual(['ann']);
    const nobody = { succeedUsers: [], failedUsers: [], failedDetails: [] };
    expect(await b.stream.subscribeTopic('nobody')).toMatchObject(nobody);
    await b.stream.joinTopic('own');
    expect(await b.stream.subscribeTopic('own')).toMatchObject(nobody);
  });

  test('RTM85: unsubscribeTopic: some, or all; getSubscribedUserList is not a promise', async () => {
    const { a, b } = await together('ann', 'bob', 'cid');
    await a.stream.joinTopic('t');
    expect(await b.stream.subscribeTopic('t')).toMatchObject({ succeedUsers: ['ann'] });
    expect(await b.stream.unsubscribeTopic('t', { users: ['dan'] })).toEqual({
      timestamp: expect.any(Number),
    });
    expect(b.stream.getSubscribedUserList('t')).toEqual({
      timestamp: 0,
      topicName: 't',
      subscribed: ['ann'],
    });
    await b.stream.unsubscribeTopic('t');
    expect(await codeOf(() => b.stream.getSubscribedUserList('t'))).toBe(-11013);
    await a.stream.publishTopicMessage('t', 'x');
    await b.stream.subscribeTopic('t');
    await a.stream.publishTopicMessage('t', 'y');
    await b.user.until('the message', () => b.user.messages.length > 0);
    expect(b.user.messages.map(({ message }) => message)).toEqual(['y']);
  });
});
