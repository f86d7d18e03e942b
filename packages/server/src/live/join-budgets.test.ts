import { afterEach, expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { helloFrame, TestWorld, testApp, token } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import { limits } from '../limits.ts';
import { JoinBudgets } from './join-budgets.ts';

let world: TestWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const rates = { perAddress: 2, perToken: 4 };
/** Takes until there is none left; how many there were. */
function all(take: () => boolean): number {
  let taken = 0;
  while (taken < 1_000_000 && take()) taken++;
  return taken;
}

test('SHARE1: an address has its joins at once, and then so many per second; a /64 is one address', async () => {
  const clock = new SimClock(1_700_000_000_000);
  const budgets = new JoinBudgets(clock.process(), rates);
  let tokens = 0;
  const joins = (address: string) =>
    all(() => budgets.takeJoin({ address, token: `own ${tokens++}`, isForOne: true }));
  const burst = rates.perAddress * limits.joinBurstSeconds;
  expect(joins('192.0.2.1')).toBe(burst);
  await clock.advance(10_000);
  expect(joins('192.0.2.1')).toBe(10 * rates.perAddress);
  expect(joins('192.0.2.2')).toBe(burst);
  expect([joins('2001:db8:1:2::1'), joins('2001:db8:1:2:3::4'), joins('2001:db8:1:3::1')]).toEqual([
    burst,
    0,
    burst,
  ]);
  for (const here of ['127.0.0.1', '::1'])
    expect(
      Array.from({ length: 2 * burst }, () => here).every((address) =>
        budgets.takeJoin({ address, token: `own ${tokens++}`, isForOne: true }),
      ),
    ).toBe(true);
});

test('SHARE1: a token for anybody has a large budget, one that names its user a small one, whatever the addresses', () => {
  const budgets = new JoinBudgets(new SimClock(1).process(), rates);
  let addresses = 0;
  const joins = (token: string, isForOne: boolean) =>
    all(() =>
      budgets.takeJoin({ address: `198.51.${addresses >> 8}.${addresses++ & 255}`, token, isForOne }),
    );
  expect(joins('for anybody', false)).toBe(rates.perToken * limits.joinBurstSeconds);
  expect(joins('for ann', true)).toBe(limits.ownTokenJoinsBurst);
  expect(joins('for bob', true)).toBe(limits.ownTokenJoinsBurst);
});

test('SHARE3: of more than are remembered those unused for longest begin anew', () => {
  const budgets = new JoinBudgets(new SimClock(1).process(), rates);
  const has = (connectionId: string) => budgets.takeChange(connectionId);
  expect(all(() => has('first'))).toBe(limits.memberChangesBurst);
  for (let index = 1; index < limits.joinBucketsMax; index++) has(`other ${index}`);
  expect(has('first')).toBe(false);
  for (let index = 0; index < limits.joinBucketsMax; index++) has(`more ${index}`);
  expect(has('first')).toBe(true);
});

test('SHARE1: who joins too often is refused before anything is recorded, and others are not', async () => {
  world = await TestWorld.start();
  const mine = token({ identity: { uid: 7 } });
  for (let index = 0; index < limits.ownTokenJoinsBurst + 5; index++)
    await world.connect('192.0.2.7').says(helloFrame({ uid: 7, token: mine }));
  const before = world.log.lastPosition;
  const socket = await world.connect('192.0.2.7').says(helloFrame({ uid: 7, token: mine }));
  expect(socket.one('closing')).toMatchObject({ code: 'rate_limited', retry: true });
  expect(world.log.lastPosition).toBe(before);
  const other = await world.hello({ uid: 8 }, '192.0.2.7');
  expect(other.welcome.uid).toBe(8);
  await world.advance(1_000);
  const again = await world.connect('192.0.2.7').says(helloFrame({ uid: 7, token: mine }));
  expect(again.welcome.uid).toBe(7);
});

test('SHARE2: who resumes over and over is refused, records nothing more, and is still a member', async () => {
  world = await TestWorld.start();
  let socket = await world.hello({ uid: 7 });
  const { resume, connectionId } = socket.welcome;
  let before = 0;
  for (let index = 0; index < limits.memberChangesBurst + 20; index++) {
    before = world.log.lastPosition;
    socket = await world.hello({ uid: 7, resume });
  }
  expect(socket.one('closing')).toMatchObject({ code: 'rate_limited', retry: true });
  expect(world.log.lastPosition).toBe(before);
  expect(world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(7)?.connectionId).toBe(connectionId);
  await world.advance(2_000);
  expect((await world.hello({ uid: 7, resume })).welcome.resumed).toBe(true);
});

test('SHARE2: who changes role over and over is refused, records nothing more, and has the role that it had', async () => {
  world = await TestWorld.start();
  const socket = await world.hello({ uid: 7 });
  const change = async (role: 'broadcaster' | 'audience') => {
    await socket.says({ type: 'set-role', id: 1, role });
    // Frames have a budget as well.
    await world?.advance(60);
  };
  let before = 0;
  for (let index = 0; index < limits.memberChangesBurst / 2 + 10; index++) {
    await change('broadcaster');
    before = world.log.lastPosition;
    await change('audience');
  }
  expect(socket.closed).toBeUndefined();
  expect(socket.all('error').at(-1)).toMatchObject({ code: 'rate_limited' });
  expect(world.log.lastPosition).toBe(before);
  await world.advance(2_000);
  const errors = socket.all('error').length;
  await change('broadcaster');
  expect(socket.all('error')).toHaveLength(errors);
  expect(world.log.channel(liveKey(testApp.id, 'lobby'))?.roster.get(7)?.role).toBe('broadcaster');
});
