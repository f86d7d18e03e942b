import { afterEach, describe, expect, test } from 'bun:test';
import type { Code } from '@housecount/protocol';
import { codes } from '@housecount/protocol';
import { Viewer } from './viewer.ts';

type Hello = { type: string; resume?: string; attempt?: number; uid: number };
interface Link {
  readonly hello: Hello;
  welcome(over?: object): void;
  closing(code: Code, over?: object): void;
  cut(): void;
  /** The next frame but pings. */
  next(): Promise<{ type: string }>;
  closed: Promise<void>;
}

/** A server whose every answer the test gives. */
class Script {
  readonly #links: ((link: Link) => void)[] = [];
  readonly #waiting: Link[] = [];
  pings = 0;
  /** Pings get no answer while true. */
  mute = false;
  readonly server = Bun.serve<{ onText: (text: string) => void; onClosed: () => void }>({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, server) =>
      server.upgrade(request, { data: { onText: () => {}, onClosed: () => {} } })
        ? undefined
        : new Response(''),
    websocket: {
      open: (socket) => {
        const frames: { type: string }[] = [];
        const takers: ((frame: { type: string }) => void)[] = [];
        let isFirst = true;
        const { promise: closed, resolve } = Promise.withResolvers<void>();
        socket.data.onClosed = resolve;
        socket.data.onText = (text) => {
          const frame = JSON.parse(text) as { type: string };
          if (isFirst) {
            isFirst = false;
            this.#arrived({
              hello: frame as Hello,
              closed,
              welcome: (over) => {
                const base = { type: 'welcome', resume: 'KEY', resumed: false, pingMs: 5, leaseMs: 60_000 };
                socket.send(JSON.stringify({ ...base, ...over }));
              },
              closing: (code, over) => {
                const { retry, close, message } = codes[code];
                socket.send(JSON.stringify({ type: 'closing', code, message, retry, ...over }));
                socket.close(close);
              },
              cut: () => socket.terminate(),
              next: () => {
                const frame = frames.shift();
                return frame ? Promise.resolve(frame) : new Promise((taker) => takers.push(taker));
              },
            });
          } else if (frame.type === 'ping') {
            this.pings += 1;
            if (!this.mute) socket.send('{"type":"pong"}');
          } else {
            const taker = takers.shift();
            if (taker) taker(frame);
            else frames.push(frame);
          }
        };
      },
      message: (socket, text) => socket.data.onText(String(text)),
      close: (socket) => socket.data.onClosed(),
    },
  });

  #arrived(link: Link): void {
    const taker = this.#links.shift();
    if (taker) taker(link);
    else this.#waiting.push(link);
  }

  /** The next connection, once it has said hello. */
  link(): Promise<Link> {
    const link = this.#waiting.shift();
    return link ? Promise.resolve(link) : new Promise((taker) => this.#links.push(taker));
  }

  get url(): string {
    return this.server.url.href.replace('http', 'ws');
  }
}

let script: Script;
const viewers: Viewer[] = [];
afterEach(async () => {
  for (const viewer of viewers.splice(0)) viewer.vanish();
  await script.server.stop(true);
});

function start(retryMs = 1) {
  script = new Script();
  const heard: string[] = [];
  const takers: { what: string; resolve: () => void }[] = [];
  const tell = (what: string) => {
    heard.push(what);
    for (const taker of takers.filter((one) => one.what === what)) taker.resolve();
  };
  const viewer = new Viewer({
    hello: { version: 1, app: 'a', channel: 'c', uid: 7 },
    open: () => new WebSocket(script.url),
    retryMs,
    reports: {
      joined: (resumed) => tell(resumed ? 'resumed' : 'joined'),
      refused: (code, again) => tell(`refused ${code} ${again}`),
      lost: (wasIn) => tell(`lost ${wasIn}`),
      left: (how) => tell(`left ${how}`),
      removed: (code) => tell(`removed ${code}`),
    },
  });
  viewers.push(viewer);
  const until = (what: string) =>
    heard.includes(what) ? Promise.resolve() : new Promise<void>((resolve) => takers.push({ what, resolve }));
  viewer.join();
  return { viewer, heard, until };
}

describe('a viewer', () => {
  test('CLI9: joins, keeps its lease with pings, says goodbye, and can join again', async () => {
    const { viewer, heard, until } = start();
    const link = await script.link();
    expect(link.hello).toMatchObject({ type: 'hello', uid: 7 });
    expect(link.hello.resume).toBeUndefined();
    link.welcome();
    await until('joined');
    while (script.pings < 3) await Bun.sleep(1);
    viewer.leave();
    viewer.leave();
    expect(await link.next()).toEqual({ type: 'bye' });
    link.closing('left');
    await until('left heard');
    expect(viewer.isOut).toBe(true);
    expect(heard).toEqual(['joined', 'left heard']);
    viewer.join();
    expect((await script.link()).hello.resume).toBeUndefined();
  });

  test('CLI10: comes back with its resume key when the connection is cut, and when the server goes away', async () => {
    const { heard, until } = start();
    const first = await script.link();
    first.welcome();
    await until('joined');
    first.cut();
    const second = await script.link();
    expect(second.hello.resume).toBe('KEY');
    second.welcome({ resumed: true, resume: 'KEY2' });
    await until('resumed');
    second.closing('going_away', { retryAfterMs: 1 });
    const third = await script.link();
    expect(third.hello.resume).toBe('KEY2');
    expect(heard).toEqual(['joined', 'lost true', 'resumed', 'lost true']);
  });

  test('BACK7: numbers its attempts to resume, above those that the server has taken', async () => {
    const { until } = start();
    const first = await script.link();
    expect(first.hello.attempt).toBeUndefined();
    first.welcome({ attempt: 0 });
    await until('joined');
    first.cut();
    const second = await script.link();
    second.cut();
    const third = await script.link();
    third.welcome({ resumed: true, attempt: 7 });
    await until('resumed');
    third.cut();
    const numbers = [second, third, await script.link()].map(({ hello }) => hello.attempt);
    expect(numbers).toEqual([1, 2, 8]);
  });

  test('CLI10: joins anew when its membership has ended meanwhile', async () => {
    const { heard, until } = start();
    const first = await script.link();
    first.welcome();
    await until('joined');
    first.cut();
    (await script.link()).closing('resume_invalid');
    const third = await script.link();
    expect(third.hello.resume).toBeUndefined();
    third.welcome();
    while (heard.length < 3) await Bun.sleep(1);
    expect(heard).toEqual(['joined', 'lost true', 'joined']);
  });

  test('CLI10: takes a server that does not answer its pings as gone', async () => {
    const { until } = start();
    const first = await script.link();
    script.mute = true;
    first.welcome({ leaseMs: 1_000 });
    await until('lost true');
    expect((await script.link()).hello.resume).toBe('KEY');
  });

  test('BACK2: never waits longer than the lease of the server allows, however long nobody is there', async () => {
    const { until } = start(60_000);
    const first = await script.link();
    first.welcome({ leaseMs: 10_000, recoveryMs: 100 });
    await until('joined');
    first.closing('going_away', { retryAfterMs: 3_600_000 });
    await until('lost true');
    expect((await script.link()).hello.resume).toBe('KEY');
  });

  test('CLI11: tries again where the refusal says it may, and only there', async () => {
    const { viewer, heard, until } = start();
    (await script.link()).closing('overloaded');
    const second = await script.link();
    expect(heard).toEqual(['refused overloaded true']);
    second.closing('banned');
    await until('refused banned false');
    expect(viewer.isOut).toBe(true);
    viewer.leave();
    expect(heard).toHaveLength(2);
  });

  test('BACK20: stays out when it was put out while it was away', async () => {
    const { viewer, until } = start();
    const first = await script.link();
    first.welcome();
    await until('joined');
    first.cut();
    const back = await script.link();
    expect(back.hello.resume).toBe('KEY');
    back.closing('kicked', { scope: 'uid' });
    await until('removed kicked');
    expect(viewer.isOut).toBe(true);
  });

  test('CLI11: stays out when it was put out', async () => {
    const { viewer, until } = start();
    const link = await script.link();
    link.welcome();
    await until('joined');
    link.closing('kicked');
    await until('removed kicked');
    expect(viewer.isOut).toBe(true);
  });

  test('CLI12: a goodbye is said also when it comes before the welcome, or while the connection is lost', async () => {
    const { viewer, heard, until } = start();
    const first = await script.link();
    viewer.leave();
    first.welcome();
    expect(await first.next()).toEqual({ type: 'bye' });
    first.closing('left');
    await until('left heard');

    viewer.join();
    const second = await script.link();
    second.welcome();
    while (!viewer.isIn) await Bun.sleep(1);
    second.cut();
    while (viewer.isIn) await Bun.sleep(1);
    viewer.leave();
    const third = await script.link();
    expect(third.hello.resume).toBe('KEY');
    third.welcome({ resumed: true });
    expect(await third.next()).toEqual({ type: 'bye' });
    third.closing('left');
    while (!viewer.isOut) await Bun.sleep(1);
    expect(heard.filter((what) => what === 'left heard')).toHaveLength(2);
  });

  test('CLI12: the end of a membership that it came back for to leave is a goodbye heard', async () => {
    const { viewer, heard, until } = start();
    const first = await script.link();
    first.welcome();
    await until('joined');
    first.cut();
    const second = await script.link();
    viewer.leave();
    second.closing('resume_invalid');
    await until('left heard');
    expect(heard).toEqual(['joined', 'lost true', 'left heard']);
  });

  test('CLI12: leaving before anything was joined ends at once', async () => {
    const { viewer, heard, until } = start(60_000);
    (await script.link()).cut();
    await until('lost false');
    viewer.leave();
    expect(heard).toEqual(['lost false', 'left never-in']);
    expect(viewer.isOut).toBe(true);
  });

  test('CLI12: one that vanishes says nothing and does not come back', async () => {
    const { viewer, heard, until } = start();
    const link = await script.link();
    link.welcome();
    await until('joined');
    viewer.vanish();
    await link.closed;
    expect(heard).toEqual(['joined']);
  });
});
