import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { fixed } from '../../../src/fixed-limits.ts';
import { limits } from '../../../src/limits.ts';
import { Client } from '../../../testing/clients/client.ts';
import { type Answer, ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { testApp } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

let server: TestServer;
let sockets: { drop(): void }[] = [];
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  for (const socket of sockets) socket.drop();
  sockets = [];
  await server.close();
});
const login = async (userId: string): Promise<SignalingClient> => {
  const client = await SignalingClient.login(server.url, userId);
  sockets.push(client);
  return client;
};
const app = `/v1/apps/${testApp.id}`;
const rest = (path: string, send?: unknown): Promise<Answer> =>
  ask(server.url, `${app}${path}`, send === undefined ? {} : { send });
const message = { publisher: 'the house', content: { text: 'héllo' } };

describe('publish', () => {
  test('REST67: a message to a channel reaches all who subscribe with messages, in order, and says how many', async () => {
    const [ann, bob, cid] = [await login('ann'), await login('bob'), await login('cid')];
    expect((await rest('/channels/lobby/messages', message)).body).toEqual({ receivers: 0 });
    await ann.subscribes('lobby');
    await bob.subscribes('lobby');
    await cid.subscribes('lobby', { withMessage: false });
    const { status, body } = await rest('/channels/lobby/messages', { ...message, customType: 'news' });
    expect([status, body]).toEqual([200, { receivers: 2 }]);
    await rest('/channels/lobby/messages', { publisher: 'the house', content: { bytes: 'AAEC' } });
    for (const client of [ann, bob]) {
      await client.until('both', () => client.all('message').length >= 2);
      expect(client.all('message')).toEqual([
        {
          type: 'message',
          channelType: 'MESSAGE',
          channel: 'lobby',
          publisher: 'the house',
          content: { text: 'héllo' },
          customType: 'news',
          serverMs: expect.any(Number),
        },
        expect.objectContaining({ content: { bytes: 'AAEC' } }),
      ]);
    }
    await cid.asks({ type: 'user-channels', userId: 'cid' });
    expect(cid.all('message')).toEqual([]);
  });

  test('REST67: a message to a user says whether they were connected', async () => {
    expect((await rest('/users/ann/messages', message)).body).toEqual({ online: false, kept: false });
    const ann = await login('ann');
    expect((await rest('/users/ann/messages', message)).body).toEqual({ online: true, kept: false });
    await ann.until('it', () => ann.all('message').length === 1);
    expect(ann.all('message')).toMatchObject([{ channelType: 'USER', publisher: 'the house' }]);
  });

  test('REST68: with an idempotency key a repeated request is answered the same and publishes nothing', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const keyed = { ...message, idempotencyKey: 'order 7' };
    const answers = await Promise.all([1, 2, 3].map(() => rest('/channels/lobby/messages', keyed)));
    expect(answers.map(({ body }) => body)).toEqual(Array(3).fill({ receivers: 1 }));
    const other = await rest('/channels/lobby/messages', { ...keyed, content: { text: 'other' } });
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_key_used']);
    // A key is of one place.
    expect((await rest('/channels/hall/messages', keyed)).body).toEqual({ receivers: 0 });
    expect((await rest('/users/ann/messages', keyed)).body).toEqual({ online: true, kept: false });
    await ann.until('the message to the user', () => ann.all('message').length >= 2);
    expect(ann.all('message').map(({ channelType }) => channelType)).toEqual(['MESSAGE', 'USER']);
  });

  test('REST68: what nobody got may be tried again with the same key', async () => {
    const keyed = { ...message, idempotencyKey: 'k' };
    expect((await rest('/users/ann/messages', keyed)).body).toEqual({ online: false, kept: false });
    const ann = await login('ann');
    expect((await rest('/users/ann/messages', keyed)).body).toEqual({ online: true, kept: false });
    expect((await rest('/users/ann/messages', keyed)).body).toEqual({ online: true, kept: false });
    await rest('/users/ann/messages', message);
    await ann.until('two', () => ann.all('message').length >= 2);
    expect(ann.all('message')).toHaveLength(2);
  });

  test('REST79: what is to be kept is in the history, once, and waits for a user who is away', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const keyed = { ...message, storeInHistory: true, idempotencyKey: 'k' };
    const answers = await Promise.all([1, 2, 3].map(() => rest('/channels/lobby/messages', keyed)));
    expect(answers.map(({ body }) => body)).toEqual(Array(3).fill({ receivers: 1 }));
    await rest('/channels/lobby/messages', { ...message, content: { text: 'not kept' } });
    await ann.until('both', () => ann.all('message').length >= 2);
    const [told] = ann.all('message');
    const { body } = await rest('/channels/lobby/messages');
    expect(body.messages).toEqual([
      { publisher: 'the house', content: { text: 'héllo' }, timestamp: told?.serverMs },
    ]);
    expect((await rest('/users/bob/messages', keyed)).body).toEqual({ online: false, kept: true });
    expect((await rest('/users/bob/messages', keyed)).body).toEqual({ online: false, kept: true });
    expect((await rest('/users/ann/messages', keyed)).body).toEqual({ online: true, kept: true });
    const kept = await rest(`/users/bob/messages?with=${encodeURIComponent('the house')}`);
    expect(kept.body.messages).toHaveLength(1);
    expect((await rest('/users/bob/messages', { ...message, storeInHistory: 1 })).body.code).toBe(
      'body_invalid',
    );
  });

  test('REST79: an app that keeps nothing says so, and nobody is told', async () => {
    await server.close();
    server = await startTestServer({ apps: [{ ...testApp, signaling: { historyDays: 0 } }] });
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const kept = { ...message, storeInHistory: true };
    for (const path of ['/channels/lobby/messages', '/users/ann/messages'])
      expect((await rest(path, kept)).body.code).toBe('history_off');
    await ann.asks({ type: 'user-channels', userId: 'ann' });
    expect(ann.all('message')).toEqual([]);
  });

  test('REST69: nobody who is logged in is spoken for by accident', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const asAnn = { ...message, publisher: 'ann' };
    const refused = await rest('/channels/lobby/messages', asAnn);
    expect([refused.status, refused.body.code]).toEqual([409, 'publisher_in_use']);
    expect((await rest('/users/ann/messages', asAnn)).body.code).toBe('publisher_in_use');
    expect((await rest('/channels/lobby/messages', { ...asAnn, asUser: true })).body).toEqual({
      receivers: 1,
    });
    await ann.until('it', () => ann.all('message').length === 1);
  });

  test('REST69: what cannot be published is refused with a code, and nobody hears of it', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const text = (length: number) => ({ ...message, content: { text: 'x'.repeat(length) } });
    const cases: readonly [unknown, number, string][] = [
      [text(32 * 1024 + 1), 413, 'body_too_large'],
      [text(200_000), 413, 'body_too_large'],
      [{ ...message, content: { text: 7 } }, 400, 'body_invalid'],
      [{ ...message, content: { text: null } }, 400, 'body_invalid'],
      [{ ...message, content: { bytes: 'A'.repeat(43_704) } }, 413, 'body_too_large'],
      [{ ...message, content: { bytes: '???' } }, 400, 'body_invalid'],
      [{ ...message, content: { sealed: 'A'.repeat(36) } }, 400, 'body_invalid'],
      [{ ...message, content: { text: 'a', bytes: 'AAEC' } }, 400, 'body_invalid'],
      [{ ...message, content: 'hi' }, 400, 'body_invalid'],
      [{ publisher: 'x' }, 400, 'body_invalid'],
      [{ content: { text: 'a' } }, 400, 'body_invalid'],
      [{ ...message, publisher: '_x' }, 400, 'invalid_user_id'],
      [{ ...message, publisher: 7 }, 400, 'invalid_user_id'],
      [{ ...message, publisher: 'x'.repeat(65) }, 400, 'invalid_user_id'],
      [{ ...message, customType: 'x'.repeat(33) }, 400, 'body_invalid'],
      [{ ...message, idempotencyKey: '' }, 400, 'body_invalid'],
      [{ ...message, idempotencyKey: 'x'.repeat(129) }, 400, 'body_invalid'],
      [{ ...message, asUser: 'yes' }, 400, 'body_invalid'],
      [{ ...message, channel: 'other' }, 400, 'body_invalid'],
      [{ ...message, type: 'logout' }, 400, 'body_invalid'],
      ['{"publisher": ', 400, 'body_invalid'],
      ['[]', 400, 'body_invalid'],
      ['null', 400, 'body_invalid'],
    ];
    for (const [send, status, code] of cases) {
      const answer = await rest('/channels/lobby/messages', send);
      expect([JSON.stringify(send).slice(0, 80), answer.status, answer.body.code]).toEqual([
        JSON.stringify(send).slice(0, 80),
        status,
        code,
      ]);
    }
    const { body } = await rest('/channels/lobby/messages', { ...message, content: {} });
    expect(body.message).toBe(
      'The request body is not valid. "content" must be as described: An object with one of text, bytes and sealed.',
    );
    expect((await rest(`/channels/${'x'.repeat(65)}/messages`, message)).body.code).toBe(
      'invalid_channel_name',
    );
    expect((await rest('/users/a.b/messages', message)).body.code).toBe('invalid_user_id');
    const other = await ask(server.url, `/v1/apps/${'c'.repeat(32)}/channels/lobby/messages`, {
      send: message,
    });
    expect(other.body.code).toBe('invalid_app_id');
    const nobody = await fetch(`${server.url}${app}/channels/lobby/messages`, {
      method: 'POST',
      headers: { authorization: 'Basic eDp5', 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
    expect(nobody.status).toBe(401);
    expect((await rest('/channels/lobby/messages', text(32 * 1024))).body).toEqual({ receivers: 1 });
    await ann.until('the one', () => ann.all('message').length > 0);
    expect(ann.all('message')).toHaveLength(1);
  });

  test('REST69: a publisher has the rate of a user; others go on', async () => {
    const burst = limits.signalingPublishesPerSecondMax * 5;
    let refused: Answer | undefined;
    for (let sent = 0; sent < burst * 4 && !refused; sent += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => rest('/channels/lobby/messages', message)),
      );
      refused = answers.find(({ status }) => status !== 200);
    }
    expect([refused?.status, refused?.body.code]).toEqual([429, 'rate_limited']);
    expect((await rest('/channels/lobby/messages', { ...message, publisher: 'other' })).status).toBe(200);
  });
});

describe('presence', () => {
  test('REST70: who is in a channel, with states, in pages, and exactly how many; live viewers too', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby', { states: { mood: 'good' } });
    await (await login('shy')).subscribes('lobby', { beQuiet: true });
    sockets.push(await Client.join({ url: server.url, channel: 'lobby', uid: 7 }));
    expect((await rest('/channels/lobby/users')).body).toEqual({
      count: 2,
      users: [{ userId: 'ann' }, { userId: '7' }],
    });
    expect((await rest('/channels/lobby/users?with=states')).body.users).toEqual([
      { userId: 'ann', states: { mood: 'good' } },
      { userId: '7', states: { role: 'audience', uid: '7' } },
    ]);
    expect((await rest('/channels/lobby/users?with=count')).body).toEqual({ count: 2 });
    expect((await rest('/channels/lobby/users?type=STREAM')).body).toEqual({ count: 0, users: [] });
    expect((await rest('/users/7/channels')).body).toEqual({
      channels: [{ channelName: 'lobby', channelType: 'MESSAGE' }],
    });
    expect((await rest('/users/nobody/channels')).body).toEqual({ channels: [] });
    for (const [query, code] of [
      ['type=USER', 'query_invalid'],
      ['with=all', 'query_invalid'],
      ['page=never', 'no_longer_kept'],
    ])
      expect((await rest(`/channels/lobby/users?${query}`)).body.code).toBe(code);
    expect((await rest('/channels/a.b/users')).body.code).toBe('invalid_channel_name');
  });

  test('REST70: the pages of a large channel have everybody once', async () => {
    const total = fixed.signalingPageUsersMax + 20;
    await Promise.all(
      Array.from({ length: total }, async (_, index) => (await login(`u${index}`)).subscribes('lobby')),
    );
    const seen: string[] = [];
    for (let page = ''; ; ) {
      const { body } = await rest(`/channels/lobby/users?page=${encodeURIComponent(page)}`);
      expect(body.count).toBe(total);
      seen.push(...body.users.map(({ userId }: { userId: string }) => userId));
      if (!body.next) break;
      page = body.next;
    }
    expect(seen).toHaveLength(total);
    expect(new Set(seen).size).toBe(total);
  });

  test('REST71: whether users are online, several at once', async () => {
    await login('ann');
    const bob = await login('bob');
    await bob.subscribes('lobby');
    bob.drop();
    for (;;) {
      const { body } = await rest('/users?user=ann&user=bob&user=c,d');
      if (body.users[1].status === 'online') continue;
      expect(body.users).toEqual([
        { userId: 'ann', status: 'online' },
        { userId: 'bob', status: 'reconnecting' },
        { userId: 'c,d', status: 'offline' },
      ]);
      break;
    }
    expect((await rest('/users')).body.code).toBe('query_invalid');
    expect((await rest('/users?user=a.b')).body.code).toBe('invalid_user_id');
    const many = Array.from({ length: fixed.statusUsersMax + 1 }, (_, n) => `user=u${n}`).join('&');
    expect((await rest(`/users?${many}`)).body.code).toBe('query_invalid');
  });
});

describe('moderation', () => {
  const erase = (path: string): Promise<Answer> => ask(server.url, `${app}${path}`, { method: 'DELETE' });

  test('REST72: a rule that keeps a user out is made, listed and ended; who is out hears of it', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const made = await rest('/rules', {
      channel: 'lobby',
      userId: 'ann',
      privileges: ['join_channel', 'publish_message'],
      seconds: 600,
    });
    expect([made.status, made.body]).toEqual([
      200,
      {
        id: expect.any(Number),
        channel: 'lobby',
        uid: expect.any(Number),
        userId: 'ann',
        privileges: ['join_channel', 'publish_message'],
        createdMs: expect.any(Number),
        endsMs: made.body.createdMs + 600_000,
      },
    ]);
    // The answer comes when they are out.
    expect((await rest('/channels/lobby/users?with=count')).body).toEqual({ count: 0 });
    await ann.until('the end of it', () => ann.all('unsubscribed').length === 1);
    expect(await ann.subscribes('lobby')).toMatchObject({ code: -11021 });
    const publish = { type: 'publish', channelType: 'MESSAGE', channel: 'lobby', content: { text: 'x' } };
    expect(await ann.asks(publish)).toMatchObject({ code: -11024 });
    expect((await rest('/rules')).body).toEqual({ rules: [made.body], total: 1 });
    expect((await erase(`/rules/${made.body.id}`)).body).toEqual({ id: made.body.id });
    expect((await erase(`/rules/${made.body.id}`)).body.code).toBe('not_found');
    expect((await rest('/rules')).body).toEqual({ rules: [], total: 0 });
    expect(await ann.subscribes('lobby')).toMatchObject({ type: 'ok' });
    expect(await ann.asks(publish)).toMatchObject({ type: 'ok' });
  });

  test('REST72: a rule without channel ends the session; one for a user who never came keeps them out', async () => {
    const ann = await login('ann');
    await rest('/rules', { userId: 'ann', privileges: ['join_channel'], seconds: 60 });
    await ann.until('the end', () => ann.closed);
    expect(ann.all('closing')).toMatchObject([{ code: 'kicked', retry: false }]);
    await rest('/rules', { userId: 'never was', privileges: ['join_channel'], seconds: 60 });
    for (const userId of ['ann', 'never was']) await expect(login(userId)).rejects.toThrow(/"banned"/);
    await login('bob');
  });

  test('REST72: rules come in pages, those of the Agora-compatible API too, which does not see messages', async () => {
    const agora = { appid: testApp.id, cname: 'x', privileges: ['publish_audio'] };
    expect((await ask(server.url, '/dev/v1/kicking-rule', { send: agora })).status).toBe(200);
    const both = ['publish_video', 'publish_message'];
    await rest('/rules', { ip: '192.0.2.9', privileges: both, seconds: 60 });
    await rest('/rules', { uid: 7, privileges: ['publish_message'], seconds: 60 });
    const first = (await rest('/rules?limit=2')).body;
    expect(first.total).toBe(3);
    const second = (await rest(`/rules?limit=2&after=${first.next}`)).body;
    expect(second.next).toBeUndefined();
    expect([...first.rules, ...second.rules].map(({ privileges }) => privileges)).toEqual([
      ['publish_audio'],
      both,
      ['publish_message'],
    ]);
    const seen = await ask(server.url, `/dev/v1/kicking-rule?appid=${testApp.id}`);
    expect(seen.body.rules.map(({ privileges }: { privileges: string[] }) => privileges)).toEqual([
      ['publish_audio'],
      ['publish_video'],
    ]);
    const unknown = { ...agora, privileges: ['publish_message'] };
    expect((await ask(server.url, '/dev/v1/kicking-rule', { send: unknown })).body.code).toBe('body_invalid');
  });

  test('REST73: a rule that says too little or too much is refused, and nobody is put out', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const good = { channel: 'lobby', privileges: ['join_channel'], seconds: 60 };
    const { channel: _, ...everybody } = good;
    for (const [body, code] of [
      [everybody, 'body_invalid'],
      [{ ...good, userId: null }, 'invalid_user_id'],
      [{ ...good, userId: '' }, 'invalid_user_id'],
      [{ ...good, uid: null }, 'body_invalid'],
      [{ ...good, uid: 0 }, 'body_invalid'],
      [{ ...good, uid: 1, userId: 'ann' }, 'body_invalid'],
      [{ ...good, ip: 'localhost' }, 'body_invalid'],
      [{ ...good, channel: '' }, 'body_invalid'],
      [{ ...good, cname: 'lobby' }, 'body_invalid'],
      [{ ...good, seconds: 0 }, 'body_invalid'],
      [{ ...good, seconds: 1e9 }, 'body_invalid'],
      [{ ...good, seconds: '60' }, 'body_invalid'],
      [{ ...good, privileges: [] }, 'body_invalid'],
      [{ ...good, privileges: ['all'] }, 'body_invalid'],
      [{ ...good, privileges: 'join_channel' }, 'body_invalid'],
    ] as const)
      expect([body, (await rest('/rules', body)).body.code]).toEqual([body, code]);
    expect((await rest('/rules')).body.total).toBe(0);
    expect((await rest('/channels/lobby/users?with=count')).body.count).toBe(1);
    expect((await erase('/rules/x')).body.code).toBe('not_found');
  });

  test('REST74: a user is put out of a channel once, live and signaling, and may come back', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    const viewer = await Client.join({ url: server.url, channel: 'lobby', account: 'ann' });
    sockets.push(viewer);
    expect((await erase('/channels/lobby/users/ann')).body).toEqual({ removed: 2 });
    expect((await rest('/channels/lobby/users?with=count')).body.count).toBe(0);
    expect((await rest('/channels/lobby/roster')).body.code).toBe('not_found');
    await ann.until('the word', () => ann.all('unsubscribed').length === 1);
    expect(ann.closed).toBeUndefined();
    expect(await ann.subscribes('lobby')).toMatchObject({ type: 'ok' });
    expect((await erase('/channels/lobby/users/nobody')).body).toEqual({ removed: 0 });
    expect((await erase('/channels/hall/users/ann')).body).toEqual({ removed: 0 });
    expect((await erase('/channels/lobby/users/%C3%A9')).body.code).toBe('invalid_user_id');
  });

  test('REST83: whoever may join a live channel can be found and put out, by account and by uid', async () => {
    const account = 'ann.lee@example.com';
    for (const channel of ['show.1', '_lobby']) {
      const names = [account, account, '_ann', 'a'.repeat(255)];
      for (const [index, name] of names.entries()) {
        const viewer = await Client.join({ url: server.url, channel, account: name });
        sockets.push(viewer);
        const shown = index === 0 ? name : String(viewer.welcome.uid);
        expect((await erase(`/channels/${channel}/users/${encodeURIComponent(shown)}`)).body).toEqual({
          removed: 1,
        });
        await viewer.until('the end', () => viewer.closed);
        expect(viewer.closed?.reason).toBe('kicked');
      }
    }
    const viewer = await Client.join({ url: server.url, channel: 'lobby', account });
    sockets.push(viewer);
    expect((await rest(`/users/${account}/channels`)).body.channels).toEqual([
      { channelName: 'lobby', channelType: 'MESSAGE' },
    ]);
    const rule = await rest('/rules', {
      channel: 'lobby',
      userId: account,
      privileges: ['join_channel'],
      seconds: 60,
    });
    expect(rule.body).toMatchObject({ userId: account, uid: viewer.welcome.uid });
    await viewer.until('the end', () => viewer.closed);
    const again = Client.open({ url: server.url, channel: 'lobby', account });
    sockets.push(again);
    await again.until('the end', () => again.closed);
    expect(again.closed?.reason).toBe('banned');
    await erase(`/rules/${rule.body.id}`);
  });

  test("REST74: a user's session is ended, and they may log in again", async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby');
    expect((await erase('/users/ann/session')).body).toEqual({ ended: true });
    await ann.until('the end', () => ann.closed);
    expect((await rest('/channels/lobby/users?with=count')).body.count).toBe(0);
    expect((await erase('/users/ann/session')).body).toEqual({ ended: false });
    await login('ann');
  });
});

describe('storage', () => {
  test('REST75: metadata of channels and users is written by the rules of a user, and told to who follows it', async () => {
    const ann = await login('ann');
    await ann.subscribes('lobby', { withMetadata: true });
    const set = { author: 'the house', mode: 'set', items: [{ key: 'topic', value: 'cats' }] };
    const { body } = await rest('/channels/lobby/metadata', { ...set, addUserId: true });
    const { majorRevision } = body;
    expect(body).toEqual({
      majorRevision: expect.any(Number),
      items: [{ key: 'topic', value: 'cats', revision: majorRevision, author: 'the house' }],
    });
    expect((await rest('/channels/lobby/metadata')).body).toEqual(body);
    await ann.until('the news', () => ann.all('storage').length >= 2);
    expect(ann.all('storage').at(-1)).toMatchObject({
      event: 'UPDATE',
      publisher: 'the house',
      majorRevision,
    });
    expect((await rest('/channels/lobby/metadata?type=STREAM')).body.items).toEqual([]);
    await rest('/users/ann/metadata', set);
    expect((await rest('/users/ann/metadata')).body.items).toMatchObject([{ key: 'topic', value: 'cats' }]);
    for (const [change, status, code] of [
      [{ ...set, majorRevision: 7 }, 409, 'metadata_outdated'],
      [{ ...set, items: [{ key: 'topic', value: 'x', revision: 7 }] }, 409, 'metadata_outdated'],
      [{ ...set, mode: 'update', items: [{ key: 'never', value: 'x' }] }, 404, 'metadata_missing'],
      [{ ...set, items: [{ key: 'big', value: 'x'.repeat(16 * 1024) }] }, 413, 'metadata_full'],
      [{ ...set, lockName: 'stage' }, 409, 'lock_not_held'],
      [{ ...set, author: 'ann' }, 409, 'publisher_in_use'],
      [{ ...set, author: '_' }, 400, 'invalid_user_id'],
      [{ ...set, mode: 'add' }, 400, 'body_invalid'],
      [{ ...set, items: [] }, 400, 'body_invalid'],
      [{ ...set, items: [7] }, 400, 'body_invalid'],
      [{ ...set, items: [{ key: 'é', value: '' }] }, 400, 'body_invalid'],
      [{ ...set, items: [{ key: 'a' }, { key: 'a' }] }, 400, 'body_invalid'],
      [{ ...set, target: { userId: 'ann' } }, 400, 'body_invalid'],
      [{ mode: 'set', items: set.items }, 400, 'body_invalid'],
    ] as const) {
      const answer = await rest('/channels/lobby/metadata', change);
      expect([change, answer.status, answer.body.code]).toEqual([change, status, code]);
    }
    const gone = await rest('/channels/lobby/metadata', { author: 'the house', mode: 'remove', items: [] });
    expect(gone.body.items).toEqual([]);
  });

  test('REST76: locks are listed, and taken from who holds them', async () => {
    const ann = await login('ann');
    const lock = { channelType: 'MESSAGE', channel: 'lobby', lockName: 'stage' };
    await ann.asks({ type: 'set-lock', ...lock, ttl: 10 });
    await ann.asks({ type: 'acquire-lock', ...lock, retry: false });
    const held = { lockName: 'stage', owner: 'ann', ttl: 10 };
    expect((await rest('/channels/lobby/locks')).body).toEqual({ locks: [held] });
    const revoke = (body: object, name = 'stage') => rest(`/channels/lobby/locks/${name}/revoke`, body);
    const house = { author: 'the house' };
    expect((await revoke({ ...house, owner: 'bob' })).body.code).toBe('lock_not_held');
    expect((await revoke(house, 'never')).body.code).toBe('lock_unknown');
    expect((await revoke(house, 'a.b')).body.code).toBe('lock_unknown');
    expect((await revoke({ author: 'ann' })).body.code).toBe('publisher_in_use');
    expect((await revoke({ ...house, more: 1 })).body.code).toBe('body_invalid');
    expect((await revoke(house)).body).toEqual({ lockName: 'stage' });
    expect((await rest('/channels/lobby/locks')).body.locks).toEqual([{ ...held, owner: '' }]);
    expect((await revoke(house)).body.code).toBe('lock_not_held');
  });
});
