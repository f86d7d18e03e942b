import { expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { toStandardNotice } from '@housecount/protocol';
import { LifeForTests } from '../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld } from '../../testing/worlds/notify-world.ts';
import { limits } from '../limits.ts';
import { pauseAfterMs, probeMs, probeMsMax } from './delivery/endpoint-health.ts';
import { testEndpoint } from './registry/health-test.ts';

const standard = endpointForTests('good', {
  format: 'standard',
  retry: 'standard',
  headers: { 'X-Key': 'k' },
});
const idsIn = (world: NotifyWorld) => world.sent.map(({ request }) => request.headers['webhook-id']);

test('HOOK70: a notice in the standard format, its headers, and the same body at every attempt', async () => {
  const world = new NotifyWorld();
  world.answering = ({ copy }) => answered(copy === 1 ? 500 : 204);
  const notify = await world.start([standard]);
  const event = new LifeForTests().open();
  world.log.append(event);
  await world.clock.advance(10_000);
  expect(world.sent).toHaveLength(2);
  for (const { request, atMs } of world.sent) {
    expect(request.body).toBe(JSON.stringify(toStandardNotice(event, '107/108')));
    const seconds = Math.floor(atMs / 1000);
    const mac = createHmac('sha256', 'secret of good').update(`SID-stage:1:101.${seconds}.${request.body}`);
    expect(request.headers).toEqual({
      'X-Key': 'k',
      'Content-Type': 'application/json',
      'webhook-id': 'SID-stage:1:101',
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${mac.digest('base64')}`,
      'Housecount-Signature': expect.any(String),
    });
  }
  expect((world.sent[1]?.atMs ?? 0) - (world.sent[0]?.atMs ?? 0)).toBeWithin(5_000, 5_501);
  expect(notify.status()[0]).toMatchObject({ outstanding: 0, givenUp: 0, state: 'running' });
  await notify.stop();
});

test('HOOK62: of the channels it does not name, an endpoint gets nothing and waits for nothing', async () => {
  const world = new NotifyWorld();
  const notify = await world.start([endpointForTests('good', { channels: ['live-*'] })]);
  world.log.append(...new LifeForTests('lobby').whole(3), ...new LifeForTests('live-1').whole(1));
  await world.clock.advance(0);
  expect(world.sent.map(({ notice }) => notice.payload.channelName)).toEqual(Array(4).fill('live-1'));
  expect(notify.status()[0]).toMatchObject({ backlog: 0, outstanding: 0 });
  await notify.stop();
});

test('HOOK60: with every secret ended nothing is sent, and the status says why', async () => {
  const world = new NotifyWorld();
  const notify = await world.start([endpointForTests('good', { secrets: [{ secret: 's', endsMs: 1 }] })]);
  world.log.append(new LifeForTests().open());
  await world.clock.advance(60_000);
  expect(world.sent).toEqual([]);
  expect(notify.status()[0]).toMatchObject({
    givenUp: 1,
    lastAttempt: { result: 'send: every secret has ended' },
  });
  await notify.stop();
});

test('HOOK72: one member in order in the standard format, however its attempts end', async () => {
  const world = new NotifyWorld();
  world.answering = ({ copy, request }) =>
    answered(request.body.includes('"uid":1,') && copy < 3 ? 500 : 200);
  const notify = await world.start([standard]);
  world.log.append(...new LifeForTests().whole(2));
  await world.clock.advance(120_000);
  const ofFirst = world.sent.filter(({ request }) => request.body.includes('"uid":1,'));
  expect(ofFirst.map(({ request }) => JSON.parse(request.body).type)).toEqual([
    ...Array(3).fill('member.joined'),
    ...Array(3).fill('member.left'),
  ]);
  await notify.stop();
});

test('HOOK68: 410 switches the endpoint off, what waits is kept, and resuming sends it', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(410);
  const notify = await world.start([standard]);
  const life = new LifeForTests();
  world.log.append(life.open());
  await world.clock.advance(0);
  const sinceMs = world.clock.nowMs();
  world.log.append(life.join(1), life.join(2));
  await world.clock.advance(5 * 24 * 3_600_000);
  expect(world.sent).toHaveLength(1);
  expect(notify.status()[0]).toMatchObject({
    state: 'gone',
    halt: { state: 'gone', sinceMs, why: 'status 410' },
    outstanding: 3,
    givenUp: 0,
  });
  world.answering = () => answered(200);
  await notify.resume('good');
  await world.clock.advance(0);
  expect(new Set(idsIn(world)).size).toBe(3);
  expect(notify.status()[0]).toMatchObject({ state: 'running', halt: undefined, outstanding: 0 });
  expect(notify.resume('nobody')).rejects.toThrow(/no endpoint nobody/);
  await notify.stop();
});

test('HOOK178: a change of settings is no resume: what is gone stays gone, unless it is elsewhere now', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(410);
  const notify = await world.start([standard]);
  const life = new LifeForTests();
  world.log.append(life.open());
  await world.clock.advance(0);
  const { halt } = notify.status()[0] ?? {};
  world.log.append(life.join(1), life.join(2));
  await notify.change({ ...standard, description: 'other', secrets: [{ secret: 'other' }] });
  await world.clock.advance(3_600_000);
  expect(world.sent).toHaveLength(1);
  expect(notify.status()[0]).toMatchObject({ state: 'gone', halt });
  await notify.change({ ...standard, url: 'https://elsewhere.example/' });
  await world.clock.advance(10_000);
  expect(world.sent).toHaveLength(2);
  expect(notify.status()[0]).toMatchObject({ state: 'gone' });
  world.answering = () => answered(200);
  await notify.change({ ...standard, url: 'https://third.example/' });
  await world.clock.advance(10_000);
  expect(new Set(idsIn(world)).size).toBe(3);
  expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0 });
  await notify.stop();
});

test('HOOK178: what is suspended is asked with one notice after a change, and gets all when it answers', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(401);
  const notify = await world.start([standard]);
  const events = new LifeForTests().whole(1_000);
  world.log.append(...events);
  await world.clock.advance(pauseAfterMs + 15 * 60_000);
  expect(notify.status()[0]).toMatchObject({ state: 'suspended' });
  const before = world.sent.length;
  await notify.change({ ...standard, description: 'other' });
  await world.clock.advance(5_000);
  expect(world.sent).toHaveLength(before + 1);
  world.answering = () => answered(200);
  await notify.change({ ...standard, secrets: [{ secret: 'the right one' }] });
  await world.clock.advance(5_000);
  expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, givenUp: 0 });
  expect(new Set(world.sent.slice(before + 1).map(({ request }) => request.headers['webhook-id'])).size).toBe(
    events.length,
  );
  await notify.stop();
});

test('HOOK68: in the agora format 410 is a failure like any other', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(410);
  const notify = await world.start();
  world.log.append(new LifeForTests().open());
  await world.clock.advance(60_000);
  expect(world.sent).toHaveLength(4);
  expect(notify.status()[0]).toMatchObject({ state: 'running', givenUp: 1 });
  await notify.stop();
});

test('HOOK69: an endpoint that fails for long is paused, tried now and then, and gets all when it answers', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start([standard]);
  const events = new LifeForTests().whole(1_000);
  world.log.append(...events);
  await world.clock.advance(pauseAfterMs + 15 * 60_000);
  const [status] = notify.status();
  expect(status).toMatchObject({
    state: 'suspended',
    halt: { state: 'suspended', why: 'status 503' },
    givenUp: 0,
  });
  expect(status?.outstanding).toBeLessThanOrEqual(limits.endpointOutstandingMax);
  // Their plan has the next attempts half an hour away: the requests that come now are probes, one at a time.
  const before = world.sent.length;
  await world.clock.advance(5 * probeMsMax);
  expect(world.sent.length - before).toBeWithin(15, 40);
  world.answering = () => answered(200);
  await world.clock.advance(probeMsMax);
  expect(notify.status()[0]).toMatchObject({ state: 'running', halt: undefined, outstanding: 0, backlog: 0 });
  expect(new Set(idsIn(world)).size).toBe(events.length);
  await notify.stop();
});

test('HOOK194: what failed while the receiver was away goes as soon as it takes anything, out of its turn', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start([standard]);
  const life = new LifeForTests();
  world.log.append(life.open());
  for (let second = 0; second < 60; second++) {
    world.log.append(life.join(second + 1));
    await world.clock.advance(1_000);
  }
  world.answering = () => answered(200);
  // Nobody joins any more: it is asked by itself.
  await world.clock.advance(probeMs + 1_000);
  expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, givenUp: 0 });
  await notify.stop();
});

test('HOOK194: attempts out of turn do not count in the plan of a notice, nor shorten it', async () => {
  const world = new NotifyWorld();
  world.answering = ({ request }) => answered(request.body.includes('"uid":1,') ? 400 : 200);
  const notify = await world.start([{ ...standard, retry: { gapsMs: [1_000, 600_000, 600_000] } }]);
  const life = new LifeForTests();
  world.log.append(life.open(), life.join(1));
  // Each is taken after the endpoint has taken nothing for long enough to be called down.
  for (let uid = 2; uid < 102; uid++) {
    await world.clock.advance(2 * probeMs);
    world.log.append(life.join(uid));
  }
  await world.clock.advance(1_000);
  expect(notify.status()[0]).toMatchObject({ outstanding: 1, givenUp: 0 });
  await world.clock.advance(400_000);
  expect(notify.status()[0]).toMatchObject({ outstanding: 0, givenUp: 1 });
  await notify.stop();
});

test('HOOK194: a receiver that asks for a time to be left alone is, and is not asked whether it is back', async () => {
  const world = new NotifyWorld();
  world.answering = () => ({ answered: true, status: 503, excerpt: '', retryAfterMs: 600_000 });
  const notify = await world.start([standard]);
  world.log.append(new LifeForTests().open());
  await world.clock.advance(599_000);
  expect(world.sent).toHaveLength(1);
  await world.clock.advance(70_000);
  expect(world.sent.length).toBeGreaterThan(1);
  await notify.stop();
});

test('HOOK69: a notice that alone cannot be taken pauses the others for a minute at most, and is given up in the end', async () => {
  const world = new NotifyWorld();
  world.answering = ({ request }) => answered(request.headers['webhook-id']?.includes(':1:') ? 400 : 200);
  const notify = await world.start([standard]);
  const life = new LifeForTests();
  world.log.append(life.open());
  await world.clock.advance(3_600_000);
  expect(notify.status()[0]?.state).toBe('suspended');
  world.log.append(life.join(1));
  await world.clock.advance(probeMsMax);
  expect(idsIn(world)).toContain('SID-stage:2:105');
  await world.clock.advance(4 * 24 * 3_600_000);
  expect(notify.status()[0]).toMatchObject({ outstanding: 0, givenUp: 1 });
  await notify.stop();
});

test('HOOK69: the agora plan gives up as Agora does, and is not paused', async () => {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start();
  const life = new LifeForTests();
  for (let minute = 0; minute < 20; minute++) {
    world.log.append(minute === 0 ? life.open() : life.join(minute));
    await world.clock.advance(60_000);
  }
  expect(notify.status()[0]).toMatchObject({
    state: 'running',
    halt: undefined,
    outstanding: 0,
    givenUp: 20,
  });
  await notify.stop();
});

test('HOOK71: a notice that is sent once more has the format of its endpoint', async () => {
  const world = new NotifyWorld();
  const notify = await world.start([standard]);
  const event = new LifeForTests().open();
  async function* notices() {
    yield { position: 1, event };
  }
  const { signal } = new AbortController();
  const end = notify.redeliver({
    endpointId: 'good',
    id: 'r1',
    notices: notices(),
    signal,
    onOutcome: () => {},
  });
  expect(await end).toBe('done');
  expect(world.sent.map(({ request }) => request.body)).toEqual([
    JSON.stringify(toStandardNotice(event, '107/108')),
  ]);
  await notify.stop();
});

test('HOOK71: the health test of such an endpoint sends its format and takes any 2xx', async () => {
  const bodies: string[] = [];
  const world = new NotifyWorld();
  const tools = (status: number) => ({
    clock: world.clock.process(),
    random: world.random,
    signal: new AbortController().signal,
    send: async ({ body }: { body: string }) => {
      bodies.push(JSON.parse(body).type);
      return answered(status);
    },
  });
  const endpoint = { ...standard, events: [101, 105] as const };
  const results = await testEndpoint(endpoint, tools(204));
  expect(results.map(({ ok, code }) => [ok, code])).toEqual([
    [true, 204],
    [true, 204],
  ]);
  expect(bodies).toEqual(['channel.opened', 'member.joined']);
  expect((await testEndpoint(endpoint, tools(302))).map(({ ok }) => ok)).toEqual([false, false]);
});
