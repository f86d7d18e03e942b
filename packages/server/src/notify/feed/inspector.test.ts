import { describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { audit } from '@housecount/audit';
import type { AgoraNotice } from '@housecount/protocol';
import { appForTests, LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld } from '../../../testing/worlds/notify-world.ts';
import type { FormedNotice } from './formed-notice.ts';
import { inspectorId } from './inspector.ts';
import { ringBatchMax, ringNoticesMax } from './notice-ring.ts';

async function read(stream: AsyncIterable<readonly FormedNotice[]>, count: number): Promise<FormedNotice[]> {
  const got: FormedNotice[] = [];
  for await (const notices of stream) {
    got.push(...notices);
    if (got.length >= count) break;
  }
  return got.slice(0, count);
}
const isSigned = ({ body, headers }: Pick<FormedNotice, 'body' | 'headers'>) =>
  headers['Agora-Signature-V2'] ===
  createHmac('sha256', `inspector of ${appForTests}`).update(body).digest('hex');

describe('the inspector', () => {
  test('HOOK21: without any endpoint, every event is shown as a virtual attempt that can be verified', async () => {
    const world = new NotifyWorld();
    world.log.append(...new LifeForTests('before').whole(1));
    const notify = await world.start([]);
    world.log.append(...new LifeForTests().whole(2), ...new LifeForTests('x', 'f'.repeat(32)).whole(1));
    await notify.waitIdle();
    const shown = notify.feed.recent(appForTests);
    expect(shown.map(({ channel, virtual, endpointId }) => [channel, virtual, endpointId])).toEqual(
      Array(6).fill(['stage', true, inspectorId]),
    );
    expect(shown.every(isSigned)).toBe(true);
    const [copy] = JSON.parse(JSON.stringify(shown)) as typeof shown;
    expect(copy && isSigned(copy)).toBe(true);
    await notify.stop();
  });

  test('HOOK20: real attempts are shown beside the virtual ones, failures and retries included', async () => {
    const world = new NotifyWorld();
    world.answering = ({ copy }) => answered(copy === 1 ? 500 : 200);
    const notify = await world.start([endpointForTests('good')]);
    world.log.append(new LifeForTests().open());
    await world.clock.advance(0);
    const real = notify.feed.recent(appForTests).filter(({ virtual }) => !virtual);
    expect(real.map(({ attempt, next, outcome }) => [attempt, next, outcome])).toEqual([
      [1, 'retry', answered(500)],
      [2, 'delivered', answered(200)],
    ]);
    expect(real[0]).toMatchObject({
      endpointId: 'good',
      url: 'https://good.example/notices',
      body: world.sent[0]?.request.body,
    });
    await notify.stop();
  });

  test('HOOK22: notices after a position, then live ones; a listener that comes back misses nothing', async () => {
    const world = new NotifyWorld();
    const notify = await world.start([]);
    const events = new LifeForTests().whole(10);
    world.log.append(...events.slice(0, 8), ...new LifeForTests('x', 'f'.repeat(32)).whole(1));
    const { signal } = new AbortController();
    const first = await read(notify.notices(appForTests, 0, signal), 5);
    const live = read(notify.notices(appForTests, first.at(-1)?.position, signal), 17);
    await world.clock.advance(0);
    world.log.append(...events.slice(8));
    const all = [...first, ...(await live)];
    expect(all.every(isSigned)).toBe(true);
    const { violations, lives } = audit(all.map(({ body }) => JSON.parse(body) as AgoraNotice));
    expect(violations).toEqual([]);
    expect(lives.get('SID-stage')).toEqual({ channel: 'stage', lastSeq: 22, closed: true });
    await notify.stop();
  });

  test('HOOK22: without a position, or with one beyond the log, only what is new comes', async () => {
    const world = new NotifyWorld();
    const notify = await world.start([]);
    world.log.append(...new LifeForTests('old').whole(1));
    const { signal } = new AbortController();
    const streams = [undefined, 1_000].map((after) => read(notify.notices(appForTests, after, signal), 1));
    await world.clock.advance(0);
    world.log.append(new LifeForTests('new').open());
    for (const [notice] of await Promise.all(streams)) expect(notice?.channel).toBe('new');
    await notify.stop();
  });

  test('HOOK154: listeners that keep up share what was formed once, also with one that came later', async () => {
    const world = new NotifyWorld();
    const notify = await world.start([]);
    const { signal } = new AbortController();
    const listen = (after?: number) => notify.notices(appForTests, after, signal)[Symbol.asyncIterator]();
    const listeners = [listen(), listen(), listen()];
    const first = listeners.map((listener) => listener.next());
    await world.clock.advance(0);
    const life = new LifeForTests();
    world.log.append(life.open(), life.join(1), ...new LifeForTests('x', 'f'.repeat(32)).whole(1));
    const [shared, ...others] = (await Promise.all(first)).map(
      ({ value }) => value as readonly FormedNotice[],
    );
    expect(shared?.map(({ position }) => position)).toEqual([1, 2]);
    expect(shared?.every(isSigned)).toBe(true);
    for (const other of others) expect(other).toBe(shared as readonly FormedNotice[]);
    const late = listen(0);
    expect((await late.next()).value).toBe(shared);
    // A listener that has heard part of it gets the rest, and after that the array that all get.
    const midway = listen(1);
    expect((await midway.next()).value).toEqual(shared?.slice(1));
    const second = [...listeners, late, midway].map((listener) => listener.next());
    await world.clock.advance(0);
    world.log.append(life.join(2));
    const arrays = new Set((await Promise.all(second)).map(({ value }) => value));
    expect(arrays.size).toBe(1);
    await notify.stop();
  });

  test('HOOK154: a listener that is far behind holds up nobody and misses nothing', async () => {
    const world = new NotifyWorld();
    const notify = await world.start([]);
    const { signal } = new AbortController();
    const slow = notify.notices(appForTests, undefined, signal)[Symbol.asyncIterator]();
    const quick = read(notify.notices(appForTests, undefined, signal), 2 * ringNoticesMax);
    const begun = slow.next();
    await world.clock.advance(0);
    const life = new LifeForTests();
    const got: FormedNotice[] = [];
    world.log.append(life.open());
    got.push(...((await begun).value as readonly FormedNotice[]));
    for (let uid = 1; uid < 2 * ringNoticesMax; uid += 512) {
      world.log.append(...Array.from({ length: 512 }, (_, at) => life.join(uid + at)));
      await notify.waitIdle();
    }
    expect((await quick).map(({ position }) => position)).toEqual(
      Array.from({ length: 2 * ringNoticesMax }, (_, at) => at + 1),
    );
    while (got.length <= 2 * ringNoticesMax) {
      const { value } = await slow.next();
      expect(value.length).toBeLessThanOrEqual(ringBatchMax);
      got.push(...value);
    }
    expect(got.map(({ position }) => position)).toEqual(got.map((_, at) => at + 1));
    await notify.stop();
  });

  test('HOOK22: a stream ends with its signal, and with the server', async () => {
    const world = new NotifyWorld();
    const notify = await world.start([]);
    const abort = new AbortController();
    const aborted = read(notify.notices(appForTests, 0, abort.signal), 1);
    const stopped = read(notify.notices(appForTests, 0, new AbortController().signal), 1);
    await world.clock.advance(0);
    abort.abort();
    expect(await aborted).toEqual([]);
    await notify.stop();
    expect(await stopped).toEqual([]);
  });

  test.each([[-1], [1.5], [Number.NaN]])('HOOK22: %p is no position', async (after) => {
    const world = new NotifyWorld();
    const notify = await world.start([]);
    const stream = notify.notices(appForTests, after, new AbortController().signal);
    await expect(read(stream, 1)).rejects.toMatchObject({ code: 'body_invalid' });
    await notify.stop();
  });
});
