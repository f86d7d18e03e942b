import { describe, expect, test } from 'bun:test';
import {
  type ChannelEvent,
  type EventsLost,
  toAgoraEventsLost,
  toAgoraNotice,
  toStandardEventsLost,
  toStandardNotice,
} from '@housecount/protocol';
import fixtures from '@housecount/protocol/fixtures/standard-notices.json' with { type: 'json' };
import { LifeForTests } from '@housecount/server/testing/worlds/notify-log';
import { type AuditOptions, Auditor, streamBounds } from './auditor.ts';
import { capturedOf } from './captured.ts';

const agora = (event: ChannelEvent): unknown =>
  toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' });
const standard = (event: ChannelEvent): unknown => toStandardNotice(event, '107/108');
const lost = (sid: string, fromSeq: number, toSeq: number, over: Partial<EventsLost> = {}): EventsLost => ({
  type: 'events-lost',
  app: 'a',
  range: { channel: 'stage', sid, fromSeq, toSeq },
  atMs: 5,
  ...over,
});
/** A life of one channel: who joins by turns leaves again, so that a gap hides people. */
function life(sid = 'S') {
  const made = new LifeForTests('stage', 'a', sid);
  const events = [made.open()];
  for (let uid = 1; uid <= 6; uid++) events.push(made.join(uid));
  for (let uid = 1; uid <= 3; uid++) events.push(made.leave(uid));
  for (let uid = 1; uid <= 3; uid++) events.push(made.join(uid));
  return events;
}
function run(told: readonly unknown[], options: AuditOptions = { bounds: streamBounds }) {
  const violations: string[] = [];
  const findings: string[] = [];
  const auditor = new Auditor({
    ...options,
    onViolation: (violation) => violations.push(violation),
    onLost: (finding) => findings.push(finding),
  });
  for (const body of told)
    for (const { notice, lost: gone, app } of capturedOf(body) ?? [])
      if (notice) auditor.tell(notice, app);
      else auditor.tellLost(gone, app);
  const { rosters } = auditor.end();
  return { auditor, violations, findings, rosters };
}
const without = (events: readonly ChannelEvent[], fromSeq: number, toSeq: number) =>
  events.filter(({ seq }) => seq < fromSeq || seq > toSeq);

describe('what the server said is lost', () => {
  // 8 to 10 are leaves: after the gap the same people join who seemed to be inside.
  test.each([
    [2, 4],
    [8, 10],
    [5, 12],
    [1, 3],
    [12, 13],
  ])(
    'CLI28: seq %i to %i is a finding and no hole, wherever and in whichever format it is told',
    (fromSeq, toSeq) => {
      const kept = without(life(), fromSeq, toSeq).map(agora);
      for (const body of [
        toAgoraEventsLost(lost('S', fromSeq, toSeq), 1),
        toStandardEventsLost(lost('S', fromSeq, toSeq)),
      ])
        for (let at = 0; at <= kept.length; at++) {
          const { violations, findings, auditor } = run(kept.toSpliced(at, 0, body));
          expect(violations).toEqual([]);
          expect(findings).toEqual([`S seq ${fromSeq} to ${toSeq} of stage are lost`]);
          expect(auditor.lost).toBe(1);
        }
    },
  );

  test('CLI28: a hole that is not in it is one, before, after and beside', () => {
    for (const [fromSeq, toSeq] of [
      [7, 9],
      [9, 10],
      [8, 9],
    ] as const) {
      const { violations } = run([
        ...without(life(), 7, 10).map(agora),
        toAgoraEventsLost(lost('S', fromSeq, toSeq), 1),
      ]);
      expect(violations.some((one) => one.includes('comes after seq'))).toBe(true);
    }
    expect(run(without(life(), 7, 10).map(agora)).violations).not.toEqual([]);
    const other = run([...without(life(), 7, 10).map(agora), toAgoraEventsLost(lost('T', 7, 10), 1)]);
    expect(other.violations).not.toEqual([]);
  });

  test('CLI28: a copy is counted once, and what came of the range all the same is taken', () => {
    const body = toAgoraEventsLost(lost('S', 7, 10, { events: 3 }), 1);
    const { violations, auditor, findings } = run([
      body,
      ...without(life(), 7, 8).map(agora),
      body,
      toStandardEventsLost(lost('S', 7, 10, { events: 3 })),
    ]);
    expect(violations).toEqual([]);
    expect([auditor.lost, auditor.lostEvents, auditor.copies]).toEqual([1, 3, 2]);
    expect(findings).toEqual(['S seq 7 to 10 of stage are lost, 3 of them for this receiver']);
  });

  test('CLI28: the end of a life that is lost leaves no second open life, and nobody inside', () => {
    const ended = [...life('S').slice(0, 5).map(agora), toAgoraEventsLost(lost('S', 6, 20), 1)];
    const { violations, rosters } = run([...ended, ...life('T').map(agora)]);
    expect(violations).toEqual([]);
    expect(rosters.get('stage')?.size).toBe(6);
    expect(run(ended).rosters.size).toBe(0);
  });

  test('CLI28: of a life of which nothing else came, and in channels that are not named', () => {
    const rest: EventsLost = { type: 'events-lost', app: 'a', events: 9, atMs: 5 };
    const { violations, findings, auditor } = run([
      toAgoraEventsLost(lost('U', 1, 9), 1),
      toAgoraEventsLost(rest, 1),
      toStandardEventsLost({ ...rest, atMs: 6 }),
    ]);
    expect(violations).toEqual([]);
    expect(findings).toHaveLength(3);
    expect([auditor.lost, auditor.lostEvents]).toEqual([3, 18]);
  });

  test('CLI28: where some types were not captured it hides who left, and no more is asked', () => {
    const some = without(life(), 8, 10).filter(({ type }) => type !== 'channel-opened');
    const gone = toAgoraEventsLost(lost('S', 8, 10), 1);
    const options = { partial: true, bounds: streamBounds };
    for (const told of [
      [gone, ...some.map(agora)],
      [...some.map(agora), gone],
    ])
      expect(run(told, options).violations).toEqual([]);
    expect(run(some.map(agora), options).violations).not.toEqual([]);
  });

  test('CLI28: one noticeId for two ranges is a violation', () => {
    const first = toAgoraEventsLost(lost('S', 7, 10), 1);
    const second = { ...toAgoraEventsLost(lost('S', 7, 11), 1), noticeId: first.noticeId };
    expect(run([first, second]).violations[0]).toContain('stands for');
  });
});

describe('what a line of a capture may hold', () => {
  interface Fixture {
    readonly communicationEvents: '107/108' | '103/104';
    readonly event: ChannelEvent;
    readonly notice: string;
  }
  test('CLI29: a standard notice is read like the agora notice of the same event, so that copies compare', () => {
    for (const { event, communicationEvents, notice } of fixtures as unknown as readonly Fixture[]) {
      const [read] = capturedOf(JSON.parse(notice)) ?? [];
      const expected = toAgoraNotice(event, { notifyMs: 1, communicationEvents });
      const { sid, noticeId, eventType, payload } = expected;
      expect(read).toEqual({ notice: { sid, noticeId, eventType, payload }, app: event.app });
    }
    const events = life();
    const { violations, auditor } = run([...events.map(agora), ...events.map(standard)]);
    expect(violations).toEqual([]);
    expect(auditor.copies).toBe(events.length);
  });

  test('CLI29: copies in two formats that do not agree are a violation', () => {
    const events = life();
    const [, joined] = events;
    if (joined?.type !== 'member-joined') throw new Error('the second is a join');
    const { violations } = run([...events.map(agora), standard({ ...joined, account: 'other' })]);
    expect(violations).toEqual([expect.stringContaining('copies of S seq 2 differ')]);
  });

  test('CLI29: batches are folded in their order, and may be wrapped with their app or not', () => {
    const events = life();
    const bodies = [events.slice(0, 4).map(standard), events.slice(4).map(standard)];
    const { violations, rosters } = run(bodies);
    expect(violations).toEqual([]);
    expect([...(rosters.values().next().value?.keys() ?? [])].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const [only] = events.map(standard);
    expect(capturedOf({ app: 'z', notice: only })).toMatchObject([{ app: 'z' }]);
    expect(capturedOf({ app: 'z', notice: toAgoraEventsLost(lost('S', 1, 2), 1) })).toMatchObject([
      { app: 'z' },
    ]);
  });

  const [good] = life().map(standard);
  const gone = toStandardEventsLost(lost('S', 1, 2));
  const goneAgora = toAgoraEventsLost(lost('S', 1, 2), 1);
  test.each([
    ['an empty batch', []],
    ['a batch with something else in it', [good, {}]],
    ['a batch in a batch', [[good]]],
    ['too many', Array(1_001).fill(good)],
    ['an unknown type', { ...(good as object), type: 'toString' }],
    ['an id of another type', { ...(good as object), id: 'S:1:105' }],
    ['no data', { ...(good as object), data: null }],
    ['no time', { ...(good as object), time: 'x' }],
    ['half a seq', { ...(good as object), seq: 1.5 }],
    ['a range backwards', { ...gone, data: { fromSeq: 3, toSeq: 2 } }],
    ['a range of a channel without a sid', { ...gone, sid: undefined }],
    ['lost events without an id', { ...gone, id: undefined }],
    ['a number of events that is none', { ...gone, data: { ...gone.data, events: -1 } }],
    ['lost events without a payload', { ...goneAgora, payload: undefined }],
    ['a range from 0', { ...goneAgora, payload: { ...goneAgora.payload, fromSeq: 0 } }],
  ])('CLI29: %s is not', (_name, value) => {
    expect(capturedOf(JSON.parse(JSON.stringify(value)))).toBeUndefined();
  });
});
