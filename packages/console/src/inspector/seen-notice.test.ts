import { expect, test } from 'bun:test';
import type { Attempt } from '@housecount/client';
import { seenNotice } from './seen-notice.ts';

const attempt = (body: string): Attempt => ({
  id: 1,
  app: 'a',
  endpointId: 'e',
  url: 'http://127.0.0.1:1/',
  position: 1,
  virtual: false,
  noticeId: 'S:2:105',
  eventType: 105,
  channel: 'x',
  attempt: 1,
  atMs: 1,
  durationMs: 1,
  outcome: { answered: true, status: 200, excerpt: '' },
  next: 'delivered',
  body,
  headers: {},
});

test('DEMO7: the numbers of a notice are seen in every format, so that none is taken for a hole', () => {
  const about = { sid: 'S', seq: 2, uid: 7, account: 'Ann~x', count: 1 };
  const agora = '{"sid":"S","payload":{"seq":2,"uid":7,"account":"Ann~x","count":1}}';
  const standard = '{"sid":"S","seq":2,"count":1,"data":{"uid":7,"account":"Ann~x"}}';
  expect(seenNotice(attempt(agora))).toMatchObject(about);
  expect(seenNotice(attempt(standard))).toMatchObject(about);
  expect(seenNotice(attempt(`[${standard}]`))).toMatchObject(about);
});

test('DEMO7: a body of another shape is shown without them', () => {
  for (const body of ['', '<html>', '[]', 'null', '{"sid":1,"payload":{"seq":"2"},"data":null}'])
    expect(Object.keys(seenNotice(attempt(body)))).toEqual(['key', 'attempt']);
});
