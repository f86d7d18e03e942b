import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import AgoraRTC, { type ClientConfig, type HousecountClient, type TurnServerConfig } from '../index.ts';
import { setLogLevel } from '../log.ts';
import { FakeMediaServer, FakePeerConnection, FakeTrack, problem } from '../testing/fake-media.ts';
import { codeOf, FakeServer, until, welcome } from '../testing/fake-server.ts';

const app = '0123456789abcdef0123456789abcdef';
let server: FakeServer;
let media: FakeMediaServer;
const clients: HousecountClient[] = [];

beforeEach(() => {
  AgoraRTC.setParameter('HOUSECOUNT_URL', 'https://live.test:7080');
  setLogLevel(4);
  server = new FakeServer().install();
  media = new FakeMediaServer().install();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
  server.restore();
  media.restore();
  setLogLevel(2);
});

function make(config: Partial<ClientConfig> = {}): HousecountClient {
  const client = AgoraRTC.createClient({ mode: 'live', codec: 'vp8', role: 'host', ...config });
  clients.push(client);
  return client;
}
const join = (client: HousecountClient) => client.join(app, 'c', 't', 7);
const publish = (client: HousecountClient) =>
  client.publish(AgoraRTC.createCustomVideoTrack({ mediaStreamTrack: new FakeTrack('video').real }));
const thrown = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
};
const turn: TurnServerConfig = { turnServerURL: 'turn.test', username: 'u', password: 'p' };
const login = { username: 'u', credential: 'p' };

test('SDK144: media may go over the TURN server of the app, beside those of the server; with forceturn over a relay alone', async () => {
  const iceServers = [{ urls: 'turn:house.test', username: 'h', credential: 'c' }];
  server.onHello = (_hello, socket) => socket.tell(welcome({ iceServers, role: 'broadcaster' }));
  const client = make({ turnServer: { ...turn, udpport: 1, tcpport: 2, security: true } });
  await join(client);
  await publish(client);
  expect(FakePeerConnection.all.at(-1)?.configuration).toEqual({
    bundlePolicy: 'max-bundle',
    iceServers: [
      { urls: ['turn:turn.test:1?transport=udp', 'turns:turn.test:2?transport=tcp'], ...login },
      ...iceServers,
    ],
  });
  await client.unpublish();
  client.setTurnServer({ ...turn, forceturn: true });
  await publish(client);
  expect(FakePeerConnection.all.at(-1)?.configuration).toMatchObject({
    iceTransportPolicy: 'relay',
    iceServers: [
      { urls: ['turn:turn.test:3478?transport=udp', 'turn:turn.test:3478?transport=tcp'] },
      ...iceServers,
    ],
  });
});

test('SDK144: a TURN server may be a whole URL; one without a name or a login is INVALID_PARAMS', async () => {
  const client = make();
  client.setTurnServer({ ...turn, turnServerURL: 'turns:turn.test?transport=tcp' });
  await join(client);
  await publish(client);
  expect(FakePeerConnection.all.at(-1)?.configuration.iceServers).toEqual([
    { urls: ['turns:turn.test?transport=tcp'], ...login },
  ]);
  for (const name of ['turnServerURL', 'username', 'password'])
    expect(thrown(() => client.setTurnServer({ ...turn, [name]: '' }))).toBe('INVALID_PARAMS');
  expect(thrown(() => make({ turnServer: {} as TurnServerConfig }))).toBe('INVALID_PARAMS');
});

test('SDK145: the client reaches the server at the proxy, its socket and its media; others go where they went', async () => {
  const urls: string[] = [];
  const Real = globalThis.WebSocket;
  globalThis.WebSocket = class {
    constructor(url: string) {
      urls.push(url);
      // biome-ignore lint/correctness/noConstructorReturn: the fake stands in for the browser's own class.
      return new Real(url);
    }
  } as unknown as typeof WebSocket;
  const client = make({ proxyServer: 'proxy.test' });
  await join(client);
  await join(make());
  const other = make();
  other.setProxyServer('http://edge.test:81/live/');
  await join(other);
  expect(urls).toEqual([
    'wss://proxy.test/v1/connect',
    'wss://live.test:7080/v1/connect',
    'ws://edge.test:81/live/v1/connect',
  ]);
  for (const wrong of ['', 'ftp://x', 7 as never])
    expect(thrown(() => client.setProxyServer(wrong))).toBe('INVALID_PARAMS');
});

const quick = { timeout: 1, timeoutFactor: 1, maxRetryCount: 2, maxRetryTimeout: 1 };

test('SDK146: a join, and a connection that was lost, is tried again as often as websocketRetryConfig says', async () => {
  server.down = true;
  const client = make({ websocketRetryConfig: quick });
  expect(await codeOf(join(client))).toBe('NETWORK_ERROR');
  expect(server.sockets).toHaveLength(3);
  server.down = false;
  await join(client);
  const reasons: unknown[] = [];
  client.on('connection-state-change', (now, _before, reason) => reasons.push([now, reason]));
  server.down = true;
  server.socket.drop();
  await until('given up', () => client.connectionState === 'DISCONNECTED');
  expect(reasons).toEqual([
    ['RECONNECTING', undefined],
    ['DISCONNECTED', 'NETWORK_ERROR'],
  ]);
  expect(server.sockets).toHaveLength(4 + 3);
});

test('SDK146: a first media session is tried again as often as httpRetryConfig says', async () => {
  const client = make({ httpRetryConfig: quick });
  await join(client);
  media.refuse = () => problem(503, 'media_unavailable');
  expect(await codeOf(publish(client))).toBe('EXCHANGE_SDP_FAILED');
  expect(media.paths('POST')).toHaveLength(3);
});

test('SDK146: a plan of retries that is none is INVALID_PARAMS', () => {
  for (const wrong of [
    { timeout: -1 },
    { timeoutFactor: 0.5 },
    { maxRetryCount: '2' },
    { maxRetryTimeout: Number.NaN },
  ])
    expect(thrown(() => make({ httpRetryConfig: { ...quick, ...(wrong as object) } }))).toBe(
      'INVALID_PARAMS',
    );
});

test('SDK147: any audio codec of the original is taken; what is sent is Opus, and the log says so', () => {
  setLogLevel(2);
  const complaint = spyOn(console, 'warn').mockImplementation(() => undefined);
  make({ audioCodec: 'opus' });
  expect(complaint).toHaveBeenCalledTimes(0);
  make({ audioCodec: 'pcmu' });
  expect(complaint.mock.calls.flat().join()).toContain('Opus');
  complaint.mockRestore();
  expect(thrown(() => make({ audioCodec: 'mp3' as never }))).toBe('INVALID_PARAMS');
});
