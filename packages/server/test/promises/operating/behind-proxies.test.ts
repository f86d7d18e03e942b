import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { buildConsole } from '../../../testing/processes/built-console.ts';
import { wantProgram } from '../../../testing/processes/debian-program.ts';
import {
  documentedConfigurations,
  type ProxyKind,
  type ReverseProxy,
  startReverseProxy,
} from '../../../testing/processes/reverse-proxy.ts';
import { testApp, testAuthorization } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

const programs = { nginx: wantProgram('nginx', 'nginx'), caddy: wantProgram('caddy', 'caddy') };
const documented = await documentedConfigurations();

interface Setup {
  readonly kind: ProxyKind;
  readonly configuration: string;
  /** The path, below the host, under which clients have the server. */
  readonly path: string;
  /** The base path that the server is told. */
  readonly basePath: string;
}
const setups: [string, Setup][] = [
  ['nginx', { kind: 'nginx', configuration: documented.nginx, path: '', basePath: '' }],
  [
    'nginx under a path',
    {
      kind: 'nginx',
      configuration: documented.nginx.replace('location / {', 'location /live/ {'),
      path: '/live',
      basePath: '/live',
    },
  ],
  [
    'nginx that takes the path off',
    {
      kind: 'nginx',
      configuration: documented.nginx
        .replace('location / {', 'location /live/ {')
        .replace('proxy_pass http://127.0.0.1:7080;', 'proxy_pass http://127.0.0.1:7080/;'),
      path: '/live',
      basePath: '',
    },
  ],
  ['Caddy', { kind: 'caddy', configuration: documented.caddy, path: '', basePath: '' }],
  [
    'Caddy under a path',
    { kind: 'caddy', configuration: documented.caddyUnderPath, path: '/live', basePath: '/live' },
  ],
  [
    'Caddy that takes the path off',
    {
      kind: 'caddy',
      configuration: documented.caddyUnderPath.replace('handle /live/*', 'handle_path /live/*'),
      path: '/live',
      basePath: '',
    },
  ],
];

beforeAll(buildConsole);

describe.each(setups)('behind %s', (_, { kind, configuration, path, basePath }) => {
  const program = programs[kind];
  if (program === undefined) {
    test.skip(`PROXY11: skipped, for ${kind} is not installed here (Debian: ${kind})`, () => {});
    return;
  }
  let server: TestServer;
  let proxy: ReverseProxy;
  let url: string;
  beforeAll(async () => {
    server = await startTestServer({
      listen: { host: '127.0.0.1', port: 0, trustedProxies: ['127.0.0.1'], basePath },
    });
    proxy = await startReverseProxy(kind, program, configuration, server.url);
    url = proxy.url + path;
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.close();
  });

  const ask = (address: string | URL, init: RequestInit = {}) =>
    fetch(address, { ...init, tls: { ca: proxy.ca } } as RequestInit);
  const api = (below: string, init: RequestInit = {}) =>
    ask(url + below, { ...init, headers: { authorization: testAuthorization, ...init.headers } });

  /** A request from another address of this machine, as its status and headers. */
  async function askFrom(address: string, head: readonly string[], body: string) {
    const bare = connect({ host: '127.0.0.1', port: proxy.port, localAddress: address });
    await once(bare, 'connect');
    const socket = connectTls({ socket: bare, host: '127.0.0.1', ca: proxy.ca });
    const sent = [...head, `Host: 127.0.0.1:${proxy.port}`, 'Connection: close'];
    socket.write(`${sent.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    const [status = '', ...headers] = text.split('\r\n\r\n')[0]?.split('\r\n') ?? [];
    const location = headers.find((line) => /^location:/i.test(line))?.replace(/^[^:]*: */, '');
    return { status: Number(status.split(' ')[1]), location: location ?? '' };
  }
  const whip = (uid: number) => [
    `POST ${path}/v1/whip/${testApp.id}/stage HTTP/1.1`,
    `Authorization: Bearer ${tokenFor('stage', { uid })}`,
    'Content-Type: application/sdp',
  ];

  test('PROXY11: sockets, names in addresses, and requests that wait go through', async () => {
    const channel = 'a b%&+?#;=@~';
    const tls = { ca: proxy.ca };
    const { body: first } = await readEvents(
      await api(`/v1/apps/${testApp.id}/attempts`, { headers: { accept: 'text/event-stream' } }),
    );
    expect(first).toContain(':');
    const { cursor } = (await (await api(`/v1/apps/${testApp.id}/events?limit=1000`)).json()) as {
      cursor: string;
    };
    const pulled = api(`/v1/apps/${testApp.id}/events?cursor=${cursor}&wait=30`);
    const client = await Client.join({ url, channel, uid: 5, tls });
    const { events } = (await (await pulled).json()) as { events: { channel: string }[] };
    expect(events[0]?.channel).toBe(channel);
    const roster = await api(`/v1/apps/${testApp.id}/channels/${encodeURIComponent(channel)}/roster`);
    expect(((await roster.json()) as { members: { uid: number }[] }).members.map(({ uid }) => uid)).toEqual([
      5,
    ]);
    expect(await firstFrame(`${url.replace('http', 'ws')}/v1/signaling`, tls)).toContain('"type":"closing"');
    await client.leave();
  });

  test('PROXY11: WHIP and WHEP sessions are found again where their Location leads', async () => {
    const made = await askFrom('127.0.0.8', whip(8), offer);
    expect(made.status).toBe(201);
    const session = new URL(made.location, `${url}/v1/whip/${testApp.id}/stage`);
    expect(session.href).toStartWith(`${url}/v1/media/`);
    expect((await ask(session, { method: 'DELETE' })).status).toBe(200);
    const played = await ask(`${url}/v1/whep/${testApp.id}/stage/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/sdp',
        authorization: `Bearer ${tokenFor('stage', { uid: 9 })}`,
      },
      body: offer.replace('sendonly', 'recvonly'),
    });
    expect([played.status, ((await played.json()) as { code: string }).code]).toEqual([409, 'no_stream']);
  });

  test('PROXY11: a rule by address meets that client and no other, whatever headers it sends', async () => {
    const rule = await api('/dev/v1/kicking-rule', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        appid: testApp.id,
        cname: 'stage',
        ip: '127.0.0.7',
        time: 5,
        privileges: ['join_channel'],
      }),
    });
    expect(rule.status).toBe(200);
    const lies = ['X-Forwarded-For: 127.0.0.9', 'Forwarded: for=127.0.0.9', 'X-Real-IP: 127.0.0.9'];
    expect((await askFrom('127.0.0.7', whip(7), offer)).status).toBe(403);
    expect((await askFrom('127.0.0.7', [...whip(7), ...lies], offer)).status).toBe(403);
    const made = await askFrom('127.0.0.9', whip(9), offer);
    expect(made.status).toBe(201);
    await ask(new URL(made.location, `${url}/v1/whip/${testApp.id}/stage`), { method: 'DELETE' });
  });

  test('PROXY11: the console and its files come from below the path', async () => {
    for (const page of ['/', '/demo', '/demo/', `/channels/${testApp.id}/a%20b`]) {
      const document = await (await ask(url + page)).text();
      const files = [...document.matchAll(/\s(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file);
      expect(files.length).toBeGreaterThan(3);
      for (const file of files) {
        const at = new URL(file, url + page);
        const answer = await ask(at);
        expect([at.href, answer.status]).toEqual([at.href, 200]);
        expect(at.pathname).toStartWith(`${path}/`);
        expect(answer.headers.get('content-type')).toMatch(/javascript|css|svg/);
      }
    }
    const root = await ask(url);
    expect([root.status, root.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  });
});

/** The first frame with which the server answers a WebSocket that sends something other than a login. */
function firstFrame(url: string, tls: { readonly ca: string }): Promise<string> {
  const Secure = WebSocket as unknown as new (url: string, options: object) => Bun.WebSocket;
  const socket = new Secure(url, { tls });
  socket.onopen = () => socket.send('{}');
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(String(data));
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
  });
}

/** The first bytes of a stream that goes on. */
async function readEvents(response: Response): Promise<{ body: string }> {
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return { body: new TextDecoder().decode(value) };
}

/** An offer as a browser makes it, as far as admission and the media engine read it. */
const offer = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=ice-ufrag:F7gI',
  'a=ice-pwd:x9cml/YzichV2+XlhiMu8g12',
  'a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F',
  'a=setup:actpass',
  'a=sendonly',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  '',
].join('\r\n');
