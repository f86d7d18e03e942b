import { afterEach, expect, test } from 'bun:test';
import {
  app,
  loginFrame,
  SignalingWorld,
  subscription,
  type TestClient,
} from '../../../testing/worlds/signaling-world.ts';
import type { RuleDraft } from '../../log/contract/rules.ts';

let world: SignalingWorld;
const begin = async () => {
  world = await SignalingWorld.start();
};
afterEach(() => world.stop());

const [here, there] = ['203.0.113.5', '198.51.100.7'];
const minute = 60_000;
const rule = (over: Partial<RuleDraft>, durationMs = minute) =>
  world.rules.createRule({ app: app.id, ip: here, privileges: ['join_channel'], ...over }, durationMs);
/** The rule, once it is answered. */
async function made(over: Partial<RuleDraft> = {}, durationMs = minute) {
  const asked = rule(over, durationMs);
  await world.advance(5);
  const outcome = await asked;
  if (!outcome.ok) throw new Error(outcome.code);
  return outcome;
}
const lifts = async ({ rule: { id } }: Awaited<ReturnType<typeof made>>) => {
  const lifted = world.log.deleteRule(app.id, id);
  await world.settled();
  await lifted;
};
async function from(userId: string, address: string, over: object = {}): Promise<TestClient> {
  const client = world.connect(address);
  client.userId = userId;
  return client.says(loginFrame(userId, world.clock.nowMs(), over));
}

test('LOG90: the answer says out of how many channels a rule about an address put sessions', async () => {
  await begin();
  const [ann, bob, cat] = [await from('ann', here), await from('bob', here), await from('cat', there)];
  for (const client of [ann, bob, cat]) await client.subscribes('lobby');
  await ann.enters('lobby');
  await bob.subscribes('hall');
  expect((await made({ channel: 'lobby' }, 0)).putOutOf).toBe(2);
  expect([world.subscribers(), world.subscribers('hall')]).toEqual([['cat'], ['bob']]);
  expect(ann.all('unsubscribed')).toMatchObject([{ channel: 'lobby', code: 'kicked' }]);
  expect(ann.all('channel-ended')).toMatchObject([{ channel: 'lobby', code: 'kicked' }]);
  expect([ann.closed, bob.closed]).toEqual([undefined, undefined]);
  // The sessions themselves are in a channel too, each in its own.
  expect((await made({}, 0)).putOutOf).toBe(3);
  expect([ann, bob, cat].map(({ closed }) => closed?.reason)).toEqual(['kicked', 'kicked', undefined]);
});

test('LOG90: of whom it names by any name, those alone who come from there', async () => {
  await begin();
  const [ann, bob] = [await from('ann', here), await from('bob', here)];
  for (const client of [ann, bob]) for (const channel of ['lobby', 'hall']) await client.subscribes(channel);
  const uid = world.log.uidOf(app.id, 'ann') ?? 0;
  expect((await made({ channel: 'lobby', uid, ip: there })).putOutOf).toBe(0);
  expect((await made({ channel: 'lobby', uid })).putOutOf).toBe(1);
  expect([world.subscribers(), world.subscribers('hall')]).toEqual([['bob'], ['ann', 'bob']]);
  // A member of the live channel whom their page has linked to them has another number.
  const member = await world.joins({ uid: 77 }, { channel: 'hall' });
  await member.links('bob');
  const linked = await made({ channel: 'hall', uid: 77 });
  expect([linked.rule.users, linked.putOutOf]).toEqual([['bob'], 1]);
  expect(world.subscribers('hall')).toEqual(['ann']);
  await made({ uid });
  expect([ann.closed?.reason, bob.closed]).toEqual(['kicked', undefined]);
});

test('LOG90: a number that is a member’s of the live channel alone puts out no user who has it too', async () => {
  await begin();
  const ann = await from('ann', here);
  await ann.subscribes('lobby');
  // Whoever came to the live channel by her account, with a token for anybody, may be somebody else.
  const { uid } = await world.joins({ account: 'ann' }, { unproven: true });
  expect(uid).toBe(world.log.uidOf(app.id, 'ann') ?? 0);
  expect((await made({ channel: 'lobby', uid }, 0)).putOutOf).toBe(0);
  expect(world.subscribers()).toEqual(['ann']);
  expect((await made({ channel: 'lobby', uid, account: 'ann' }, 0)).putOutOf).toBe(1);
  expect(world.subscribers()).toEqual([]);
});

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
};
const crossings = Array.from({ length: 50 }, (_, index) => index - 25);
/** Does both in that distance: from 20 on an append is between them. */
async function cross(distance: number, comes: () => void, makes: () => ReturnType<typeof rule>) {
  const asked: ReturnType<typeof rule>[] = [];
  const make = () => void asked.push(makes());
  const [first, second] = distance < 0 ? [comes, make] : [make, comes];
  first();
  await turns(Math.abs(distance));
  if (Math.abs(distance) > 20) await world.clock.advance(Math.abs(distance) % 3);
  second();
  await world.advance(20);
  const outcome = await asked[0];
  if (!outcome?.ok) throw new Error('refused');
  return outcome;
}
/** The log's answers reach the edge some time after what it has recorded does. */
function answersLate(): void {
  const { log } = world;
  const [join, submit] = [log.join.bind(log), log.submit.bind(log)];
  const late = async <T>(outcome: Promise<T>): Promise<T> => {
    await outcome;
    await new Promise<void>((resolve) => world.process.after(4, resolve));
    return outcome;
  };
  log.join = (request) => late(join(request));
  log.submit = (key, command) =>
    command.type === 'resume' ? late(submit(key, command)) : submit(key, command);
}
/** The users who are logged in, as the log has it. */
const loggedIn = () =>
  world.log
    .everyChannel()
    .flatMap(({ key, sid }) => (key.kind === 'user' && sid !== undefined ? [key.name] : []));

for (const isLate of [false, true]) {
  const how = isLate ? ', where the log’s answers are late' : '';

  test(`LOG91: nobody at the address slips into a channel while a rule about both is made${how}`, async () => {
    await begin();
    if (isLate) answersLate();
    const ann = world.connect(here);
    await ann.says(loginFrame('ann', world.clock.nowMs()));
    await world.advance(20);
    const answers = new Set<string>();
    let id = 10;
    for (const distance of crossings) {
      id += 1;
      const frame = { ...subscription('lobby'), id };
      const outcome = await cross(
        distance,
        () => ann.handler?.onText(JSON.stringify(frame)),
        () => rule({ channel: 'lobby' }),
      );
      expect([distance, world.subscribers()]).toEqual([distance, []]);
      const answer = ann.frames.find((each) => 'id' in each && each.id === id);
      answers.add(answer?.type ?? 'none');
      await lifts(outcome);
    }
    expect([...answers].sort()).toEqual(['ok', 'refused']);
    expect(ann.closed).toBeUndefined();
  });

  test(`LOG91: nor logs in while a rule about it is made${how}`, async () => {
    await begin();
    if (isLate) answersLate();
    const ends = new Set<string | undefined>();
    for (const distance of crossings) {
      const client = world.connect(here);
      const outcome = await cross(
        distance,
        () => client.handler?.onText(JSON.stringify(loginFrame(`user ${distance}`, world.clock.nowMs()))),
        () => rule({}),
      );
      expect([distance, loggedIn(), client.closed === undefined]).toEqual([distance, [], false]);
      ends.add(client.closed?.reason);
      await lifts(outcome);
    }
    // Who is put out before it heard that it is in has never been told that it was.
    expect([...ends].sort()).toEqual(['banned', 'kicked']);
  });

  test(`LOG91: nor comes back to what they subscribe to${how}`, async () => {
    await begin();
    if (isLate) answersLate();
    for (const channel of ['lobby', undefined]) {
      for (const distance of crossings) {
        const userId = `user ${distance}`;
        const old = await from(userId, there);
        await world.advance(20);
        await old.says({ ...subscription('lobby'), id: 1 });
        await world.advance(20);
        await old.drops();
        const frame = loginFrame(userId, world.clock.nowMs(), { session: old.welcome.session });
        const client = world.connect(here);
        const outcome = await cross(
          distance,
          () => client.handler?.onText(JSON.stringify(frame)),
          () => rule({ ...(channel && { channel }) }),
        );
        if (channel) expect([distance, world.subscribers(), loggedIn()]).toEqual([distance, [], [userId]]);
        // Who was refused is still the session that it was, and has its lease.
        else if (client.closed?.reason !== 'banned') expect([distance, loggedIn()]).toEqual([distance, []]);
        await lifts(outcome);
        for (const ip of [here, there]) await made({ ip }, 0);
        expect(loggedIn()).toEqual([]);
      }
    }
  });
}
