import { afterAll, beforeAll, expect, test } from 'bun:test';
import { signalingErrors } from '@housecount/protocol';
import { Client, type ClientOptions, tokenFor } from '../../../testing/clients/client.ts';
import { answerToLink, proofFor } from '../../../testing/clients/page-link.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../../testing/processes/server-process.ts';

const app = `/v1/apps/${testApp.id}`;
let server: ServerProcess;
const clients: (Client | SignalingClient)[] = [];
beforeAll(async () => {
  server = await startServerProcess({ apps: [{ ...testApp, signaling: { debounceMs: 500 } }] });
}, 120_000);
afterAll(async () => {
  for (const client of clients.splice(0)) client.drop();
  await server?.close();
});

const rest = (path: string, over: Parameters<typeof ask>[2] = {}) => ask(server.url, `${app}${path}`, over);
async function login(userId: string): Promise<SignalingClient> {
  const client = await SignalingClient.login(server.url, userId);
  clients.push(client);
  return client;
}
/** A page's member; how it was refused, if it was. */
async function joins(channel: string, uid: number, over: Partial<ClientOptions> = {}): Promise<Client> {
  const client = Client.open({ url: server.url, channel, uid, ...over });
  clients.push(client);
  await client.until('a welcome or the end', () => client.welcome ?? client.closed);
  return client;
}
const refusalOf = (client: Client) => client.all('closing').at(-1)?.code;
/** The answer to the proof that the member is the user's, or the end. */
const links = async (page: Client, user: SignalingClient) =>
  answerToLink(page, await proofFor(user, page.welcome?.link?.nonce ?? ''));
/** A user who subscribes, and the members of her page and of her screen, which is linked late. */
async function party(channel: string, userId: string, [pageUid, screenUid]: readonly [number, number]) {
  const user = await login(userId);
  await user.subscribes(channel);
  const page = await joins(channel, pageUid, { hello: { linkAwaited: true } });
  const screen = await joins(channel, screenUid);
  for (const client of [page, screen]) expect(await links(client, user)).toBe('ok');
  return { user, page, screen };
}
interface User {
  readonly userId: string;
  readonly states: Readonly<Record<string, string>>;
}
const users = async (channel: string) => {
  const { body } = await rest(`/channels/${channel}/users?with=states`);
  return body.users.map(({ userId, states: { uid, uids = uid } }: User) => [userId, uids]);
};

test('PERSON40, PERSON47, PERSON50: over sockets and REST a person is one, and is told and put out by any of their names', async () => {
  const { user, page, screen } = await party('one', 'ann', [101, 102]);
  const bob = await login('bob');
  await until('one entry', async () => Bun.deepEquals(await users('one'), [['ann', '101,102']]));
  expect((await rest('/users/ann/channels')).body.channels).toEqual([
    { channelName: 'one', channelType: 'MESSAGE' },
  ]);
  for (const channel of ['101', '102', 'ann'])
    expect(
      await bob.asks({ type: 'publish', channelType: 'USER', channel, content: { text: channel } }),
    ).toMatchObject({ type: 'ok' });
  await rest('/users/102/messages', { send: { publisher: 'the house', content: { text: 'rest' } } });
  await user.until('all of it', () => user.all('message').length === 4);
  expect((await rest('/channels/one/users/102', { method: 'DELETE' })).body).toEqual({ removed: 2 });
  for (const client of [page, screen]) {
    await client.until('the end', () => client.closed);
    expect(refusalOf(client)).toBe('kicked');
  }
  await user.until('the news', () => user.all('unsubscribed').length > 0);
  await until('nobody', async () => (await users('one')).length === 0);
  // Once: she may come back, and is one again.
  const back = await joins('one', 101);
  expect(await links(back, user)).toBe('ok');
  await user.subscribes('one');
  await until('one entry', async () => Bun.deepEquals(await users('one'), [['ann', '101']]));
}, 120_000);

test('PERSON48: a rule by the number of a screen keeps out the whole person, also after kill -9, and says whom it means', async () => {
  const { user, page } = await party('two', 'cid', [201, 202]);
  const rule = { appid: testApp.id, cname: 'two', uid: 202, time: 60, privileges: ['join_channel'] };
  expect((await ask(server.url, '/dev/v1/kicking-rule', { send: rule })).status).toBe(200);
  await page.until('the end', () => page.closed);
  await user.until('the news', () => user.all('unsubscribed').length > 0);
  const listed = async () =>
    (await rest('/rules')).body.rules.find(({ channel }: { channel: string }) => channel === 'two');
  expect(await listed()).toMatchObject({ uid: 202, members: [201], users: ['cid'] });
  await server.kill();
  await server.restart();
  expect(await listed()).toMatchObject({ uid: 202, members: [201], users: ['cid'] });
  const again = await login('cid');
  expect(await again.subscribes('two')).toMatchObject({
    type: 'refused',
    code: signalingErrors.subscribeFailed,
  });
  for (const uid of [201, 202]) expect(refusalOf(await joins('two', uid))).toBe('banned');
  expect((await joins('other', 201)).welcome).toBeDefined();
}, 120_000);

test('PERSON49: a page that proves to be of a user whom a rule keeps out is put out, and keeps out; nobody is shown as that user', async () => {
  const dan = await login('dan');
  const rule = { channel: 'three', userId: 'dan', privileges: ['join_channel'], seconds: 600 };
  expect((await rest('/rules', { send: rule })).status).toBe(200);
  const watcher = await login('watcher');
  await watcher.subscribes('three', { beQuiet: true });
  const page = await joins('three', 301, { hello: { linkAwaited: true } });
  expect(await links(page, dan)).toBe('kicked');
  expect(refusalOf(await joins('three', 301))).toBe('banned');
  expect(await users('three')).toEqual([]);
  expect(watcher.presence('three').map(({ type }) => type)).toEqual(['SNAPSHOT']);
}, 120_000);

/** A member that came by a token for anybody, under a number or an account, and that its page links. */
async function takes(
  channel: string,
  identity: { uid: number } | { account: string },
  user: SignalingClient,
) {
  const token = tokenFor(channel, { uid: 0 });
  const client = Client.open({ url: server.url, channel, ...identity, hello: { token } });
  clients.push(client);
  await client.next('welcome');
  expect(await links(client, user)).toBe('ok');
  return client;
}
const owns = async (channel: string, identity: { uid: number } | { account: string }) => {
  const client = Client.open({ url: server.url, channel, ...identity });
  clients.push(client);
  await client.until('a welcome or the end', () => client.welcome ?? client.closed);
  return client.welcome ? 'in' : refusalOf(client);
};
const textsOf = (client: SignalingClient) => client.all('message').map(({ content }) => content);

test('PERSON50: who takes an account, or a number, by a token for anybody receives nothing that is for its owner', async () => {
  const [eve, obs, gil] = [await login('eve'), await login('obs'), await login('gil')];
  const tell = (channel: string, text: string) =>
    obs.asks({ type: 'publish', channelType: 'USER', channel, content: { text } });
  await takes('four', { account: 'fay' }, eve);
  await takes('elsewhere', { uid: 401 }, eve);
  const offline = { type: 'refused', code: signalingErrors.receiverOffline };
  expect([await tell('fay', 'a secret'), await tell('401', 'a secret')]).toMatchObject([offline, offline]);
  const kept = { publisher: 'house', storeInHistory: true, content: { text: 'kept for fay' } };
  expect((await rest('/users/fay/messages', { send: kept })).body).toMatchObject({
    online: false,
    kept: true,
  });
  // Beside the owner, whose token names the number, it is in nobody's way.
  expect(await links(await joins('four', 401), gil)).toBe('ok');
  expect(await tell('401', 'for gil')).toMatchObject({ type: 'ok' });
  await gil.until('the message', () => gil.all('message').length === 1);
  expect((await rest('/users?user=401&user=fay')).body.users).toEqual([
    { userId: '401', status: 'online' },
    { userId: 'fay', status: 'offline' },
  ]);
  // What comes to eve by her own name comes after all that was for others.
  expect(await tell('eve', 'for eve')).toMatchObject({ type: 'ok' });
  await eve.until('her own', () => eve.all('message').length > 0);
  expect(textsOf(eve)).toEqual([{ text: 'for eve' }]);
  const fay = await login('fay');
  const history = {
    type: 'get-messages',
    channelType: 'USER',
    channel: 'house',
    count: 10,
    start: 0,
    end: 0,
  };
  expect(await fay.asks(history as Parameters<typeof fay.asks>[0])).toMatchObject({
    result: { messages: [{ content: { text: 'kept for fay' } }] },
  });
}, 120_000);

for (const channel of ['five', undefined])
  test(`PERSON48: a rule about a user ${channel ? 'in a channel' : 'in the app'} keeps out no owner of a number that somebody took, nor who has it elsewhere, also after kill -9`, async () => {
    const where = channel ?? 'six';
    const ivo = await login(`ivo-${where}`);
    const [number, own] = channel ? [501, 502] : [601, 602];
    await takes(where, { uid: number }, ivo);
    await takes(where, { account: `kay-${where}` }, ivo);
    const hers = await joins(where, own);
    expect(await links(hers, ivo)).toBe('ok');
    const lea = await login(`lea-${where}`);
    const other = await joins(`${where} elsewhere`, own);
    expect(await links(other, lea)).toBe('ok');
    const rule = {
      ...(channel && { channel }),
      userId: `ivo-${where}`,
      privileges: ['join_channel'],
      seconds: 600,
    };
    const { body } = await rest('/rules', { send: rule });
    expect([body.members, body.membersIn]).toEqual(
      channel ? [[own], undefined] : [undefined, [{ channel: where, uid: own }]],
    );
    expect((await rest(`/channels/${where}/roster`)).body.members ?? []).toEqual([]);
    for (const restarts of [false, true]) {
      if (restarts) {
        await server.kill();
        await server.restart();
      }
      expect(await owns(where, { uid: number })).toBe('in');
      expect(await owns(where, { account: `kay-${where}` })).toBe('in');
      expect(await owns(where, { uid: own })).toBe('banned');
    }
    const { body: elsewhere } = await rest(`/channels/${encodeURIComponent(`${where} elsewhere`)}/roster`);
    expect(elsewhere.members).toMatchObject([{ uid: own, userId: `lea-${where}` }]);
  }, 120_000);

test('PERSON47: the number of a member that took an account is that member alone, over REST', async () => {
  const mia = await login('mia');
  await mia.subscribes('seven');
  const token = tokenFor('seven', { uid: 0 });
  const impostor = Client.open({ url: server.url, channel: 'seven', account: 'mia', hello: { token } });
  clients.push(impostor);
  const { uid } = await impostor.next('welcome');
  expect((await rest(`/channels/seven/users/${uid}`, { method: 'DELETE' })).body).toEqual({ removed: 1 });
  await impostor.until('the end', () => impostor.closed);
  expect(await users('seven')).toEqual([['mia', undefined]]);
}, 120_000);
