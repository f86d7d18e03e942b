import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { toAgoraNotice } from '@housecount/protocol';
import { noLives } from '../src/roster/channel-lives.ts';
import { Roster } from '../src/roster/roster.ts';
import { redisStore } from '../src/roster/stores/redis-store.ts';
import { findRedis, RedisServer } from './redis-server.ts';
import { RespClient } from './resp-client.ts';
import { storeSuite } from './store-suite.ts';
import { diceOf, namesOf, noticeOf, Truth } from './truth.ts';

const program = findRedis();
const isInCi = process.env.CI === 'true' || process.env.CI === '1';

if (program !== undefined) withRedis(program);
else if (isInCi)
  test('HOOK127: a real Redis is there in CI', () => {
    throw new Error('Neither redis-server nor redis-check-rdb (Debian: redis-tools) is in the PATH.');
  });
else
  test.skip('HOOK127: skipped, for no Redis is installed here (Debian: redis-tools, or set REDIS_SERVER)', () => {});

function withRedis(program: string): void {
  let server: RedisServer;
  const clients: RespClient[] = [];
  const connect = () => {
    const client = new RespClient(server.socket);
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    server = await RedisServer.start(program);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await server.close();
  });

  storeSuite('real Redis', async (use) => {
    await connect().command('FLUSHALL');
    await use(() => redisStore(connect().run));
  });

  describe('HOOK127: a real Redis', () => {
    test('HOOK127: versions are compared as numbers are counted, far beyond ten', async () => {
      const store = redisStore(connect().run);
      for (let version = 0; version < 120; version++)
        expect(await store.save('many', noLives, version)).toBe(true);
      for (const version of [0, 12, 119, 121]) expect(await store.save('many', noLives, version)).toBe(false);
      expect((await store.load('many'))?.version).toBe(120);
    });

    test('HOOK127: a channel goes away after its last change, and each change puts that off', async () => {
      const client = connect();
      const store = redisStore(client.run, { keepMs: 60_000 });
      await store.save('brief', noLives, 0);
      const left = Number(await client.command('PTTL', 'brief'));
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(60_000);
      await client.command('PEXPIRE', 'brief', '1000');
      await store.save('brief', noLives, 1);
      expect(Number(await client.command('PTTL', 'brief'))).toBeGreaterThan(1_000);
      const gone = redisStore(client.run, { keepMs: 1 });
      await gone.save('brief', noLives, 2);
      const deadline = performance.now() + 10_000;
      while ((await store.load('brief')) !== undefined && performance.now() < deadline);
      expect(await store.load('brief')).toBeUndefined();
      expect(await store.save('brief', noLives, 0)).toBe(true);
    });

    test('HOOK127: by default it is kept for seven days', async () => {
      const client = connect();
      await redisStore(client.run).save('week', noLives, 0);
      const days = Number(await client.command('PTTL', 'week')) / 86_400_000;
      expect(days).toBeGreaterThan(6.9);
      expect(days).toBeLessThanOrEqual(7);
    });

    test('HOOK127: names and accounts of all kinds, and a channel of a thousand, come back as they were', async () => {
      const name = `sp ace!#$%&()+-:;<=.>?@[]^_{}|~,`;
      const truth = new Truth(name);
      const store = () => redisStore(connect().run);
      const writer = new Roster({ store: store(), prefix: 'ä\r\n$3\r\n"' });
      const events = Array.from({ length: 1_000 }, (_, pick) => truth.step({ does: 'join', pick })).flat();
      const odd = { account: '"\\\r\n*1\r\n$ü\u2028' };
      await Promise.all(events.map((event) => writer.take({ ...noticeOf(event), ...odd })));
      const members = await new Roster({ store: store(), prefix: 'ä\r\n$3\r\n"' }).members(name);
      expect(namesOf(members)).toEqual(truth.people());
      expect(new Set(members.map(({ account }) => account))).toEqual(new Set([odd.account]));
    });

    test('HOOK127: a stored value that is no roster of ours is refused, and left as it is', async () => {
      const client = connect();
      const store = redisStore(client.run);
      await client.command('SET', 'text', 'x');
      await expect(store.load('text')).rejects.toThrow('WRONGTYPE');
      await expect(store.save('text', noLives, 0)).rejects.toThrow('WRONGTYPE');
      await client.command('HSET', 'half', 'value', '{}');
      await expect(store.load('half')).rejects.toMatchObject({ code: 'store_corrupt' });
      await client.command('HSET', 'strange', 'value', '{}', 'version', 'x');
      await expect(store.load('strange')).rejects.toMatchObject({ code: 'store_corrupt' });
      expect(await store.save('strange', noLives, 0)).toBe(false);
      expect(await client.command('GET', 'text')).toBe('x');
      expect(await client.command('HGET', 'strange', 'version')).toBe('x');
    });

    test('HOOK127: two processes that fold the halves of a shuffled capture, with copies, agree with the truth', async () => {
      const truth = new Truth('shared');
      const dice = diceOf(7);
      const events = [];
      for (let n = 0; n < 150; n++) {
        truth.pass(dice(2_000));
        const does = n < 100 ? 'join' : dice(2) === 0 ? 'leave' : 'role';
        events.push(...truth.step({ does, pick: n }));
      }
      const lines = [...events, ...events.filter(() => dice(4) === 0)]
        .map(
          (event) =>
            [dice(1e9), toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' })] as const,
        )
        .sort(([a], [b]) => a - b)
        .map(([, notice]) => `${JSON.stringify(notice)}\n`);
      const script = fileURLToPath(new URL('redis-fold-process.ts', import.meta.url));
      const taken = await Promise.all(
        [0, 1].map(async (half) => {
          const child = spawn(process.execPath, [script, server.socket], {
            stdio: ['pipe', 'pipe', 'inherit'],
          });
          let out = '';
          child.stdout.on('data', (chunk) => {
            out += String(chunk);
          });
          child.stdin.end(lines.filter((_, index) => index % 2 === half).join(''));
          const [status] = await once(child, 'close');
          return { status, taken: Number(out) };
        }),
      );
      expect(taken.map(({ status }) => status)).toEqual([0, 0]);
      expect(taken.reduce((sum, one) => sum + one.taken, 0)).toBe(lines.length);
      const view = await new Roster({ store: redisStore(connect().run) }).view('shared');
      expect(view).toMatchObject({ sid: truth.sid, seq: events.length, count: truth.size });
      expect(namesOf(view.members)).toEqual(truth.people());
      expect(view.waitingFor).toBeUndefined();
    });

    test('HOOK127: while it is away notices are refused; when it is back without its memory, the roster heals', async () => {
      const truth = new Truth('lost');
      const roster = () =>
        new Roster({
          store: redisStore(connect().run),
          heal: { events: async () => undefined, roster: async () => truth.snapshot() },
        });
      const take = async (one: Roster) => {
        for (const event of truth.step({ does: 'join', pick: truth.size })) await one.take(noticeOf(event));
      };
      const before = roster();
      await take(before);
      await server.kill();
      const [missed] = truth.step({ does: 'join', pick: 70 });
      if (!missed) throw new Error('somebody joined');
      await expect(before.take(noticeOf(missed))).rejects.toBeInstanceOf(Error);
      await server.start();
      const after = roster();
      expect(await after.count('lost')).toBe(0);
      await take(after);
      expect(namesOf(await after.members('lost'))).toEqual(truth.people());
    });
  });
}
