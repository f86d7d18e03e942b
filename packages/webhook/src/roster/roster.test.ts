import { describe, expect, test } from 'bun:test';
import type { ChannelEvent } from '@housecount/protocol';
import { entryOfEvent, namesOf, noticeOf, Truth } from '../../test/truth.ts';
import type { Notice } from '../notice.ts';
import { parseNotice } from '../parse-notice.ts';
import type { RosterChange } from './channels.ts';
import type { Healer } from './healing/healer.ts';
import { Roster } from './roster.ts';
import { memoryStore } from './stores/store.ts';

const joins = (truth: Truth, ...picks: number[]): ChannelEvent[] =>
  picks.flatMap((pick) => truth.step({ does: 'join', pick }));

const at = (events: readonly ChannelEvent[], seq: number): Notice => {
  const event = events.find((one) => one.seq === seq);
  if (!event) throw new Error(`no seq ${seq}`);
  return noticeOf(event);
};

/** A notice as Agora sends it: no sid, no seq, no count. */
function plain(eventType: number, uid: number, clientSeq: number, more: object = {}): Notice {
  const payload = { channelName: 'x', ts: 1_700_000_000, uid, clientSeq, ...more };
  return parseNotice(
    JSON.stringify({ noticeId: `${uid}:${clientSeq}`, productId: 1, eventType, notifyMs: 1, payload }),
  );
}

test('HOOK183: the rejection of an asynchronous listener is reported, ends no process, and the notice is taken', async () => {
  const errors: unknown[] = [];
  const roster = new Roster({ onError: (error) => errors.push(error) });
  roster.onChange(async ({ type }) => {
    await Promise.resolve();
    throw new Error(`cannot tell of ${type}`);
  });
  roster.onLost(() => Promise.reject(new Error('cannot tell of a loss')));
  const events = joins(new Truth('x'), 1);
  for (const event of events) expect((await roster.take(noticeOf(event))).applied).toBe(true);
  const lost = { fromSeq: 9, toSeq: 9, channelName: 'y', ts: 1 };
  const notice = {
    sid: 'S',
    noticeId: 'S:9-9:190',
    productId: 1,
    eventType: 190,
    notifyMs: 1,
    payload: lost,
  };
  await roster.take(parseNotice(JSON.stringify(notice)));
  await new Promise(setImmediate);
  expect(errors.map(String)).toEqual([
    'Error: cannot tell of opened',
    'Error: cannot tell of joined',
    'Error: cannot tell of a loss',
  ]);
});

test('PERSON18: a member has the user id of its join, of its last notice, or of the server’s roster', async () => {
  const events = joins(new Truth('x'), 1, 2, 3);
  const [, first, second, third] = events;
  if (!first || !second || !third || !('uid' in first) || !('uid' in third)) throw new Error('three came');
  const { connectionId: _, ...member } = first as typeof first & { readonly connectionId: string };
  const base = { ...member, count: 3, role: 'broadcaster', userId: 'ann' } as const;
  const role = { ...base, type: 'role-changed', seq: 5, clientSeq: member.clientSeq + 1 } as const;
  const told: RosterChange[] = [];
  const roster = new Roster();
  roster.onChange((change) => void told.push(change));
  for (const event of events.slice(0, 3)) await roster.take(noticeOf(event));
  await roster.take(noticeOf({ ...third, userId: 'cat' }));
  const uids = [first, second, third].map((event) => ('uid' in event ? event.uid : 0));
  const usersOf = async () => {
    const members = await roster.members('x');
    return uids.map((uid) => members.find((one) => one.uid === uid)?.userId);
  };
  expect(await usersOf()).toEqual([undefined, undefined, 'cat']);
  await roster.take(noticeOf(role as ChannelEvent));
  expect(await usersOf()).toEqual(['ann', undefined, 'cat']);
  const left = {
    ...third,
    ...{ type: 'member-left', seq: 6, count: 2, clientSeq: third.clientSeq + 1, userId: 'dan' },
    ...{ reason: 'quit', evidence: 'bye', lastHeardMs: 0, noticedMs: 0, joinedMs: third.atMs },
  } as unknown as ChannelEvent;
  await roster.take(noticeOf(left));
  expect(told.at(-1)).toMatchObject({ type: 'left', member: { uid: third.uid, userId: 'dan' } });
  expect(await usersOf()).toEqual(['ann', undefined, undefined]);
});

describe('holes', () => {
  test('HOOK41: are named when they show, closed by what was missing, and waited for without a clock', async () => {
    const events = joins(new Truth('x'), 1, 2, 3, 4, 5);
    const roster = new Roster();
    expect(await roster.take(at(events, 1))).toEqual({ applied: true, duplicate: false });
    expect(await roster.take(at(events, 4))).toEqual({
      applied: false,
      duplicate: false,
      waitingFor: [2, 3],
    });
    expect(await roster.take(at(events, 4))).toEqual({ applied: false, duplicate: true });
    expect(await roster.take(at(events, 6))).toEqual({
      applied: false,
      duplicate: false,
      waitingFor: [2, 3],
    });
    expect(await roster.view('x')).toMatchObject({ seq: 1, count: 0, waitingFor: [2, 3] });
    expect((await roster.take(at(events, 2))).applied).toBe(true);
    expect(await roster.view('x')).toMatchObject({ seq: 2, count: 1, waitingFor: [3, 3] });
    expect((await roster.take(at(events, 3))).applied).toBe(true);
    expect(await roster.view('x')).toMatchObject({ seq: 4, count: 3, waitingFor: [5, 5] });
    await roster.take(at(events, 5));
    expect((await roster.view('x')).waitingFor).toBeUndefined();
    expect(await roster.count('x')).toBe(5);
  });

  test('HOOK43: a healer that fails loses nothing; the next notice asks again', async () => {
    const truth = new Truth('x');
    const events = joins(truth, 1, 2, 3, 4);
    let down = true;
    const heal: Healer = {
      async events({ sid, after, to }) {
        if (down) throw new Error('away');
        return truth.lives.get(sid)?.slice(after, to).map(entryOfEvent);
      },
      roster: async () => {
        throw new Error('not asked for');
      },
    };
    const roster = new Roster({ heal });
    await roster.take(at(events, 1));
    const taken = await roster.take(at(events, 3));
    expect(taken).toEqual({
      applied: false,
      duplicate: false,
      waitingFor: [2, 2],
      healFailed: new Error('away'),
    });
    down = false;
    const next = await roster.take(at(events, 5));
    expect(next).toEqual({ applied: true, duplicate: false, waitingFor: [2, 2], healed: true });
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK41: a healer whose answer does not close the hole is not believed', async () => {
    const truth = new Truth('x');
    const events = joins(truth, 1, 2, 3);
    const none: Healer = { events: async () => [], roster: async () => undefined };
    const stale = truth.snapshot();
    const old: Healer = {
      events: async () => undefined,
      roster: async () => stale && { ...stale, seq: 1, members: [] },
    };
    const foreign: Healer = {
      events: async () => joins(new Truth('y'), 1).map(entryOfEvent),
      roster: async () => undefined,
    };
    expect((await new Roster({ heal: none }).take(at(events, 3))).late).toBe(true);
    for (const heal of [old, foreign]) {
      const taken = await new Roster({ heal }).take(at(events, 4));
      expect(taken.applied).toBe(false);
      expect(taken.healed).toBeUndefined();
      expect(taken.healFailed).toMatchObject({ code: 'heal_failed' });
    }
  });

  test('HOOK41: a hole of more than 1,000 is healed by the roster', async () => {
    const truth = new Truth('x');
    const events = joins(truth, ...Array.from({ length: 1_200 }, (_, index) => index));
    const asked: string[] = [];
    const heal: Healer = {
      events: async () => {
        asked.push('events');
        return undefined;
      },
      roster: async () => {
        asked.push('roster');
        return truth.snapshot();
      },
    };
    const roster = new Roster({ heal });
    expect((await roster.take(at(events, 1_201))).healed).toBe(true);
    expect(asked).toEqual(['roster']);
    expect(await roster.count('x')).toBe(1_200);
  });

  test('HOOK42: a roster that was asked for before others went on changes nothing', async () => {
    const truth = new Truth('x');
    const events = joins(truth, 1, 2);
    const old = truth.snapshot();
    events.push(...joins(truth, 3, 4), ...truth.step({ does: 'leave', pick: 0 }));
    const store = memoryStore();
    const other = new Roster({ store });
    const heal: Healer = {
      events: async () => undefined,
      async roster() {
        for (const event of events) await other.take(noticeOf(event));
        return old;
      },
    };
    const roster = new Roster({ store, heal });
    await roster.take(at(events, 1));
    expect((await roster.take(at(events, 3))).applied).toBe(true);
    expect(await roster.view('x')).toMatchObject({ seq: 6, count: 3 });
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK41: members that do not fit the count of a notice are asked for anew', async () => {
    const truth = new Truth('x');
    const events = joins(truth, 1, 2, 3);
    const heal: Healer = { events: async () => undefined, roster: async () => truth.snapshot() };
    const roster = new Roster({ heal });
    await roster.take(at(events, 1));
    const { payload, ...rest } = JSON.parse(JSON.stringify(at(events, 2)));
    await roster.take({ ...rest, payload, uid: 77, count: 2 });
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });
});

describe('limits', () => {
  test.each([
    ['in number', { waitingMax: 3 }],
    ['in bytes', { waitingBytesMax: 500 }],
  ])(
    'HOOK50: waiting notices are bounded %s; without a healer the next is refused with a code',
    async (_name, limits) => {
      const events = joins(new Truth('x'), 1, 2, 3, 4, 5, 6);
      const roster = new Roster({ limits });
      for (const seq of [3, 4, 5]) expect((await roster.take(at(events, seq))).applied).toBe(false);
      await expect(roster.take(at(events, 6))).rejects.toMatchObject({ code: 'waiting_full' });
      // The notices that were kept are still good, and the refused one comes again.
      for (const seq of [1, 2, 6, 7]) expect((await roster.take(at(events, seq))).applied).toBe(true);
      expect(await roster.count('x')).toBe(6);
    },
  );

  test('HOOK50: with a healer, a full channel is healed', async () => {
    const truth = new Truth('x');
    const events = joins(truth, 1, 2, 3, 4, 5, 6);
    let down = true;
    const heal: Healer = {
      events: async ({ sid, after, to }) => {
        if (down) throw new Error('away');
        return truth.lives.get(sid)?.slice(after, to).map(entryOfEvent);
      },
      roster: async () => undefined,
    };
    const roster = new Roster({ heal, limits: { waitingMax: 2 } });
    for (const seq of [3, 4]) await roster.take(at(events, seq));
    await expect(roster.take(at(events, 5))).rejects.toMatchObject({ code: 'waiting_full' });
    down = false;
    expect((await roster.take(at(events, 6))).applied).toBe(true);
    expect(await roster.view('x')).toMatchObject({ seq: 6, count: 5 });
  });

  test('HOOK50: notices that wait for the store are bounded', async () => {
    const events = joins(new Truth('x'), 1, 2, 3);
    const roster = new Roster({ limits: { pendingMax: 2 } });
    const first = [roster.take(at(events, 1)), roster.take(at(events, 2))];
    await expect(roster.take(at(events, 3))).rejects.toMatchObject({ code: 'overloaded' });
    await Promise.all(first);
    expect((await roster.take(at(events, 3))).applied).toBe(true);
  });
});

describe('lives', () => {
  test('HOOK49: a late notice of a life that is over does not touch the one that goes on', async () => {
    const truth = new Truth('x');
    const old = joins(truth, 1, 2);
    truth.pass(5_000);
    const end = truth.step({ does: 'close', pick: 0 });
    truth.pass(5_000);
    const young = joins(truth, 3);
    const roster = new Roster();
    for (const event of old) await roster.take(noticeOf(event));
    const changes: string[] = [];
    roster.onChange(({ type }) => changes.push(type));
    for (const event of young) await roster.take(noticeOf(event));
    expect(changes).toEqual(['left', 'left', 'closed', 'opened', 'joined']);
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
    for (const event of [...end, ...old])
      expect(await roster.take(noticeOf(event))).toEqual({ applied: false, duplicate: false, late: true });
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK49: a life of which nothing was known until it was over is late from its first notice', async () => {
    const truth = new Truth('x');
    const missed = joins(truth, 1);
    missed.push(...truth.step({ does: 'close', pick: 0 }));
    truth.pass(3_000);
    const young = joins(truth, 3);
    const roster = new Roster();
    for (const event of [...young, ...missed]) await roster.take(noticeOf(event));
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK49: a life that is late by one notice is late by all, those from the second in which the next began, too', async () => {
    const truth = new Truth('x');
    const old = joins(truth, 1);
    truth.pass(5_000);
    const end = truth.step({ does: 'close', pick: 0 });
    const young = joins(truth, 3);
    const inner = memoryStore();
    // It gives back text, as a store outside of the process does.
    const load = async (key: string) => {
      const found = await inner.load(key);
      return found && { ...found, value: JSON.stringify(found.value) };
    };
    const roster = new Roster({ store: { load, save: (...saved) => inner.save(...saved) } });
    for (const event of [...young, ...old, ...end]) await roster.take(noticeOf(event));
    const view = await roster.view('x');
    expect([namesOf(view.members), view.sid, view.waitingFor]).toEqual([
      truth.people(),
      truth.sid,
      undefined,
    ]);
    const other = new Roster();
    for (const event of [...young, ...old.slice(0, 1), ...end]) await other.take(noticeOf(event));
    expect(namesOf(await other.members('x'))).toEqual(truth.people());
  });

  test('HOOK49: two lives within one second are told apart by the server at once', async () => {
    const truth = new Truth('x');
    const old = joins(truth, 1, 2);
    truth.step({ does: 'close', pick: 0 });
    const young = joins(truth, 3);
    const heal: Healer = { events: async () => undefined, roster: async () => truth.snapshot() };
    const roster = new Roster({ heal });
    for (const event of young) await roster.take(noticeOf(event));
    for (const event of old.reverse()) {
      await roster.take(noticeOf(event));
      expect(namesOf(await roster.members('x'))).toEqual(truth.people());
    }
  });

  test('HOOK49: a server whose clock was set back is asked before its channel is thought to be over', async () => {
    const truth = new Truth('x');
    const old = joins(truth, 1);
    truth.step({ does: 'close', pick: 0 });
    truth.pass(-60_000);
    const young = joins(truth, 3, 4);
    const heal: Healer = { events: async () => undefined, roster: async () => truth.snapshot() };
    const roster = new Roster({ heal });
    for (const event of [...old, ...young]) await roster.take(noticeOf(event));
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });
});

describe('plain channels', () => {
  test('HOOK47: the greatest clientSeq of each uid counts, in whatever order', async () => {
    const roster = new Roster();
    expect((await roster.take(plain(111, 1, 20))).applied).toBe(true);
    expect(await roster.members('x')).toEqual([{ uid: 1, role: 'broadcaster' }]);
    expect((await roster.take(plain(105, 1, 10))).duplicate).toBe(true);
    expect((await roster.take(plain(112, 1, 20))).duplicate).toBe(true);
    expect((await roster.take(plain(112, 1, 21))).applied).toBe(true);
    await roster.take(plain(106, 2, 9));
    await roster.take(plain(105, 2, 8));
    expect(await roster.members('x')).toEqual([{ uid: 1, role: 'audience' }]);
    expect((await roster.take(plain(102, 1, 99))).applied).toBe(false);
    await roster.take(plain(106, 1, 30));
    expect(await roster.count('x')).toBe(0);
  });

  test('HOOK47: a leave shows at once; 60 s later its record is gone, and not before', async () => {
    let nowMs = 0;
    const roster = new Roster({ now: () => nowMs });
    await roster.take(plain(105, 1, 10));
    await roster.take(plain(106, 1, 20));
    expect(await roster.count('x')).toBe(0);
    nowMs = 59_999;
    expect((await roster.take(plain(105, 1, 15))).duplicate).toBe(true);
    nowMs = 60_000;
    expect((await roster.take(plain(105, 1, 15))).applied).toBe(true);
  });

  test('HOOK47: a member who came back keeps the new record when the old leave is forgotten', async () => {
    let nowMs = 0;
    const roster = new Roster({ now: () => nowMs });
    for (const notice of [plain(105, 1, 1), plain(106, 1, 2), plain(105, 1, 3)]) await roster.take(notice);
    nowMs = 100_000;
    await roster.take(plain(105, 2, 1));
    expect(await roster.count('x')).toBe(2);
    expect((await roster.take(plain(106, 1, 2))).duplicate).toBe(true);
  });

  test('HOOK47: a member who left twice is remembered from the second time on', async () => {
    let nowMs = 0;
    const roster = new Roster({ now: () => nowMs });
    await roster.take(plain(106, 1, 2));
    nowMs = 30_000;
    await roster.take(plain(106, 1, 4));
    nowMs = 61_000;
    expect((await roster.take(plain(105, 1, 3))).duplicate).toBe(true);
    nowMs = 90_000;
    expect((await roster.take(plain(105, 1, 3))).applied).toBe(true);
  });

  test('HOOK47: the number of records of members who left is bounded', async () => {
    const roster = new Roster({ limits: { departedMax: 2 }, now: () => 0 });
    for (const uid of [1, 2, 3, 4]) await roster.take(plain(106, uid, 10));
    await roster.take(plain(105, 9, 1));
    expect((await roster.take(plain(105, 4, 5))).duplicate).toBe(true);
    expect((await roster.take(plain(105, 1, 5))).applied).toBe(true);
  });

  test('HOOK47: a subscription of some types goes by clientSeq, and refuses a type that it does not name', async () => {
    const truth = new Truth('x');
    const events = joins(truth, 1, 2, 3);
    events.push(...truth.step({ does: 'leave', pick: 0 }));
    const roster = new Roster({ types: [105, 106] });
    const changes: RosterChange[] = [];
    roster.onChange((change) => changes.push(change));
    for (const event of events.slice(1).reverse()) await roster.take(noticeOf(event));
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
    expect(changes.map(({ type }) => type)).toEqual(['joined', 'joined']);
    await expect(roster.take(at(events, 1))).rejects.toMatchObject({ code: 'type_not_named' });
    for (const types of [[], [101, 102], [105], [106, 111]])
      expect(() => new Roster({ types })).toThrow(TypeError);
  });

  test('HOOK47: once numbered notices come, they alone count', async () => {
    const truth = new Truth('x');
    const roster = new Roster();
    await roster.take(plain(105, 50, 1));
    for (const event of joins(truth, 1, 2)) await roster.take(noticeOf(event));
    expect((await roster.take(plain(105, 51, 1))).applied).toBe(false);
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });
});

describe('bad input', () => {
  const [opened, joined] = joins(new Truth('x'), 1);
  const good = joined && noticeOf(joined);
  test.each([
    [{ seq: 0 }],
    [{ seq: 1.5 }],
    [{ seq: -1 }],
    [{ seq: 2 ** 53 }],
    [{ sid: '' }],
    [{ sid: 'x'.repeat(257) }],
    [{ uid: -1 }],
    [{ uid: 2 ** 32 }],
    [{ uid: 1.5 }],
  ])('HOOK40: %p is refused with a code', async (change) => {
    if (!opened || !good) throw new Error('there are two events');
    const roster = new Roster();
    await roster.take(noticeOf(opened));
    const bad = { ...good, ...change } as Notice;
    await expect(roster.take(bad)).rejects.toMatchObject({ code: 'notice_invalid' });
    await expect(
      new Roster().take({ ...bad, seq: undefined, sid: undefined, uid: -1 } as Notice),
    ).rejects.toMatchObject({ code: 'notice_invalid' });
    expect(await roster.count('x')).toBe(0);
    expect((await roster.take(good)).applied).toBe(true);
  });

  test('HOOK40: unknown types and checks of an endpoint change nothing', async () => {
    const roster = new Roster();
    const other = { noticeId: 'n', productId: 1, eventType: 199, notifyMs: 1, payload: {} };
    const ignored = { applied: false, duplicate: false };
    expect(await roster.take(parseNotice(JSON.stringify(other)))).toEqual(ignored);
    const check = { channelName: 'test_webhook', uid: 12121212, ts: 1, clientSeq: 1 };
    expect(
      await roster.take(parseNotice(JSON.stringify({ ...other, eventType: 105, payload: check }))),
    ).toEqual(ignored);
  });

  test('HOOK44: the error that a listener throws is the answer to the notice, whose change stands', async () => {
    const events = joins(new Truth('x'), 1);
    const roster = new Roster();
    const stop = roster.onChange(() => {
      throw new Error('mine');
    });
    await expect(roster.take(at(events, 1))).rejects.toThrow('mine');
    stop();
    expect((await roster.take(at(events, 1))).duplicate).toBe(true);
    expect((await roster.take(at(events, 2))).applied).toBe(true);
  });

  test('HOOK44: an error that a listener throws while a hole is healed is not taken for a failure to heal', async () => {
    const truth = new Truth('x');
    const events = joins(truth, 1, 2, 3);
    const heal: Healer = {
      events: async ({ sid, after, to }) => truth.lives.get(sid)?.slice(after, to).map(entryOfEvent),
      roster: async () => truth.snapshot(),
    };
    const roster = new Roster({ heal });
    let told = 0;
    const stop = roster.onChange(() => {
      throw new Error('mine');
    });
    roster.onChange(() => {
      told += 1;
    });
    await expect(roster.take(at(events, 3))).rejects.toThrow('mine');
    expect([told, await roster.count('x')]).toEqual([3, 2]);
    await expect(roster.refresh('x')).rejects.toThrow('mine');
    stop();
    await roster.refresh('x');
    expect(await roster.count('x')).toBe(3);
  });

  test('refresh without a healer is the caller’s mistake', async () => {
    await expect(new Roster().refresh('x')).rejects.toThrow(TypeError);
  });
});
