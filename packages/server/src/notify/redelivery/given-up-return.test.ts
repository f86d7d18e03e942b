import { describe, expect, test } from 'bun:test';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld, type Sent } from '../../../testing/worlds/notify-world.ts';
import { returnGapsMs } from './given-up-return.ts';

const strict = endpointForTests('good', { retry: 'agora', redeliverGivenUp: true });
const seqOf = ({ notice }: Sent) => notice.payload.seq;
const hourMs = 3_600_000;

/** An outage in which somebody joins each second; what was given up in it is in the journal. */
async function outage(seconds: number, endpoint = strict) {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start([endpoint]);
  const life = new LifeForTests();
  world.log.append(life.open());
  for (let second = 0; second < seconds; second++) {
    world.log.append(life.join(second + 1));
    await world.clock.advance(1_000);
  }
  const before = world.sent.length;
  world.answering = () => answered(200);
  return { world, notify, life, taken: () => world.sent.slice(before).map(seqOf) };
}
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

describe('what was given up', () => {
  test('HOOK195: is delivered by itself when the endpoint takes a notice again, each once, and is given up no more', async () => {
    const { world, notify, life, taken } = await outage(60);
    expect(notify.status()[0]?.givenUp).toBeGreaterThan(40);
    world.log.append(life.join(61));
    await world.clock.advance(30_000);
    expect(taken().toSorted((a, b) => a - b)).toEqual(upTo(62));
    expect(notify.status()[0]).toMatchObject({ givenUp: 0, outstanding: 0 });
    expect((await notify.givenUp('good', 0, 100)).entries).toEqual([]);
    await world.clock.advance(24 * hourMs);
    expect(taken()).toHaveLength(62);
    await notify.stop();
  });

  test('HOOK195: is delivered where nothing happens that could tell of the return', async () => {
    const { world, notify, taken } = await outage(60);
    await world.clock.advance(hourMs);
    expect(taken().toSorted((a, b) => a - b)).toEqual(upTo(61));
    expect(notify.status()[0]).toMatchObject({ givenUp: 0 });
    await notify.stop();
  });

  test('HOOK195: carries its noticeId, and keeps the order of each member', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(503);
    const notify = await world.start([strict]);
    const life = new LifeForTests();
    world.log.append(life.open(), life.join(1), life.join(2), life.leave(1), life.join(1), life.leave(2));
    await world.clock.advance(60_000);
    const ids = new Set(world.sent.map(({ notice }) => notice.noticeId));
    const before = world.sent.length;
    world.answering = () => answered(200);
    await world.clock.advance(hourMs);
    const came = world.sent.slice(before);
    expect(new Set(came.map(({ notice }) => notice.noticeId))).toEqual(ids);
    const ofMember = (uid: number) =>
      came.filter(({ notice }) => 'uid' in notice.payload && notice.payload.uid === uid).map(seqOf);
    expect([ofMember(1), ofMember(2)]).toEqual([
      [2, 4, 5],
      [3, 6],
    ]);
    await notify.stop();
  });

  test('HOOK195: stays where it is switched off, while it is paused, and when it is old', async () => {
    const off = await outage(30, { ...strict, redeliverGivenUp: false });
    off.world.log.append(off.life.join(31));
    await off.world.clock.advance(24 * hourMs);
    expect(off.notify.status()[0]?.givenUp).toBeGreaterThan(10);
    await off.notify.stop();

    const paused = await outage(30);
    await paused.notify.pause('good');
    const kept = paused.notify.status()[0]?.givenUp;
    await paused.world.clock.advance(24 * hourMs);
    expect(paused.taken()).toEqual([]);
    expect(paused.notify.status()[0]?.givenUp).toBe(kept);
    await paused.notify.resume('good');
    await paused.world.clock.advance(2 * hourMs);
    expect(paused.taken().toSorted((a, b) => a - b)).toEqual(upTo(31));
    await paused.notify.stop();

    const old = await outage(30);
    await old.notify.pause('good');
    await old.world.clock.advance(8 * 24 * hourMs);
    await old.notify.resume('good');
    await old.world.clock.advance(24 * hourMs);
    expect(old.notify.status()[0]?.givenUp).toBe(kept ?? 0);
    await old.notify.stop();
  });

  test('HOOK195: outlives a restart and a power cut', async () => {
    const { world, notify } = await outage(40);
    const kept = notify.status()[0]?.givenUp ?? 0;
    world.crash('power');
    const before = world.sent.length;
    const again = await world.start([strict]);
    await world.clock.advance(hourMs);
    expect(new Set(world.sent.slice(before).map(seqOf)).size).toBe(41);
    expect(kept).toBeGreaterThan(10);
    expect(again.status()[0]).toMatchObject({ givenUp: 0, outstanding: 0 });
    await again.stop();
    const third = await world.start([strict]);
    const then = world.sent.length;
    await world.clock.advance(24 * hourMs);
    expect(world.sent).toHaveLength(then);
    await third.stop();
  });

  test('HOOK196: one that is refused for ever holds up no other, and costs ever fewer requests', async () => {
    const world = new NotifyWorld();
    const isBad = ({ notice }: Sent) => 'uid' in notice.payload && Number(notice.payload.uid) <= 50;
    world.answering = () => answered(503);
    const notify = await world.start([strict]);
    const life = new LifeForTests();
    world.log.append(life.open(), ...Array.from({ length: 100 }, (_, at) => life.join(at + 1)));
    await world.clock.advance(60_000);
    world.answering = (sent) => answered(isBad(sent) ? 500 : 200);
    await world.clock.advance(2 * hourMs);
    expect(notify.status()[0]).toMatchObject({ givenUp: 50 });
    const before = world.sent.length;
    await world.clock.advance(24 * hourMs);
    const passes = (24 * hourMs) / (returnGapsMs.at(-1) ?? 1) + 1;
    expect(world.sent.length - before).toBeLessThanOrEqual(passes * 20);
    await notify.stop();
  });

  test('HOOK196: what was delivered by hand is not sent once more, and is taken out', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(503);
    const done = new Set<string>();
    const notify = await world.start([strict], { isDelivered: (_, noticeId) => done.has(noticeId) });
    const life = new LifeForTests();
    world.log.append(life.open(), life.join(1), life.join(2));
    await world.clock.advance(60_000);
    const [first] = (await notify.givenUp('good', 0, 10)).entries;
    if (first) done.add(first.noticeId);
    const before = world.sent.length;
    world.answering = () => answered(200);
    await world.clock.advance(hourMs);
    expect(world.sent.slice(before).map(({ notice }) => notice.noticeId)).not.toContain(
      first?.noticeId ?? '',
    );
    expect(world.sent.slice(before)).toHaveLength(2);
    expect(notify.status()[0]).toMatchObject({ givenUp: 0 });
    await notify.stop();
  });
});
