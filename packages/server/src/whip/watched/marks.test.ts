import { afterEach, expect, test } from 'bun:test';
import { testApp } from '../../../testing/processes/server-process.ts';
import {
  endWhipWorlds,
  openWhipWorld,
  playSdp,
  stage,
  videoSdp,
} from '../../../testing/worlds/whip-world.ts';
import { neverEndsMs } from '../../channel/membership/rights.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Feed } from '../../log/contract/feed.ts';
import type { MediaWatched } from '../../log/record/record.ts';

afterEach(endWhipWorlds);

/** The marks of what was watched, in the log's order. */
async function marksOf(log: Feed): Promise<readonly MediaWatched[]> {
  const marks: MediaWatched[] = [];
  if (log.lastPosition === 0) return marks;
  for await (const batch of log.follow(0, new AbortController().signal)) {
    for (const { record } of batch) if (record.type === 'media-watched') marks.push(record);
    if (batch.at(-1)?.position === log.lastPosition) break;
  }
  return marks;
}

const sumOf = (marks: readonly MediaWatched[], what: 'watchedMs' | 'publishedMs'): number =>
  marks.reduce((sum, mark) => sum + mark[what], 0);

/** Ten seconds, all with media. */
const wholeRow = 0b11_1111_1111;

/** A host on the stage, and what is told of the seconds of sessions. */
async function onAir() {
  const world = await openWhipWorld();
  const { service, publish, member, play, log, during, until, channel } = world;
  const host = await publish(7, videoSdp);
  await until('the host is in', () => channel()?.roster.get(7) !== undefined);
  const tell = (first: number, session: string, bits: number, last: { readonly isLast?: true } = {}) =>
    service.report({ type: 'seconds', first, sessions: [{ session, bits, ...last }] });
  const marks = () => during(marksOf(log));
  const marksOfUid = async (uid: number) => (await marks()).filter((mark) => mark.uid === uid);
  const leaves = (connectionId: string) =>
    during(log.submit(stage, { type: 'leave', connectionId, evidence: 'bye' }));
  /** A member over WebSocket that plays hosts in sessions of its own. */
  const viewer = async (uid: number) => {
    const { connectionId, key } = await member(uid, { videoEndsMs: neverEndsMs });
    const plays = (of = '') =>
      world.open({ kind: 'whep', bearer: key, offerSdp: playSdp, query: new URLSearchParams(of) });
    return { connectionId, plays, joinedSeq: channel()?.roster.get(uid)?.joinedSeq ?? 0 };
  };
  return { ...world, host, tell, marks, marksOfUid, leaves, viewer, play };
}

test('WATCH2: a viewer of two hosts has watched the seconds of either once, and a mark names its stay', async () => {
  const { publish, viewer, tell, marksOfUid, leaves, channel, until, passes, host } = await onAir();
  await publish(8, videoSdp);
  await until('both hosts are in', () => channel()?.roster.size === 2);
  const { connectionId, plays, joinedSeq } = await viewer(1);
  const [one, two] = [await plays('host=7'), await plays('host=8')];
  tell(100, one, 0b0111);
  tell(100, two, 0b1110, { isLast: true });
  tell(110, one, 0b0001);
  tell(110, host, 0b0011);
  const sid = channel()?.sid;
  await leaves(connectionId);
  tell(110, one, 0b0010, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([
    { app: testApp.id, channel: 'stage', sid, joinedSeq, uid: 1, watchedMs: 6_000, publishedMs: 0 },
  ]);
});

test('WATCH2: seconds of a client that came back by a new POST are of the one stay', async () => {
  const { service, host, publish, tell, marksOfUid, channel, until, passes, during } = await onAir();
  tell(100, host, 0b0011);
  const again = await publish(7, videoSdp);
  await until('taken up', () => channel()?.roster.get(7)?.connectionId !== undefined && service.open === 1);
  tell(100, again, 0b0110);
  tell(100, host, 0b0010, { isLast: true });
  await during(service.remove(again));
  tell(100, again, 0, { isLast: true });
  await passes(2 * fixed.watchedSweepMs);
  expect(await marksOfUid(7)).toMatchObject([{ joinedSeq: 2, publishedMs: 3_000, watchedMs: 0 }]);
});

test('WATCH3: marks are 5 minutes apart and one comes at the end; together they have every second', async () => {
  const { host, tell, marksOfUid, passes, service, during } = await onAir();
  const rows = 70;
  for (let row = 0; row < rows; row++) {
    await passes(10_000);
    tell(10 * row, host, wholeRow);
  }
  await during(service.remove(host));
  tell(10 * rows, host, 0b111, { isLast: true });
  await passes(fixed.watchedSweepMs);
  const marks = await marksOfUid(7);
  expect(marks).toHaveLength(3);
  expect(sumOf(marks, 'publishedMs')).toBe((10 * rows + 3) * 1000);
  const [first, second] = marks;
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(fixed.watchedMarkMs);
  await passes(2 * fixed.watchedMarkMs);
  expect(await marksOfUid(7)).toHaveLength(3);
});

test('WATCH3: who plays again and again has a mark at the first end, then each 5 minutes, then at the leave', async () => {
  const { viewer, tell, marksOfUid, leaves, passes, clock } = await onAir();
  const { connectionId, plays } = await viewer(1);
  const beganMs = clock.nowMs();
  for (let row = 0; row < 40; row++) {
    const session = await plays('host=7');
    tell(10 * row, session, 0b1, { isLast: true });
    await passes(10_000);
  }
  await leaves(connectionId);
  await passes(fixed.watchedSweepMs);
  const marks = await marksOfUid(1);
  expect(marks).toHaveLength(3);
  expect((marks[0]?.atMs ?? 0) - beganMs).toBeLessThan(10_000);
  expect((marks[1]?.atMs ?? 0) - (marks[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(fixed.watchedMarkMs);
  expect(sumOf(marks, 'watchedMs')).toBe(40_000);
});

test('WATCH3: a player that never got anything is known to have watched nothing; marks of a moment are one batch', async () => {
  const { viewer, tell, marks, passes } = await onAir();
  const sessions = [];
  for (const uid of [1, 2, 3]) sessions.push(await (await viewer(uid)).plays());
  for (const session of sessions) tell(100, session, 0, { isLast: true });
  await passes(fixed.watchedSweepMs);
  const told = await marks();
  expect(told).toMatchObject([1, 2, 3].map((uid) => ({ uid, watchedMs: 0, publishedMs: 0 })));
  expect(new Set(told.map(({ atMs }) => atMs)).size).toBe(1);
  await passes(2 * fixed.watchedMarkMs);
  expect(await marks()).toHaveLength(3);
});

test('WATCH4: a mark that comes after the leave and a rejoin is of the stay that watched', async () => {
  const { viewer, tell, marksOfUid, leaves, passes, channel } = await onAir();
  const first = await viewer(1);
  const before = await first.plays();
  tell(100, before, 0b11);
  await leaves(first.connectionId);
  const second = await viewer(1);
  expect(second.joinedSeq).toBeGreaterThan(first.joinedSeq);
  const after = await second.plays();
  tell(100, after, 0b1100);
  await passes(fixed.watchedSweepMs);
  // The engine has not said the last of the first stay.
  expect(await marksOfUid(1)).toEqual([]);
  tell(100, before, 0b100, { isLast: true });
  await passes(fixed.watchedSweepMs);
  const { joinedSeq } = first;
  expect(await marksOfUid(1)).toMatchObject([{ sid: channel()?.sid, joinedSeq, watchedMs: 3_000 }]);
  tell(110, after, 0, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([
    { joinedSeq, watchedMs: 3_000 },
    { joinedSeq: second.joinedSeq, watchedMs: 2_000 },
  ]);
});

test('WATCH4: if the engine says nothing, the mark comes 10 s after the leave; what it says later is one more', async () => {
  const { viewer, tell, marksOfUid, leaves, passes } = await onAir();
  const { connectionId, plays } = await viewer(1);
  const session = await plays();
  tell(100, session, 0b11);
  await leaves(connectionId);
  await passes(fixed.watchedLastWordMs - 2 * fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toEqual([]);
  await passes(3 * fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([{ watchedMs: 2_000 }]);
  tell(100, session, 0b111, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(sumOf(await marksOfUid(1), 'watchedMs')).toBe(3_000);
});

test('WATCH5: a mark changes nothing of its channel', async () => {
  const { host, tell, marks, channel, passes } = await onAir();
  const before = channel();
  tell(100, host, 0b1, { isLast: true });
  await passes(fixed.watchedSweepMs);
  expect(await marks()).toHaveLength(1);
  expect(channel()).toBe(before);
});

test('WATCH6: when the engine is killed, what it had told stands, and its next seconds are others', async () => {
  const { service, publish, viewer, tell, marksOfUid, leaves, passes, channel, until } = await onAir();
  const { connectionId, plays } = await viewer(1);
  const killed = await plays('host=7');
  tell(100, killed, 0b111);
  service.report({ type: 'restarted' });
  // A word of a session that is not any more.
  tell(100, killed, 0b1_1111);
  await passes(fixed.watchedSweepMs);
  expect(await marksOfUid(1)).toMatchObject([{ watchedMs: 3_000 }]);
  // The new engine counts from its own beginning.
  await publish(7, videoSdp);
  await until('the host is back', () => channel()?.roster.get(7)?.link.state === 'live');
  tell(100, await plays('host=7'), 0b1, { isLast: true });
  await leaves(connectionId);
  await passes(fixed.watchedSweepMs);
  expect(sumOf(await marksOfUid(1), 'watchedMs')).toBe(4_000);
});

test('WATCH6: a server that stops records what no mark has', async () => {
  const { service, host, tell, marks, during } = await onAir();
  tell(100, host, 0b101);
  await during(service.stop());
  expect(await marks()).toMatchObject([{ uid: 7, publishedMs: 2_000 }]);
});
