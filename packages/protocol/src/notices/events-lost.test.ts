import { expect, test } from 'bun:test';
import { type EventsLost, eventsLostIdOf, toAgoraEventsLost, toStandardEventsLost } from './events-lost.ts';

const app = '970ca35de60c44645bbae8a215061b33';
const lost: EventsLost = {
  type: 'events-lost',
  app,
  range: { channel: 'stage', sid: 'CHOUSECOUNT00001', fromSeq: 5, toSeq: 19 },
  events: 12,
  fromMs: 1611566412672,
  toMs: 1611566413999,
  atMs: 1612171213000,
};
const rest: EventsLost = { type: 'events-lost', app, events: 7, fromMs: 1000, toMs: 2500, atMs: 9000 };

test('HOOK112: lost events in the agora format, to the byte', () => {
  expect(JSON.stringify(toAgoraEventsLost(lost, 1612171213042))).toBe(
    '{"sid":"CHOUSECOUNT00001","noticeId":"CHOUSECOUNT00001:5-19:190","productId":1,"eventType":190,"notifyMs":1612171213042,' +
      '"payload":{"channelName":"stage","fromSeq":5,"toSeq":19,"events":12,"fromTs":1611566412,"toTs":1611566413,"ts":1612171213}}',
  );
  expect(JSON.stringify(toAgoraEventsLost(rest, 10_000))).toBe(
    `{"sid":"","noticeId":"${app}:1000-2500:190","productId":1,"eventType":190,"notifyMs":10000,` +
      '"payload":{"events":7,"fromTs":1,"toTs":2,"ts":9}}',
  );
});

test('HOOK112: lost events in the standard format, to the byte', () => {
  expect(JSON.stringify(toStandardEventsLost(lost))).toBe(
    '{"id":"CHOUSECOUNT00001:5-19:190","type":"events.lost","time":"2021-02-01T09:20:13.000Z",' +
      `"app":"${app}","channel":"stage","sid":"CHOUSECOUNT00001",` +
      '"data":{"fromSeq":5,"toSeq":19,"events":12,"fromTime":"2021-01-25T09:20:12.672Z","toTime":"2021-01-25T09:20:13.999Z"}}',
  );
  expect(JSON.stringify(toStandardEventsLost({ type: 'events-lost', app, atMs: 9000 }))).toBe(
    `{"id":"${app}:-9000:190","type":"events.lost","time":"1970-01-01T00:00:09.000Z","app":"${app}","data":{}}`,
  );
});

test('HOOK112: more lost of the same life is another notice, the same told again is not', () => {
  expect(eventsLostIdOf({ ...lost, atMs: lost.atMs + 1 })).toBe(eventsLostIdOf(lost));
  const range = { channel: 'stage', sid: 'CHOUSECOUNT00001', fromSeq: 5, toSeq: 20 };
  expect(eventsLostIdOf({ ...lost, range })).not.toBe(eventsLostIdOf(lost));
});
