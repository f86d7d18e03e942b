import { describe, expect, test } from 'bun:test';
import { HousecountError } from '@housecount/protocol';
import { testClock } from '../../../testing/worlds/clock.ts';
import { appForTests, LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { limits } from '../../limits.ts';
import { noticeText } from '../../notify/notice/notice-text.ts';
import type { Delivery } from '../deliveries/delivery.ts';
import type { PlacedEvent } from '../history/history-scan.ts';
import { type PlanParts, planRedelivery, type RedeliverySelection } from './redelivery-plan.ts';

const never = new AbortController().signal;

/** A life of three members, all of it known; the history has lost the events up to `lostTo`. */
function world(lostTo: number) {
  const events: PlacedEvent[] = new LifeForTests()
    .whole(3)
    .map((event, index) => ({ position: 10 + index, event }));
  const kept = events.slice(lostTo);
  const idOf = ({ event }: PlacedEvent) => noticeText(event, '107/108', 'agora').noticeId;
  const rows = events.map(
    (place): Delivery => ({
      endpoint: 'good',
      noticeId: idOf(place),
      position: place.position,
      type: 105,
      channel: 'stage',
      sid: place.event.sid,
      seq: place.event.seq,
      eventMs: 1,
      firstMs: 1,
      lastMs: 1,
      attempts: 1,
      redelivered: 0,
      status: 'given-up',
    }),
  );
  const parts: PlanParts = {
    clock: {
      ...testClock(() => 0),
      after(_, run) {
        queueMicrotask(run);
        return () => {};
      },
    },
    history: {
      position: 100,
      caughtUp: async () => {},
      placed: (after, limit) => kept.filter(({ position }) => position > after).slice(0, limit),
      placedOf: (app, { sid, seq }, limit) =>
        app === appForTests && sid === 'SID-stage'
          ? kept.filter(({ event }) => event.seq > seq).slice(0, limit)
          : undefined,
      positionBefore(ms) {
        if (lostTo > 0 && ms < 5) throw new HousecountError('no_longer_kept');
        return 0;
      },
    },
    deliveries: {
      search: () => ({ deliveries: rows }),
      delivery: (_, noticeId) => rows.find((row) => row.noticeId === noticeId),
    },
    notify: {
      noticeOf: (_, event) => ({
        noticeId: idOf({ position: 0, event }),
        taken: event.type !== 'member-left',
      }),
      givenUp: async (_, after) => ({
        // A crash may write one twice.
        entries:
          after > 0
            ? []
            : [...events, ...events.slice(0, 2)].map((place) => ({
                ...place,
                noticeId: idOf(place),
                eventType: 105 as const,
                attempts: 4,
                error: '',
                atMs: 1,
              })),
        next: 9,
      }),
    },
  };
  const plan = (selection: RedeliverySelection, over: Partial<PlanParts> = {}, app = appForTests) =>
    planRedelivery({ app, endpoint: 'good', selection }, { ...parts, ...over }, never);
  const codeOf = (selection: RedeliverySelection, over: Partial<PlanParts> = {}) =>
    plan(selection, over).then(
      () => 'planned',
      (error: unknown) => (error instanceof HousecountError ? error.code : String(error)),
    );
  return { events, rows, parts, plan, codeOf, ids: events.map(idOf) };
}

describe('what is sent again', () => {
  test('REST62: each notice once, in the order of the log, and only what the endpoint takes', async () => {
    const { plan, ids } = world(0);
    const positions = async (selection: RedeliverySelection) =>
      (await plan(selection)).map(({ position }) => position);
    expect(await positions({ since: 0 })).toEqual([10, 11, 12, 13, 17]);
    expect(await positions({ since: { sid: 'SID-stage', seq: 3 } })).toEqual([13, 17]);
    expect(await positions({ noticeId: ids[5] ?? '' })).toEqual([15]);
    expect(await positions({ givenUp: true })).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
    expect(await positions({ filter: { app: appForTests } })).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
  });

  test('REST66: what the history has lost is refused; a given-up notice has its event itself', async () => {
    const { codeOf, plan, events, ids } = world(3);
    const noJournal = {
      notify: { ...world(3).parts.notify, givenUp: async () => ({ entries: [], next: 0 }) },
    };
    expect(await codeOf({ since: 0 })).toBe('no_longer_kept');
    expect(await codeOf({ since: 6 })).toBe('planned');
    expect(await codeOf({ since: { sid: 'SID-stage', seq: 0 } })).toBe('no_longer_kept');
    expect(await codeOf({ since: { sid: 'SID-stage', seq: 3 } })).toBe('planned');
    expect(await codeOf({ since: { sid: 'other', seq: 3 } })).toBe('not_found');
    expect(await codeOf({ filter: { app: appForTests } })).toBe('no_longer_kept');
    expect(await codeOf({ noticeId: ids[1] ?? '' }, noJournal)).toBe('no_longer_kept');
    expect(await codeOf({ noticeId: 'SID-stage:99:105' }, noJournal)).toBe('not_found');
    expect(await plan({ noticeId: ids[1] ?? '' })).toMatchObject([{ position: 11, event: events[1]?.event }]);
    const held = (await plan({ givenUp: true })).map(({ event }) => event !== undefined);
    expect(held).toEqual([true, true, true, false, false, false, false, false]);
  });

  test('REST66: more than may be sent at once is refused before anything is sent', async () => {
    const { codeOf, parts } = world(0);
    const [first] = world(0).events;
    if (!first) throw new Error('one event');
    const flood = (after: number, limit: number) =>
      Array.from({ length: limit }, (_, index) => ({ ...first, position: after + index + 1 }));
    const history = { ...parts.history, position: Number.MAX_SAFE_INTEGER, placed: flood };
    expect(await codeOf({ since: 0 }, { history })).toBe('query_invalid');
    const notify = { ...parts.notify, noticeOf: () => ({ noticeId: '', taken: false }) };
    let read = 0;
    const counting = {
      ...history,
      placed(after: number, limit: number) {
        read += limit;
        return flood(after, limit);
      },
    };
    expect(await codeOf({ since: 0 }, { history: counting, notify })).toBe('query_invalid');
    expect(read).toBeLessThanOrEqual(limits.redeliveryScanMax);
    const sparse = { ...parts.deliveries, search: () => ({ deliveries: [], next: 5 }) };
    expect(await codeOf({ filter: { app: appForTests } }, { deliveries: sparse })).toBe('query_invalid');
  });

  test('REST66: of another app there is nothing', async () => {
    const { plan } = world(0);
    const other = 'f'.repeat(32);
    expect(await plan({ since: 0 }, {}, other)).toEqual([]);
    expect(await plan({ givenUp: true }, {}, other)).toEqual([]);
  });
});
