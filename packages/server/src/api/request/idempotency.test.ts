import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import { type ApiWorld, openApiWorld, testApp, testCustomer } from '../../../testing/worlds/api-world.ts';
import { createLogger } from '../../observe/logger.ts';
import { apiOperations } from '../routes.ts';
import { Idempotency, type IdempotencyBounds } from './idempotency.ts';

const logger = createLogger({ level: 'error', format: 'json', sink: { write: () => true } });
const never = new AbortController().signal;

describe('keys', () => {
  let folder: string;
  let nowMs = 0;
  let kept: Idempotency;
  let runs = 0;
  const open = (bounds: Partial<IdempotencyBounds> = {}) =>
    Idempotency.open(join(folder, 'keys.db'), {
      clock: {
        nowMs: () => nowMs,
        steadyMs: () => nowMs,
        wallMs: () => nowMs,
        after: () => () => {},
        notBefore: () => {},
      },
      logger,
      bounds: { keptMs: 1_000, keysMax: 200, bytesMax: 1_000_000, ...bounds },
    });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'housecount-keys-'));
    [nowMs, runs] = [0, 0];
    kept = open();
  });
  afterEach(() => {
    kept.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const reopen = (bounds?: Partial<IdempotencyBounds>) => {
    kept.close();
    kept = open(bounds);
  };
  const run = async () => ({ status: 200, body: `run ${++runs}`, isDone: true });
  const once = async (place: string, content = 'c', work = run) => {
    const { body, isReplay } = await kept.once({ place, content, waits: false }, work, never);
    return `${body}${isReplay ? ' again' : ''}`;
  };

  /** Begins a request that never ends. */
  const begun = (place: string) =>
    new Promise<void>((resolve) => {
      const work = () => {
        resolve();
        return new Promise<never>(() => {});
      };
      void once(place, 'c', work);
    });

  test('REST80: the same request is given the first answer, over a restart too; another one is refused', async () => {
    expect(await once('a')).toBe('run 1');
    expect(await once('a')).toBe('run 1 again');
    reopen();
    expect(await once('a')).toBe('run 1 again');
    await expect(once('a', 'other')).rejects.toMatchObject({ code: 'idempotency_key_used' });
    expect(await once('b', 'other')).toBe('run 2');
  });

  test('REST80: while it is done the same is refused, or waits; what then comes is given', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = once('a', 'c', async () => {
      await promise;
      return run();
    });
    await expect(once('a')).rejects.toMatchObject({ code: 'idempotency_in_flight' });
    await expect(once('a', 'other')).rejects.toMatchObject({ code: 'idempotency_key_used' });
    const waiting = kept.once({ place: 'a', content: 'c', waits: true }, run, never);
    resolve();
    expect(await first).toBe('run 1');
    expect(await waiting).toMatchObject({ body: 'run 1', isReplay: true });
  });

  test('REST80: what was refused, came to nothing, or was broken off may be tried again', async () => {
    const refuse = () => Promise.reject(new HousecountError('rate_limited'));
    await expect(once('a', 'c', refuse)).rejects.toMatchObject({ code: 'rate_limited' });
    expect(await once('a')).toBe('run 1');
    const nothing = async () => ({ status: 200, body: 'nobody', isDone: false });
    expect(await once('b', 'c', nothing)).toBe('nobody');
    expect(await once('b')).toBe('run 2');
    const gone = new AbortController();
    const breakOff = kept.once(
      { place: 'd', content: 'c', waits: false },
      () => {
        gone.abort();
        return Promise.reject(gone.signal.reason);
      },
      gone.signal,
    );
    await expect(breakOff).rejects.toBeDefined();
    expect(await once('d')).toBe('run 3');
  });

  test('REST80: of what nobody knows what became, nothing is done again', async () => {
    const bug = () => Promise.reject(new Error('a bug'));
    await expect(once('a', 'c', bug)).rejects.toThrow('a bug');
    await expect(once('a')).rejects.toMatchObject({ code: 'idempotency_unknown' });
    // A killed process leaves a request like this: begun, and no word of its end.
    await begun('b');
    reopen();
    await expect(once('b')).rejects.toMatchObject({ code: 'idempotency_unknown' });
    await expect(once('b', 'other')).rejects.toMatchObject({ code: 'idempotency_key_used' });
    expect(runs).toBe(0);
  });

  test('REST80: two servers that keep the same keys do a request once: the other is refused, and then has the answer', async () => {
    const other = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    const request = { place: 'a', content: 'c', waits: false };
    const asked = [kept, other].map((server) =>
      server.once(
        request,
        async () => {
          await promise;
          return run();
        },
        never,
      ),
    );
    const refused = await Promise.any(
      asked.map((each) =>
        each.then(
          () => Promise.reject(),
          ({ code }) => code,
        ),
      ),
    );
    expect(refused).toBe('idempotency_in_flight');
    resolve();
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const server of [kept, other])
      expect(await server.once(request, run, never)).toMatchObject({ body: 'run 1', isReplay: true });
    other.close();
  });

  test('REST81: keys are kept for their time, in bounded number and size; the oldest are forgotten', async () => {
    expect(await once('a')).toBe('run 1');
    nowMs = 1_000;
    expect(await once('a')).toBe('run 1 again');
    nowMs = 1_001;
    expect(await once('z')).toBe('run 2');
    expect(await once('a')).toBe('run 3');
    for (let n = 0; n < 250; n++) {
      nowMs += 1;
      await once(`n${n}`);
    }
    expect(await once('n249')).toEndWith('again');
    expect(await once('n51')).toEndWith('again');
    expect(await once('n40')).not.toEndWith('again');
    reopen({ bytesMax: 20 });
    nowMs += 1;
    await once('one more');
    expect(await once('one more')).toEndWith('again');
    expect(await once('n200')).not.toEndWith('again');
  });

  test('REST81: an answer that is older than the setting is none, though no other key came meanwhile', async () => {
    expect(await once('a')).toBe('run 1');
    await begun('b');
    nowMs = 1_001;
    expect(await once('a', 'other')).toBe('run 2');
    nowMs = 2_002;
    reopen();
    expect(await once('a', 'other')).toBe('run 3');
    expect(await once('b')).toBe('run 4');
    expect(await once('a', 'other')).toBe('run 3 again');
  });

  test('REST81: answers are counted in bytes, not in characters', async () => {
    reopen({ bytesMax: 10 });
    const inTwoBytesEach = async () => ({ status: 200, body: 'ääää', isDone: true });
    for (const place of ['a', 'b']) expect(await once(place, 'c', inTwoBytesEach)).toBe('ääää');
    expect(await once('b')).toBe('ääää again');
    await once('one more');
    expect(await once('b')).not.toEndWith('again');
  });
});

describe('over REST', () => {
  let world: ApiWorld;
  afterEach(() => world.close());
  const path = `/v1/apps/${testApp.id}/rules`;
  const send = { channel: 'x', privileges: ['publish_message'], seconds: 60 };
  const post = async (key: string, body: object = send, more: Record<string, string> = {}, at = path) => {
    const headers = { 'idempotency-key': key, ...more };
    const answer = await world.ask(at, { method: 'POST', send: body, headers });
    const replayed = answer.headers.get('idempotency-replayed');
    return { status: answer.status, replayed, body: await answer.json() };
  };

  test('REST80: a POST with a key is done once, and says when it was not done again', async () => {
    world = await openApiWorld();
    const first = await post('k');
    expect(first).toMatchObject({ status: 200, replayed: null });
    const again = await post('k');
    expect(again).toEqual({ ...first, replayed: 'true' });
    expect(world.log.rules(testApp.id)).toHaveLength(1);
    const other = await post('k', { ...send, seconds: 61 });
    expect([other.status, (other.body as { code: string }).code]).toEqual([409, 'idempotency_key_used']);
    expect((await post('k', { ...send, seconds: -1 })).body).toMatchObject({ code: 'idempotency_key_used' });
    expect((await post('k2')).body).not.toEqual(first.body);
    // The key is of one operation and one place.
    const rule = { appid: testApp.id, cname: 'y', privileges: ['join_channel'], time: 60 };
    for (let n = 0; n < 2; n++)
      expect(await post('k', rule, {}, '/dev/v1/kicking-rule')).toMatchObject({ status: 200 });
    expect(world.log.rules(testApp.id)).toHaveLength(3);
  });

  test('REST80: keys of different customers are different ones', async () => {
    const other = { ...testCustomer, id: 'other' };
    world = await openApiWorld({ customers: [testCustomer, other] });
    const login = `Basic ${Buffer.from(`${other.id}:${other.secret}`).toString('base64')}`;
    expect((await post('k')).replayed).toBeNull();
    expect((await post('k', send, { authorization: login })).replayed).toBeNull();
    expect(world.log.rules(testApp.id)).toHaveLength(2);
  });

  test('REST80: a key that is none, or not that in the body, is refused, and what is refused does not take its key', async () => {
    world = await openApiWorld();
    for (const key of ['', 'x'.repeat(256), 'é'])
      expect((await post(key)).body).toMatchObject({ code: 'header_invalid' });
    expect((await post('k', { ...send, seconds: -1 })).status).toBe(400);
    expect(await post('k')).toMatchObject({ status: 200, replayed: null });
    const message = { publisher: 'house', content: { text: 'hi' }, idempotencyKey: 'one' };
    const at = `/v1/apps/${testApp.id}/channels/x/messages`;
    expect((await post('two', message, {}, at)).body).toMatchObject({ code: 'header_invalid' });
    expect((await post('one', message, {}, at)).replayed).toBeNull();
    expect((await post('one', message, {}, at)).replayed).toBe('true');
  });

  test('REST80: every POST takes a key: an answer that says yes is not asked for twice', async () => {
    world = await openApiWorld({ endpoint: true });
    const bodies: Readonly<Record<string, object>> = {
      createEndpoint: { url: 'https://a.test/' },
      createRule: send,
      changeChannelMetadata: { author: 'eve', mode: 'set', items: [{ key: 'k', value: 'v' }] },
      changeUserMetadata: { author: 'eve', mode: 'set', items: [{ key: 'k', value: 'v' }] },
      publishToChannel: { publisher: 'house', content: { text: 'hi' } },
      redeliver: { endpoint: 'main', since: 0 },
      agoraCreateRule: { appid: testApp.id, cname: 'z', privileges: ['join_channel'], time: 60 },
    };
    const done: string[] = [];
    for (const operation of apiOperations(world.deps)) {
      if (operation.method !== 'POST') continue;
      const at = operation.path.replace('{app}', testApp.id).replace(/\{\w+\}/g, 'main');
      const ask = () => post(operation.id, bodies[operation.id] ?? {}, {}, at);
      const first = await ask();
      const again = await ask();
      if (first.status === 200) {
        expect([operation.id, again]).toEqual([operation.id, { ...first, replayed: 'true' }]);
        done.push(operation.id);
      } else expect([operation.id, again.replayed]).toEqual([operation.id, null]);
    }
    expect(done).toEqual(expect.arrayContaining([...Object.keys(bodies), 'testEndpoint']));
  });
});
