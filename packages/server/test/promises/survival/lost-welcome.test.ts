import { afterEach, expect, test } from 'bun:test';
import type { SignalingLogin } from '@housecount/protocol';
import { buildRtcToken } from '../../../src/token/build.ts';
import { SignalingClient } from '../../../testing/clients/signaling-client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  testAuthorization,
  until,
} from '../../../testing/processes/server-process.ts';

type Session = NonNullable<SignalingLogin['session']>;

let server: ServerProcess | undefined;
let clients: SignalingClient[] = [];
afterEach(async () => {
  for (const client of clients) client.drop();
  clients = [];
  await server?.close();
  server = undefined;
});

/** A login, and its answer: a welcome, or the end. */
async function comes(over: Partial<SignalingLogin> = {}): Promise<SignalingClient> {
  const client = SignalingClient.open(server?.url ?? '', 'ann', over, {});
  clients.push(client);
  await client.until('an answer', () => client.frames.length > 0);
  return client;
}

async function rest(method: string, path: string) {
  const response = await fetch(`${server?.url}/v1/apps/${testApp.id}${path}`, {
    method,
    headers: { authorization: testAuthorization },
  });
  expect([path, response.ok]).toEqual([path, true]);
  return response;
}

const statusOf = async (): Promise<string> =>
  ((await (await rest('GET', '/users?user=ann')).json()) as { users: { status: string }[] }).users[0]
    ?.status ?? '';

/** A server on which the session of ann's client has lapsed. */
async function begin(): Promise<Session> {
  server = await startServerProcess({ leases: { rtcMs: 10_000, signalingMs: 5_000, recoveryMs: 30_000 } });
  const ann = await comes();
  ann.drop();
  await until('the end of her lease', async () => (await statusOf()) === 'offline');
  return ann.welcome.session;
}

async function killed(): Promise<void> {
  await server?.kill();
  await server?.restart();
}

const closingOf = (client: SignalingClient) => client.all('closing')[0]?.code;

const places: Readonly<Record<string, (client: SignalingClient) => Promise<unknown>>> = {
  nothing: async () => undefined,
  'a message channel': (client) => client.subscribes('lobby'),
  'a stream channel': (client) =>
    client.asks({
      type: 'subscribe',
      channelType: 'STREAM',
      channel: 'stage',
      withPresence: true,
      withMetadata: false,
      withLock: false,
      beQuiet: false,
      token: buildRtcToken({
        appId: testApp.id,
        certificate: testApp.certificate,
        channel: 'stage',
        identity: { account: 'ann' },
        role: 'audience',
        expireSeconds: 600,
        issuedSeconds: Math.floor(Date.now() / 1_000),
        salt: 1,
      }),
    }),
};

for (const [place, enter] of Object.entries(places))
  test(`SIG195, SIG196: over kill -9 a client that lost two welcomes is known, in ${place}; an older attempt of it is not`, async () => {
    const session = await begin();
    const ids = new Set([session.id]);
    for (const attempt of [1, 3]) {
      // What the client does not hear of is as if the answer were lost.
      const unheard = await comes({ session, attempt });
      expect(unheard.welcome).toMatchObject({ resumed: false, attempt });
      ids.add(unheard.welcome.session.id);
      await enter(unheard);
      await killed();
    }
    expect(closingOf(await comes({ session, attempt: 2 }))).toBe('replaced');
    const heard = await comes({ session, attempt: 4 });
    expect(heard.welcome).toMatchObject({ resumed: false, attempt: 4 });
    expect(ids.add(heard.welcome.session.id).size).toBe(4);
    expect(closingOf(await comes({ session, attempt: 2 }))).toBe('replaced');
    expect(heard.closed).toBeUndefined();
    await killed();
    const back = await comes({ session: heard.welcome.session, attempt: 5 });
    expect(back.welcome).toMatchObject({ attempt: 5, session: heard.welcome.session });
    expect(await statusOf()).toBe('online');
  }, 120_000);

test('SIG195: so is one that does not count its attempts', async () => {
  const session = await begin();
  for (let time = 0; time < 2; time += 1) {
    await (await comes({ session })).subscribes('lobby');
    await killed();
  }
  const heard = await comes({ session });
  expect(heard.welcome).toMatchObject({ resumed: false, attempt: 0 });
  await killed();
  expect((await comes({ session: heard.welcome.session })).welcome.session.id).toBe(heard.welcome.session.id);
}, 120_000);

test('SIG197: over kill -9 a client whose place another device took is told so, and pushes it out of nothing', async () => {
  const session = await begin();
  const unheard = await comes({ session, attempt: 1 });
  const device = await comes();
  await unheard.until('the end', () => closingOf(unheard) === 'replaced');
  await killed();
  expect(closingOf(await comes({ session, attempt: 2 }))).toBe('replaced');
  const back = await comes({ session: device.welcome.session, attempt: 1 });
  expect(back.welcome.session.id).toBe(device.welcome.session.id);
  back.send({ type: 'logout' });
  await back.until('the goodbye', () => closingOf(back) === 'left');
  await killed();
  expect(closingOf(await comes({ session, attempt: 3 }))).toBe('replaced');
  expect(await statusOf()).toBe('offline');
}, 120_000);

test('SIG197: over kill -9 a client whose session the backend ended before it heard of it is told so', async () => {
  const session = await begin();
  await comes({ session, attempt: 1 });
  await rest('DELETE', '/users/ann/session');
  await killed();
  const back = await comes({ session, attempt: 2 });
  expect(back.all('closing')).toMatchObject([{ code: 'kicked', errorCode: -10012 }]);
  expect(await statusOf()).toBe('offline');
}, 120_000);
