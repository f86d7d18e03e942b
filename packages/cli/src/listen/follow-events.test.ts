import { afterEach, describe, expect, test } from 'bun:test';
import { beginningOf } from '../server/answer.ts';
import { RefusedError } from '../server/refused-error.ts';
import { UnreachedError } from '../server/unreached.ts';
import { type Followed, type FollowOptions, followEvents } from './follow-events.ts';

const servers: { stop(force: boolean): Promise<void> }[] = [];
const stops: AbortController[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort();
  for (const server of servers.splice(0)) await server.stop(true);
});

const event = (seq: number) => ({
  app: 'a',
  channel: 'x',
  sid: 'S',
  seq,
  atMs: 5,
  count: 0,
  profile: 'live',
  type: 'channel-opened',
  noticeId: `S:${seq}:101`,
  eventType: 101,
  notice: {
    sid: 'S',
    noticeId: `S:${seq}:101`,
    productId: 1,
    eventType: 101,
    notifyMs: 6,
    payload: { channelName: 'x', ts: 0, seq, count: 0 },
  },
});
const page = (seqs: readonly number[], cursor: string, more = false) =>
  Response.json({ app: 'a', events: seqs.map(event), cursor, more });
const refusal = (status: number, code: string, message = 'No.') =>
  Response.json({ code, message, requestId: 'r' }, { status });

/** A server that answers one request after the other; the last answer again and again. `asked` are the queries. */
function serve(...answers: ((request: Request) => Response | Promise<Response>)[]) {
  const asked: Record<string, string>[] = [];
  const logins: (string | null)[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(Object.fromEntries(new URL(request.url).searchParams));
      logins.push(request.headers.get('authorization'));
      return answer?.(request) ?? new Response('?', { status: 500 });
    },
  });
  servers.push(server);
  return { url: server.url, asked, logins };
}
function follow(url: URL, over: Partial<FollowOptions> = {}) {
  const stop = new AbortController();
  stops.push(stop);
  const told: string[] = [];
  const options: FollowOptions = {
    url,
    app: 'a',
    insecure: false,
    from: 'now',
    retryMs: 1,
    onConnected: () => told.push('connected'),
    onLost: (reason) => told.push(`lost: ${reason}`),
    onNoLongerKept: () => told.push('no_longer_kept'),
    ...over,
  };
  return { pages: followEvents(options, stop.signal), stop, told };
}
async function seqs(pages: AsyncGenerator<Followed>, n: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < n) {
    const { value } = await pages.next();
    if (value === undefined) throw new Error('it ended');
    seen.push(...value.events.map(({ seq }: { seq: number }) => seq));
  }
  return seen;
}
const failure = async (pages: AsyncGenerator<Followed>): Promise<unknown> =>
  pages.next().then(
    () => undefined,
    (error: unknown) => error,
  );

describe('following', () => {
  test('CLI6: the first answer comes at once; then it waits for events, each time from the cursor before', async () => {
    const { url, asked } = serve(
      () => page([], 'c0'),
      () => page([1, 2], 'c2', true),
      () => page([3], 'c3'),
    );
    const { pages, told } = follow(url);
    expect(await seqs(pages, 3)).toEqual([1, 2, 3]);
    expect(asked.slice(0, 3).map(({ cursor }) => cursor)).toEqual(['now', 'c0', 'c2']);
    expect(asked.slice(0, 3).map(({ wait }) => Number(wait) > 0)).toEqual([false, true, true]);
    expect(told).toEqual(['connected']);
  });

  test('CLI6: over losses, failing and overloaded servers it goes on where it was, and tells nothing twice', async () => {
    const { url, asked } = serve(
      () => page([], 'c0'),
      () => page([1, 2], 'c2'),
      () => refusal(503, 'overloaded', 'Too much.'),
      () => new Response('{"events":[{"cut'),
      () => refusal(429, 'rate_limited', 'Too often.'),
      () => new Response('<h1>Log in to the Wi-Fi</h1>', { status: 200 }),
      () => page([3], 'c3'),
    );
    const { pages, told } = follow(url);
    expect(await seqs(pages, 3)).toEqual([1, 2, 3]);
    expect(asked.map(({ cursor }) => cursor).slice(2)).toEqual(['c2', 'c2', 'c2', 'c2', 'c2']);
    expect(told).toHaveLength(6);
    expect(told.slice(0, 2)).toEqual(['connected', 'lost: Too much.']);
    expect(told.at(-1)).toBe('connected');
    expect(Number(asked.at(-1)?.wait)).toBe(0);
  });

  test('CLI35: a server that cannot be reached at first ends it; once it has answered it is waited for', async () => {
    const first = serve(() => page([], 'c0'));
    await servers.pop()?.stop(true);
    const gone = follow(first.url);
    expect(await failure(gone.pages)).toBeInstanceOf(UnreachedError);
    expect(gone.told).toEqual([]);

    const second = serve(() => page([1], 'c1'));
    const { pages, told } = follow(second.url);
    expect(await seqs(pages, 1)).toEqual([1]);
    await servers.pop()?.stop(true);
    const next = seqs(pages, 1);
    const deadline = performance.now() + 10_000;
    while (told.length < 4 && performance.now() < deadline) await Bun.sleep(1);
    expect(told.slice(0, 2)).toEqual(['connected', expect.stringMatching(/^lost: /)]);
    const { port } = second.url;
    servers.push(Bun.serve({ hostname: '127.0.0.1', port: Number(port), fetch: () => page([2], 'c2') }));
    expect(await next).toEqual([2]);
  });

  test('CLI35: a first answer of anything but a Housecount server ends it, however long it is', async () => {
    for (const answer of ['<h1>Welcome</h1>', '{}', '']) {
      const { pages, told } = follow(serve(() => new Response(answer)).url);
      expect(String(await failure(pages))).toMatch(/is not a page of events: .* a Housecount server\?/);
      expect(told).toEqual([]);
    }
  });

  test('PARSE1: of an answer without an end no more is read than the limit', async () => {
    const part = new Uint8Array(1024 * 1024).fill(0x20);
    let sent = 0;
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1;
          controller.enqueue(part);
        },
      });
    expect(await beginningOf(new Response(endless()), 1000)).toEqual({
      text: ' '.repeat(1000),
      whole: false,
    });
    expect(sent).toBeLessThan(5);
    expect(String(await failure(follow(serve(() => new Response(endless())).url).pages))).toContain(
      'nothing',
    );
  });

  test('CLI35: with waitsForServer a server that is not there yet is waited for', async () => {
    const first = serve(() => page([], 'c0'));
    const { url } = first;
    await servers.pop()?.stop(true);
    const { pages, told } = follow(url, { waitsForServer: true });
    const next = pages.next();
    const deadline = performance.now() + 10_000;
    while (told.length < 3 && performance.now() < deadline) await Bun.sleep(1);
    expect(told.every((line) => line.startsWith('lost: '))).toBe(true);
    servers.push(Bun.serve({ hostname: '127.0.0.1', port: Number(url.port), fetch: () => page([1], 'c1') }));
    expect((await next).value?.events).toHaveLength(1);
    expect(told.at(-1)).toBe('connected');
  });

  test('CLI23: a wrong login ends it at once, and says which option to give', async () => {
    const wants = follow(serve(() => refusal(401, 'unauthorized')).url);
    const error = await failure(wants.pages);
    expect(error).toBeInstanceOf(RefusedError);
    expect(String(error)).toContain('give --customer ID:SECRET');
    expect(wants.told).toEqual([]);

    const { url, logins } = serve(() => refusal(401, 'unauthorized'));
    const wrong = String(await failure(follow(url, { authorization: 'Basic eDp5' }).pages));
    expect(logins).toEqual(['Basic eDp5']);
    expect(wrong).toContain('does not take this login');
    expect(wrong).toContain('--customer');

    const forbidden = String(await failure(follow(serve(() => refusal(403, 'forbidden')).url).pages));
    expect(forbidden).toContain('--customer');
    expect(forbidden).toContain('forbidden');
  });

  test('CLI23: also when the login ends while it follows', async () => {
    const { url } = serve(
      () => page([], 'c0'),
      () => page([1], 'c1'),
      () => refusal(401, 'unauthorized'),
    );
    const { pages } = follow(url);
    expect(await seqs(pages, 1)).toEqual([1]);
    expect(await failure(pages)).toBeInstanceOf(RefusedError);
  });

  test.each([
    [() => refusal(400, 'invalid_app_id'), '--app'],
    [() => refusal(400, 'query_invalid', 'This cursor is of another app.'), 'of another app'],
    [() => new Response('not here', { status: 404 }), '--url'],
    [
      () => new Response('', { status: 302, headers: { location: 'https://other.example/' } }),
      'https://other.example/',
    ],
  ])('CLI23: what asking again cannot change ends it (%#)', async (answer, said) => {
    const error = await failure(follow(serve(answer).url).pages);
    expect(error).toBeInstanceOf(RefusedError);
    expect(String(error)).toContain(said);
  });

  test('CLI24: a gap of events no longer kept is reported by name, and it goes on with the oldest event', async () => {
    const { url, asked } = serve(
      () => page([], 'c0'),
      () => refusal(410, 'no_longer_kept'),
      () => page([7, 8], 'c8'),
      () => page([9], 'c9'),
    );
    const { pages, told } = follow(url);
    const first = await pages.next();
    expect(first.value).toMatchObject({ after: 'c0', events: [] });
    expect((await pages.next()).value).toMatchObject({ before: 'start', after: 'c8' });
    expect(await seqs(pages, 1)).toEqual([9]);
    expect(asked.map(({ cursor }) => cursor)).toEqual(['now', 'c0', 'start', 'c8']);
    expect(told).toEqual(['connected', 'no_longer_kept']);
  });

  test('CLI25: it begins at a time or a cursor; each answer says where it stands', async () => {
    const { url, asked } = serve(
      () => page([1], 'c1', true),
      () => page([2], 'c2'),
    );
    const timed = follow(url, { from: { sinceMs: 1234 } });
    expect((await timed.pages.next()).value).toMatchObject({ before: undefined, after: 'c1' });
    expect((await timed.pages.next()).value).toMatchObject({ before: 'c1', after: 'c2' });
    expect(asked[0]).toMatchObject({ since: '1234' });
    expect(asked[0]?.cursor).toBeUndefined();
    expect(asked[1]?.since).toBeUndefined();
    const placed = follow(url, { from: { cursor: 'k' } });
    expect((await placed.pages.next()).value).toMatchObject({ before: 'k', after: 'c2' });
  });

  test.each([
    ['no object', () => Response.json([])],
    ['no events', () => Response.json({ cursor: 'c', more: false })],
    ['no cursor', () => Response.json({ events: [], more: false })],
    ['an event that is text', () => Response.json({ events: ['x'], cursor: 'c', more: false })],
    [
      'an event without its notice',
      () => Response.json({ events: [{ ...event(1), notice: undefined }], cursor: 'c', more: false }),
    ],
    [
      'a time that is none',
      () => Response.json({ events: [{ ...event(1), atMs: 1e300 }], cursor: 'c', more: false }),
    ],
  ])('CLI6: %s is told as a loss, and nothing of it is taken', async (_name, answer) => {
    const { url } = serve(
      () => page([], 'c0'),
      answer,
      () => page([1], 'c1'),
    );
    const { pages, told } = follow(url);
    expect(await seqs(pages, 1)).toEqual([1]);
    expect(told).toEqual(['connected', expect.stringMatching(/^lost: the /), 'connected']);
  });

  test('CLI6: events of types and with fields that this version does not know are handed on', async () => {
    const later = { ...event(1), type: 'stage-lit', eventType: 170, later: true };
    const known = { ...later, notice: { ...later.notice, eventType: 170 } };
    const { url } = serve(() => Response.json({ events: [known], cursor: 'c', more: false }));
    const { pages } = follow(url);
    expect((await pages.next()).value?.events[0]).toMatchObject({ later: true, eventType: 170 });
  });

  test('CLI6: something between that answers at once for ever makes no busy loop', async () => {
    let answers = 0;
    const { url } = serve(() => {
      answers += 1;
      return page([], 'c0');
    });
    const { pages, stop } = follow(url, { retryMs: 60_000 });
    await pages.next();
    await pages.next();
    const third = pages.next();
    const { resolve, promise } = Promise.withResolvers<void>();
    setImmediate(resolve);
    await promise;
    stop.abort();
    expect((await third).done).toBe(true);
    expect(answers).toBe(2);
  });

  test('CLI6: an end while it waits ends it without a word', async () => {
    const hanging = Promise.withResolvers<Response>();
    const arrived = Promise.withResolvers<void>();
    const { url } = serve(
      () => page([], 'c0'),
      () => {
        arrived.resolve();
        return hanging.promise;
      },
    );
    const { pages, stop, told } = follow(url);
    await pages.next();
    const next = pages.next();
    await arrived.promise;
    stop.abort();
    expect((await next).done).toBe(true);
    expect(told).toEqual(['connected']);
    hanging.resolve(page([], 'c0'));
  });
});
