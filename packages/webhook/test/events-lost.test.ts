import { describe, expect, test } from 'bun:test';
import { type ChannelEvent, toAgoraEventsLost } from '@housecount/protocol';
import fc from 'fast-check';
import type { Notice } from '../src/notice.ts';
import { parseNotice } from '../src/parse-notice.ts';
import type { Healer } from '../src/roster/healing/healer.ts';
import type { EventsLostChange } from '../src/roster/healing/lost-events.ts';
import { Roster } from '../src/roster/roster.ts';
import { RosterError } from '../src/roster/roster-error.ts';
import { diceOf, entryOfEvent, namesOf, noticeOf, type Step, Truth } from './truth.ts';

/** The notice with which the server says that it will not send these events, all of one life. */
function lostNotice(events: readonly ChannelEvent[]): Notice {
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) throw new Error('there are some');
  const range = { channel: first.channel, sid: first.sid, fromSeq: first.seq, toSeq: last.seq };
  return parseNotice(
    JSON.stringify(toAgoraEventsLost({ type: 'events-lost', app: 'a', range, atMs: last.atMs }, 1)),
  );
}
const restNotice = parseNotice(
  JSON.stringify(toAgoraEventsLost({ type: 'events-lost', app: 'a', events: 7, atMs: 9_000 }, 1)),
);

/** A healer that records what it was asked. `keeps`: the server still has the events. */
function healerOf(truth: Truth, keeps = true) {
  const asked: string[] = [];
  const heal: Healer = {
    async events({ sid, after, to }) {
      asked.push(`events ${after}-${to}`);
      return keeps ? truth.lives.get(sid)?.slice(after, to).map(entryOfEvent) : undefined;
    },
    async roster() {
      asked.push('roster');
      return truth.snapshot();
    },
  };
  return { heal, asked };
}
const joins = (truth: Truth, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => truth.step({ does: 'join', pick: from + n })).flat();
const taker = (roster: Roster) => async (events: readonly ChannelEvent[]) => {
  for (const event of events) await roster.take(noticeOf(event));
};
function heardOf(roster: Roster): EventsLostChange[] {
  const heard: EventsLostChange[] = [];
  roster.onLost((lost) => heard.push(lost));
  return heard;
}

describe('lost events', () => {
  test('HOOK125: the channel is healed at once by its events, no seq is counted, and listeners are told', async () => {
    const truth = new Truth('x');
    const { heal, asked } = healerOf(truth);
    const roster = new Roster({ heal });
    const heard = heardOf(roster);
    await taker(roster)(joins(truth, 0, 5));
    const lost = joins(truth, 5, 20);
    expect(await roster.take(lostNotice(lost))).toEqual({ applied: false, duplicate: false, healed: true });
    expect(asked).toEqual(['events 6-21']);
    const view = await roster.view('x');
    expect(view).toMatchObject({ seq: 21, count: 20 });
    expect(namesOf(view.members)).toEqual(truth.people());
    const [first] = lost;
    expect(heard).toEqual([
      {
        noticeId: `${first?.sid}:7-21:190`,
        channel: 'x',
        sid: first?.sid ?? '',
        fromSeq: 7,
        toSeq: 21,
        healed: true,
      },
    ]);
    // The notice that follows has the next seq, and leaves no hole.
    const [next] = joins(truth, 20, 21);
    if (!next) throw new Error('somebody joined');
    expect(await roster.take(noticeOf(next))).toEqual({ applied: true, duplicate: false });
  });

  test('HOOK125: a copy, or one that tells what is known, asks nothing; listeners are told all the same', async () => {
    const truth = new Truth('x');
    const { heal, asked } = healerOf(truth);
    const roster = new Roster({ heal });
    const heard = heardOf(roster);
    const events = joins(truth, 0, 9);
    await taker(roster)(events);
    for (let copy = 0; copy < 2; copy++)
      expect(await roster.take(lostNotice(events.slice(2, 5)))).toEqual({ applied: false, duplicate: true });
    expect(asked).toEqual([]);
    expect(heard.map(({ healed }) => healed)).toEqual([true, true]);
  });

  test.each([
    ['that are no longer kept', false, 5],
    ['that are too many', true, 1_500],
  ])('HOOK125: for events %s the roster as it is now is asked', async (_name, keeps, many) => {
    const truth = new Truth('x');
    const { heal, asked } = healerOf(truth, keeps);
    const roster = new Roster({ heal });
    await taker(roster)(joins(truth, 0, 3));
    await roster.take(lostNotice(joins(truth, 3, 3 + many)));
    expect(asked.at(-1)).toBe('roster');
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK125: of a life that is not known yet, and of one that ended unseen', async () => {
    const truth = new Truth('x');
    const { heal } = healerOf(truth);
    const roster = new Roster({ heal });
    await roster.take(lostNotice(joins(truth, 0, 4)));
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
    const ends = truth.step({ does: 'close', pick: 0 });
    await roster.take(lostNotice(ends));
    expect(await roster.view('x')).toEqual({ count: 0, members: [] });
    truth.pass(5_000);
    const second = joins(truth, 0, 3);
    await roster.take(lostNotice([...second, ...truth.step({ does: 'close', pick: 0 })]));
    expect(await roster.count('x')).toBe(0);
  });

  test('HOOK125: when the server is asked in vain it is refused, so that it comes again; then it heals', async () => {
    const truth = new Truth('x');
    const { heal } = healerOf(truth);
    let isDown = true;
    const events: Healer['events'] = (query) => {
      if (isDown) throw new RosterError('heal_failed', 'away');
      return heal.events(query);
    };
    const roster = new Roster({ heal: { ...heal, events } });
    const heard = heardOf(roster);
    await taker(roster)(joins(truth, 0, 3));
    const lost = lostNotice(joins(truth, 3, 6));
    await expect(roster.take(lost)).rejects.toMatchObject({ code: 'heal_failed' });
    isDown = false;
    expect(await roster.take(lost)).toMatchObject({ healed: true });
    expect(heard.map(({ healed }) => healed)).toEqual([false, true]);
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK125: a listener that throws stops no other, and the notice comes again', async () => {
    const truth = new Truth('x');
    const roster = new Roster({ heal: healerOf(truth).heal });
    const end = roster.onLost(() => {
      throw new Error('a listener');
    });
    const heard = heardOf(roster);
    const lost = lostNotice(joins(truth, 0, 3));
    await expect(roster.take(lost)).rejects.toThrow('a listener');
    end();
    await roster.take(lost);
    expect(heard).toHaveLength(2);
    expect(await roster.count('x')).toBe(3);
  });

  test('HOOK126: without a healer they are only told; the hole stays until it is filled', async () => {
    const truth = new Truth('x');
    const roster = new Roster();
    const heard = heardOf(roster);
    await taker(roster)(joins(truth, 0, 3));
    const lost = joins(truth, 3, 6);
    expect(await roster.take(lostNotice(lost))).toEqual({ applied: false, duplicate: false });
    const [next] = joins(truth, 6, 7);
    if (!next) throw new Error('somebody joined');
    expect(await roster.take(noticeOf(next))).toMatchObject({ applied: false, waitingFor: [5, 7] });
    expect(heard).toMatchObject([{ healed: false, fromSeq: 5, toSeq: 7 }]);
    await taker(roster)(lost);
    expect(namesOf(await roster.members('x'))).toEqual(truth.people());
  });

  test('HOOK126: a roster that goes by clientSeq is not touched: with types, and of a plain channel', async () => {
    const truth = new Truth('x');
    const { heal, asked } = healerOf(truth);
    const some = new Roster({ heal, types: [103, 104, 105, 106] });
    const events = joins(truth, 0, 4).filter(({ type }) => type === 'member-joined');
    await taker(some)(events);
    const before = await some.view('x');
    const heard = heardOf(some);
    expect(await some.take(lostNotice(events))).toEqual({ applied: false, duplicate: false });
    expect(await some.view('x')).toEqual(before);

    const plain = new Roster({ heal });
    for (const event of events) {
      const { payload, ...notice } = noticeOf(event);
      await plain.take({ ...notice, payload, sid: undefined, seq: undefined, count: undefined } as Notice);
    }
    heard.push(...heardOf(plain));
    expect(await plain.take(lostNotice(events))).toEqual({ applied: false, duplicate: false });
    expect(await plain.count('x')).toBe(4);
    expect(asked).toEqual([]);
    expect(heard).toMatchObject([{ healed: false }]);
  });

  test('HOOK126: the one that counts the rest changes nothing, and is told', async () => {
    const truth = new Truth('x');
    const { heal, asked } = healerOf(truth);
    const roster = new Roster({ heal });
    const heard = heardOf(roster);
    await taker(roster)(joins(truth, 0, 3));
    expect(await roster.take(restNotice)).toEqual({ applied: false, duplicate: false });
    expect(asked).toEqual([]);
    expect(heard).toEqual([{ noticeId: 'a:-9000:190', events: 7, healed: false }]);
  });

  test('HOOK126: the check of an endpoint is not told', async () => {
    const roster = new Roster();
    const heard = heardOf(roster);
    const range = { channel: 'test_webhook', sid: 'S', fromSeq: 1, toSeq: 2 };
    const body = toAgoraEventsLost({ type: 'events-lost', app: 'a', range, atMs: 1 }, 1);
    await roster.take(parseNotice(JSON.stringify(body)));
    expect(heard).toEqual([]);
  });

  const step = fc.record({
    does: fc.constantFrom<Step['does']>('join', 'join', 'join', 'leave', 'leave', 'role', 'close'),
    pick: fc.nat(6),
    passMs: fc.constantFrom(0, 0, 300, 1_000, 5_000),
    lost: fc.boolean(),
  });
  test('HOOK125: whatever runs of events are lost, told late or twice: after each notice nothing is missing, without a refresh', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.boolean(),
        async (steps, seed, keeps) => {
          const truth = new Truth('x');
          const dice = diceOf(seed);
          const roster = new Roster({ heal: healerOf(truth, keeps).heal });
          /** Lost and not told yet, by life. */
          const gaps = new Map<string, ChannelEvent[]>();
          const told: Notice[] = [];
          const tell = async () => {
            for (const gap of gaps.values()) told.push(lostNotice(gap));
            gaps.clear();
            for (const notice of told.slice(-3))
              expect((await roster.take(notice)).healFailed).toBeUndefined();
          };
          for (const { passMs, lost, ...one } of steps) {
            truth.pass(passMs);
            for (const event of truth.step(one))
              if (lost) gaps.set(event.sid, [...(gaps.get(event.sid) ?? []), event]);
              else {
                if (dice(3) === 0) await tell();
                await roster.take(noticeOf(event));
              }
          }
          await tell();
          const view = await roster.view('x');
          expect(namesOf(view.members)).toEqual(truth.people());
          expect([view.sid, view.waitingFor]).toEqual([truth.sid, undefined]);
        },
      ),
      { numRuns: 400 },
    );
  });
});
