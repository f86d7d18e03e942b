import { afterEach, expect, test } from 'bun:test';
import { testApp } from '../../../testing/processes/server-process.ts';
import {
  endWhipWorlds,
  offerSdp,
  openWhipWorld,
  playSdp,
  tokenOf,
} from '../../../testing/worlds/whip-world.ts';
import type { RuleDraft } from '../../log/contract/rules.ts';

afterEach(endWhipWorlds);

const [here, there] = ['203.0.113.5', '198.51.100.7'];

async function begin() {
  const world = await openWhipWorld();
  const { open, until, channel, during, rules } = world;
  const uids = () => Array.from(channel()?.roster ?? [], ({ uid }) => uid).sort();
  /** A plain client from an address, in once its media is connected. */
  const comes = async (kind: 'whip' | 'whep', uid: number, address: string) => {
    const sdp = kind === 'whip' ? offerSdp : playSdp;
    const session = await open({ kind, bearer: tokenOf(uid), offerSdp: sdp, address });
    await until('it is in', () => uids().includes(uid));
    return session;
  };
  const makes = async (over: Partial<RuleDraft> = {}, durationMs = 60_000) => {
    const draft: RuleDraft = { app: testApp.id, ip: here, privileges: ['join_channel'], ...over };
    const outcome = await during(rules.createRule(draft, durationMs));
    if (!outcome.ok) throw new Error(outcome.code);
    return outcome;
  };
  return { ...world, uids, comes, makes };
}

test('LOG90: a rule about an address puts out the plain clients that came from there, and their media ends', async () => {
  const { comes, makes, uids, until, closed, open, service } = await begin();
  const [host, viewer] = [await comes('whip', 1, here), await comes('whep', 2, here)];
  await comes('whep', 3, there);
  expect((await makes({ uid: 3 })).putOutOf).toBe(0);
  expect((await makes({ channel: 'another' })).putOutOf).toBe(0);
  expect(uids()).toEqual([1, 2, 3]);
  expect((await makes({ channel: 'stage', uid: 1 })).putOutOf).toBe(1);
  expect(uids()).toEqual([2, 3]);
  expect((await makes()).putOutOf).toBe(1);
  expect(uids()).toEqual([3]);
  await until('their media has ended', () => closed.length === 2);
  expect(closed).toEqual([host, viewer]);
  expect(service.open).toBe(1);
  const refused = open({ kind: 'whep', bearer: tokenOf(4), offerSdp: playSdp, address: here });
  await expect(refused).rejects.toMatchObject({ code: 'banned' });
});

test('LOG91: also one whose media is gone, while its lease runs; not one that is back from elsewhere', async () => {
  const { comes, makes, uids, service, until, channel } = await begin();
  const [lost, moved] = [await comes('whip', 1, here), await comes('whip', 2, here)];
  for (const session of [lost, moved])
    service.report({ type: 'gone', session, reason: 'failed', silentMs: 0 });
  await until('they are silent', () =>
    [...(channel()?.roster ?? [])].every(({ link }) => link.state === 'silent'),
  );
  await comes('whip', 2, there);
  await until('it is back', () => channel()?.roster.get(2)?.link.state === 'live');
  await makes({}, 0);
  expect(uids()).toEqual([2]);
  await makes({ ip: there }, 0);
  expect(uids()).toEqual([]);
});

test('LOG91: no plain client slips in while the rule is made, whichever is first', async () => {
  const { uids, makes, log, during, passes, service } = await begin();
  for (let distance = -25; distance <= 25; distance += 1) {
    const uid = distance + 100;
    const { session } = await during(
      service.create({
        ...{ app: testApp.id, channel: 'stage', kind: 'whip', bearer: tokenOf(uid), offerSdp },
        query: new URLSearchParams(),
        address: here,
      }),
    );
    const made: ReturnType<typeof makes>[] = [];
    const connects = () => service.report({ type: 'connected', session: session.id, kinds: session.kinds });
    const make = () => void made.push(makes());
    const [first, second] = distance < 0 ? [connects, make] : [make, connects];
    first();
    for (let turn = 0; turn < Math.abs(distance); turn += 1) await Promise.resolve();
    second();
    const [outcome] = await Promise.all(made);
    await passes(10);
    expect([distance, uids(), service.get(session.id)]).toEqual([distance, [], undefined]);
    await during(log.deleteRule(testApp.id, outcome?.rule.id ?? 0));
  }
});
