import { afterEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heardOf, readLines, violationsShownMax } from '@housecount/audit';
import { batchBytesMax, toAgoraNotice, toStandardEventsLost, toStandardNotice } from '@housecount/protocol';
import { type ApiWorld, type Body, openApiWorld, testApp } from '@housecount/server/testing/worlds/api-world';
import { LifeForTests } from '@housecount/server/testing/worlds/notify-log';
import { verify } from '../commands/verify.ts';
import { runCommands } from '../run.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'housecount-verify-'));
  ends.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

async function run(...args: string[]) {
  let out = '';
  let err = '';
  const status = await runCommands([verify], ['verify', ...args], {
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
const notices = (events: ReturnType<LifeForTests['whole']>) =>
  events.map((event) => toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' }));

describe('captures', () => {
  const capture = async (text: string, ...args: string[]) => {
    const path = join(folder(), 'capture.jsonl');
    writeFileSync(path, text);
    const { status, out } = await run(path, '--json', ...args);
    return { status, verdict: JSON.parse(out) as Body };
  };
  const whole = () => [
    ...notices(new LifeForTests('x', 'a', 'A').whole(3)),
    ...notices(new LifeForTests('y', 'a', 'B').whole(2)),
  ];
  const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

  test('CLI20: bare bodies and the lines of listen --json, with copies and empty lines, are well', async () => {
    const listened = whole().map((notice) => ({ app: testApp.id, cursor: 'c', notice, headers: {} }));
    for (const text of [
      lines(whole()),
      lines(listened),
      lines(whole()).replaceAll('\n', '\r\n\r\n'),
      lines([...whole(), ...whole()]),
    ]) {
      const { status, verdict } = await capture(text);
      expect({ status, ...verdict }).toMatchObject({
        status: 0,
        ok: true,
        lives: 2,
        closedLives: 2,
        members: 0,
      });
    }
  });

  test('CLI20: a violation is exit status 1 and a sentence', async () => {
    const { status, verdict } = await capture(lines(whole().filter((_, at) => at !== 2)));
    expect(status).toBe(1);
    expect(verdict.firstViolations[0]).toContain('seq 4 comes after seq 2');
    const path = join(folder(), 'bad.jsonl');
    writeFileSync(path, lines(whole().filter((_, at) => at !== 2)));
    const { out } = await run(path);
    expect(out).toContain('seq 4 comes after seq 2');
    expect(out).toMatch(/\d+ violations\n$/);
    writeFileSync(path, lines(whole()));
    expect((await run(path)).out).toMatch(/no violation\n$/);
  });

  test('CLI20: a line that is no notice is reported by its number; a last line that is cut off is only remarked', async () => {
    const text = lines(whole());
    for (const bad of ['{}', '[]', 'null', '7', 'nonsense', '{"notice":{}}', `{"sid":"A"}`]) {
      const { status, verdict } = await capture(`${bad}\n${text}`);
      expect({ status, first: verdict.firstViolations }).toEqual({
        status: 1,
        first: ['line 1 is not a notice'],
      });
    }
    const { status, verdict } = await capture(`${text}{"sid":"A","not`);
    expect(status).toBe(0);
    expect(verdict.remarks).toEqual([expect.stringContaining('is cut off')]);
  });

  test('CLI20: --midway and --holes forgive what they name, and no more', async () => {
    const [first = [], second = []] = [whole().slice(0, 8), whole().slice(8)];
    const late = lines([...first.slice(3), ...second]);
    expect((await capture(late)).status).toBe(1);
    const { status, verdict } = await capture(late, '--midway');
    expect({ status, midway: verdict.midwayLives }).toEqual({ status: 0, midway: 1 });
    const joinsOnly = lines(whole().filter(({ eventType }) => eventType !== 106));
    expect((await capture(joinsOnly)).status).toBe(1);
    const twice = whole().map((notice) => ({ ...notice, noticeId: 'same' }));
    expect((await capture(lines(twice), '--holes')).status).toBe(1);
  });

  test('CLI20: of many violations the first are shown, and all are counted', async () => {
    const { verdict } = await capture('x\n'.repeat(100));
    expect(verdict.violations).toBe(100);
    expect(verdict.firstViolations).toHaveLength(violationsShownMax);
  });

  test('CLI29: batches and standard notices, mixed with others, are well; a bad one is told by its line', async () => {
    const events = [...new LifeForTests('x', 'a', 'A').whole(3), ...new LifeForTests('y', 'a', 'B').whole(2)];
    const standard = events.map((event) => toStandardNotice(event, '107/108'));
    const text = lines([
      standard.slice(0, 5),
      standard[5],
      { app: 'a', notice: standard[6] },
      standard.slice(7),
    ]);
    const { status, verdict } = await capture(`${text}${lines(whole())}`);
    expect({ status, ...verdict }).toMatchObject({
      status: 0,
      lives: 2,
      closedLives: 2,
      copies: events.length,
    });
    const bad = await capture(
      lines([standard.slice(0, 5), [...standard.slice(5), { ...standard[0], seq: 0 }]]),
    );
    expect(bad.verdict.firstViolations).toContain('line 2 is not a notice');
  });

  test('CLI29: a batch of a mebibyte fits a line', async () => {
    const events = new LifeForTests('x', 'a', 'A').whole(400);
    const body = JSON.stringify(events.map((event) => toStandardNotice(event, '107/108')));
    const { status, verdict } = await capture(`${body}${' '.repeat(batchBytesMax - body.length)}\n`);
    expect({ status, notices: verdict.notices }).toEqual({ status: 0, notices: events.length });
  });

  test('CLI28: lost events are told and counted by themselves, with exit status 0', async () => {
    const notices = whole();
    const gap = { channel: 'x', sid: 'A', fromSeq: 3, toSeq: 5 };
    const lost = toStandardEventsLost({ type: 'events-lost', app: 'a', range: gap, events: 3, atMs: 1 });
    const text = lines([...notices.slice(0, 2), lost, ...notices.slice(5)]);
    const { status, verdict } = await capture(text);
    expect({ status, ...verdict }).toMatchObject({ status: 0, violations: 0, lost: 1, lostEvents: 3 });
    const path = join(folder(), 'lost.jsonl');
    writeFileSync(path, text);
    const { out } = await run(path);
    expect(out).toContain('the server said that events are lost, once, 3 in all:');
    expect(out).toContain('A seq 3 to 5 of x are lost');
    expect(out).toMatch(/no violation\n$/);
  });

  test('CLI20: progress of a large capture goes to stderr', async () => {
    const path = join(folder(), 'large.jsonl');
    const text = lines(
      Array.from({ length: 10_000 }, (_, n) => notices(new LifeForTests('x', 'a', `S${n}`).whole(4))).flat(),
    );
    writeFileSync(path, text);
    const { status, out, err } = await run(path);
    expect({ status, last: out.trimEnd().split('\n').at(-1) }).toEqual({ status: 0, last: 'no violation' });
    expect(err).toStartWith('100000 notices\n');
  });

  test('CLI20: a file that is not there, or is a folder, is exit status 1 and a sentence', async () => {
    const none = join(folder(), 'none');
    expect(await run(none)).toMatchObject({ status: 1, out: '' });
    expect((await run(none)).err).toContain(`${none} cannot be read: there is no such file\n`);
    expect((await run(folder())).err).toContain('cannot be read: it is a folder\n');
  });
});

async function* streamOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

test('CLI20: lines are the same however the bytes are cut; one that is too long keeps its number', async () => {
  const read = async (parts: readonly Uint8Array[], max?: number) => {
    const found: [number, string | undefined, boolean][] = [];
    for await (const { number, text, whole } of readLines(streamOf(parts), max))
      found.push([number, text, whole]);
    return found;
  };
  const bytes = new TextEncoder().encode('ä\n\r\nlong long\nö');
  const expected: [number, string | undefined, boolean][] = [
    [1, 'ä', true],
    [2, '', true],
    [3, undefined, true],
    [4, 'ö', false],
  ];
  expect(await read([bytes], 5)).toEqual(expected);
  expect(
    await read(
      Array.from(bytes, (byte) => new Uint8Array([byte])),
      5,
    ),
  ).toEqual(expected);
  expect((await read([bytes]))[2]).toEqual([3, 'long long', true]);
});

test('PARSE1: a line that comes byte by byte is looked at once, and joined once', async () => {
  const bytes = new TextEncoder().encode(`${'x'.repeat(20_000)}\n`);
  let looked = 0;
  const { split, indexOf } = String.prototype;
  const counted = <T extends (...args: never[]) => unknown>(method: T) =>
    function (this: string, ...args: Parameters<T>) {
      looked += this.length;
      return method.apply(this, args);
    };
  Object.assign(String.prototype, { split: counted(split), indexOf: counted(indexOf) });
  const found: (string | undefined)[] = [];
  try {
    const parts = Array.from(bytes, (byte) => new Uint8Array([byte]));
    for await (const { text } of readLines(streamOf(parts))) found.push(text);
  } finally {
    Object.assign(String.prototype, { split, indexOf });
  }
  expect(found).toEqual(['x'.repeat(20_000)]);
  expect(looked).toBeLessThan(10 * bytes.length);
});

test('CLI20: a notice is taken for one only if all is there that is judged', () => {
  const [notice] = notices([new LifeForTests().open()]);
  expect(heardOf(notice)).toMatchObject({ app: '' });
  expect(heardOf({ app: 'a', notice })).toMatchObject({ app: 'a' });
  for (const [name, value] of [
    ['sid', 7],
    ['sid', ''],
    ['noticeId', undefined],
    ['eventType', '101'],
    ['eventType', 999],
    ['payload', null],
    ['payload', { ...notice?.payload, seq: 0 }],
    ['payload', { ...notice?.payload, count: -1 }],
    ['payload', { ...notice?.payload, uid: 'x' }],
  ] as const)
    expect(heardOf({ ...notice, [name]: value })).toBeUndefined();
});

describe('a server', () => {
  /** The REST API of a real log, whose answers a test may falsify. */
  async function serveWorld(falsify: (path: string, text: string) => string = (_, text) => text) {
    const world: ApiWorld = await openApiWorld({ development: true });
    ends.push(() => world.close());
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        const answer = await world.ask(pathname + search, { anonymous: true });
        return new Response(falsify(pathname, await answer.text()), { status: answer.status });
      },
    });
    ends.push(() => server.stop(true));
    for (let uid = 1; uid <= 40; uid++)
      await world.join(`c${uid % 3}`, uid, { role: uid % 9 ? 'audience' : 'broadcaster' });
    for (let uid = 1; uid <= 20; uid++) await world.leave(`c${uid % 3}`, uid);
    await world.join('gone', 1);
    await world.leave('gone', 1);
    return { world, url: `http://127.0.0.1:${server.port}` };
  }

  test('CLI21: its events add up to its roster', async () => {
    const { url } = await serveWorld();
    const { status, out, err } = await run(url, '--json');
    expect({ status, ...JSON.parse(out) }).toMatchObject({
      status: 0,
      ok: true,
      lives: 4,
      closedLives: 1,
      members: 20,
      remarks: [],
    });
    expect(err).toBe(`verifying app ${testApp.id}\n`);
  });

  test('CLI21: while people come and go between its answers', async () => {
    const made = await serveWorld();
    let uid = 1_000;
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        const answer = await made.world.ask(pathname + search, { anonymous: true });
        for (let n = 0; n < 20; n++) await made.world.join(`n${uid % 4}`, ++uid);
        await made.world.leave('c1', 22);
        return answer;
      },
    });
    ends.push(() => server.stop(true));
    const { status, out } = await run(`http://127.0.0.1:${server.port}`, '--json');
    expect({ status, first: JSON.parse(out).firstViolations }).toEqual({ status: 0, first: [] });
  });

  const lines = (text: string, change: (line: Body) => Body | undefined) =>
    text
      .trimEnd()
      .split('\n')
      .flatMap((line) => change(JSON.parse(line)) ?? [])
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
  const events = (text: string, change: (events: Body[]) => Body[]) => {
    const page = JSON.parse(text);
    return JSON.stringify({ ...page, events: change(page.events) });
  };
  const lies: [string, string, (text: string) => string, RegExp][] = [
    [
      'an event is missing',
      'events',
      (text) => events(text, (all) => all.filter((_, at) => at !== 9)),
      /comes after/,
    ],
    ['an event is none', 'events', (text) => events(text, (all) => [...all, { type: 'x' }]), /not an event/],
    [
      'somebody is not in the roster',
      'snapshot',
      (text) =>
        lines(text, (line) => ({
          ...line,
          ...(line.members && line.type === 'members' && { members: line.members.slice(1) }),
        })),
      /inside by the events, not in the roster/,
    ],
    [
      'somebody is in the roster who never came',
      'snapshot',
      (text) =>
        lines(text, (line) => ({
          ...line,
          ...(line.type === 'members' && { members: [...line.members, { uid: 777, role: 'audience' }] }),
        })),
      /uid 777 is in the roster, not inside/,
    ],
    [
      'somebody has another role',
      'snapshot',
      (text) =>
        lines(text, (line) => ({
          ...line,
          ...(line.type === 'members' && {
            members: line.members.map((one: Body) => ({ ...one, role: 'broadcaster' })),
          }),
        })),
      /another by the events/,
    ],
    [
      'a channel is not in the roster',
      'snapshot',
      (text) => lines(text, (line) => (line.channel === 'c1' ? undefined : line)),
      /is open by the events, and c1 is not so/,
    ],
    [
      'the roster is ahead of the events',
      'snapshot',
      (text) => lines(text, (line) => (line.type === 'channel' ? { ...line, seq: line.seq + 1 } : line)),
      /end before the seq of the roster/,
    ],
  ];
  test.each(lies)('CLI21: %s: exit status 1', async (_name, path, change, expected) => {
    const { url } = await serveWorld((asked, text) => (asked.endsWith(`/${path}`) ? change(text) : text));
    const { status, out } = await run(url, '--app', testApp.id);
    expect(status).toBe(1);
    expect(out).toMatch(expected);
  });

  test('CLI21: a snapshot that breaks off, and a server that refuses, are failures and no verdict', async () => {
    const cut = await serveWorld((asked, text) =>
      asked.endsWith('/snapshot') ? lines(text, (line) => (line.type === 'end' ? undefined : line)) : text,
    );
    expect(await run(cut.url)).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringContaining('broke off'),
    });
    expect(await run(cut.url, '--app', 'none')).toMatchObject({
      status: 1,
      err: expect.stringContaining('invalid_app_id'),
    });
  });

  test.each([
    ['a page for people', '/events', () => '<h1>Log in</h1>', 'not a page of events: <h1>Log in'],
    ['a page without events', '/events', () => '{"cursor":"c"}', 'not a page of events'],
    [
      'a page that leads to itself',
      '/events',
      () => '{"events":[],"cursor":"start","more":true}',
      'says that there is more',
    ],
    ['a snapshot for people', '/snapshot', () => '<h1>Log in</h1>\n', 'not a snapshot: <h1>Log in'],
    ['a snapshot of nothing', '/snapshot', () => 'null\n', 'not a snapshot: null'],
    ['a snapshot cut in a line', '/snapshot', (text: string) => text.slice(0, -9), 'broke off'],
  ])('HOOK179: %s is a failure and no verdict', async (_name, path, change, expected) => {
    const { url } = await serveWorld((asked, text) => (asked.endsWith(path) ? change(text) : text));
    const { status, out, err } = await run(url, '--app', testApp.id);
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(expected);
  });
});
