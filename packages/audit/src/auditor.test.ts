import { describe, expect, test } from 'bun:test';
import { type AgoraNotice, toAgoraNotice } from '@housecount/protocol';
import { LifeForTests } from '@housecount/server/testing/worlds/notify-log';
import { audit } from './auditor.ts';

const notices = (events: ReturnType<LifeForTests['whole']>): AgoraNotice[] =>
  events.map((event) => toAgoraNotice(event, { notifyMs: 1, communicationEvents: '107/108' }));
const whole = () => notices(new LifeForTests().whole(3));
/** The notices with one of them changed or left out. */
const altered = (index: number, change: (notice: AgoraNotice) => AgoraNotice | undefined) =>
  whole().flatMap((notice, at) => (at === index ? (change(notice) ?? []) : notice));
const payload = (changes: object) => (notice: AgoraNotice) =>
  ({ ...notice, payload: { ...notice.payload, ...changes } }) as AgoraNotice;

describe('audit', () => {
  test('HOOK1: whole lives in any order, with copies, have no violation', () => {
    const told = [...whole(), ...notices(new LifeForTests('other').whole(2))];
    const { violations, rosters, lives } = audit([...told.toReversed(), ...told]);
    expect(violations).toEqual([]);
    expect(rosters.size).toBe(0);
    expect(lives.size).toBe(2);
  });

  test('HOOK1: the roster has the members who joined and have not left, with the role they have now', () => {
    const life = new LifeForTests();
    const told = [
      life.open(),
      life.join(1, 'broadcaster'),
      life.join(2),
      life.join(3),
      life.leave(2),
      life.role(3, 'broadcaster'),
    ];
    const { violations, rosters } = audit(notices(told));
    expect(violations).toEqual([]);
    expect([...(rosters.get('stage')?.values() ?? [])].map(({ uid, role }) => [uid, role])).toEqual([
      [1, 'broadcaster'],
      [3, 'broadcaster'],
    ]);
  });

  const broken: [string, AgoraNotice[], RegExp][] = [
    ['a hole', altered(2, () => undefined), /seq 4 comes after seq 2/],
    ['no 101', altered(0, () => undefined), /seq 2 comes after seq 0/],
    [
      'a join as the first',
      altered(0, (notice) => ({
        ...notice,
        eventType: 105,
        payload: { ...notice.payload, uid: 9, clientSeq: 1 },
      })),
      /not 101/,
    ],
    [
      '101 in the middle',
      altered(1, (notice) => ({ ...notice, eventType: 101 })),
      /is 101 and not the first/,
    ],
    ['something after 102', altered(5, (notice) => ({ ...notice, eventType: 102 })), /comes after 102/],
    ['102 with somebody inside', altered(5, (notice) => ({ ...notice, eventType: 102 })), /with 2 inside/],
    ['a double join', altered(2, payload({ uid: 1 })), /joins uid 1, who is inside/],
    ['a leave of nobody', altered(4, payload({ uid: 77 })), /takes out uid 77/],
    [
      'a leave in another role',
      altered(4, (notice) => ({ ...notice, eventType: 104 })),
      /as broadcaster, who is audience/,
    ],
    [
      'a role change of nobody',
      altered(4, (notice) => ({ ...payload({ uid: 77 })(notice), eventType: 111 })),
      /changes the role/,
    ],
    ['a wrong count', altered(3, payload({ count: 9 })), /says count 9, 3 are inside/],
    ['clientSeq that stands', altered(4, payload({ clientSeq: 1 })), /clientSeq 1 after/],
    [
      'two ids for one event',
      [...whole(), ...altered(2, (notice) => ({ ...notice, noticeId: 'new' }))],
      /sent under/,
    ],
    [
      'one id for two events',
      altered(2, (notice) => ({ ...notice, noticeId: 'SID-stage:2:105' })),
      /stands for/,
    ],
    ['copies that differ', [...whole(), ...altered(2, payload({ platform: 1 }))], /copies .* differ/],
    ['another channel', altered(2, payload({ channelName: 'x' })), /the life is of stage/],
    [
      'two open lives',
      [
        ...notices([new LifeForTests('x', 'a', 'A').open()]),
        ...notices([new LifeForTests('x', 'a', 'B').open()]),
      ],
      /open as A and as B/,
    ],
  ];
  test.each(broken)('HOOK1: %s is a violation', (_name, told, expected) => {
    expect(audit(told).violations.join('; ')).toMatch(expected);
  });

  test('HOOK3: of a partial subscription holes and counts are not held against it', () => {
    const leaves = whole().filter(({ eventType }) => eventType === 106);
    expect(audit(leaves).violations).not.toEqual([]);
    expect(audit(leaves, { partial: true }).violations).toEqual([]);
  });
});
