import { afterEach, expect, test } from 'bun:test';
import { leaseMs, TestWorld, testApp } from '../../testing/worlds/live-world.ts';
import { liveKey } from '../channel/channel.ts';
import type { ChannelCommand } from '../channel/command.ts';

let world: TestWorld;
const begin = async () => {
  world = await TestWorld.start();
};
afterEach(() => world.stop());

const linkOf = (uid: number) => world.lobby()?.roster.get(uid)?.link.state;
const marks = async () =>
  (await world.records()).map(({ type }) => type).filter((type) => /^link/.test(type));

/** Holds back what the edge tells the log of this type; the call lets it go. */
function holdBack(type: ChannelCommand['type']): () => Promise<void> {
  const { submit } = world.log;
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  world.log.submit = async (key, command) => {
    if (command.type === type) await gate;
    return submit(key, command);
  };
  return async () => {
    world.log.submit = submit;
    letGo();
    await world.settled();
  };
}

/** The client came back by a socket of another server. */
async function comesBackElsewhere(connectionId: string): Promise<void> {
  const resumed = world.log.submit(liveKey(testApp.id, 'lobby'), { type: 'resume', connectionId });
  await world.settled();
  expect((await resumed).ok).toBe(true);
}

test('WIRE57, WIRE47: a hello of a socket that was given up, which comes late, does not end the newer one', async () => {
  await begin();
  const first = await world.hello({ uid: 2 });
  await first.drops();
  const { resume } = first.welcome;
  const newer = await world.hello({ uid: 2, resume, attempt: 2 });
  expect(newer.welcome.resumed).toBe(true);
  const late = await world.hello({ uid: 2, resume, attempt: 1 });
  expect(late.one('closing')).toMatchObject({ code: 'replaced', retry: false });
  await newer.says({ type: 'ping' });
  expect([newer.closed, linkOf(2)]).toEqual([undefined, 'live']);
  await newer.drops();
  expect((await world.hello({ uid: 2, resume, attempt: 3 })).welcome.resumed).toBe(true);
  expect(await world.events()).toEqual(['channel-opened', 'member-joined']);
});

test('WIRE57: of two hellos that are decided together the later one has the member', async () => {
  await begin();
  const { welcome } = await world.hello({ uid: 2 });
  const back = (attempt: number) => world.hello({ uid: 2, resume: welcome.resume, attempt });
  const [one, two] = await Promise.all([back(1), back(2)]);
  expect([one.closed?.reason, two.closed]).toEqual(['replaced', undefined]);
  expect([two.welcome.resumed, linkOf(2)]).toEqual([true, 'live']);
});

test('WIRE57: a socket is told that a later attachment has its member, wherever that is', async () => {
  await begin();
  const socket = await world.hello({ uid: 2 });
  await comesBackElsewhere(socket.welcome.connectionId);
  expect(socket.one('closing')).toMatchObject({ code: 'replaced' });
  expect([world.connections.size, linkOf(2)]).toEqual([0, 'live']);
});

test('WIRE58: a silence of the socket before, which is told late, makes nobody silent', async () => {
  await begin();
  const first = await world.hello({ uid: 2 });
  const letGo = holdBack('silent');
  await first.drops();
  const back = await world.hello({ uid: 2, resume: first.welcome.resume });
  expect(back.welcome.resumed).toBe(true);
  await letGo();
  expect([linkOf(2), await marks()]).toEqual(['live', ['link-live']]);
});

test('WIRE58: a grace that ends after a resume elsewhere puts nobody out', async () => {
  await begin();
  const parting = await world.hello({ uid: 2 });
  await parting.says({ type: 'bye', graceMs: 750 });
  await comesBackElsewhere(parting.welcome.connectionId);
  await world.advance(leaseMs * 2);
  expect(linkOf(2)).toBe('live');
  expect(await world.events()).toEqual(['channel-opened', 'member-joined']);
});

test('WIRE58: a goodbye on a socket whose member came back elsewhere puts nobody out', async () => {
  await begin();
  const old = await world.hello({ uid: 2 });
  const letGo = holdBack('leave');
  await old.says({ type: 'bye' });
  await comesBackElsewhere(old.welcome.connectionId);
  await letGo();
  expect(linkOf(2)).toBe('live');
});

test('WIRE57, CHAN29: a socket that is gone when its resume is decided leaves a member that is silent, not one for ever', async () => {
  await begin();
  const old = await world.hello({ uid: 2 });
  const letGo = holdBack('resume');
  const gone = await world.hello({ uid: 2, resume: old.welcome.resume });
  await gone.drops();
  expect(linkOf(2)).toBe('live');
  await letGo();
  expect([old.closed?.reason, linkOf(2)]).toEqual(['replaced', 'silent']);
  await world.advance(leaseMs + 1_000);
  expect(world.lobby()).toBeUndefined();
});

test('CHAN13: whoever follows the roster is told nothing of a resume that came before its silence', async () => {
  await begin();
  const host = await world.hello({ uid: 1, role: 'broadcaster' });
  await host.says({ type: 'subscribe-roster', id: 1 });
  expect(host.all('roster-snapshot')).toHaveLength(1);
  const { welcome } = await world.hello({ uid: 2 });
  await world.advance(1_000);
  const told = host.frames.length;
  expect((await world.hello({ uid: 2, resume: welcome.resume })).welcome.resumed).toBe(true);
  await world.advance(1_000);
  expect([host.frames.slice(told), await marks()]).toEqual([[], ['link-live']]);
});
