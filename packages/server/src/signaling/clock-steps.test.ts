import { afterEach, expect, test } from 'bun:test';
import { leaseMs, SignalingWorld } from '../../testing/worlds/signaling-world.ts';

let world: SignalingWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const hourMs = 3_600_000;
for (const [name, byMs] of [
  ['thirty seconds on', 30_000],
  ['eight hours on', 8 * hourMs],
  ['eight hours back', -8 * hourMs],
  ['fifty years on', 50 * 365 * 24 * hourMs],
] as const)
  test(`TIME1: the clock is set ${name}: sessions that answer stay, who is away has its lease`, async () => {
    world = await SignalingWorld.start({}, true);
    const w = world;
    const ann = await w.login('ann', { token: undefined });
    const bob = await w.login('bob', { token: undefined });
    const idle = await w.login('carl', { token: undefined });
    await ann.subscribes('lobby', { withPresence: true });
    await bob.subscribes('lobby');
    await w.advance(1_000);
    await bob.drops();
    await w.advance(3_000);
    w.clock.wallAheadMs += byMs;
    await w.advance(leaseMs - 3_000 - 1_000);
    const gone = () => ann.presence().filter(({ type }) => type === 'REMOTE_TIMEOUT');
    expect(gone()).toEqual([]);
    await w.advance(3_000);
    expect(gone()).toHaveLength(1);
    await w.advance(60_000);
    expect([ann.closed, idle.closed]).toEqual([undefined, undefined]);
  });
