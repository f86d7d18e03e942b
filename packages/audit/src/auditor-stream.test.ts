import { describe, expect, test } from 'bun:test';
import { type AgoraNotice, toAgoraNotice } from '@housecount/protocol';
import { LifeForTests } from '@housecount/server/testing/worlds/notify-log';
import { type AuditBounds, type AuditOptions, Auditor } from './auditor.ts';

const notices = (events: ReturnType<LifeForTests['whole']>): AgoraNotice[] =>
  events.map((event) => toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' }));
const bounds: AuditBounds = { waitingMax: 4, comparedMax: 4, closedLivesMax: 2, noticeIdsMax: 8 };

function run(told: readonly AgoraNotice[], options: AuditOptions = { bounds }) {
  const violations: string[] = [];
  const auditor = new Auditor({ ...options, onViolation: (violation) => violations.push(violation) });
  for (const notice of told) auditor.tell(notice);
  const beforeEnd = [...violations];
  const { rosters, lives } = auditor.end();
  return { auditor, violations, beforeEnd, rosters, lives };
}
const long = () => {
  const life = new LifeForTests();
  const events = [life.open(), life.join(1, 'broadcaster')];
  for (let uid = 2; uid <= 20; uid++) events.push(life.join(uid));
  return notices(events);
};

describe('an auditor with bounds', () => {
  test('CLI19: an early notice waits for those before it, as long as there is room', () => {
    const told = long();
    const swapped = told.flatMap((_, at) => (at % 4 === 0 ? told.slice(at, at + 4).toReversed() : []));
    const { violations, rosters } = run(swapped);
    expect(violations).toEqual([]);
    expect(rosters.get('stage')?.size).toBe(20);
  });

  test('CLI19: a hole is told once the notices after it are too many to wait, and once only', () => {
    const told = long().filter(({ payload }) => payload.seq !== 6);
    const { violations, beforeEnd } = run(told);
    expect(beforeEnd.filter((one) => one.includes('seq 7 comes after seq 5'))).toHaveLength(1);
    expect(violations.filter((one) => one.includes('comes after'))).toHaveLength(1);
  });

  test('CLI19: a hole near the end is told at the end', () => {
    const told = long().filter(({ payload }) => payload.seq !== 20);
    const { violations, beforeEnd } = run(told);
    expect(beforeEnd).toEqual([]);
    expect(violations[0]).toContain('seq 21 comes after seq 19');
  });

  test('CLI19: copies are fine, also of notices that are forgotten', () => {
    const told = long();
    const { violations, auditor } = run([...told, ...told, ...told.slice(0, 3)]);
    expect(violations).toEqual([]);
    expect(auditor).toMatchObject({ notices: 45, copies: 24 });
  });

  test('CLI19: ended lives are forgotten beyond the bound, and counted all the same', () => {
    const told = ['A', 'B', 'C', 'D'].flatMap((sid) => notices(new LifeForTests('x', 'a', sid).whole(3)));
    const { violations, auditor, lives } = run(told);
    expect(violations).toEqual([]);
    expect([...lives.keys()]).toEqual(['C', 'D']);
    expect(auditor).toMatchObject({ lives: 4, closedLives: 4 });
  });

  test('CLI19: taken up in the middle, seq must be dense from there, and counts are not judged', () => {
    const told = long().slice(5);
    expect(run(told).violations.length).toBeGreaterThan(0);
    const { violations, auditor } = run(told, { bounds, midway: true });
    expect(violations).toEqual([]);
    expect(auditor.adoptedLives).toBe(1);
    const holed = told.filter(({ payload }) => payload.seq !== 12);
    expect(run(holed, { bounds, midway: true }).violations).toEqual([
      expect.stringContaining('seq 13 comes after seq 11'),
    ]);
    const twice = told.map((notice) =>
      notice.payload.uid === 15 ? { ...notice, payload: { ...notice.payload, uid: 14 } } : notice,
    );
    expect(run(twice, { bounds, midway: true }).violations.join()).toContain('joins uid 14, who is inside');
  });

  test('CLI19: channels of the same name in two apps are two', () => {
    const auditor = new Auditor();
    for (const scope of ['a', 'b'])
      for (const notice of notices([new LifeForTests('x', scope, scope).open()])) auditor.tell(notice, scope);
    expect(auditor.end().lives.size).toBe(2);
    expect(auditor.violations).toBe(0);
  });
});
