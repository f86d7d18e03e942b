import { afterEach, describe, expect, test } from 'bun:test';
import { replay } from '../commands/replay.ts';
import { runCommands } from '../run.ts';

const servers: { stop(force: boolean): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});

interface Asked {
  readonly call: string;
  readonly body: unknown;
  readonly authorization: string | null;
}

const begun = { id: 'r1', app: 'a2', state: 'running', notices: 3, delivered: 0, failed: 0, gone: 0 };

/** A server with two apps; `result` is how the redelivery stands when it is looked at. `lies` are other answers, by path. */
function serve(result: object, lies: Readonly<Record<string, unknown>> = {}) {
  const asked: Asked[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const text = await request.text();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const authorization = request.headers.get('authorization');
      asked.push({ call: `${request.method} ${pathname}`, body, authorization });
      if (pathname in lies) return Response.json(lies[pathname]);
      if (pathname === '/v1/apps') return Response.json({ apps: [{ id: 'a1' }, { id: 'a2' }] });
      if (pathname === '/v1/apps/a1/endpoints') return Response.json({ endpoints: [{ endpointId: 'x' }] });
      if (pathname === '/v1/apps/a2/endpoints') return Response.json({ endpoints: [{ endpointId: 'main' }] });
      if (pathname === '/v1/apps/a2/redeliveries/r1') return Response.json({ ...begun, ...result });
      if (pathname !== '/v1/apps/a2/redeliver') return new Response('?', { status: 404 });
      if (text.includes('gone')) return Response.json({ message: 'It is no longer kept.' }, { status: 410 });
      return Response.json({ notices: 3, ...(!text.includes('dryRun') && { redelivery: begun }) });
    },
  });
  servers.push(server);
  return { asked, url: server.url.href };
}

async function run(...args: string[]) {
  let out = '';
  let err = '';
  const status = await runCommands([replay], ['replay', ...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
  });
  return { status, out, err };
}

describe('replay', () => {
  test('CLI60: a dry run tells how many, and asks for nothing else', async () => {
    const { asked, url } = serve({});
    const time = '2026-01-31T20:00:00Z';
    const { status, out } = await run('--url', url, '--endpoint', 'main', '--since', time, '--dry-run');
    expect([status, out]).toEqual([0, '3 notices\n']);
    const posts = asked.filter(({ call }) => call.startsWith('POST'));
    expect(posts).toMatchObject([
      {
        call: 'POST /v1/apps/a2/redeliver',
        body: { endpoint: 'main', since: Date.parse(time), dryRun: true },
      },
    ]);
  });

  test('CLI60: each way of saying which; the login goes with it', async () => {
    const { asked, url } = serve({ state: 'done', delivered: 3, endedMs: 1 });
    for (const [args, body] of [
      [['--since', '1234'], { since: 1234 }],
      [['--since-seq', 'S:1:42'], { since: { sid: 'S:1', seq: 42 } }],
      [['--notice', 'S:3:105'], { noticeId: 'S:3:105' }],
      [['--given-up'], { givenUp: true }],
    ] as const) {
      asked.length = 0;
      const login = ['--customer', 'me:secret'];
      const { status, out } = await run('--url', url, '--endpoint', 'main', ...args, ...login);
      expect([status, out]).toEqual([0, '3 of 3 delivered\n']);
      const post = asked.find(({ call }) => call.startsWith('POST'));
      expect(post?.body).toEqual({ endpoint: 'main', ...body });
      expect(post?.authorization).toBe(`Basic ${btoa('me:secret')}`);
    }
  });

  test('CLI60: notices that were not taken are reported, also as JSON, with status 1', async () => {
    const result = { state: 'failed', delivered: 1, failed: 2, endedMs: 1, trouble: 'status 500' };
    const { url } = serve(result);
    const asked = ['--url', url, '--endpoint', 'main', '--given-up'];
    const text = await run(...asked);
    expect(text).toMatchObject({ status: 1, out: '1 of 3 delivered, 2 failed, failed (status 500)\n' });
    const json = await run(...asked, '--json');
    expect(json.status).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject(result);
  });

  test('CLI60: a refusal is told in the words of the server', async () => {
    const { url } = serve({});
    const refused = await run('--url', url, '--endpoint', 'main', '--notice', 'gone');
    expect(refused).toMatchObject({ status: 1, out: '' });
    expect(refused.err).toContain('It is no longer kept.');
    const none = await run('--url', url, '--endpoint', 'none', '--given-up');
    expect(none).toMatchObject({ status: 1 });
    expect(none.err).toContain('no endpoint none');
  });

  test('CLI43: an endpoint that is not there is told with those that are', async () => {
    const { url } = serve({});
    const { err } = await run('--url', url, '--endpoint', 'mian', '--given-up');
    expect(err).toContain('the server has no endpoint mian; it has x, main\n');
  });

  test.each([
    ['/v1/apps', { nope: 1 }],
    ['/v1/apps/a2/endpoints', { endpoints: [7] }],
    ['/v1/apps/a2/redeliver', {}],
    ['/v1/apps/a2/redeliver', { redelivery: { id: 'r1' } }],
    ['/v1/apps/a2/redeliveries/r1', null],
  ])('HOOK179: an answer of %s that is none ends it with a sentence (%#)', async (path, answer) => {
    const { url } = serve({ state: 'done', delivered: 3, endedMs: 1 }, { [path]: answer });
    const { status, out, err } = await run('--url', url, '--endpoint', 'main', '--given-up');
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain('the server gave what is not a');
    expect(err).toContain(JSON.stringify(answer));
  });

  test('HOOK179: a dry run without a number is none', async () => {
    const { url } = serve({}, { '/v1/apps/a2/redeliver': { notices: 'many' } });
    const { status, out } = await run('--url', url, '--endpoint', 'main', '--given-up', '--dry-run');
    expect([status, out]).toEqual([1, '']);
  });

  test('CLI60: called wrongly, it asks the server nothing', async () => {
    const { asked, url } = serve({});
    for (const args of [
      [],
      ['--given-up', '--since', '1'],
      ['--since', 'yesterday'],
      ['--since', '2026-01-31'],
      ['--since', '2026-01-31T20:00:00'],
      ['--since', '2026-99-31T20:00:00Z'],
      ['--since-seq', '42'],
      ['--since-seq', 'S:x'],
      ['--notice', ''],
      ['--given-up', '--customer', 'nocolon'],
      ['--given-up', '--nonsense'],
    ]) {
      const { status } = await run('--url', url, '--endpoint', 'main', ...args);
      expect([args, status]).toEqual([args, 2]);
    }
    expect((await run('--url', 'ftp://x', '--endpoint', 'main', '--given-up')).status).toBe(2);
    expect((await run('--url', url, '--given-up')).status).toBe(2);
    expect(asked).toEqual([]);
  });
});
