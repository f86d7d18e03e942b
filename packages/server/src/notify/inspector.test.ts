import { describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import type { AgoraNotice } from '@housecount/protocol';
import { audit } from '../../../cli/src/verify/auditor.ts';
import { type FormedNotice, inspectorId } from './inspector.ts';
import { appForTests, LifeForTests } from './log-for-tests.ts';
import { answered, endpointForTests, NotifyWorld } from './notify-for-tests.ts';

async function read(stream: AsyncIterable<FormedNotice>, count: number): Promise<FormedNotice[]> {
  const got: FormedNotice[] = [];
  for await (const notice of stream) {
    got.push(notice);
    if (got.length === count) break;
  }
  return got;
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
