import { describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld } from '../../../testing/worlds/notify-world.ts';
import { limits } from '../../limits.ts';
import type { Redelivered } from './redelivery.ts';

async function* placed(events: readonly Redelivered['event'][]): AsyncIterable<Redelivered> {
  for (const [index, event] of events.entries()) yield { position: index + 1, event };
}
const never = new AbortController().signal;
const withoutTime = (body: string) => body.replace(/"notifyMs":\d+/, '"notifyMs":0');

/** A world in which all events were delivered once. */
async function delivered(members: number) {
  const world = new NotifyWorld();
  const notify = await world.start();
  const events = new LifeForTests().whole(members);
  world.log.append(...events);
  await world.clock.advance(0);
  const before = world.sent.splice(0);
  await world.clock.advance(1_000);
  const outcomes: { delivered: boolean; noticeId: string }[] = [];
  const again = (list = events, signal: AbortSignal = never) =>
    notify.redeliver({
      endpointId: 'good',
      id: 'r1',
      notices: placed(list),
      signal,
      onOutcome: (taken, noticeId) => outcomes.push({ delivered: taken, noticeId }),
    });
  return { world, notify, events, before, again, outcomes };
}

describe('redelivery', () => {
  test('HOOK106: the same bytes but for notifyMs and the signatures, which fit', async () => {
    const { world, notify, before, again } = await delivered(3);
    expect(await again()).toBe('done');
    const order = (list: typeof before) => list.map(({ request }) => withoutTime(request.body)).sort();
    expect(order(world.sent)).toEqual(order(before));
    for (const { request, notice } of world.sent) {
      expect(notice.notifyMs).toBe(world.clock.nowMs());
      expect(request.headers['Agora-Signature-V2']).toBe(
        createHmac('sha256', 'secret of good').update(request.body).digest('hex'),
      );
      expect(request.url).toBe(endpointForTests('good').url);
    }
    await notify.stop();
  });

  test('HOOK106: in the order of the log, a member\u2019s one after the other, and bounded in number', async () => {
    const { world, notify, again, events } = await delivered(40);
    let underWay = 0;
    let most = 0;
    const open = new Set<number | undefined>();
    const doubles: unknown[] = [];
    world.answering = async ({ notice }) => {
      const { uid } = notice.payload;
      if (open.has(uid)) doubles.push(uid);
      open.add(uid);
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise<void>((resolve) => world.clock.process().after(10, resolve));
      open.delete(uid);
      underWay -= 1;
      return answered(200);
    };
    const done = again();
    await world.clock.advance(10_000);
    expect(await done).toBe('done');
    expect(doubles).toEqual([]);
    expect(most).toBe(limits.redeliveryInFlightMax);
    const seqs = world.sent.map(({ notice }) => notice.payload.seq);
    expect(seqs).toHaveLength(events.length);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    await notify.stop();
  });

  test('HOOK106: neither cursor nor given-up journal is touched, and a failure is not tried again', async () => {
    const { world, notify, again, outcomes } = await delivered(2);
    const standing = notify.status();
    world.answering = () => answered(500);
    expect(await again()).toBe('done');
    await world.clock.advance(60_000);
    expect(world.sent).toHaveLength(6);
    expect(outcomes.every(({ delivered: taken }) => !taken)).toBe(true);
    expect(notify.status()).toEqual(standing);
    expect(notify.feed.recent(endpointForTests('good').app).at(-1)).toMatchObject({
      redelivery: 'r1',
      next: 'give-up',
    });
    await notify.stop();
  });

  test('HOOK107: a receiver that is not there ends it', async () => {
    const { world, notify, again, outcomes } = await delivered(100);
    world.answering = () => ({ answered: false, stage: 'connect', detail: 'refused' });
    expect(await again()).toBe('receiver-failed');
    expect(outcomes.length).toBeGreaterThanOrEqual(limits.redeliveryFailuresMax);
    expect(outcomes.length).toBeLessThan(limits.redeliveryFailuresMax + limits.redeliveryInFlightMax);
    await notify.stop();
  });

  test('HOOK107: it can be cancelled at any moment; the stop cancels it too', async () => {
    const { world, notify, again, outcomes } = await delivered(30);
    world.answering = () => new Promise(() => {});
    const cancel = new AbortController();
    const cancelled = again(undefined, cancel.signal);
    await world.clock.advance(0);
    expect(world.sent).toHaveLength(limits.redeliveryInFlightMax);
    cancel.abort();
    expect(await cancelled).toBe('cancelled');
    const stopped = again();
    await world.clock.advance(0);
    await notify.stop();
    expect(await stopped).toBe('cancelled');
    expect(outcomes).toEqual([]);
  });

  test('HOOK107: what reading the notices fails with, it fails with, after the attempts under way', async () => {
    const { world, notify, events } = await delivered(1);
    async function* broken() {
      for (const event of events.slice(0, 1)) yield { position: 1, event };
      throw new Error('the disk is gone');
    }
    const running = notify.redeliver({
      endpointId: 'good',
      id: 'r',
      notices: broken(),
      signal: never,
      onOutcome: () => {},
    });
    await expect(running).rejects.toThrow('the disk is gone');
    expect(world.sent).toHaveLength(1);
    await expect(
      notify.redeliver({ endpointId: 'x', id: 'r', notices: broken(), signal: never, onOutcome: () => {} }),
    ).rejects.toMatchObject({ code: 'not_found' });
    await notify.stop();
  });
});
