import { expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import {
  batchBytesMax,
  batchNoticesMax,
  type ChannelEvent,
  type StandardNotice,
  toStandardNotice,
} from '@housecount/protocol';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld, type Sent } from '../../../testing/worlds/notify-world.ts';
import { limits } from '../../limits.ts';
import type { Notify } from '../contract.ts';
import { batchLength } from '../queue/batch-queue.ts';
import { testEndpoint } from '../registry/health-test.ts';
import type { AttemptReport } from './attempt.ts';
import { probeGapMs, probeMs, probeMsMax } from './endpoint-health.ts';

const batch = endpointForTests('good', { format: 'batch', retry: 'standard' });
const noticesIn = ({ request }: Sent): StandardNotice[] => JSON.parse(request.body);
const seqsOf = (world: NotifyWorld) => world.sent.map((sent) => noticesIn(sent).map(({ seq }) => seq));

test('HOOK110: all that waits goes in one request: standard notices in order, signed as one', async () => {
  const world = new NotifyWorld();
  const notify = await world.start([batch]);
  const events = new LifeForTests().whole(3);
  world.log.append(...events);
  await world.clock.advance(0);
  expect(world.sent).toHaveLength(1);
  const [{ request, atMs }] = world.sent as [Sent];
  expect(request.body).toBe(JSON.stringify(events.map((event) => toStandardNotice(event, '107/108'))));
  const { 'webhook-id': id, 'webhook-timestamp': seconds } = request.headers;
  expect(seconds).toBe(String(Math.floor(atMs / 1000)));
  const mac = createHmac('sha256', 'secret of good').update(`${id}.${seconds}.${request.body}`);
  expect(request.headers['webhook-signature']).toBe(`v1,${mac.digest('base64')}`);
  expect(notify.status()[0]).toMatchObject({ outstanding: 0, backlog: 0, state: 'running' });
  await notify.stop();
});

test('HOOK110: one request under way; what comes meanwhile goes together in the next', async () => {
  const world = new NotifyWorld();
  let release: (() => void) | undefined;
  world.answering = () =>
    new Promise((resolve) => {
      release = () => resolve(answered(204));
    });
  const notify = await world.start([batch]);
  const life = new LifeForTests();
  world.log.append(life.open());
  await world.clock.advance(0);
  world.log.append(life.join(1));
  await world.clock.advance(0);
  world.log.append(life.join(2), life.leave(1));
  await world.clock.advance(0);
  expect(seqsOf(world)).toEqual([[1]]);
  release?.();
  await world.clock.advance(0);
  expect(seqsOf(world)).toEqual([[1], [2, 3, 4]]);
  expect(notify.status()[0]).toMatchObject({ inFlight: 1, outstanding: 3 });
  await notify.stop();
});

test('HOOK110: a request holds at most 1,000 notices and 1 MiB', async () => {
  const world = new NotifyWorld();
  // Long enough for the log to be read as far as there is room.
  world.answering = async () => {
    await new Promise<void>((resolve) => void world.clock.process().after(1_000, resolve));
    return answered(200);
  };
  const notify = await world.start([batch]);
  world.log.append(...new LifeForTests().whole(1_500));
  await world.clock.advance(60_000);
  const sizes = world.sent.map((sent) => noticesIn(sent).length);
  expect(sizes.slice(1, 3)).toEqual([batchNoticesMax, batchNoticesMax]);
  expect(Math.max(...sizes)).toBe(batchNoticesMax);
  expect(seqsOf(world).flat()).toEqual(Array.from({ length: 3_002 }, (_, index) => index + 1));
  await notify.stop();
  const text = (length: number) => ({
    text: { noticeId: '', eventType: 105 as const, at: () => 'x'.repeat(length) },
  });
  const half = batchBytesMax / 2;
  // Brackets and one comma.
  expect(batchLength([text(half), text(half - 3)])).toBe(2);
  expect(batchLength([text(half), text(half - 2)])).toBe(1);
  expect(batchLength([text(2 * batchBytesMax), text(1)])).toBe(1);
}, 20_000);

test('HOOK110: a batch that fails is sent again, the same bytes under the same id, and nothing overtakes it', async () => {
  const world = new NotifyWorld();
  world.answering = ({ copy }) => answered(copy < 4 ? 500 : 200);
  const notify = await world.start([{ ...batch, retry: { gapsMs: [1_000, 1_000, 1_000] } }]);
  const life = new LifeForTests();
  world.log.append(life.open(), life.join(1));
  await world.clock.advance(0);
  world.log.append(life.join(2));
  await world.clock.advance(20 * 60_000);
  const [first, ...copies] = world.sent.slice(0, 4).map(({ request }) => request);
  for (const copy of copies) {
    expect(copy.body).toBe(first?.body ?? '');
    expect(copy.headers['webhook-id']).toBe(first?.headers['webhook-id'] ?? '');
    expect(copy.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp']);
  }
  expect(seqsOf(world)).toEqual([[1, 2], [1, 2], [1, 2], [1, 2], [3], [3], [3], [3]]);
  await notify.stop();
});

test('HOOK110: a batch whose attempts are spent is given up notice by notice, and the next one goes', async () => {
  const world = new NotifyWorld();
  world.answering = ({ request }) => answered(request.body.includes('"SID-stage"') ? 400 : 200);
  const notify = await world.start([
    endpointForTests('good', { format: 'batch', retry: { gapsMs: [1_000] } }),
  ]);
  const life = new LifeForTests();
  world.log.append(...life.whole(2));
  await world.clock.advance(0);
  world.log.append(new LifeForTests('other').open());
  await world.clock.advance(10_000);
  expect(world.sent.map((sent) => noticesIn(sent).length)).toEqual([6, 6, 1]);
  expect(notify.status()[0]).toMatchObject({ givenUp: 6, outstanding: 0 });
  const { entries } = await notify.givenUp('good', 0, 10);
  expect(entries.map(({ event, attempts }) => [event.seq, attempts])).toEqual(
    [1, 2, 3, 4, 5, 6].map((seq) => [seq, 2]),
  );
  await notify.stop();
});

test('HOOK110: a receiver that takes no large body gets what it can take, in order and without waiting', async () => {
  const world = new NotifyWorld();
  world.answering = (sent) => answered(noticesIn(sent).length > 30 ? 413 : 200);
  const notify = await world.start([batch]);
  world.log.append(...new LifeForTests().whole(200));
  await world.clock.advance(0);
  const taken = world.sent.map(noticesIn).filter(({ length }) => length <= 30);
  expect(taken.flat().map(({ seq }) => seq)).toEqual(Array.from({ length: 402 }, (_, index) => index + 1));
  // 100, 50, and from then on no more than 25 are tried.
  expect(world.sent.length - taken.length).toBe(2);
  expect(notify.status()[0]).toMatchObject({ outstanding: 0, givenUp: 0, state: 'running' });
  await notify.stop();
});

test('HOOK110: a single notice that is found too large is tried by the plan, and given up', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(413);
  const notify = await world.start([
    endpointForTests('good', { format: 'batch', retry: { gapsMs: [1_000] } }),
  ]);
  world.log.append(...new LifeForTests().whole(2));
  await world.clock.advance(60_000);
  expect(notify.status()[0]).toMatchObject({ outstanding: 0, givenUp: 6 });
  expect(world.sent.filter((sent) => noticesIn(sent).length === 1)).toHaveLength(12);
  await notify.stop();
});

test('HOOK110: after a crash what was not answered comes again, and each notice is the same', async () => {
  const world = new NotifyWorld();
  world.answering = () => new Promise(() => undefined);
  await world.start([batch]);
  const life = new LifeForTests();
  world.log.append(life.open(), life.join(1));
  await world.clock.advance(200);
  world.log.append(life.join(2));
  world.crash('power');
  world.answering = () => answered(200);
  const again = await world.start([batch]);
  await world.clock.advance(1_000);
  expect(seqsOf(world)).toEqual([
    [1, 2],
    [1, 2, 3],
  ]);
  const [before, after] = world.sent.map(noticesIn);
  expect(after?.slice(0, 2)).toEqual(before ?? []);
  await again.stop();
});

for (const outageSeconds of [20, 60, 170, 3_600])
  test(`HOOK193: a batch receiver that was away for ${outageSeconds} s is asked within seconds of its return, and gets all`, async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(503);
    const notify = await world.start([batch]);
    const life = new LifeForTests();
    world.log.append(life.open());
    for (let second = 0; second < outageSeconds; second++) {
      world.log.append(life.join(second + 1));
      await world.clock.advance(1_000);
    }
    const failed = world.sent.map(({ atMs }) => atMs);
    const gaps = failed.slice(1).map((atMs, index) => atMs - (failed[index] ?? 0));
    const mostMs = probeGapMs(outageSeconds * 1_000) + 1_000;
    expect(Math.max(...gaps)).toBeLessThanOrEqual(mostMs);
    expect(failed.length).toBeLessThanOrEqual((outageSeconds * 1_000) / probeMs + 12);
    world.answering = () => answered(200);
    await world.clock.advance(mostMs);
    const got = world.sent.slice(failed.length).flatMap(noticesIn);
    expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: outageSeconds + 1 }, (_, at) => at + 1));
    expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, givenUp: 0 });
    await notify.stop();
  }, 20_000);

test('HOOK193: what asks a receiver whether it is back is one notice, and what follows grows', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start([batch]);
  world.log.append(...new LifeForTests().whole(2_000));
  await world.clock.advance(60_000);
  expect(world.sent.slice(2).map((sent) => noticesIn(sent).length)).toEqual(
    Array(world.sent.length - 2).fill(1),
  );
  const before = world.sent.length;
  world.answering = () => answered(200);
  await world.clock.advance(2 * probeMs);
  const sizes = world.sent.slice(before).map((sent) => noticesIn(sent).length);
  expect(sizes.slice(0, 4)).toEqual([1, 10, 100, 1_000]);
  const got = world.sent.slice(before).flatMap(noticesIn);
  expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: 4_002 }, (_, at) => at + 1));
  await notify.stop();
}, 20_000);

test('HOOK193: a notice that cannot be taken holds up the batch for its own plan, and is given up alone', async () => {
  const world = new NotifyWorld();
  world.answering = ({ request }) => answered(request.body.includes('"seq":3,') ? 400 : 200);
  const notify = await world.start([{ ...batch, retry: { gapsMs: [1_000, 60_000] } }]);
  world.log.append(...new LifeForTests().whole(2));
  await world.clock.advance(10 * 60_000);
  expect(notify.status()[0]).toMatchObject({ outstanding: 0, givenUp: 1 });
  const { entries } = await notify.givenUp('good', 0, 10);
  expect(entries.map(({ event }) => event.seq)).toEqual([3]);
  await notify.stop();
});

test('HOOK69: a suspended batch endpoint is probed with one batch, and then gets all', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start([batch]);
  const life = new LifeForTests();
  world.log.append(life.open());
  await world.clock.advance(20 * 60_000);
  expect(notify.status()[0]).toMatchObject({ state: 'suspended' });
  world.log.append(...Array.from({ length: 3_000 }, (_, uid) => life.join(uid + 1)));
  await world.clock.advance(3 * probeMsMax);
  expect(notify.status()[0]).toMatchObject({ outstanding: limits.batchOutstandingMax, inFlight: 0 });
  const before = world.sent.length;
  world.answering = () => answered(200);
  await world.clock.advance(2 * 3_600_000);
  const got = world.sent.slice(before).flatMap(noticesIn);
  expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: 3_001 }, (_, index) => index + 1));
  expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, givenUp: 0 });
  await notify.stop();
}, 20_000);

test('HOOK87: in the batch format each test notice is a batch of one', async () => {
  const world = new NotifyWorld();
  const notify = await world.start([]);
  const results = await testEndpoint(batch, {
    send: (request) => world.receive(request),
    clock: world.clock.process(),
    random: world.random,
    signal: new AbortController().signal,
  });
  expect(results.every(({ ok, code }) => ok && code === 200)).toBeTrue();
  const notices = world.sent.map(noticesIn);
  expect(notices.map(({ length }) => length)).toEqual(Array(10).fill(1));
  expect(new Set(notices.flat().map(({ channel }) => channel))).toEqual(new Set(['test_webhook']));
  await notify.stop();
});

test('HOOK106: a redelivery to a batch endpoint goes in batches, in order', async () => {
  const world = new NotifyWorld();
  const notify = await world.start([batch]);
  const events = new LifeForTests().whole(1_250);
  const outcomes: string[] = [];
  const result = await redeliverAll(notify, events, (_, noticeId) => outcomes.push(noticeId));
  expect(result).toBe('done');
  expect(world.sent.map((sent) => noticesIn(sent).length)).toEqual([1_000, 1_000, 502]);
  expect(world.sent.flatMap(noticesIn)).toEqual(events.map((event) => toStandardNotice(event, '107/108')));
  expect(outcomes).toHaveLength(2_502);
  await notify.stop();
}, 20_000);

test('HOOK106: a redelivery to a batch endpoint makes one request after the other, the last notice alone too', async () => {
  const world = new NotifyWorld();
  const notify = await world.start([batch]);
  let underWay = 0;
  let most = 0;
  world.answering = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise<void>((resolve) => world.clock.process().after(10, resolve));
    underWay -= 1;
    return answered(200);
  };
  const events = new LifeForTests().whole(1_000).slice(0, batchNoticesMax + 1);
  const done = redeliverAll(notify, events);
  await world.clock.advance(1_000);
  expect(await done).toBe('done');
  expect(world.sent.map((sent) => noticesIn(sent).length)).toEqual([batchNoticesMax, 1]);
  expect(most).toBe(1);
  await notify.stop();
}, 20_000);

test('HOOK171: a redelivery to a receiver that takes no large body goes in halves, in order', async () => {
  const world = new NotifyWorld();
  world.answering = (sent) => answered(noticesIn(sent).length > 30 ? 413 : 200);
  const reports: AttemptReport[] = [];
  const notify = await world.start([batch], { onAttempt: (report) => reports.push(report) });
  const events = new LifeForTests().whole(100);
  const outcomes: boolean[] = [];
  expect(await redeliverAll(notify, events, (taken) => outcomes.push(taken))).toBe('done');
  const taken = world.sent.map(noticesIn).filter(({ length }) => length <= 30);
  expect(taken.flat().map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
  // 202, 101, 51, and from then on no more than 26 are tried.
  expect(world.sent.length - taken.length).toBe(3);
  expect(outcomes).toEqual(Array(events.length).fill(true));
  expect(reports.filter(({ next }) => next === 'retry')).toHaveLength(3);
  expect(reports.some(({ next }) => next === 'give-up')).toBe(false);
  await notify.stop();
});

function redeliverAll(
  notify: Notify,
  events: readonly ChannelEvent[],
  onOutcome: (delivered: boolean, noticeId: string) => void = () => {},
) {
  return notify.redeliver({
    endpointId: 'good',
    id: 'r1',
    notices: (async function* () {
      for (const [index, event] of events.entries()) yield { position: index + 1, event };
    })(),
    signal: new AbortController().signal,
    onOutcome,
  });
}
