import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { logoutAll } from '../../testing/clients/rtm-client.ts';
import { codeOf, loggedIn, newChannel } from '../../testing/clients/rtm-tables.ts';
import { testApp } from '../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../testing/processes/test-server.ts';

/** One test for each row of the API's tables of message channels and messages (spec: signaling 2.1 to 2.4, 2.7), against a real server. */
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ apps: [{ ...testApp, signaling: { debounceMs: 0 } }] });
}, 60_000);
afterEach(() => logoutAll());
afterAll(() => server.close());
const login = (userId: string) => loggedIn(server.url, userId);

describe('names', () => {
  const legal = [
    ...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
      .filter((character) => !`"'*./\\\``.includes(character) && character !== '_')
      .map((character) => `${character}x`),
    'a_',
    ' ',
    'x'.repeat(64),
  ];
  const illegal = [
    ...[...`"'*./\\\``, '\n', '\t', '\u007f', 'é', '房'].map((character) => `x${character}`),
    '',
    '_x',
    'x'.repeat(65),
  ];

  test('RTM117: every legal character and length is taken for a channel, by the server too', async () => {
    const { client } = await login('ann');
    // The 50 of a second at a time, and 100 subscriptions at most.
    for (const [at, name] of legal.entries()) {
      if (at % 18 === 17) await Bun.sleep(1_050);
      expect([name, await codeOf(() => client.subscribe(name))]).toEqual([name, 0]);
    }
    const { channels } = await client.presence.getUserChannels('');
    expect(channels.map(({ channelName }) => channelName).sort()).toEqual([...legal].sort());
  }, 30_000);

  test('RTM117: every other is refused: −10008 for channels, −10006 for users', async () => {
    const { client } = await login('ann');
    for (const name of illegal) {
      expect([name, await codeOf(() => client.unsubscribe(name))]).toEqual([name, -10008]);
      expect([name, await codeOf(() => loggedIn(server.url, name))]).toEqual([name, -10006]);
    }
    for (const name of [undefined, null, 7, {}] as never[])
      expect(await codeOf(() => client.subscribe(name))).toBe(-10008);
  });

  test('RTM117: topics have names of 16 characters at most: −11008', async () => {
    const { client } = await login('ann');
    const stream = client.createStreamChannel('arena');
    for (const name of ['', '_x', 'a.b', 'x'.repeat(17)])
      expect([name, await codeOf(() => stream.joinTopic(name))]).toEqual([name, -11008]);
  });
});

describe('kinds of channels', () => {
  test('RTM117: MESSAGE: publishing needs no subscription, receiving does', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channel = newChannel();
    await bob.client.publish(channel, 'nobody is here');
    await ann.client.subscribe(channel);
    await bob.client.publish(channel, 'ann is');
    await ann.until('the message', () => ann.messages.length > 0);
    expect(ann.messages.map(({ message }) => message)).toEqual(['ann is']);
    expect(bob.messages).toEqual([]);
  });

  test('RTM117: MESSAGE: presence, storage, locks and history', async () => {
    const { client } = await login('ann');
    const channel = newChannel();
    await client.subscribe(channel);
    expect((await client.presence.getOnlineUsers(channel, 'MESSAGE')).totalOccupancy).toBe(1);
    expect((await client.storage.getChannelMetadata(channel, 'MESSAGE')).totalCount).toBe(0);
    expect((await client.lock.getLock(channel, 'MESSAGE')).totalLocks).toBe(0);
    expect((await client.history.getMessages(channel, 'MESSAGE')).messageList).toEqual([]);
  });

  test('RTM117: USER: being logged in is enough to receive, and the sender knows whether it arrived', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    await bob.client.publish('ann', 'psst', { channelType: 'USER' });
    await ann.until('the message', () => ann.messages.length > 0);
    expect(ann.messages[0]).toMatchObject({ channelType: 'USER', publisher: 'bob', message: 'psst' });
    expect(await codeOf(() => bob.client.publish('nobody', 'psst', { channelType: 'USER' }))).toBe(-11033);
  });

  test('RTM117: USER: no presence, storage nor locks: −10019; but history', async () => {
    const { client } = await login('ann');
    const user = 'USER' as never;
    for (const call of [
      () => client.presence.getOnlineUsers('bob', user),
      () => client.presence.setState('bob', user, {}),
      () => client.storage.getChannelMetadata('bob', user),
      () => client.storage.setChannelMetadata('bob', user, [{ key: 'k', value: 'v' }]),
      () => client.lock.getLock('bob', user),
      () => client.lock.setLock('bob', user, 'l'),
    ])
      expect(await codeOf(call)).toBe(-10019);
    expect((await client.history.getMessages('bob', 'USER')).messageList).toEqual([]);
  });

  test('RTM117: MESSAGE and USER take 32 KB of text or bytes: −11010 above', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channel = newChannel();
    await bob.client.subscribe(channel);
    for (const [target, options] of [
      [channel, {}],
      ['bob', { channelType: 'USER' }],
    ] as const) {
      for (const good of ['x'.repeat(32_768), 'é'.repeat(16_384), new Uint8Array(32_768)])
        expect(await codeOf(() => ann.client.publish(target, good, options))).toBe(0);
      for (const bad of ['x'.repeat(32_769), 'é'.repeat(16_385), new Uint8Array(32_769)])
        expect(await codeOf(() => ann.client.publish(target, bad, options))).toBe(-11010);
    }
    await bob.until('all', () => bob.messages.length === 6);
  });
});

describe('SubscribeOptions', () => {
  test('RTM117: withMessage: on unless told otherwise', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channel = newChannel();
    await ann.client.subscribe(channel, { withMessage: false });
    await bob.client.publish(channel, 'one');
    await ann.client.subscribe(channel);
    await bob.client.publish(channel, 'two');
    await ann.until('the message', () => ann.messages.length > 0);
    expect(ann.messages.map(({ message }) => message)).toEqual(['two']);
  });

  test('RTM117: withPresence: governs receiving alone; who has it off is announced all the same', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channel = newChannel();
    await ann.client.subscribe(channel);
    await bob.client.subscribe(channel, { withPresence: false });
    await ann.until('bob', () => ann.told().includes('REMOTE_JOIN bob'));
    await ann.client.publish(channel, 'a mark');
    await bob.until('the mark', () => bob.messages.length > 0);
    expect(bob.presence).toEqual([]);
  });

  test('RTM117: beQuiet: hears all; nobody hears of it, no list has it', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channel = newChannel();
    await bob.client.subscribe(channel);
    await ann.client.subscribe(channel, { beQuiet: true });
    await ann.client.presence.setState(channel, 'MESSAGE', { mood: 'shy' });
    expect((await bob.client.presence.getOnlineUsers(channel, 'MESSAGE')).occupants).toHaveLength(1);
    expect((await bob.client.presence.getUserChannels('ann')).channels).toEqual([]);
    await bob.client.presence.setState(channel, 'MESSAGE', { mood: 'loud' });
    await ann.until('the state', () => ann.told().includes('REMOTE_STATE_CHANGED bob'));
    await ann.client.unsubscribe(channel);
    await ann.client.publish('bob', 'a mark', { channelType: 'USER' });
    await bob.until('the mark', () => bob.messages.length > 0);
    expect(bob.told()).toEqual(['SNAPSHOT']);
  });

  test('RTM117: withMetadata and withLock: off unless told otherwise; on they begin with a snapshot', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channel = newChannel();
    const told = (user: typeof ann) => {
      const events: string[] = [];
      user.client.addEventListener('storage', ({ eventType }) => events.push(`storage ${eventType}`));
      user.client.addEventListener('lock', ({ eventType }) => events.push(`lock ${eventType}`));
      return events;
    };
    const [anns, bobs] = [told(ann), told(bob)];
    await ann.client.subscribe(channel);
    await bob.client.subscribe(channel, { withMetadata: true, withLock: true });
    await bob.client.storage.setChannelMetadata(channel, 'MESSAGE', [{ key: 'k', value: 'v' }]);
    await bob.client.lock.setLock(channel, 'MESSAGE', 'l');
    await bob.client.publish(channel, 'a mark');
    await ann.until('the mark', () => ann.messages.length > 0);
    await bob.until('the mark', () => bob.messages.length > 0);
    expect(anns).toEqual([]);
    expect(bobs.sort()).toEqual(['lock SET', 'lock SNAPSHOT', 'storage SNAPSHOT', 'storage UPDATE']);
  });

  test('RTM117: again: changes the options; a third time within 5 s: −11020', async () => {
    const { client } = await login('ann');
    const channel = newChannel();
    for (const code of [0, 0, -11020]) expect(await codeOf(() => client.subscribe(channel))).toBe(code);
  });

  test('RTM117: unsubscribe: also of what is not subscribed, and before a login', async () => {
    const { client } = await login('ann');
    expect(await client.unsubscribe('never')).toMatchObject({ channelName: 'never' });
    await client.logout();
    expect(await client.unsubscribe('never')).toEqual({ channelName: 'never', timestamp: 0 });
  });

  test('RTM117: the answer has the time in milliseconds and the name', async () => {
    const { client } = await login('ann');
    const channel = newChannel();
    for (const answer of [
      await client.subscribe(channel),
      await client.publish(channel, 'x'),
      await client.unsubscribe(channel),
    ]) {
      expect(answer).toEqual({ channelName: channel, timestamp: expect.any(Number) });
      expect(Math.abs(answer.timestamp - Date.now())).toBeLessThan(60_000);
    }
  });
});

describe('PublishOptions', () => {
  test('RTM117: channelType: MESSAGE unless told otherwise; STREAM or another: −10019', async () => {
    const { client } = await login('ann');
    for (const channelType of ['STREAM', 'message', 7] as never[])
      expect(await codeOf(() => client.publish('x', 'x', { channelType }))).toBe(-10019);
  });

  test('RTM117: customType: any script, 32 characters; −11029 above, −11030 if it is no text', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const channel = newChannel();
    await bob.client.subscribe(channel);
    for (const customType of ['chat', '贈り物', 'x'.repeat(32)])
      await ann.client.publish(channel, 'x', { customType });
    await bob.until('all', () => bob.messages.length === 3);
    expect(bob.messages.map(({ customType }) => customType)).toEqual(['chat', '贈り物', 'x'.repeat(32)]);
    expect(await codeOf(() => ann.client.publish(channel, 'x', { customType: 'x'.repeat(33) }))).toBe(-11029);
    expect(await codeOf(() => ann.client.publish(channel, 'x', { customType: 7 as never }))).toBe(-11030);
  });

  test('RTM117: storeInHistory: it is found, and nothing else is', async () => {
    const { client } = await login('ann');
    const channel = newChannel();
    await client.publish(channel, 'gone');
    await client.publish(channel, 'kept', { storeInHistory: true, customType: 'c' });
    const { messageList, count, newStart } = await client.history.getMessages(channel, 'MESSAGE');
    expect([count, newStart]).toEqual([1, 0]);
    expect(messageList).toEqual([
      {
        message: 'kept',
        messageType: 'STRING',
        customType: 'c',
        publisher: 'ann',
        timestamp: expect.any(Number),
      },
    ]);
    expect(
      await codeOf(() => client.publish('away', 'later', { channelType: 'USER', storeInHistory: true })),
    ).toBe(-11035);
  });

  test('RTM117: a message is a text or bytes: −11009', async () => {
    const { client } = await login('ann');
    for (const message of [7, null, undefined, {}, [], new ArrayBuffer(2)] as never[])
      expect(await codeOf(() => client.publish('x', message))).toBe(-11009);
  });

  test('RTM117: publishers hear themselves where they subscribe', async () => {
    const { client, messages, until } = await login('ann');
    const channel = newChannel();
    await client.subscribe(channel);
    await client.publish(channel, 'hello me');
    await until('the echo', () => messages.length > 0);
    expect(messages[0]).toMatchObject({ publisher: 'ann', message: 'hello me' });
  });
});

test('RTM117: the event message has all fields of the API', async () => {
  const [ann, bob] = [await login('ann'), await login('bob')];
  const channel = newChannel();
  await ann.client.subscribe(channel);
  await bob.client.publish(channel, Uint8Array.of(1, 0, 255), { customType: 'raw' });
  await bob.client.publish('ann', 'to you', { channelType: 'USER' });
  await ann.until('both', () => ann.messages.length === 2);
  const common = { topicName: '', publisher: 'bob', timestamp: expect.any(Number) };
  expect(ann.messages).toEqual([
    {
      ...common,
      channelType: 'MESSAGE',
      channelName: channel,
      messageType: 'BINARY',
      customType: 'raw',
      message: Uint8Array.of(1, 0, 255),
    },
    {
      ...common,
      channelType: 'USER',
      channelName: 'ann',
      messageType: 'STRING',
      customType: '',
      message: 'to you',
    },
  ]);
});
