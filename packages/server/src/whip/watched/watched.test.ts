import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { fixed } from '../../fixed-limits.ts';
import type { Watched } from '../../log/contract/media-marks.ts';
import type { MediaStats } from '../../media/contract.ts';
import { SecondsTeller } from '../../media/embedded/seconds-teller.ts';
import type { CarriedSeconds } from '../../media/embedded/streams/carried-seconds.ts';
import type { Stay } from './stay-seconds.ts';
import { WatchedTime } from './watched.ts';

const stayOf = (uid: number, joinedSeq = uid): Stay => ({
  app: 'app',
  channel: 'x',
  sid: 'S',
  joinedSeq,
  uid,
});

/** What is recorded, and whether it can be. */
function begin() {
  const simulated = new SimClock();
  const transactions: (readonly Watched[])[] = [];
  const log = { isWritable: true, asked: 0 };
  const media = { stats: () => Promise.reject<MediaStats>(new Error('nobody asks')) };
  const watched = new WatchedTime({
    clock: simulated.process(),
    media: { stats: () => media.stats() },
    log: {
      markWatched: async (_app, marks) => {
        log.asked += 1;
        if (!log.isWritable) return { ok: false, code: 'log_unavailable' };
        transactions.push(marks);
        return { ok: true };
      },
    },
  });
  const secondsOf = (uid: number) =>
    transactions.flat().reduce((sum, mark) => sum + (mark.uid === uid ? mark.watchedMs / 1000 : 0), 0);
  return {
    simulated,
    watched,
    log,
    media,
    transactions,
    secondsOf,
    passes: (ms: number) => simulated.advance(ms),
  };
}

test('WATCH6: while the log cannot be written seconds are summed up, one mark for all of them later', async () => {
  const { watched, log, transactions, secondsOf, passes } = begin();
  watched.begin({ id: 'a', kind: 'whep' }, stayOf(1));
  watched.take({ type: 'seconds', first: 0, sessions: [{ session: 'a', bits: 0b11 }] });
  log.isWritable = false;
  await passes(fixed.watchedMarkMs + 3 * fixed.watchedSweepMs);
  expect(log.asked).toBeGreaterThan(1);
  watched.take({ type: 'seconds', first: 10, sessions: [{ session: 'a', bits: 0b1, isLast: true }] });
  watched.left({ sid: 'S', uid: 1, seq: 9 });
  await passes(5 * fixed.watchedSweepMs);
  expect(transactions).toEqual([]);
  log.isWritable = true;
  await passes(2 * fixed.watchedSweepMs);
  expect(transactions).toEqual([[{ ...stayOf(1), watchedMs: 3_000, publishedMs: 0 }]]);
  expect(secondsOf(1)).toBe(3);
});

test('WATCH6: a server that stops does not wait for an engine that hangs, and records what was told', async () => {
  const { watched, media, transactions, passes } = begin();
  media.stats = () => new Promise(() => undefined);
  watched.begin({ id: 'a', kind: 'whip' }, stayOf(1));
  watched.take({ type: 'seconds', first: 0, sessions: [{ session: 'a', bits: 0b11 }] });
  const stopped = watched.stop();
  await passes(fixed.watchedStopMs);
  await stopped;
  expect(transactions).toEqual([[{ ...stayOf(1), watchedMs: 0, publishedMs: 2_000 }]]);
});

test('WATCH3: a transaction has at most 500 marks; the others follow', async () => {
  const { watched, transactions, passes } = begin();
  const uids = Array.from({ length: fixed.watchedMarksMax + 20 }, (_, index) => index + 1);
  for (const uid of uids) watched.begin({ id: `s${uid}`, kind: 'whep' }, stayOf(uid));
  const sessions = uids.map((uid) => ({ session: `s${uid}`, bits: 1, isLast: true as const }));
  watched.take({ type: 'seconds', first: 0, sessions });
  await passes(3 * fixed.watchedSweepMs);
  expect(transactions.map(({ length }) => length)).toEqual([fixed.watchedMarksMax, 20]);
});

test('WATCH3, WATCH6: what is recorded at the stop is in transactions of 500 marks as well', async () => {
  const { watched, transactions } = begin();
  const uids = Array.from({ length: fixed.watchedMarksMax + 20 }, (_, index) => index + 1);
  for (const uid of uids) watched.begin({ id: `s${uid}`, kind: 'whep' }, stayOf(uid));
  const sessions = uids.map((uid) => ({ session: `s${uid}`, bits: 1, isLast: true as const }));
  watched.take({ type: 'seconds', first: 0, sessions });
  await watched.stop();
  expect(transactions.map(({ length }) => length)).toEqual([fixed.watchedMarksMax, 20]);
});

test('WATCH6: a server that stops says of who got nothing so far that it was nothing, once', async () => {
  const { watched, transactions, passes } = begin();
  for (const uid of [1, 2]) watched.begin({ id: `s${uid}`, kind: 'whep' }, stayOf(uid));
  watched.take({ type: 'seconds', first: 0, sessions: [{ session: 's2', bits: 0, isLast: true }] });
  await passes(fixed.watchedSweepMs);
  await watched.stop();
  expect(transactions.flat()).toEqual(
    [2, 1].map((uid) => ({ ...stayOf(uid), watchedMs: 0, publishedMs: 0 })),
  );
});

test('WATCH6: after the stop nothing is recorded, not even of a stay whose join was under way', async () => {
  const { watched, log, passes } = begin();
  await watched.stop();
  watched.begin({ id: 'a', kind: 'whep' }, stayOf(1));
  watched.take({ type: 'seconds', first: 0, sessions: [{ session: 'a', bits: 0b1, isLast: true }] });
  await passes(fixed.watchedMarkMs);
  expect(log.asked).toBe(0);
});

test('WATCH4: a leave that is heard of after the next stay of the same uid began ends the earlier one', async () => {
  const { watched, transactions, passes } = begin();
  watched.begin({ id: 'a', kind: 'whep' }, stayOf(1, 2));
  watched.take({ type: 'seconds', first: 0, sessions: [{ session: 'a', bits: 0b1, isLast: true }] });
  watched.begin({ id: 'b', kind: 'whep' }, stayOf(1, 9));
  watched.left({ sid: 'S', uid: 1, seq: 8 });
  watched.take({ type: 'seconds', first: 0, sessions: [{ session: 'b', bits: 0b110 }] });
  await passes(fixed.watchedLastWordMs + 2 * fixed.watchedSweepMs);
  expect(transactions.flat()).toMatchObject([{ joinedSeq: 2, watchedMs: 1_000 }]);
  // The second stay has not left: its mark is one of the 5 minutes.
  await passes(fixed.watchedMarkMs);
  expect(transactions.flat().slice(1)).toMatchObject([{ joinedSeq: 9, watchedMs: 2_000 }]);
});

test('WATCH2: in any order of packets, pauses, begins and ends, a stay has each second of its sessions once', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new SimRandom(seed);
    const { watched, secondsOf, passes } = begin();
    const open = new Map<string, { readonly id: string; readonly uid: number; seconds: CarriedSeconds }>();
    const expected = new Map<number, Set<number>>();
    let nowMs = Math.floor(random.fraction() * 5_000);
    const teller = new SecondsTeller(nowMs, (report) => watched.take(report));
    const end = (id: string) => {
      const session = open.get(id);
      open.delete(id);
      if (session) teller.ended(session, open.values(), nowMs);
    };
    for (let step = 0; step < 200; step++) {
      const what = random.fraction();
      const some = [...open.values()][Math.floor(random.fraction() * open.size)];
      if (what < 0.1 && open.size < 6) {
        const uid = 1 + Math.floor(random.fraction() * 2);
        teller.tick(open.values(), nowMs);
        const session = { id: `${step}`, uid, seconds: teller.begin() };
        open.set(session.id, session);
        watched.begin({ id: session.id, kind: 'whep' }, stayOf(uid));
      } else if (what < 0.15 && some) end(some.id);
      else if (what < 0.6 && some) {
        some.seconds.carried(nowMs);
        const seconds = expected.get(some.uid) ?? new Set();
        expected.set(some.uid, seconds.add(Math.floor(nowMs / 1000)));
      } else {
        nowMs += Math.floor(random.fraction() * (what < 0.65 ? 12_000 : 900));
        if (what < 0.7) teller.tick(open.values(), nowMs);
      }
    }
    for (const id of [...open.keys()]) end(id);
    teller.tick([], nowMs);
    for (const uid of [1, 2]) watched.left({ sid: 'S', uid, seq: 99 });
    await passes(2 * fixed.watchedSweepMs);
    for (const [uid, seconds] of expected)
      expect([seed, uid, secondsOf(uid)]).toEqual([seed, uid, seconds.size]);
  }
});
