import { expect, test } from 'bun:test';
import type { Attempt } from '@housecount/client';
import { NoticeLog, type NoticeView, noticesMax } from './notice-log.ts';

function attempt(id: number, fields: Partial<Attempt> = {}): Attempt {
  return {
    id,
    app: 'a',
    endpointId: 'e',
    url: 'http://127.0.0.1:1/',
    position: 1,
    virtual: false,
    noticeId: `S:${id}:105`,
    eventType: 105,
    channel: 'x',
    attempt: 1,
    atMs: id,
    durationMs: 1,
    outcome: { answered: true, status: 200, excerpt: '' },
    next: 'delivered',
    body: JSON.stringify({ sid: 'S', payload: { seq: id, uid: 7, account: 'Ann~x', count: 1 } }),
    headers: {},
    ...fields,
  };
}

/** The view once the log has drawn it. */
function drawn(log: NoticeLog): Promise<NoticeView> {
  return new Promise((resolve) => {
    const stop = log.subscribe(() => {
      stop();
      resolve(log.view());
    });
  });
}

test('DEMO7: an attempt that comes twice, as when the stream is taken up again, is shown once', async () => {
  const log = new NoticeLog();
  log.add(attempt(1));
  log.add(attempt(1));
  log.add(attempt(2));
  const view = await drawn(log);
  expect(view.notices.map((notice) => notice.seq)).toEqual([1, 2]);
  expect(view.total).toBe(2);
  expect(view.notices[0]).toMatchObject({ sid: 'S', uid: 7, account: 'Ann~x', count: 1 });
});

test('DEMO7: the copy for those who look on gives way to the attempt of an endpoint, and stands without one', async () => {
  const log = new NoticeLog();
  log.add(attempt(1, { virtual: true }));
  log.add(attempt(2, { noticeId: 'S:1:105', atMs: 1 }));
  log.add(attempt(3, { virtual: true }));
  const view = await drawn(log);
  expect(view.notices.map((notice) => notice.attempt.id)).toEqual([2, 3]);
});

test('DEMO7: the log keeps a bounded number of attempts, the newest', async () => {
  const log = new NoticeLog();
  const many = noticesMax + 1_500;
  for (let id = 1; id <= many; id++) log.add(attempt(id, { virtual: true }));
  const view = await drawn(log);
  expect(view.notices).toHaveLength(noticesMax);
  expect(view.notices.at(-1)?.seq).toBe(many);
  expect(view.total).toBe(many);
  expect(view.sequences[0]).toMatchObject({ from: 1, to: many, holes: [] });
});

test('DEMO7: a body that is not what was expected is shown, without what it lacks', async () => {
  const log = new NoticeLog();
  for (const [index, body] of [
    '',
    'null',
    '[]',
    '{"payload":5}',
    '{"sid":3,"payload":{"seq":"1"}}',
  ].entries())
    log.add(attempt(index + 1, { body }));
  const view = await drawn(log);
  expect(view.notices).toHaveLength(5);
  expect(view.notices.every((notice) => notice.sid === undefined && notice.seq === undefined)).toBe(true);
  expect(view.sequences).toEqual([]);
});

test('DEMO7: after a clear the log is as new', async () => {
  const log = new NoticeLog();
  log.add(attempt(1));
  await drawn(log);
  log.clear();
  expect(log.view()).toEqual({ notices: [], sequences: [], total: 0 });
  log.add(attempt(1));
  expect((await drawn(log)).total).toBe(1);
});

test('DEMO19: late retries, and notices that wait for a receiver that fails, are no hole', async () => {
  const log = new NoticeLog();
  // The page was opened when the feed held nothing before 12 but what was tried again.
  for (const seq of [3, 7]) log.add(attempt(seq, { attempt: 3, next: 'retry' }));
  for (const seq of [12, 13, 14, 15]) log.add(attempt(100 + seq, { virtual: true, body: bodyOf(seq) }));
  // The first attempt of 13 waits for an earlier notice of its member.
  for (const seq of [12, 14, 15]) log.add(attempt(200 + seq, { body: bodyOf(seq), next: 'retry' }));
  const view = await drawn(log);
  expect(view.sequences).toEqual([{ sid: 'S', channel: 'x', from: 12, to: 15, holes: [] }]);
  log.add(attempt(300, { virtual: true, body: bodyOf(18) }));
  expect((await drawn(log)).sequences[0]?.holes).toEqual([{ from: 16, to: 17 }]);
});

const bodyOf = (seq: number) => JSON.stringify({ sid: 'S', payload: { seq, uid: 7 } });
