import { describe, expect, test } from 'bun:test';
import { audit } from '@housecount/audit';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { LifeForTests } from '../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld } from '../../testing/worlds/notify-world.ts';
import type { Disk } from '../engine/disk.ts';
import { keptFiles } from '../kept/files/kept-files.ts';
import { cursorPath } from './progress/cursor-store.ts';
import { keptNameOf } from './progress/kept-name.ts';
import { lostFolder } from './progress/lost-events.ts';

describe('where an endpoint begins', () => {
  test('HOOK11: a new endpoint begins at the end of the log, and a known one where it was', async () => {
    const world = new NotifyWorld();
    world.log.append(...new LifeForTests('before').whole(2));
    const first = await world.start([endpointForTests('old')]);
    await first.stop();
    world.log.append(...new LifeForTests('between').whole(2));
    const second = await world.start([endpointForTests('old'), endpointForTests('new')]);
    world.log.append(...new LifeForTests('after').whole(2));
    await world.clock.advance(0);
    const channelsAt = (name: string) => [
      ...new Set(world.at(name).map(({ notice }) => notice.payload.channelName)),
    ];
    expect(channelsAt('old')).toEqual(['between', 'after']);
    expect(channelsAt('new')).toEqual(['after']);
    await second.stop();
  });

  test('HOOK11: the beginning of a new endpoint is durable before anything is sent', async () => {
    const world = new NotifyWorld();
    await world.start();
    world.crash('power');
    world.log.append(...new LifeForTests().whole(2));
    const again = await world.start();
    await world.clock.advance(0);
    expect(world.sent).toHaveLength(6);
    await again.stop();
  });

  test('HOOK11: an endpoint that was taken out and put back goes on where it was', async () => {
    const world = new NotifyWorld();
    await (await world.start([endpointForTests('a'), endpointForTests('b')])).stop();
    const life = new LifeForTests();
    world.log.append(life.open());
    const without = await world.start([endpointForTests('a')]);
    await world.clock.advance(1_000);
    await without.stop();
    const back = await world.start([endpointForTests('a'), endpointForTests('b')]);
    await world.clock.advance(0);
    expect(world.at('a')).toHaveLength(1);
    expect(world.at('b')).toHaveLength(1);
    await back.stop();
  });

  test('HOOK12: a cursor file that is damaged where no crash damages it stops the start', async () => {
    const world = new NotifyWorld();
    await (await world.start()).stop();
    world.disk.put(cursorPath, new TextEncoder().encode('not what was written\n'));
    await expect(world.start()).rejects.toMatchObject({ code: 'data_damaged' });
  });

  test('OPS16: an empty cursor file, which is never written, stops the start: nobody begins at the end unnoticed', async () => {
    const world = new NotifyWorld();
    await (await world.start()).stop();
    world.disk.put(cursorPath, new Uint8Array());
    await expect(world.start()).rejects.toMatchObject({ code: 'data_damaged' });
  });

  test('HOOK12: a cursor beyond the end of the log is of another log; the endpoint begins at the end', async () => {
    const world = new NotifyWorld();
    world.log.append(...new LifeForTests('long').whole(20));
    await (await world.start()).stop();
    const other = new NotifyWorld();
    other.log.append(...new LifeForTests('short').whole(1));
    other.disk.put(cursorPath, world.disk.bytes(cursorPath) ?? new Uint8Array());
    const notify = await other.start();
    other.log.append(...new LifeForTests('next').whole(1));
    await other.clock.advance(0);
    expect(other.complaints).not.toEqual([]);
    expect(other.sent.map(({ notice }) => notice.payload.channelName)).toEqual(Array(4).fill('next'));
    await notify.stop();
  });
});

/** A disk that knows its open files, and which it has closed, in order. */
function counted(disk: Disk): {
  readonly disk: Disk;
  readonly open: Set<string>;
  readonly closed: readonly string[];
} {
  const open = new Set<string>();
  const closed: string[] = [];
  const opening: Disk['open'] = async (path) => {
    const file = await disk.open(path);
    open.add(path);
    const close = () => {
      open.delete(path);
      closed.push(path);
      return file.close();
    };
    return { ...file, close };
  };
  return { disk: { ...disk, open: opening }, open, closed };
}

describe('a start that fails', () => {
  test('HOOK198: a start that fails at one endpoint sends nothing to those before it, and leaves nothing open', async () => {
    const world = new NotifyWorld();
    const endpoints = [endpointForTests('before'), endpointForTests('damaged')];
    await (await world.start(endpoints)).stop();
    world.log.append(...new LifeForTests().whole(2));
    world.log.holds.clear();
    const damagedPath = keptNameOf(lostFolder, 'damaged');
    world.disk.put(damagedPath, new TextEncoder().encode('not what was written\n'));
    const { disk, open, closed } = counted(world.disk.mount());
    await expect(world.start(endpoints, { kept: keptFiles(disk) })).rejects.toMatchObject({
      code: 'data_damaged',
    });
    await world.clock.advance(60_000);
    expect(world.sent).toEqual([]);
    expect([...open]).toEqual([]);
    // The places after the last write of their cursors.
    expect(closed.map((path) => path.split('/')[1])).toEqual(['cursors', 'given-up']);
    // The log deletes once more when it stops.
    expect([...world.log.holds].map((cursor) => cursor())).toEqual([0]);
    expect(world.log.followers).toBe(0);
    await world.disk.mount().remove(damagedPath);
    const notify = await world.start(endpoints);
    await world.clock.advance(0);
    expect([world.at('before').length, world.at('damaged').length]).toEqual([6, 6]);
    await notify.stop();
  });

  test('HOOK198: nothing is sent before the place of every endpoint is open', async () => {
    const world = new NotifyWorld();
    const endpoints = [endpointForTests('first'), endpointForTests('last')];
    await (await world.start(endpoints)).stop();
    world.log.append(...new LifeForTests().whole(2));
    world.disk.faults.latencyMs = () => 1_000;
    const lastPath = keptNameOf(lostFolder, 'last');
    const mounted = world.disk.mount(world.clock.process());
    const sentBefore: number[] = [];
    const read: Disk['read'] = async (path) => {
      const bytes = await mounted.read(path);
      if (path === lastPath) sentBefore.push(world.sent.length);
      return bytes;
    };
    const starting = world.start(endpoints, { kept: keptFiles({ ...mounted, read }) });
    await world.clock.advance(60_000);
    expect(sentBefore).toEqual([0]);
    expect([world.at('first').length, world.at('last').length]).toEqual([6, 6]);
    const stopped = (await starting).stop();
    await world.clock.advance(60_000);
    await stopped;
  });
});

describe('crashes', () => {
  test('HOOK13: after a clean stop nothing is sent twice', async () => {
    const world = new NotifyWorld();
    const events = new LifeForTests().whole(10);
    const first = await world.start();
    world.log.append(...events.slice(0, 9));
    await world.clock.advance(0);
    await first.stop();
    const second = await world.start();
    world.log.append(...events.slice(9));
    await world.clock.advance(0);
    expect(world.sent.every(({ copy }) => copy === 1)).toBe(true);
    expect(world.sent).toHaveLength(events.length);
    await second.stop();
  });

  // One seed per crash pattern; each run crashes several times, with deliveries in flight, waiting and finished.
  test.each(Array.from({ length: 60 }, (_, seed) => [seed + 1]))(
    'HOOK13: killed at random points (seed %i), nothing is lost and copies carry the same noticeId',
    async (seed) => {
      const random = new SimRandom(seed);
      const world = new NotifyWorld(seed);
      const accepted = new Set<string>();
      world.answering = async ({ notice }) => {
        const process = world.clock.process();
        await new Promise<void>((resolve) => process.after(random.between(0, 300), resolve));
        if (random.chance(0.2)) return answered(500);
        accepted.add(notice.noticeId);
        return answered(200);
      };
      const events = [1, 2, 3].flatMap((life) => new LifeForTests(`stage${life}`).whole(40));
      let at = 0;
      let notify = await world.start();
      while (at < events.length) {
        const step = random.between(1, 40);
        world.log.append(...events.slice(at, at + step));
        at += step;
        await world.clock.advance(random.between(0, 700));
        if (!random.chance(0.4)) continue;
        world.crash(random.pick(['process', 'power']));
        notify = await world.start();
      }
      await world.clock.advance(120_000);
      expect(notify.status()[0]).toMatchObject({ outstanding: 0, backlog: 0, state: 'running' });
      expect(audit(world.sent.map(({ notice }) => notice)).violations).toEqual([]);
      const { entries } = await notify.givenUp('good', 0, 1_000);
      const kept = new Set(entries.map(({ noticeId }) => noticeId));
      const neither = world.sent
        .map(({ notice }) => notice.noticeId)
        .filter((noticeId) => !accepted.has(noticeId) && !kept.has(noticeId));
      expect(neither).toEqual([]);
      expect(new Set(world.sent.map(({ notice }) => notice.noticeId)).size).toBe(events.length);
      await notify.stop();
    },
  );
});
