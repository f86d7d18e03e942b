import { expect, test } from 'bun:test';
import { toAgoraNotice } from '@housecount/protocol';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { noticeText, noticeTexts } from './notice-text.ts';

const options = { notifyMs: 1_700_000_000_456, communicationEvents: '107/108' } as const;

test('HOOK2: the prepared text is what serialising at that time gives, for every event and hostile names', () => {
  const events = [
    ...new LifeForTests().whole(2),
    new LifeForTests('"notifyMs":0,').open(),
    { ...new LifeForTests().join(1), account: '"notifyMs":0} \\ \u2028 ü' },
    new LifeForTests('x', 'a', '"notifyMs":0').open(),
  ];
  for (const event of events)
    expect(noticeText(event, '107/108', 'agora').at(options.notifyMs)).toBe(
      JSON.stringify(toAgoraNotice(event, options)),
    );
});

test('HOOK2: readers of one event share its text, and the app decides how communication is numbered', () => {
  const textOf = noticeTexts((app) => (app === 'old' ? '107/108' : '103/104'));
  const event = { ...new LifeForTests('x', 'old').join(1, 'broadcaster'), profile: 'communication' } as const;
  expect(textOf(event, 'agora')).toBe(textOf(event, 'agora'));
  expect(textOf(event, 'agora').eventType).toBe(107);
  expect(textOf({ ...event, app: 'new' }, 'agora').eventType).toBe(103);
});
