import { expect, test } from 'bun:test';
import fixtures from '../../fixtures/standard-notices.json' with { type: 'json' };
import type { ChannelEvent } from '../events.ts';
import type { CommunicationEvents } from './notices.ts';
import { toStandardNotice } from './standard-notices.ts';

interface Fixture {
  readonly name: string;
  readonly communicationEvents: CommunicationEvents;
  readonly event: ChannelEvent;
  /** The notice's exact JSON. */
  readonly notice: string;
}
const cases = fixtures as readonly Fixture[];

test.each(cases.map((one) => [one.name, one] as const))('HOOK71: %s', (_name, { event, ...one }) => {
  expect(JSON.stringify(toStandardNotice(event, one.communicationEvents))).toBe(one.notice);
});

test('HOOK71: there is a fixture of every type, and each says who, where and when', () => {
  const notices = cases.map(({ notice }) => JSON.parse(notice) as Record<string, unknown>);
  expect([...new Set(notices.map(({ type }) => type))].sort()).toEqual([
    'channel.closed',
    'channel.opened',
    'member.joined',
    'member.left',
    'role.changed',
  ]);
  for (const [at, notice] of notices.entries()) {
    const event = cases[at]?.event;
    expect(Object.keys(notice)).toEqual('id type time app channel sid seq count data'.split(' '));
    expect(Date.parse(String(notice.time))).toBe(event?.atMs ?? Number.NaN);
    expect(notice).toMatchObject({ sid: event?.sid, seq: event?.seq, count: event?.count });
  }
});

test('HOOK71: a platform that is not known is other', () => {
  const event = cases.find((one) => one.event.type === 'member-joined')?.event;
  if (event?.type !== 'member-joined') throw new Error('no join among the fixtures');
  expect(toStandardNotice({ ...event, platform: 99 }, '107/108').data).toMatchObject({ platform: 'other' });
});
