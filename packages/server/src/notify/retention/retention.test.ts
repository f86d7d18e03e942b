import { describe, expect, test } from 'bun:test';
import type { AgoraEventsLost, ChannelEvent, StandardEventsLost } from '@housecount/protocol';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { answered, endpointForTests, NotifyWorld } from '../../../testing/worlds/notify-world.ts';
import { limits } from '../../limits.ts';
import { probeMsMax } from '../delivery/endpoint-health.ts';
import { LostTally } from './lost-tally.ts';

const hour = 3_600_000;
const retention = { ms: 24 * hour, bytes: 1e9, bytesPerApp: 0, checkMs: 10 * 60_000 };
const standard = endpointForTests('good', { format: 'standard', retry: 'standard' });
/** Events that happen now, whatever the life of their channel says. */
const now = (world: NotifyWorld, ...events: ChannelEvent[]) =>
  events.map((event) => ({ ...event, atMs: world.clock.nowMs() }));
const bodies = (world: NotifyWorld, from = 0) =>
  world.sent.slice(from).map(({ request }) => JSON.parse(request.body));
const lostIn = (world: NotifyWorld, from = 0): StandardEventsLost[] =>
  bodies(world, from)
    .flat()
    .filter(({ type }) => type === 'events.lost');
const seqs = (world: NotifyWorld, from = 0) =>
  bodies(world, from).map(({ seq, payload }) => seq ?? payload?.seq);

/** An endpoint that has been down for two days; half of what it missed is older than may wait. */
async function outage(endpoint = standard) {
  const world = new NotifyWorld();
  world.answering = () => answered(503);
  const notify = await world.start([endpoint], { retention });
  const life = new LifeForTests();
  world.log.append(...now(world, life.open(), life.join(1), life.join(2)));
  await world.clock.advance(23 * hour);
  world.log.append(...now(world, life.join(3), life.leave(1)));
  await world.clock.advance(2 * hour);
  return { world, notify, life };
}

describe('events that waited too long', () => {
  test('HOOK111: are let go, the younger ones wait on, and the endpoint is told which it lost', async () => {
    const { world, notify } = await outage();
    expect(notify.status()[0]).toMatchObject({ state: 'suspended', lost: 3, outstanding: 2, givenUp: 0 });
    expect(world.complaints.some((line) => /lost to it/.test(line))).toBeTrue();
    const before = world.sent.length;
    world.answering = () => answered(200);
    await world.clock.advance(2 * probeMsMax);
    expect(lostIn(world, before)).toMatchObject([
      {
        id: 'SID-stage:1-3:190',
        channel: 'stage',
        sid: 'SID-stage',
        data: { fromSeq: 1, toSeq: 3, events: 3 },
      },
    ]);
    expect(seqs(world, before).filter(Boolean).sort()).toEqual([4, 5]);
    expect(notify.status()[0]).toMatchObject({ state: 'running', lost: 3, outstanding: 0 });
    // Told once: not again by this process, nor by the next.
    await notify.stop();
    const again = await world.start([standard], { retention });
    await world.clock.advance(hour);
    expect(world.sent).toHaveLength(before + 3);
    expect(again.status()[0]?.lost).toBe(3);
    await again.stop();
  });

  test('HOOK111: are told in the agora format too, and to who was paused', async () => {
    const endpoint = endpointForTests('good');
    const world = new NotifyWorld();
    const notify = await world.start([endpoint], { retention, paused: new Set(['good']) });
    const life = new LifeForTests();
    world.log.append(...now(world, life.open(), life.join(1)));
    await world.clock.advance(25 * hour);
    world.log.append(...now(world, life.join(2)));
    await world.clock.advance(0);
    expect(notify.status()[0]).toMatchObject({ state: 'paused', lost: 2 });
    expect(world.sent).toEqual([]);
    await notify.resume('good');
    await world.clock.advance(0);
    const lost = bodies(world).find(({ eventType }) => eventType === 190) as AgoraEventsLost;
    expect(lost.payload).toMatchObject({ channelName: 'stage', fromSeq: 1, toSeq: 2, events: 2 });
    expect(seqs(world)).toEqual([undefined, 3]);
    await notify.stop();
  });

  test('HOOK111: a batch endpoint is told in batches', async () => {
    const { world, notify } = await outage(endpointForTests('good', { format: 'batch', retry: 'standard' }));
    const before = world.sent.length;
    world.answering = () => answered(200);
    await world.clock.advance(2 * probeMsMax);
    expect(lostIn(world, before)).toMatchObject([{ data: { fromSeq: 1, toSeq: 3 } }]);
    const events = bodies(world, before).filter(([first]) => first.type !== 'events.lost');
    expect(events.flat().map(({ seq }: { seq: number }) => seq)).toEqual([4, 5]);
    await notify.stop();
  });

  test('HOOK111: only what the endpoint would have been sent counts', async () => {
    const { world, notify } = await outage({ ...standard, events: [105], channels: ['stage'] });
    const before = world.sent.length;
    world.answering = () => answered(200);
    await world.clock.advance(2 * probeMsMax);
    expect(lostIn(world, before)).toMatchObject([{ data: { fromSeq: 2, toSeq: 3, events: 2 } }]);
    await notify.stop();
  });

  test('HOOK111: also those that lie too far back in the log', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(503);
    const notify = await world.start([standard], { retention });
    world.log.append(...now(world, ...new LifeForTests().whole(3)));
    await world.clock.advance(hour);
    world.log.beyondPosition = 5;
    await world.clock.advance(hour);
    expect(notify.status()[0]).toMatchObject({ lost: 5, outstanding: 3 });
    await notify.stop();
  });

  test('HOOK112: whatever the crash, what was lost is told, and no event that was lost is sent', async () => {
    for (const kind of ['process', 'power'] as const) {
      const { world } = await outage();
      const before = world.sent.length;
      world.crash(kind);
      world.answering = () => answered(200);
      const again = await world.start([standard], { retention });
      await world.clock.advance(2 * probeMsMax);
      expect(lostIn(world, before)).toMatchObject([{ data: { fromSeq: 1, toSeq: 3 } }]);
      expect(seqs(world, before).filter(Boolean).sort()).toEqual([4, 5]);
      await again.stop();
    }
  });

  test('HOOK112: word of it is never given up, and holds nothing up', async () => {
    const world = new NotifyWorld();
    const isWord = ({ eventType }: { eventType: number }) => eventType === 190;
    world.answering = ({ notice }) => answered(isWord(notice) ? 400 : 200);
    const notify = await world.start(undefined, { retention, paused: new Set(['good']) });
    const life = new LifeForTests();
    world.log.append(...now(world, life.open()));
    await world.clock.advance(25 * hour);
    world.log.append(...now(world, life.join(1)));
    await notify.resume('good');
    await world.clock.advance(5 * hour);
    expect(bodies(world).filter((body) => !isWord(body))).toMatchObject([{ payload: { seq: 2 } }]);
    expect(bodies(world).filter(isWord)).toHaveLength(4 + 4);
    expect(notify.status()[0]).toMatchObject({ givenUp: 0, outstanding: 0, lost: 1 });
    world.answering = () => answered(200);
    await world.clock.advance(2 * hour);
    const told = world.sent.length;
    await world.clock.advance(5 * hour);
    expect(world.sent).toHaveLength(told);
    await notify.stop();
  });

  test('HOOK112: what more is lost of a life is told with what was', async () => {
    const { world, notify } = await outage();
    await world.clock.advance(24 * hour);
    expect(notify.status()[0]).toMatchObject({ lost: 5, outstanding: 0 });
    const before = world.sent.length;
    world.answering = () => answered(200);
    await world.clock.advance(2 * probeMsMax);
    expect(bodies(world, before)).toMatchObject([{ id: 'SID-stage:1-5:190', data: { events: 5 } }]);
    await notify.stop();
  });

  test('HOOK113: what the log no longer has when an endpoint comes back is told without its seqs', async () => {
    const world = new NotifyWorld();
    const first = await world.start([standard], { retention });
    await world.clock.advance(1_000);
    await first.stop();
    const without = await world.start([], { retention });
    const life = new LifeForTests();
    world.log.append(...now(world, ...life.whole(2), ...new LifeForTests('other').whole(1)));
    world.log.firstKept = 7;
    await world.clock.advance(1_000);
    await without.stop();
    const back = await world.start([standard], { retention });
    await world.clock.advance(1_000);
    const [lost, ...rest] = bodies(world);
    expect(lost).toMatchObject({ type: 'events.lost', data: { toTime: expect.any(String) } });
    expect(lost.sid).toBeUndefined();
    expect(rest.map(({ channel }) => channel)).toEqual(Array(4).fill('other'));
    await back.stop();
  });

  test('HOOK111: more lives than can be told one by one are summed up in one notice', () => {
    const tally = new LostTally('app', [], 5_000);
    for (let life = 0; life < limits.lostLivesMax + 3; life += 1)
      tally.add(new LifeForTests(`c${life}`).open());
    const list = tally.list();
    expect(list).toHaveLength(limits.lostLivesMax + 1);
    expect(list.at(-1)).toMatchObject({ events: 3 });
    expect(list.at(-1)?.range).toBeUndefined();
    expect(tally.events).toBe(limits.lostLivesMax + 3);
  });

  test('HOOK12: losses of another log keep no notice of this one back', async () => {
    const { world, notify } = await outage();
    await notify.stop();
    const other = new NotifyWorld();
    const disk = other.disk.mount();
    for (const path of ['notify/cursors', `notify/lost/${(await world.disk.mount().list('notify/lost'))[0]}`])
      await disk.replace(path, (await world.disk.mount().read(path)) ?? new Uint8Array());
    const again = await other.start([standard], { retention });
    const life = new LifeForTests('new');
    other.log.append(...now(other, life.open(), life.join(1)));
    await other.clock.advance(2 * probeMsMax);
    expect(seqs(other).filter(Boolean).sort()).toEqual([1, 2]);
    await again.stop();
  });

  test('HOOK177: nor later, when this log has grown past their mark', async () => {
    const { world, notify } = await outage();
    await notify.stop();
    const [name] = await world.disk.mount().list('notify/lost');
    const other = new NotifyWorld();
    const losses = (await world.disk.mount().read(`notify/lost/${name}`)) ?? new Uint8Array();
    await other.disk.mount().replace(`notify/lost/${name}`, losses);
    other.answering = () => answered(503);
    const again = await other.start([standard], { retention });
    const life = new LifeForTests('new');
    other.log.append(...now(other, life.open(), ...[1, 2, 3, 4].map((uid) => life.join(uid))));
    await other.clock.advance(hour);
    await again.stop();
    other.answering = () => answered(200);
    const third = await other.start([standard], { retention });
    const before = other.sent.length;
    await other.clock.advance(hour);
    expect(seqs(other, before).filter(Boolean).sort()).toEqual([1, 2, 3, 4, 5]);
    await third.stop();
  });

  test('HOOK176: an endpoint that is gone is not tried for it, and stays gone since it said so', async () => {
    const { world, notify, life } = await outage();
    world.answering = () => answered(410);
    await world.clock.advance(2 * probeMsMax);
    const { halt } = notify.status()[0] ?? {};
    expect(halt).toMatchObject({ state: 'gone' });
    const before = world.sent.length;
    for (let day = 0; day < 3; day++) {
      world.log.append(...now(world, life.join(100 + day)));
      await world.clock.advance(24 * hour);
    }
    expect(notify.status()[0]).toMatchObject({ state: 'gone', halt, lost: 7 });
    expect(world.sent).toHaveLength(before);
    await notify.stop();
    // The next start tries once, and is told so again.
    const again = await world.start([standard], { retention });
    await world.clock.advance(hour);
    expect(world.sent).toHaveLength(before + 1);
    expect(again.status()[0]).toMatchObject({ state: 'gone' });
    world.answering = () => answered(200);
    await again.resume('good');
    await world.clock.advance(hour);
    expect(lostIn(world, before + 1)).toMatchObject([{ data: { fromSeq: 1, events: 8 } }]);
    await again.stop();
  });

  test('HOOK112: a damaged file of losses stops the start and says which', async () => {
    const { world, notify } = await outage();
    await notify.stop();
    const disk = world.disk.mount();
    const [name] = await disk.list('notify/lost');
    await disk.replace(`notify/lost/${name}`, new TextEncoder().encode('nonsense\n'));
    await expect(world.start([standard], { retention })).rejects.toMatchObject({ code: 'data_damaged' });
  });
});

test('HOOK69: a suspension outlives the process: a probe first, and everything once it is answered', async () => {
  const { world, notify } = await outage();
  const sinceMs = notify.status()[0]?.halt?.sinceMs;
  await notify.stop();
  const before = world.sent.length;
  const again = await world.start([standard], { retention: { ...retention, ms: 1_000 * hour } });
  await world.clock.advance(0);
  expect(again.status()[0]).toMatchObject({ state: 'suspended', halt: { sinceMs } });
  expect(world.sent).toHaveLength(before);
  await world.clock.advance(2_000);
  expect(world.sent).toHaveLength(before + 1);
  world.answering = () => answered(200);
  await world.clock.advance(2 * probeMsMax);
  expect(again.status()[0]).toMatchObject({ state: 'running', outstanding: 0 });
  await again.stop();
});
