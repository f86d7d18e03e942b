import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimDisk } from '../../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { endpointForTests, quietLogger } from '../../../testing/worlds/notify-world.ts';
import type { Kept, KeptMap } from '../../kept/contract.ts';
import { keptFiles } from '../../kept/files/kept-files.ts';
import { EndpointStore, type ManagedEndpoint } from '../endpoint/endpoint-store.ts';
import { CursorStore, cursorWriteMs } from './cursor-store.ts';
import { LostEvents } from './lost-events.ts';

/** What two servers keep together. */
function shared() {
  const clock = new SimClock();
  const process = clock.process();
  const complaints: string[] = [];
  const files = keptFiles(new SimDisk(new SimRandom(1)).mount(process));
  const maps = new Map<string, Promise<KeptMap<unknown>>>();
  const map: Kept['map'] = (name, options) => {
    const known = maps.get(name) ?? files.map(name, options);
    maps.set(name, known as Promise<KeptMap<unknown>>);
    return known as ReturnType<typeof files.map<never>>;
  };
  const logger = quietLogger((message) => complaints.push(message));
  return { clock, complaints, parts: { kept: { ...files, map }, clock: process, logger } };
}

test('DELIV8: of two that send to an endpoint one moves its cursor; the other cannot take it back, and says so', async () => {
  const { clock, complaints, parts } = shared();
  const one = await CursorStore.open(parts, ['a', 'b'], { through: 0, open: [] });
  const other = await CursorStore.open(parts, ['a', 'b'], { through: 0, open: [] });
  one.track('a', () => ({ through: 9, open: [] }));
  other.track('a', () => ({ through: 3, open: [] }));
  other.track('b', () => ({ through: 4, open: [] }));
  one.moved('a');
  await clock.advance(cursorWriteMs);
  other.moved('a');
  other.moved('b');
  await clock.advance(3 * cursorWriteMs);
  expect([one.get('a').through, one.get('b').through]).toEqual([9, 4]);
  expect([one.failing, other.failing]).toEqual([false, true]);
  expect(complaints).toEqual(['The notice cursors cannot be written; trying again.']);
});

test('DELIV8: what an endpoint lost is noted by one of two, and the other is refused and changes nothing', async () => {
  const { parts } = shared();
  const one = await LostEvents.open(parts, 'a');
  const other = await LostEvents.open(parts, 'a');
  await one.add(7, 2, []);
  await one.add(8, 1, []);
  await expect(other.add(5, 1, [])).rejects.toMatchObject({ code: 'log_unavailable' });
  expect([other.through, other.events]).toEqual([0, 0]);
  const again = await LostEvents.open(parts, 'a');
  expect([again.through, again.events]).toEqual([8, 3]);
});

test('DELIV8: of two that change the endpoints at once one is told to ask again, and then both changes are there', async () => {
  const { parts } = shared();
  const managed = (id: string): ManagedEndpoint => ({
    ...endpointForTests(id, {}),
    createdMs: 1,
    enabled: true,
    paused: false,
  });
  const one = await EndpointStore.open(parts.kept);
  const other = await EndpointStore.open(parts.kept);
  await one.put(managed('ep_1'));
  await expect(other.put(managed('ep_2'))).rejects.toMatchObject({ code: 'log_unavailable' });
  await other.put(managed('ep_2'));
  expect((await EndpointStore.open(parts.kept)).list().map(({ id }) => id)).toEqual(['ep_1', 'ep_2']);
  await expect(one.remove('ep_1')).rejects.toMatchObject({ code: 'log_unavailable' });
  await one.remove('ep_1');
  expect((await EndpointStore.open(parts.kept)).list().map(({ id }) => id)).toEqual(['ep_2']);
});
