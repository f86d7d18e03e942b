import { afterEach, expect, test } from 'bun:test';
import { leaseMs, TestWorld, testApp } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const hourMs = 3_600_000;
const steps = [
  ['thirty seconds on', 30_000],
  ['thirty seconds back', -30_000],
  ['five minutes on', 300_000],
  ['eight hours on', 8 * hourMs],
  ['eight hours back', -8 * hourMs],
  ['fifty years on', 50 * 365 * 24 * hourMs],
  ['fifty years back', -50 * 365 * 24 * hourMs],
] as const;
const linkOf = (uid: number) => world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(uid)?.link;

for (const [name, byMs] of steps) {
  test(`TIME1: the clock is set ${name}: who answers stays, and nobody is told a thing`, async () => {
    await begin();
    const socket = await world.hello({ uid: 1 });
    await world.advance(2_000);
    world.step(byMs);
    await world.advance(60_000);
    expect(socket.closed).toBeUndefined();
    expect((await world.records()).map(({ type }) => type)).toEqual(['channel-opened', 'member-joined']);
  });

  test(`TIME1: the clock is set ${name}: who does not answer leaves when it would have, and no sooner`, async () => {
    await begin();
    await world.hello({ uid: 1 });
    const quiet = await world.hello({ uid: 2 });
    quiet.answersPings = false;
    await world.advance(1_000);
    world.step(byMs);
    await world.advance(fixed.silentMs - 2_000);
    expect(linkOf(2)?.state).toBe('live');
    await world.advance(3 * fixed.sweepMs);
    expect(linkOf(2)?.state).toBe('silent');
    await world.advance(leaseMs - fixed.silentMs - 3 * fixed.sweepMs - 500);
    expect(linkOf(2)?.state).toBe('silent');
    await world.advance(2_000);
    expect(linkOf(2)).toBeUndefined();
    expect(linkOf(1)?.state).toBe('live');
  });

  test(`TIME1: the clock is set ${name} while somebody is away: the lease is what it was`, async () => {
    await begin();
    await world.hello({ uid: 1 });
    const away = await world.hello({ uid: 2 });
    await world.advance(1_000);
    await away.drops();
    await world.advance(4_000);
    world.step(byMs);
    await world.advance(4_500);
    expect(linkOf(2)?.state).toBe('silent');
    await world.advance(2_000);
    expect(linkOf(2)).toBeUndefined();
  });
}

test('TIME1: a client that said too much gets no new budget by a step of the clock, and others lose none', async () => {
  for (const byMs of [8 * hourMs, -8 * hourMs]) {
    await begin();
    const socket = await world.hello({ uid: 1 });
    const other = await world.hello({ uid: 2 });
    const burst = limits.framesPerSecondMax * 4;
    for (let frame = 0; frame < burst; frame += 1) socket.handler?.onText('{"type":"ping"}');
    world.step(byMs);
    for (let frame = 0; frame < burst; frame += 1) socket.handler?.onText('{"type":"ping"}');
    expect(socket.one('closing').code).toBe('rate_limited');
    for (let frame = 0; frame < burst; frame += 1) other.handler?.onText('{"type":"ping"}');
    expect(other.closed).toBeUndefined();
    await world.stop();
  }
});
