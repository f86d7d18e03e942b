import { afterEach, expect, test } from 'bun:test';
import { buildSignalingToken } from '../../../src/token/build.ts';
import { Client, type ClientOptions } from '../../../testing/clients/client.ts';
import { answerToLink, proofFor } from '../../../testing/clients/page-link.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import { startReceiver } from '../../../testing/processes/receiver.ts';
import { startReloadableServer } from '../../../testing/processes/reloadable-server.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const channel = 'premiere';
const other = { id: 'f'.repeat(32), certificate: 'e'.repeat(32) };
let server: ServerProcess | TestServer | undefined;
const clients: (Client | SignalingClient)[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await server?.close();
  server = undefined;
});

async function joins(url: string, uid: number, over: Partial<ClientOptions> = {}) {
  const client = await Client.join({ url, channel, uid, ...over });
  clients.push(client);
  return client;
}
async function login(...args: Parameters<typeof SignalingClient.login>) {
  const client = await SignalingClient.login(...args);
  clients.push(client);
  return client;
}
const proofOf = (user: SignalingClient, page: Client) => proofFor(user, page.welcome?.link?.nonce ?? '');

test('PERSON9, PERSON11: a page proves whose member it is; the server knows it after kill -9', async () => {
  const process = await startServerProcess();
  server = process;
  const { url } = process;
  const [ann, page] = await Promise.all([
    login(url, 'ann'),
    joins(url, 42, { hello: { linkAwaited: true } }),
  ]);
  expect(page.welcome.link).not.toHaveProperty('userId');
  const proof = await proofOf(ann, page);
  expect(await answerToLink(page, proof)).toBe('ok');
  expect(await answerToLink(page, proof)).toBe('link_proof_used');
  await process.kill();
  await process.restart();
  const again = await joins(url, 42, { resume: page.welcome.resume });
  expect(again.welcome).toMatchObject({ resumed: true, link: { userId: 'ann' } });
  // Her session is not back: the proof that it gave is worth nothing, nor is it one of this attachment.
  expect(await answerToLink(again, proof)).toBe('link_proof_invalid');
}, 120_000);

test('PERSON10: a proof of a session that has logged out, of another app’s user, or for another connection links nobody', async () => {
  server = await startTestServer({ apps: [testApp, other] });
  const { url } = server;
  const [ann, page, second] = await Promise.all([login(url, 'ann'), joins(url, 42), joins(url, 43)]);
  expect(await answerToLink(page, await proofOf(ann, second))).toBe('link_proof_invalid');
  const proof = await proofOf(ann, page);
  ann.send({ type: 'logout' });
  await ann.until('the end', () => ann.closed);
  expect(await answerToLink(page, proof)).toBe('link_proof_invalid');
  const token = buildSignalingToken({
    appId: other.id,
    certificate: other.certificate,
    userId: 'ann',
    expireSeconds: 600,
    issuedSeconds: Math.floor(Date.now() / 1_000),
    salt: 1,
  });
  const elsewhere = await login(url, 'ann', { app: other.id, token });
  expect(await answerToLink(page, await proofOf(elsewhere, page))).toBe('link_proof_invalid');
  // Nothing of that was a proof taken, and the connection is there.
  expect(await answerToLink(page, await proofOf(await login(url, 'ann'), page))).toBe('ok');
}, 60_000);

test('PERSON15, PERSON17: REST and notices have the member once, by uid, with its user id', async () => {
  const receiver = await startReceiver();
  server = await startTestServer({
    endpointNetworks: ['127.0.0.0/8'],
    endpoints: [{ app: testApp.id, url: receiver.url, secret: 's', allowPrivateNetwork: true }],
  });
  const { url } = server;
  const [ann, page] = await Promise.all([login(url, 'ann'), joins(url, 42)]);
  await joins(url, 43);
  expect(await answerToLink(page, await proofOf(ann, page))).toBe('ok');
  const app = `/v1/apps/${testApp.id}`;
  const usersOf = (members: { uid: number; userId?: string }[]) =>
    members.map(({ uid, userId }) => [uid, userId]);
  const both = [
    [42, 'ann'],
    [43, undefined],
  ];
  const roster = (await ask(url, `${app}/channels/${channel}/roster`)).body;
  expect(usersOf(roster.members).sort()).toEqual(both);
  const snapshot = await (
    await fetch(`${url}${app}/snapshot`, { headers: { authorization: testAuthorization } })
  ).text();
  const lines = snapshot
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(usersOf(lines.flatMap(({ type, members }) => (type === 'members' ? members : []))).sort()).toEqual(
    both,
  );
  page.send({ type: 'set-role', id: 1, role: 'broadcaster' });
  await page.until('an answer', () => page.all('ok').some(({ id }) => id === 1));
  await page.leave();
  const { events } = (await ask(url, `${app}/channels/${channel}/events?sid=${roster.sid}&after=0`)).body;
  const pulled = (await ask(url, `${app}/events?limit=100`)).body.events;
  for (const listed of [events, pulled])
    expect(
      listed
        .filter(({ uid }: { uid?: number }) => uid === 42)
        .map(({ type, userId }: { type: string; userId?: string }) => [type, userId]),
    ).toEqual([
      ['member-joined', undefined],
      ['role-changed', 'ann'],
      ['member-left', 'ann'],
    ]);
  const told = () =>
    receiver.notices
      .map(({ notice }) => notice)
      .filter(({ payload }) => 'uid' in payload && payload.uid === 42)
      .sort((one, other) => (one.payload.seq ?? 0) - (other.payload.seq ?? 0));
  await until('the notices', async () => told().length === 3);
  expect(told().map(({ eventType, payload }) => [eventType, 'userId' in payload && payload.userId])).toEqual([
    [105, false],
    [111, 'ann'],
    [104, 'ann'],
  ]);
  await receiver.close();
}, 60_000);

test('PERSON7: a reload switches links off and on; who is linked stays so', async () => {
  await using reloadable = await startReloadableServer();
  const { url } = reloadable;
  const ann = await login(url, 'ann');
  const page = await joins(url, 42);
  const proof = await proofOf(ann, page);
  expect(await answerToLink(page, proof)).toBe('ok');
  expect((await reloadable.reload({ apps: [{ ...testApp, linkIdentities: false }] })).ok).toBe(true);
  expect(await answerToLink(page)).toBe('link_disabled');
  expect(await ann.asks({ type: 'link-proof', nonce: 'n' })).toMatchObject({ type: 'refused', code: -10012 });
  expect((await joins(url, 43)).welcome).not.toHaveProperty('link');
  expect((await reloadable.reload({ apps: [testApp] })).ok).toBe(true);
  const again = await joins(url, 42, { resume: page.welcome.resume });
  expect(again.welcome.link).toMatchObject({ userId: 'ann' });
}, 120_000);
