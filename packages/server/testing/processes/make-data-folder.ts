/** Makes a data folder for fixtures/data-folders, as this server leaves it when it is killed: `bun make-data-folder.ts FOLDER`. */
import { cp, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildRtcToken, buildTokenForBoth } from '../../src/token/build.ts';
import { Client } from '../clients/client.ts';
import { SignalingClient } from '../clients/signaling-client.ts';
import { startReceiver } from './receiver.ts';
import { startServerProcess, testApp, testAuthorization, until } from './server-process.ts';

const [, , out] = process.argv;
if (out === undefined) throw new Error('Name the folder to make.');
const secret = 'a-secret-of-the-fixture';
const channel = 'kept';
const key = 'fixture-key';
/** Events that the members below make, and endpoints that each is told to. */
const [events, endpoints] = [7, 3];

/** One takes everything, one nothing, and one takes the third attempt. */
const asked = new Map<string, number>();
const receiver = await startReceiver({
  secret,
  behaviour: ({ path, body }) => {
    if (path !== '/flaky') return { status: path === '/good' ? 200 : 500 };
    const json = JSON.parse(body);
    const ids = (json.notices ?? [json]).map(({ noticeId }: { noticeId: string }) => noticeId).join(' ');
    asked.set(ids, (asked.get(ids) ?? 0) + 1);
    return { status: (asked.get(ids) ?? 0) < 3 ? 503 : 200, body: 'busy' };
  },
});
const endpoint = (path: string, more: object) => ({
  app: testApp.id,
  url: receiver.url.replace('/notices', path),
  secret,
  allowPrivateNetwork: true,
  ...more,
});
const server = await startServerProcess({
  endpoints: [
    endpoint('/good', {}),
    endpoint('/gone', { retry: [0, 0], redeliverGivenUp: false }),
    endpoint('/flaky', { retry: [0, 0, 0, 0], format: 'batch' }),
  ],
  endpointNetworks: ['127.0.0.0/8'],
});

// biome-ignore lint/suspicious/noExplicitAny: the script reads answers of many shapes.
async function rest(path: string, body?: object, headers: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${server.url}/v1/apps/${testApp.id}${path}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: testAuthorization, 'content-type': 'application/json', ...headers },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

function enter(
  identity: { uid: number } | { account: string },
  role: 'broadcaster' | 'audience',
  userId?: string,
) {
  const request = {
    appId: testApp.id,
    certificate: testApp.certificate,
    channel,
    identity,
    role,
    expireSeconds: 600,
    // No end: the members are there whenever the folder is started from.
    privilegeSeconds: 0,
    issuedSeconds: Math.floor(Date.now() / 1_000),
    salt: 1,
  };
  const token = userId === undefined ? buildRtcToken(request) : buildTokenForBoth({ ...request, userId });
  return Client.join({ url: server.url, channel, role, ...identity, hello: { token } });
}

/** Users of signaling: the session with which each comes back, and where it is. */
async function logIn() {
  const login = (userId: string, over = {}) => SignalingClient.login(server.url, userId, over);
  const dee = await login('dee');
  await dee.subscribes('hall');
  const eve = await login('eve');
  const token = stageTokenOf('eve');
  await eve.asks({ type: 'subscribe', channelType: 'STREAM', channel: 'stage', token, ...stageOptions });
  const fay = await login('fay');
  await login('fay', { session: fay.welcome.session, attempt: 3 });
  // The sessions of these two end with their lease; each is given another one instead.
  const [gus, hal] = [await login('gus'), await login('hal')];
  gus.drop();
  hal.drop();
  await new Promise((resolve) => setTimeout(resolve, (gus.welcome.leaseMs ?? 0) + 3_000));
  const gusAgain = await login('gus', { session: gus.welcome.session, attempt: 1 });
  const halAgain = await login('hal', { session: hal.welcome.session, attempt: 1 });
  await halAgain.subscribes('hall');
  const of = ({ welcome: { session } }: SignalingClient, more = {}) => ({ session, ...more });
  return {
    dee: of(dee, { message: 'hall' }),
    eve: of(eve, { stream: 'stage' }),
    fay: of(fay, { attempt: 3 }),
    gus: of(gus, { unheard: gusAgain.welcome.session.id }),
    hal: of(hal, { message: 'hall', newer: halAgain.welcome.session }),
  };
}

const stageOptions = { withPresence: true, withMetadata: false, withLock: false, beQuiet: false };
const stageTokenOf = (account: string): string =>
  buildRtcToken({
    appId: testApp.id,
    certificate: testApp.certificate,
    channel: 'stage',
    identity: { account },
    role: 'audience',
    expireSeconds: 600,
    privilegeSeconds: 0,
    issuedSeconds: Math.floor(Date.now() / 1_000),
    salt: 1,
  });

await rest('/endpoints', {
  url: receiver.url,
  allowPrivateNetwork: true,
  description: 'made over REST',
});
const host = await enter({ uid: 1 }, 'broadcaster');
host.send({ type: 'streams', id: 1, audio: true, video: true });
await enter({ account: 'ann' }, 'audience');
await enter({ account: 'bob' }, 'audience');
await enter({ uid: 7 }, 'audience', 'grace');
await (await enter({ account: 'carl' }, 'audience')).leave();
for (const text of ['first', 'second', 'third'])
  await rest('/channels/lobby/messages', { publisher: 'ann', content: { text }, storeInHistory: true });
await rest(
  '/channels/lobby/messages',
  { publisher: 'ann', content: { text: 'keyed' }, storeInHistory: true },
  { 'idempotency-key': key },
);
const deliveries = await until('everything is delivered or given up', async () => {
  const found = (await rest('/deliveries?limit=200')).deliveries as {
    endpoint: string;
    noticeId: string;
    status: string;
  }[];
  return found.length === events * endpoints && found.every(({ status }) => status !== 'retrying') && found;
});
const sessions = await logIn();
const [{ sid }] = (await rest(`/channels/${channel}/sids`)).sids;
const expected = {
  channel,
  sid,
  key,
  members: (await rest(`/channels/${channel}/roster`)).members,
  deliveries: await Promise.all(
    deliveries.map(({ endpoint: id, noticeId }) => rest(`/deliveries/${id}/${noticeId}`)),
  ),
  messages: (await rest('/channels/lobby/messages')).messages,
  events: (await rest(`/channels/${channel}/events?sid=${sid}&after=0&limit=1000`)).events,
  endpoints: (await rest('/endpoints')).endpoints,
  sessions,
};
// Cursors and the mark of life are written with the next turn of their timers.
const written = () => new Promise((resolve) => setTimeout(resolve, 2_000));
await written();
await server.kill();
// A start, too, with everybody still to come back.
await server.restart();
await written();
await server.kill();
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
// The socket of a server that was killed is still there; it holds nothing, and cannot be copied.
await cp(server.dataDir, join(out, 'data'), {
  recursive: true,
  filter: async (path) => !(await lstat(path)).isSocket(),
});
// SQLite makes it anew from the other two.
for (const name of ['deliveries', 'history', 'messages', 'idempotency'])
  await rm(join(out, 'data', `${name}.db-shm`), { force: true });
await writeFile(
  join(out, 'expected.json'),
  `${JSON.stringify({ atMs: Date.now(), ...expected }, undefined, 1)}\n`,
);
await server.close();
await receiver.close();
process.exit(0);
