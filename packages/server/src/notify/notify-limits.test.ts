import { expect, test } from 'bun:test';
import { appForTests } from '../../testing/worlds/delivery-report.ts';
import { LifeForTests } from '../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld, quietLogger } from '../../testing/worlds/notify-world.ts';
import { keptFiles } from '../kept/files/kept-files.ts';
import { limits } from '../limits.ts';
import { EndpointStore } from './endpoint/endpoint-store.ts';
import { EndpointRegistry } from './registry/endpoint-registry.ts';
import { TestRuns } from './registry/test-runs.ts';
import { AnswerError, AnswerParser } from './send/answer-parser.ts';

const hourMs = 3_600_000;

test('LIMIT7: a batch endpoint has as many notices unfinished as batchOutstandingMax says', async () => {
  const world = new NotifyWorld();
  world.answering = () => new Promise(() => {});
  const endpoint = endpointForTests('good', { format: 'batch' });
  const notify = await world.start([endpoint], { limits: { ...limits, batchOutstandingMax: 7 } });
  world.log.append(...new LifeForTests().whole(20));
  await world.clock.advance(10_000);
  expect(notify.status()[0]).toMatchObject({ state: 'waiting-for-room', outstanding: 7 });
  await notify.stop();
});

test('LIMIT7: a redelivery has as many attempts under way as redeliveryInFlightMax says, and ends after as many failures as redeliveryFailuresMax says', async () => {
  const world = new NotifyWorld();
  const own = { ...limits, redeliveryInFlightMax: 2, redeliveryFailuresMax: 3 };
  const notify = await world.start(undefined, { limits: own });
  const events = new LifeForTests().whole(20);
  world.log.append(...events);
  await world.clock.advance(1_000);
  world.sent.length = 0;
  const outcomes: boolean[] = [];
  const cancel = new AbortController();
  const again = () =>
    notify.redeliver({
      endpointId: 'good',
      id: 'r1',
      notices: (async function* () {
        for (const [at, event] of events.entries()) yield { position: at + 1, event };
      })(),
      signal: cancel.signal,
      onOutcome: (taken) => outcomes.push(taken),
    });
  world.answering = () => ({ answered: false, stage: 'connect', detail: 'refused' });
  expect(await again()).toBe('receiver-failed');
  expect(outcomes.length).toBeWithin(3, 3 + 2);
  world.sent.length = 0;
  world.answering = () => new Promise(() => {});
  const cancelled = again();
  await world.clock.advance(0);
  expect(world.sent).toHaveLength(2);
  cancel.abort();
  expect(await cancelled).toBe('cancelled');
  await notify.stop();
});

test('LIMIT7: an endpoint is told one by one of losses in as many lives as lostLivesMax says', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start([endpointForTests('good', { format: 'standard', retry: 'standard' })], {
    retention: { ms: hourMs, bytes: 1e9, bytesPerApp: 0, checkMs: 10 * 60_000 },
    limits: { ...limits, lostLivesMax: 2 },
  });
  for (const channel of ['one', 'two', 'three', 'four'])
    world.log.append({ ...new LifeForTests(channel).open(), atMs: world.clock.nowMs() });
  await world.clock.advance(3 * hourMs);
  const before = world.sent.length;
  world.answering = () => answered(200);
  await world.clock.advance(3 * hourMs);
  const told = world.sent.slice(before).map(({ request }) => JSON.parse(request.body));
  const lost = told.filter(({ type }) => type === 'events.lost');
  expect(lost.map(({ channel }) => channel ?? 'the rest').toSorted()).toEqual(['one', 'the rest', 'two']);
  expect(lost.find(({ channel }) => !channel)).toMatchObject({ data: { events: 2 } });
  await notify.stop();
});

test('LIMIT7: as many health tests are made at once as healthTestsMax says', async () => {
  const world = new NotifyWorld();
  const runs = new TestRuns({
    clock: world.clock.process(),
    random: world.random,
    send: ({ signal }) =>
      new Promise((answer) =>
        signal.addEventListener('abort', () =>
          answer({ answered: false, stage: 'send', detail: 'broken off' }),
        ),
      ),
    limits: { healthTestsMax: 2 },
  });
  const run = (name: string) => runs.run(endpointForTests(name));
  const underWay = [run('one'), run('two')];
  await expect(run('three')).rejects.toMatchObject({ code: 'rate_limited' });
  runs.breakOff();
  expect((await Promise.all(underWay)).map(({ ok }) => ok)).toEqual([false, false]);
});

test('LIMIT7: a failed health test of the configuration is made again after healthTestAgainMs', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const fixed = { ...endpointForTests('fixed'), skipHealthTest: false };
  const notify = await world.start([fixed], { paused: new Set(['fixed']) });
  const registry = new EndpointRegistry({
    clock: world.clock.process(),
    random: world.random,
    logger: quietLogger(() => {}),
    configured: [fixed],
    store: await EndpointStore.open(keptFiles(world.disk.mount())),
    notify,
    send: (request) => world.receive(request),
    hasNamedNetworks: false,
    limits: { ...limits, healthTestAgainMs: 5_000 },
  });
  await world.clock.advance(1_000);
  world.answering = () => answered(200);
  const state = () => registry.get(appForTests, 'fixed').state;
  expect(state()).toBe('disabled');
  await world.clock.advance(5_000);
  expect(state()).toBe('running');
  await registry.stop();
  await notify.stop();
});

test('LIMIT7: as much of an answer is read as answerHeadBytesMax and answerBodyBytesMax say', () => {
  const own = { answerHeadBytesMax: 60, answerBodyBytesMax: 5 };
  const read = (text: string) => {
    const parser = new AnswerParser(own);
    parser.push(Buffer.from(text));
    return parser;
  };
  const answer = (body: string, head = '') =>
    `HTTP/1.1 200 OK\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  expect([read(answer('12345')).cut, read(answer('123456')).cut]).toEqual([false, true]);
  expect(() => read(answer('', `X: ${'x'.repeat(60)}\r\n`))).toThrow(AnswerError);
});
