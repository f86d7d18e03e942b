import { describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { audit } from '@housecount/audit';
import { noticeTypes } from '@housecount/protocol';
import { LifeForTests } from '../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld, type Sent } from '../../testing/worlds/notify-world.ts';
import { limits } from '../limits.ts';
import type { SendOutcome } from './send/transport.ts';

const noticesOf = (sent: readonly Sent[]) => sent.map(({ notice }) => notice);
const positionsIn = (sent: readonly Sent[]) => new Set(sent.map(({ notice }) => notice.noticeId));

describe('what is sent', () => {
  test('HOOK1: every event of the app becomes one notice, dense in seq, at every endpoint', async () => {
    const world = new NotifyWorld();
    const notify = await world.start([endpointForTests('one'), endpointForTests('two')]);
    world.log.append(...new LifeForTests().whole(5));
    world.log.append(...new LifeForTests('other', 'f'.repeat(32)).whole(1));
    await world.clock.advance(0);
    for (const name of ['one', 'two']) {
      const { violations, lives } = audit(noticesOf(world.at(name)));
      expect(violations).toEqual([]);
      expect(lives).toEqual(new Map([['SID-stage', { channel: 'stage', lastSeq: 12, closed: true }]]));
      expect(world.at(name)).toHaveLength(12);
    }
    await notify.stop();
  });

  test('HOOK2: the body is compact JSON with the fields of the format, signed both ways over its bytes', async () => {
    const world = new NotifyWorld();
    const notify = await world.start();
    const life = new LifeForTests();
    world.log.append(life.open(), { ...life.join(7), account: 'tëst' });
    await world.clock.advance(0);
    const request = world.sent[1]?.request;
    const body = request?.body ?? '';
    expect(body).toBe(
      `{"sid":"SID-stage","noticeId":"SID-stage:2:105","productId":1,"eventType":105,"notifyMs":${world.clock.nowMs()},` +
        '"payload":{"clientSeq":1600000000001,"uid":7,"channelName":"stage","platform":7,"ts":1700000000,"account":"tëst","seq":2,"count":1}}',
    );
    const hex = (algorithm: string) =>
      createHmac(algorithm, 'secret of good').update(body, 'utf8').digest('hex');
    expect(request?.headers).toEqual({
      'Content-Type': 'application/json',
      'Agora-Signature': hex('sha1'),
      'Agora-Signature-V2': hex('sha256'),
      'Housecount-Signature': expect.any(String),
    });
    await notify.stop();
  });

  test('HOOK3: an endpoint gets the event types that it names, and no others', async () => {
    const world = new NotifyWorld();
    const events = [noticeTypes.audienceLeave, noticeTypes.channelDestroy];
    const notify = await world.start([endpointForTests('good', { events })]);
    world.log.append(...new LifeForTests().whole(2));
    await world.clock.advance(0);
    expect(noticesOf(world.sent).map((notice) => notice.eventType)).toEqual([106, 106, 102]);
    await notify.waitIdle();
    await notify.stop();
  });
});

describe('attempts', () => {
  test('HOOK5: four attempts at 0 s, at once, then after 2 s and 8 s with jitter; the id stays, time and signatures do not', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(500);
    const notify = await world.start();
    world.log.append(new LifeForTests().open());
    await world.clock.advance(60_000);
    const times = world.sent.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(gaps).toHaveLength(3);
    expect(gaps[0]).toBe(0);
    expect(gaps[1]).toBeWithin(2_000, 2_501);
    expect(gaps[2]).toBeWithin(8_000, 10_001);
    expect(positionsIn(world.sent).size).toBe(1);
    expect(noticesOf(world.sent).map((notice) => notice.notifyMs)).toEqual(times);
    for (const { request } of world.sent)
      expect(request.headers['Agora-Signature-V2']).toBe(
        createHmac('sha256', 'secret of good').update(request.body).digest('hex'),
      );
    await notify.stop();
  });

  const failures: [string, SendOutcome][] = [
    ['201', answered(201)],
    ['204', answered(204)],
    ['302', answered(302)],
    ['500', answered(500)],
    ['no answer', { answered: false, stage: 'answer-timeout', detail: 'no answer in time' }],
    ['refused address', { answered: false, stage: 'address', detail: 'loopback' }],
  ];
  test.each(failures)('HOOK4: %s is a failure and is tried again', async (_name, outcome) => {
    const world = new NotifyWorld();
    world.answering = ({ copy }) => (copy === 1 ? outcome : answered(200));
    const notify = await world.start();
    world.log.append(new LifeForTests().open());
    await world.clock.advance(0);
    expect(world.sent).toHaveLength(2);
    expect(notify.status()[0]).toMatchObject({
      outstanding: 0,
      givenUp: 0,
      lastAttempt: { result: 'status 200' },
    });
    await notify.stop();
  });

  test('HOOK6: a notice that four attempts did not deliver is kept as given up, and the others go on', async () => {
    const world = new NotifyWorld();
    world.answering = ({ notice }) => answered(notice.payload.uid === 2 ? 503 : 200);
    const notify = await world.start();
    world.log.append(...new LifeForTests().whole(3));
    await world.clock.advance(60_000);
    const { entries } = await settled(world, notify.givenUp('good', 0, 10));
    expect(
      entries.map(({ noticeId, attempts, error, position }) => [noticeId, attempts, error, position]),
    ).toEqual([
      ['SID-stage:3:105', 4, 'status 503', 3],
      ['SID-stage:6:106', 4, 'status 503', 6],
    ]);
    expect(entries[0]?.event).toMatchObject({ type: 'member-joined', uid: 2, seq: 3 });
    expect(new Set(noticesOf(world.sent).map((notice) => notice.payload.seq)).size).toBe(8);
    expect(notify.status()[0]).toMatchObject({ outstanding: 0, givenUp: 2, backlog: 0 });
    await notify.stop();
  });

  test('HOOK7: the notices of one member go in order, and a retry holds up that member alone', async () => {
    const world = new NotifyWorld();
    world.answering = ({ notice, copy }) => answered(notice.payload.uid === 1 && copy < 4 ? 500 : 200);
    const notify = await world.start();
    world.log.append(...new LifeForTests().whole(3));
    await world.clock.advance(1_000);
    const before = noticesOf(world.sent).map((notice) => [notice.payload.uid, notice.eventType]);
    expect(before).toContainEqual([2, 106]);
    expect(before).toContainEqual([undefined, 102]);
    expect(before).not.toContainEqual([1, 106]);
    await world.clock.advance(60_000);
    const ofFirst = world.sent.filter(({ notice }) => notice.payload.uid === 1);
    expect(ofFirst.map(({ notice }) => notice.eventType)).toEqual([105, 105, 105, 105, 106, 106, 106, 106]);
    await notify.stop();
  });
});

describe('limits', () => {
  test('LIMIT4: an endpoint has as many attempts under way, and as much unfinished, as its server was set to', async () => {
    const world = new NotifyWorld();
    world.answering = () => new Promise(() => {});
    const own = { ...limits, endpointInFlightMax: 2, endpointOutstandingMax: 5 };
    const notify = await world.start([endpointForTests('good')], { limits: own });
    world.log.append(...new LifeForTests().whole(20));
    await world.clock.advance(0);
    expect(notify.status()[0]).toMatchObject({ state: 'waiting-for-room', inFlight: 2, outstanding: 5 });
    await notify.stop();
  });

  test('HOOK8: attempts in flight and outstanding deliveries are bounded, and what waits in the log is not lost', async () => {
    const world = new NotifyWorld();
    const release: (() => void)[] = [];
    let holding = true;
    world.answering = () =>
      holding ? new Promise((resolve) => release.push(() => resolve(answered(200)))) : answered(200);
    const notify = await world.start();
    const members = limits.endpointOutstandingMax;
    world.log.append(...new LifeForTests().whole(members));
    await world.clock.advance(0);
    expect(world.sent).toHaveLength(limits.endpointInFlightMax);
    expect(notify.status()[0]).toMatchObject({
      state: 'waiting-for-room',
      inFlight: limits.endpointInFlightMax,
      outstanding: limits.endpointOutstandingMax,
      backlog: members * 2 + 2,
    });
    holding = false;
    for (const go of release) go();
    await world.clock.advance(0);
    expect(audit(noticesOf(world.sent)).violations).toEqual([]);
    expect(world.sent).toHaveLength(members * 2 + 2);
    expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, inFlight: 0, backlog: 0 });
    await notify.stop();
  });

  test('HOOK9: deliveries that wait for a retry leave their places in flight to others', async () => {
    const world = new NotifyWorld();
    world.answering = ({ notice, copy }) =>
      answered((notice.payload.uid ?? 501) <= 500 && copy < 3 ? 500 : 200);
    const notify = await world.start();
    const life = new LifeForTests();
    world.log.append(life.open(), ...Array.from({ length: 1_000 }, (_, index) => life.join(index + 1)));
    await world.clock.advance(1_000);
    const accepted = world.sent.filter(({ notice }) => (notice.payload.uid ?? 0) > 500);
    expect(accepted).toHaveLength(500);
    expect(notify.status()[0]).toMatchObject({ inFlight: 0, outstanding: 500 });
    await notify.stop();
  });
});

describe('faults', () => {
  test('HOOK10: when the log cannot be read, delivery says so and goes on where it was', async () => {
    const world = new NotifyWorld();
    const notify = await world.start();
    const events = new LifeForTests().whole(3);
    world.log.append(...events.slice(0, 4));
    await world.clock.advance(0);
    world.log.failure = new Error('disk on fire');
    world.log.append(...events.slice(4));
    await world.clock.advance(0);
    expect(world.complaints).not.toEqual([]);
    expect(notify.status()[0]?.state).toBe('log-failed');
    world.log.failure = undefined;
    await world.clock.advance(5_000);
    expect(audit(noticesOf(world.sent)).violations).toEqual([]);
    expect(world.sent).toHaveLength(events.length);
    expect(notify.status()[0]?.state).toBe('running');
    await notify.stop();
  });

  test('HOOK6: a given-up notice that cannot be kept stays open until it can', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(500);
    const notify = await world.start();
    world.disk.faults.spaceBytesLeft = 0;
    world.log.append(new LifeForTests().open());
    await world.clock.advance(60_000);
    expect(notify.status()[0]).toMatchObject({ state: 'journal-failed', outstanding: 1, givenUp: 0 });
    world.disk.faults.spaceBytesLeft = 1e9;
    await world.clock.advance(5_000);
    expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, givenUp: 1 });
    expect(world.sent).toHaveLength(4);
    await notify.stop();
  });

  test('HOOK173: while given-up notices cannot be kept, the receiver is asked again: it may be back before the disk is', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(500);
    const notify = await world.start();
    world.disk.faults.spaceBytesLeft = 0;
    const life = new LifeForTests();
    world.log.append(life.open(), life.join(1), life.join(2));
    await world.clock.advance(60_000);
    expect(notify.status()[0]).toMatchObject({ state: 'journal-failed', outstanding: 3 });
    expect(world.sent).toHaveLength(12);
    world.answering = () => answered(200);
    await world.clock.advance(10 * 60_000);
    expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, givenUp: 0 });
    expect(world.sent).toHaveLength(15);
    await notify.stop();
  });

  test('HOOK182: a full journal is the trouble of its endpoint, a disk that cannot be written that of the server', async () => {
    const world = new NotifyWorld();
    world.answering = ({ request }) => answered(request.url.includes('//bad.') ? 500 : 200);
    const endpoints = [endpointForTests('bad'), endpointForTests('good')];
    const notify = await world.start(endpoints, { givenUpBytesMax: 1_000 });
    const life = new LifeForTests();
    world.log.append(...life.whole(5));
    await world.clock.advance(60_000);
    expect(notify.status()[0]).toMatchObject({ state: 'journal-failed', givenUp: 2 });
    expect(notify.status()[1]).toMatchObject({ state: 'running', outstanding: 0 });
    expect(notify.trouble).toBeUndefined();
    await notify.stop();

    const other = new NotifyWorld();
    other.answering = () => answered(500);
    const second = await other.start();
    other.disk.faults.syncFailures = Number.POSITIVE_INFINITY;
    other.log.append(new LifeForTests().open());
    await other.clock.advance(60_000);
    expect(second.status()[0]).toMatchObject({ state: 'journal-failed' });
    expect(second.trouble).toContain('journal-failed');
    await second.stop();
  });

  test('HOOK6: the cursor does not pass a given-up notice before it is kept', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(500);
    await world.start();
    world.log.append(new LifeForTests().open());
    world.disk.faults.syncFailures = Number.POSITIVE_INFINITY;
    await world.clock.advance(60_000);
    world.crash('power');
    world.disk.faults.syncFailures = 0;
    const again = await world.start();
    await world.clock.advance(60_000);
    expect(world.sent).toHaveLength(8);
    expect(again.status()[0]).toMatchObject({ outstanding: 0, givenUp: 1 });
    await again.stop();
  });

  test('HOOK6: what was given up is not sent again after a crash, and not behind what came after it', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(500);
    const notify = await world.start();
    const life = new LifeForTests();
    world.log.append(life.join(1));
    // Its cursor is stored 100 ms later.
    while (notify.status()[0]?.givenUp !== 1) await world.clock.advance(1);
    const before = world.sent.length;
    world.crash('power');
    world.answering = () => answered(200);
    const again = await world.start();
    world.log.append(life.leave(1));
    await world.clock.advance(60_000);
    const { givenUp } = again.status()[0] ?? {};
    const copies = world.sent.slice(before).map(({ notice }) => notice.payload.seq);
    expect({ before, givenUp, copies }).toEqual({ before: 4, givenUp: 1, copies: [2] });
    await again.stop();
  });

  test('HOOK1: two endpoints with one id are refused', async () => {
    const world = new NotifyWorld();
    const twice = [endpointForTests('a'), endpointForTests('a')];
    await expect(world.start(twice)).rejects.toMatchObject({ code: 'body_invalid' });
  });

  test('HOOK10: a stop breaks off a silent receiver and ends', async () => {
    const world = new NotifyWorld();
    world.answering = () => new Promise(() => undefined);
    const notify = await world.start();
    world.log.append(new LifeForTests().open());
    await world.clock.advance(0);
    await notify.stop();
    expect(notify.status()[0]?.state).toBe('stopped');
  });
});

/** Lets simulated time stand still while a promise that needs none resolves. */
async function settled<T>(world: NotifyWorld, promise: Promise<T>): Promise<T> {
  await world.clock.advance(0);
  return promise;
}

describe('retention', () => {
  test('HOOK23: the log is asked to keep what an endpoint has not finished, after the stop too', async () => {
    let healthy = false;
    const world = new NotifyWorld();
    world.answering = () => (healthy ? answered(200) : answered(500));
    const notify = await world.start();
    world.log.append(...new LifeForTests().whole(2));
    await world.clock.advance(0);
    const held = () => [...world.log.holds].map((cursor) => cursor());
    expect(held()).toEqual([0]);
    healthy = true;
    await world.clock.advance(60_000);
    expect(held()).toEqual([world.log.lastPosition]);
    healthy = false;
    world.log.append(new LifeForTests('other').open());
    await world.clock.advance(0);
    await notify.stop();
    // The log stops after it, and deletes what is old as it does so.
    expect(held()).toEqual([world.log.lastPosition - 1]);
  });
});
