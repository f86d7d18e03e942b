import { afterEach, describe, expect, test } from 'bun:test';
import { readEvents, type ServerSentEvent } from './event-lines.ts';
import { type FollowOptions, followNotices, RefusedError, type StreamedNotice } from './follow-notices.ts';
import { forwarder } from './forward.ts';
import { noticeLine } from './notice-line.ts';

const servers: { stop(force: boolean): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});
function serve(fetch: (request: Request) => Response | Promise<Response>): URL {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
  servers.push(server);
  return server.url;
}

describe('event lines', () => {
  async function read(...chunks: (string | Uint8Array)[]) {
    const ids: string[] = [];
    const events: ServerSentEvent[] = [];
    async function* body() {
      for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    }
    for await (const event of readEvents(body(), (id) => ids.push(id))) events.push(event);
    return { events, ids };
  }
  const text = ': hello\nid: 4\n\nevent: notice\nid: 5\ndata: {"a":\ndata: "ü"}\n\ndata:x\n\ndata: cut';

  test('CLI5: names, ids and data are read; comments and what is cut off are not events', async () => {
    const { events, ids } = await read(text);
    expect(ids).toEqual(['4', '5']);
    expect(events).toEqual([
      { event: 'notice', data: '{"a":\n"ü"}', id: '5' },
      { event: 'message', data: 'x', id: '5' },
    ]);
  });

  test('CLI5: the same however the bytes are cut, and with any line break', async () => {
    const whole = await read(text);
    for (const form of [text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r')]) {
      const bytes = new TextEncoder().encode(`${form}`);
      expect(await read(...Array.from(bytes, (byte) => new Uint8Array([byte])))).toEqual(whole);
      for (let cut = 1; cut < bytes.length; cut += 3)
        expect(await read(bytes.slice(0, cut), bytes.slice(cut))).toEqual(whole);
    }
  });

  test('CLI5: an event that never ends is refused', () => {
    const part = `data: ${'x'.repeat(300_000)}`;
    expect(read(part, part, part, part, part)).rejects.toThrow('too long');
    expect(read(...Array.from({ length: 5 }, () => `${part}\n`))).rejects.toThrow('too long');
  });
});

describe('following', () => {
  const notice = (position: number): StreamedNotice => ({
    position,
    noticeId: `S:${position}:105`,
    eventType: 105,
    channel: 'x',
    body: '{}',
    headers: {},
  });
  const line = (position: number) =>
    `event: notice\nid: ${position}\ndata: ${JSON.stringify(notice(position))}\n\n`;
  const follow = (url: URL, over: Partial<FollowOptions> = {}) => {
    const stop = new AbortController();
    const lost: string[] = [];
    const options: FollowOptions = {
      url: url.href,
      app: 'a',
      insecure: false,
      retryMs: 1,
      onConnected: () => {},
      onLost: (reason) => lost.push(reason),
      ...over,
    };
    return { notices: followNotices(options, stop.signal), stop, lost };
  };
  const positions = async (notices: AsyncGenerator<StreamedNotice>, n: number) => {
    const seen: number[] = [];
    while (seen.length < n) seen.push((await notices.next()).value?.position);
    return seen;
  };

  test('CLI6: after a lost connection it goes on after the last notice, and misses none', async () => {
    const asked: (string | null)[] = [];
    const url = serve((request) => {
      const after = request.headers.get('last-event-id');
      asked.push(after);
      const from = Number(after ?? 10);
      return new Response(`id: ${from}\n\n${line(from + 1)}${line(from + 2)}data: {"cut`);
    });
    const { notices, stop, lost } = follow(url);
    expect(await positions(notices, 6)).toEqual([11, 12, 13, 14, 15, 16]);
    stop.abort();
    await notices.return(undefined);
    expect(asked.slice(0, 3)).toEqual([null, '12', '14']);
    expect(lost.length).toBeGreaterThanOrEqual(2);
  });

  test('CLI6: lost before the first notice, it goes on where the stream began', async () => {
    const asked: (string | null)[] = [];
    const url = serve((request) => {
      asked.push(request.headers.get('last-event-id'));
      return asked.length === 1 ? new Response('id: 40\n\n') : new Response(line(41));
    });
    const { notices, stop } = follow(url);
    expect(await positions(notices, 1)).toEqual([41]);
    expect(asked).toEqual([null, '40']);
    stop.abort();
    await notices.return(undefined);
  });

  test('CLI6: a server that is not there, overloaded or failing is tried again; one that refuses is not', async () => {
    let calls = 0;
    const url = serve(() => {
      calls += 1;
      if (calls === 1)
        return Response.json({ code: 'too_many_connections', message: 'Too many.' }, { status: 503 });
      if (calls === 2) return new Response('event: error\ndata: {"code":"internal","message":"Oh."}\n\n');
      return new Response(line(1));
    });
    const { notices, stop, lost } = follow(url, { after: 0 });
    expect(await positions(notices, 1)).toEqual([1]);
    expect(lost).toEqual(['Too many.', 'Oh.']);
    stop.abort();
    await notices.return(undefined);

    const refusing = serve(() => Response.json({ code: 'unauthorized', message: 'Who?' }, { status: 401 }));
    expect(follow(refusing).notices.next()).rejects.toThrow(RefusedError);
  });

  test('CLI6: the login goes with every request', async () => {
    let sent: string | null = null;
    const url = serve((request) => {
      sent = request.headers.get('authorization');
      return new Response(line(1));
    });
    const { notices, stop } = follow(url, { authorization: 'Basic eDp5' });
    await notices.next();
    stop.abort();
    await notices.return(undefined);
    expect(sent as string | null).toBe('Basic eDp5');
  });
});

describe('forwarding', () => {
  const body = '{"sid":"S","eventType":105, "odd" : "ü"}';
  const notice: StreamedNotice = {
    position: 1,
    noticeId: 'n',
    eventType: 105,
    channel: 'x',
    body,
    headers: { 'Content-Type': 'application/json', 'Agora-Signature-V2': 'abc' },
  };
  const signal = new AbortController().signal;

  test('CLI7: the exact body and headers arrive, and the answer is told', async () => {
    let seen: { body: string; v2: string | null; type: string | null } | undefined;
    const url = serve(async (request) => {
      const { headers } = request;
      seen = {
        body: await request.text(),
        v2: headers.get('agora-signature-v2'),
        type: headers.get('content-type'),
      };
      return new Response('ok', { status: 202 });
    });
    expect(await forwarder(url)(notice, signal)).toMatchObject({ status: 202 });
    expect(seen).toEqual({ body, v2: 'abc', type: 'application/json' });
  });

  test('CLI7: with --secret it is signed with that', async () => {
    let v2: string | null = null;
    const url = serve(async (request) => {
      v2 = request.headers.get('agora-signature-v2');
      return new Response('ok');
    });
    await forwarder(url, 'mine')(notice, signal);
    expect(v2 as string | null).toBe(new Bun.CryptoHasher('sha256', 'mine').update(body).digest('hex'));
  });

  test('CLI7: no redirect is followed, and no answer is an answer too', async () => {
    const away = serve(() => Response.redirect('http://127.0.0.1:1/', 302));
    expect(await forwarder(away)(notice, signal)).toMatchObject({ status: 302 });
    const gone = serve(() => new Response(''));
    await servers.pop()?.stop(true);
    const answer = await forwarder(gone)(notice, signal);
    expect(answer.status).toBeUndefined();
    expect(answer.error?.length).toBeGreaterThan(0);
  });
});

test('CLI8: a notice is one line with type, channel, who, order and count', () => {
  const line = noticeLine(
    JSON.stringify({
      sid: 'S',
      noticeId: 'n',
      productId: 1,
      eventType: 106,
      notifyMs: 1_700_000_000_000,
      payload: {
        channelName: 'lobby',
        ts: 1,
        uid: 7,
        account: 'alice',
        reason: 2,
        duration: 9,
        seq: 5,
        count: 4,
      },
    }),
  );
  expect(line).toBe(
    '22:13:20.000  106  audience leave   lobby  seq 5  count 4  uid 7 (alice)  reason 2 after 9 s',
  );
});
