import { afterEach, expect, test } from 'bun:test';
import { TestWorld, testApp } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const lobby = () => world.log.channel(liveKey(testApp.id, 'lobby'));

test('SDK10: a bye with a grace is a quit when the grace is over, and not before', async () => {
  await begin();
  await world.hello({ uid: 1 });
  const parting = await world.hello({ uid: 2 });
  await parting.says({ type: 'bye', graceMs: 750 });
  expect(parting.closed?.reason).toBe('left');
  expect(lobby()?.roster.get(2)?.link.state).toBe('silent');
  await world.advance(700);
  expect(lobby()?.roster.get(2)).toBeDefined();
  await world.advance(100);
  expect(lobby()?.roster.get(2)).toBeUndefined();
  expect((await world.records()).at(-1)).toMatchObject({
    type: 'member-left',
    uid: 2,
    reason: 'quit',
    evidence: 'bye',
  });
});

test('SDK10: who resumes within the grace never left', async () => {
  await begin();
  const parting = await world.hello({ uid: 2 });
  await parting.says({ type: 'bye', graceMs: 750 });
  await world.advance(500);
  const back = await world.hello({ uid: 2, resume: parting.welcome.resume });
  expect(back.welcome).toMatchObject({ resumed: true, uid: 2 });
  await back.says({ type: 'ping' });
  await world.advance(3_000);
  expect(lobby()?.roster.get(2)?.link.state).toBe('live');
  expect(await world.events()).toEqual(['channel-opened', 'member-joined']);
});

test('SDK10: a crash within the grace ends in the lease, not in a member for ever', async () => {
  await begin();
  const parting = await world.hello({ uid: 2 });
  await parting.says({ type: 'bye', graceMs: 2_000 });
  await world.crash();
  await world.start();
  expect(lobby()?.roster.get(2)).toBeDefined();
  await world.advance(60_000);
  expect(lobby()?.roster.get(2)).toBeUndefined();
});
