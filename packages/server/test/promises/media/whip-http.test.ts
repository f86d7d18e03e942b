import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Client, tokenFor } from '../../../testing/clients/client.ts';
import { ask } from '../../../testing/clients/rest-client.ts';
import { testApp } from '../../../testing/processes/server-process.ts';
import { startTestServer, type TestServer } from '../../../testing/processes/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const endpoint = (kind: 'whip' | 'whep', channel = 'stage') =>
  `${server.url}/v1/${kind}/${testApp.id}/${encodeURIComponent(channel)}`;

/** An offer as a browser makes it, as far as admission reads it. */
const offer = (direction: 'sendonly' | 'recvonly') =>
  [
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
    `a=${direction}`,
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    '',
  ].join('\r\n');

const post = (
  kind: 'whip' | 'whep',
  options: { body?: string; token?: string; type?: string; channel?: string; query?: string } = {},
) =>
  fetch(endpoint(kind, options.channel) + (options.query ?? ''), {
    method: 'POST',
    headers: {
      'content-type': options.type ?? 'application/sdp',
      ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
    },
    body: options.body ?? offer(kind === 'whip' ? 'sendonly' : 'recvonly'),
  });

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  const body = (await response.json()) as { code: string; status: number; title: string };
  expect([response.status, body.code]).toEqual([status, code]);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(body.title.length).toBeGreaterThan(10);
}

describe('WHIP and WHEP over HTTP', () => {
  test('WHIP1: a publisher gets 201, a session of its own, an ETag, and takes it away again', async () => {
    const response = await post('whip', { token: tokenFor('stage', { uid: 7 }) });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    const location = response.headers.get('location') ?? '';
    expect(location).toMatch(/^\.\.\/\.\.\/\.\.\/v1\/media\/[A-Z2-7]{32}$/);
    expect(response.headers.get('etag')).toMatch(/^"[A-Z2-7]{12}"$/);
    const answer = await response.text();
    expect(answer).toContain('a=recvonly');
    expect(answer).toContain('a=setup:');
    const session = new URL(location, response.url).href;
    expect((await fetch(session)).status).toBe(204);
    expect((await fetch(session, { method: 'DELETE' })).status).toBe(200);
    await expectProblem(await fetch(session, { method: 'DELETE' }), 404, 'not_found');
  });

  test('WHIP1: a Bearer may stand in the URL, in any case of the scheme', async () => {
    const token = encodeURIComponent(tokenFor('stage', { uid: 8 }));
    const inUrl = await post('whip', { query: `?token=${token}` });
    expect(inUrl.status).toBe(201);
    await fetch(new URL(inUrl.headers.get('location') ?? '', inUrl.url), { method: 'DELETE' });
  });

  test('WIRE55: a token in the URL is read however it was put there', async () => {
    // Tokens are base64: one with each of its characters that mean something in URLs.
    let uid = 100;
    let token = '';
    // And one that ends with what a URL reads as a space.
    while (!/\/.*\+$/.test(token)) token = tokenFor('stage', { uid: uid++ });
    const twice = encodeURIComponent(encodeURIComponent(token));
    for (const written of [
      token,
      encodeURIComponent(token),
      twice,
      token.replaceAll('+', '%20'),
      `${token}%0A`,
    ]) {
      const answer = await post('whip', { query: `?token=${written}` });
      expect([written, answer.status]).toEqual([written, 201]);
      await fetch(new URL(answer.headers.get('location') ?? '', answer.url), { method: 'DELETE' });
    }
  });

  const refusals: [string, () => Promise<Response>, number, string][] = [
    ['no token', () => post('whip'), 401, 'token_required'],
    ['no token to play', () => post('whep'), 401, 'token_required'],
    ['a token that is none', () => post('whip', { token: 'abc' }), 401, 'invalid_token'],
    ['a resume key that is none', () => post('whip', { token: 'hc1.abc.def' }), 409, 'resume_invalid'],
    [
      'a token of another channel',
      () => post('whip', { token: tokenFor('other', { uid: 7 }) }),
      401,
      'token_channel_mismatch',
    ],
    [
      'another uid than the token has',
      () => post('whip', { token: tokenFor('stage', { uid: 7 }), query: '?uid=8' }),
      401,
      'token_uid_mismatch',
    ],
    [
      'a uid that is none',
      () => post('whip', { token: tokenFor('stage', { uid: 0 }), query: '?uid=-1' }),
      400,
      'invalid_uid',
    ],
    [
      'another type',
      () => post('whip', { token: tokenFor('stage', { uid: 7 }), type: 'application/json' }),
      415,
      'media_type_unsupported',
    ],
    [
      'garbage',
      () => post('whip', { token: tokenFor('stage', { uid: 7 }), body: 'garbage' }),
      422,
      'sdp_invalid',
    ],
    [
      'half an offer',
      () => post('whip', { token: tokenFor('stage', { uid: 7 }), body: offer('sendonly').slice(0, 200) }),
      422,
      'sdp_invalid',
    ],
    [
      'the wrong direction',
      () => post('whip', { token: tokenFor('stage', { uid: 7 }), body: offer('recvonly') }),
      422,
      'sdp_invalid',
    ],
    [
      'an illegal channel',
      () => post('whip', { token: tokenFor('stage', { uid: 7 }), channel: 'a"b' }),
      400,
      'invalid_channel_name',
    ],
    ['nobody publishing', () => post('whep', { token: tokenFor('stage', { uid: 7 }) }), 409, 'no_stream'],
    [
      'a host who is not there',
      () => post('whep', { token: tokenFor('stage', { uid: 7 }), query: '?host=99' }),
      404,
      'host_not_found',
    ],
  ];
  for (const [what, send, status, code] of refusals) {
    test(`WHIP8: ${what} is refused with ${status} ${code}`, async () => {
      await expectProblem(await send(), status, code);
    });
  }

  test('WHIP7: a player that is too early is told when to come back', async () => {
    const response = await post('whep', { token: tokenFor('stage', { uid: 7 }) });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('WHIP8: an app id that is not one of ours, and one that is none', async () => {
    for (const app of ['ffffffffffffffffffffffffffffffff', 'abc']) {
      const response = await fetch(`${server.url}/v1/whip/${app}/stage`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', authorization: 'Bearer x' },
        body: offer('sendonly'),
      });
      await expectProblem(response, 400, 'invalid_app_id');
    }
  });

  test('WHIP8: a body larger than the limit is refused, and the server lives on', async () => {
    const response = await post('whip', {
      token: tokenFor('stage', { uid: 7 }),
      body: `v=0\r\n${'a'.repeat(200_000)}`,
    });
    await expectProblem(response, 413, 'body_too_large');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  test('WHIP8: refusals that need no handler are readable from another origin, too', async () => {
    for (const path of [`/v1/whip/${testApp.id}/stage`, `/v1/whep/${testApp.id}/stage`, '/v1/media/none']) {
      const other = await fetch(server.url + path, { method: 'PUT' });
      expect(other.headers.get('allow')).toContain('OPTIONS');
      await expectProblem(other, 405, 'method_not_allowed');
    }
    const broken = await fetch(`${server.url}/v1/whip/${testApp.id}/%zz`, { method: 'POST' });
    await expectProblem(broken, 400, 'query_invalid');
  });

  test('WHIP8: OPTIONS, GET and HEAD say what a browser and a probe need', async () => {
    const options = await fetch(endpoint('whip'), { method: 'OPTIONS' });
    expect(options.status).toBe(200);
    expect(options.headers.get('accept-post')).toBe('application/sdp');
    expect(options.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(options.headers.get('access-control-allow-headers')).toContain('If-Match');
    expect(options.headers.get('access-control-expose-headers')).toContain('Location');
    for (const method of ['GET', 'HEAD']) {
      expect((await fetch(endpoint('whip'), { method })).status).toBe(204);
      const answer = await fetch(endpoint('whep'), { method });
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
        200,
        'application/sdp',
        '',
      ]);
    }
  });

  test('WHIP6: PATCH wants the type, the fragment and the tag, in this order', async () => {
    const created = await post('whip', { token: tokenFor('stage', { uid: 9 }) });
    const session = new URL(created.headers.get('location') ?? '', created.url).href;
    const etag = created.headers.get('etag') ?? '';
    const patch = (headers: Record<string, string>, body: string) =>
      fetch(session, {
        method: 'PATCH',
        headers: { 'content-type': 'application/trickle-ice-sdpfrag', ...headers },
        body,
      });
    const fragment =
      'a=ice-ufrag:F7gI\r\na=ice-pwd:x9cml/YzichV2+XlhiMu8g12\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host\r\n';
    await expectProblem(
      await patch({ 'content-type': 'text/plain', 'if-match': etag }, fragment),
      415,
      'media_type_unsupported',
    );
    await expectProblem(await patch({ 'if-match': etag }, 'nonsense'), 400, 'body_invalid');
    await expectProblem(await patch({}, fragment), 428, 'precondition_required');
    await expectProblem(await patch({ 'if-match': '"STALE"' }, fragment), 412, 'precondition_failed');
    const taken = await patch({ 'if-match': etag }, fragment);
    expect([taken.status, taken.headers.get('etag'), await taken.text()]).toEqual([204, null, '']);
    expect((await patch({ etag }, fragment)).status).toBe(204);
    const unresolvable = fragment.replace('127.0.0.1', 'nowhere.invalid');
    expect((await patch({ 'if-match': etag }, unresolvable)).status).toBe(204);
    expect((await fetch(session, { method: 'DELETE', headers: { 'if-match': '"anything"' } })).status).toBe(
      200,
    );
  });

  test('WHIP5: a resume key carries its member: audience may not publish, and who left may nothing', async () => {
    const viewer = await Client.join({ url: server.url, channel: 'bound', uid: 1 });
    await expectProblem(
      await post('whip', { channel: 'bound', token: viewer.welcome.resume }),
      403,
      'role_forbidden',
    );
    await expectProblem(
      await post('whip', { channel: 'other', token: viewer.welcome.resume }),
      409,
      'resume_invalid',
    );
    await viewer.leave();
    await expectProblem(
      await post('whip', { channel: 'bound', token: viewer.welcome.resume }),
      409,
      'not_joined',
    );
  });

  test('BACK20: the resume key of a member that was kicked opens no media, and says why', async () => {
    const host = await Client.join({ url: server.url, channel: 'kicked', uid: 1, role: 'broadcaster' });
    const { status } = await ask(server.url, '/dev/v1/kicking-rule', {
      send: { appid: testApp.id, cname: 'kicked', uid: 1, time: 0, privileges: ['join_channel'] },
    });
    expect(status).toBe(200);
    for (const kind of ['whip', 'whep'] as const)
      await expectProblem(await post(kind, { channel: 'kicked', token: host.welcome.resume }), 403, 'kicked');
  });

  test('WHIP3: a session that never connects makes no event', async () => {
    const watcher = await Client.join({ url: server.url, channel: 'quiet', uid: 1 });
    watcher.send({ type: 'subscribe-roster', id: 1 });
    await watcher.next('roster-snapshot');
    const created = await post('whip', { channel: 'quiet', token: tokenFor('quiet', { uid: 2 }) });
    expect(created.status).toBe(201);
    await fetch(new URL(created.headers.get('location') ?? '', created.url), { method: 'DELETE' });
    const witness = await Client.join({ url: server.url, channel: 'quiet', uid: 3 });
    const changes = await watcher.until('the witness', () => watcher.all('roster-changes').at(-1));
    expect(changes.changes.map((change) => change.type)).toEqual(['joined']);
    expect(witness.welcome.count).toBe(2);
    await witness.leave();
    await watcher.leave();
  });
});

test('MEDIA34, LIMIT6: an app whose share of media sessions is taken is refused the next one, and another app is not', async () => {
  const other = { id: 'f'.repeat(32), certificate: 'e'.repeat(32) };
  const least = { id: 'd'.repeat(32), certificate: 'c'.repeat(32) };
  const small = await startTestServer({
    apps: [testApp, other, { ...least, limits: { mediaSessionsPerAppMax: 1 } }],
    media: { udpPort: 0, sessionsPerAppMax: 3 },
  });
  try {
    const publish = (app: typeof testApp, uid: number) =>
      fetch(`${small.url}/v1/whip/${app.id}/stage`, {
        method: 'POST',
        headers: {
          'content-type': 'application/sdp',
          authorization: `Bearer ${tokenFor('stage', { uid }, 'broadcaster', app)}`,
        },
        body: offer('sendonly'),
      });
    for (const uid of [1, 2, 3]) expect((await publish(testApp, uid)).status).toBe(201);
    await expectProblem(await publish(testApp, 4), 503, 'too_many_connections');
    expect((await publish(other, 4)).status).toBe(201);
    // One has a share of its own, which is less.
    expect((await publish(least, 1)).status).toBe(201);
    await expectProblem(await publish(least, 2), 503, 'too_many_connections');
  } finally {
    await small.close();
  }
});
