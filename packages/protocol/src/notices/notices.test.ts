import { describe, expect, test } from 'bun:test';
import fixtures from '../../fixtures/notices.json' with { type: 'json' };
import type { ChannelEvent } from '../events.ts';
import { leaveReasons } from '../reasons.ts';
import {
  type CommunicationEvents,
  type NoticeType,
  noticeTypeNumbers,
  noticeTypeOf,
  toAgoraNotice,
} from './notices.ts';

interface Fixture {
  readonly name: string;
  readonly communicationEvents: CommunicationEvents;
  readonly notifyMs: number;
  readonly event: ChannelEvent;
  /** The notice's exact JSON. */
  readonly notice: string;
}
const cases = fixtures as readonly Fixture[];

/** The table of the notices' payload fields: always there, or there only when there is something to say. */
const member = 'channelName ts uid platform clientSeq';
const table: Record<NoticeType, { always: string; sometimes: string }> = {
  101: { always: 'channelName ts', sometimes: '' },
  102: { always: 'channelName ts lastUid', sometimes: '' },
  103: { always: member, sometimes: 'clientType account' },
  104: { always: `${member} reason duration`, sometimes: 'clientType account' },
  105: { always: member, sometimes: 'clientType account' },
  106: { always: `${member} reason duration`, sometimes: 'clientType account' },
  107: { always: member, sometimes: 'account' },
  108: { always: `${member} reason duration`, sometimes: 'account' },
  111: { always: 'channelName ts uid clientSeq', sometimes: 'account' },
  112: { always: 'channelName ts uid clientSeq', sometimes: 'account' },
};
/** The fields that Housecount adds to every payload, and to that of a member that is linked. */
const added = ['seq', 'count'];
const linked = ['userId'];
const words = (text: string): string[] => (text === '' ? [] : text.split(' '));

const noticeOf = ({ event, notifyMs, communicationEvents }: Fixture) =>
  toAgoraNotice(event, { notifyMs, communicationEvents });

test('HOOK156: the type of a join or leave goes by the setting in a communication channel, and by the role in a live one', () => {
  const types = (setting: CommunicationEvents, member: Pick<ChannelEvent, 'profile'> & { role: string }) =>
    ['member-joined', 'member-left'].map((type) => {
      const found = cases.find(({ event }) => event.type === type)?.event;
      return noticeTypeOf({ ...found, ...member } as ChannelEvent, setting);
    });
  // In the communication profile everybody is a broadcaster (CHAN4).
  const talking = { profile: 'communication', role: 'broadcaster' } as const;
  expect(types('107/108', talking)).toEqual([107, 108]);
  expect(types('103/104', talking)).toEqual([103, 104]);
  for (const setting of ['107/108', '103/104'] as const) {
    expect(types(setting, { profile: 'live', role: 'broadcaster' })).toEqual([103, 104]);
    expect(types(setting, { profile: 'live', role: 'audience' })).toEqual([105, 106]);
  }
});

describe('the agora notice', () => {
  for (const fixture of cases) {
    test(`HOOK2: ${fixture.name}`, () => {
      expect(JSON.stringify(noticeOf(fixture))).toBe(fixture.notice);
    });
  }

  for (const eventType of noticeTypeNumbers) {
    test(`HOOK2: ${eventType} has the fields of the table, and shows each conditional one in some fixture`, () => {
      const { always, sometimes } = table[eventType];
      const payloads = cases
        .map(noticeOf)
        .filter((notice) => notice.eventType === eventType)
        .map(({ payload }) => Object.keys(payload));
      expect(payloads.length).toBeGreaterThan(0);
      for (const fields of payloads) {
        expect(fields).toEqual(expect.arrayContaining([...words(always), ...added]));
        const own = [...words(always), ...words(sometimes), ...added];
        const allowed = own.includes('uid') ? [...own, ...linked] : own;
        expect(fields.filter((field) => !allowed.includes(field))).toEqual([]);
      }
      for (const field of words(sometimes)) {
        expect(payloads.some((fields) => fields.includes(field))).toBe(true);
        expect(payloads.some((fields) => !fields.includes(field))).toBe(true);
      }
    });
  }

  test('PERSON17: one about a member that is linked says to which user, and is else the same', () => {
    const ofMembers = cases.filter(({ event }) => 'uid' in event);
    expect(new Set(ofMembers.map(noticeOf).map(({ eventType }) => eventType)).size).toBe(8);
    for (const fixture of ofMembers) {
      const event = { ...fixture.event, userId: 'ann' } as ChannelEvent;
      const { userId: _, ...without } = event as ChannelEvent & { readonly userId: string };
      const told = noticeOf({ ...fixture, event });
      const { userId, ...payload } = told.payload;
      expect(userId).toBe('ann');
      expect({ ...told, payload }).toEqual(noticeOf({ ...fixture, event: without as ChannelEvent }));
    }
  });

  test('HOOK2: every reason is numbered in some fixture', () => {
    const told = new Set(cases.map((fixture) => noticeOf(fixture).payload.reason));
    expect(Object.values(leaveReasons).filter((reason) => !told.has(reason))).toEqual([]);
  });

  test('HOOK5: a later attempt differs in notifyMs alone', () => {
    for (const fixture of cases) {
      const first = noticeOf(fixture);
      const second = noticeOf({ ...fixture, notifyMs: fixture.notifyMs + 5000 });
      expect(second).toEqual({ ...first, notifyMs: first.notifyMs + 5000 });
    }
  });

  test('HOOK1: noticeId tells every event of a sid apart', () => {
    const first = cases[0];
    if (!first) throw new Error('there are fixtures');
    const ids = [1, 2, 3].map((seq) => noticeOf({ ...first, event: { ...first.event, seq } }).noticeId);
    expect(new Set(ids).size).toBe(3);
  });

  test('HOOK2: a duration is never negative', () => {
    const left = cases.find(({ event }) => event.type === 'member-left');
    if (left?.event.type !== 'member-left') throw new Error('there is a leave');
    const event = { ...left.event, joinedMs: left.event.atMs + 5000 };
    expect(noticeOf({ ...left, event }).payload.duration).toBe(0);
  });
});
