import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { appForTests, reportsForTests } from '../../../testing/worlds/delivery-report.ts';
import { createLogger } from '../../observe/logger.ts';
import { AttemptFeed } from './attempt-feed.ts';
import { attemptReports } from './attempt-reports.ts';

/** All that a line may say. */
const lineKeys = [
  ...['at', 'level', 'message', 'endpoint', 'noticeId', 'notices', 'attempt'],
  ...['durationMs', 'outcome', 'next', 'redelivery'],
];

function world(level: 'debug' | 'info') {
  const lines: Record<string, unknown>[] = [];
  const told: string[] = [];
  const feed = new AttemptFeed(new SimClock().process());
  const report = attemptReports({
    logger: createLogger({
      level,
      format: 'json',
      sink: { write: (line) => lines.push(JSON.parse(String(line)) as Record<string, unknown>) > 0 },
    }),
    feed,
    listeners: [
      ({ attempt }) => told.push(`first ${attempt}`),
      ({ attempt }) => told.push(`second ${attempt}`),
    ],
  });
  return { lines, told, feed, report };
}

test('DELIV1: each attempt is one line at debug: endpoint, notice, how many, attempt, duration, outcome, what follows', () => {
  const { lines, told, feed, report } = world('debug');
  const [opened, joined] = reportsForTests(2);
  if (!opened || !joined) throw new Error('two were asked for');
  report({
    ...opened,
    attempt: 3,
    next: 'retry',
    outcome: { answered: false, stage: 'connect', detail: 'refused' },
  });
  report({ ...opened, notices: [...opened.notices, ...joined.notices], redelivery: 'again' });
  expect(lines).toMatchObject([
    {
      level: 'debug',
      message: 'attempt',
      endpoint: 'good',
      noticeId: opened.noticeId,
      notices: 1,
      attempt: 3,
      durationMs: 7,
      outcome: 'connect: refused',
      next: 'retry',
    },
    { noticeId: opened.noticeId, notices: 2, outcome: 'status 200', next: 'delivered', redelivery: 'again' },
  ]);
  for (const untold of [opened.endpoint.url, 'Agora-Signature', 'payload'])
    expect(JSON.stringify(lines)).not.toContain(untold);
  expect(lines.flatMap((line) => Object.keys(line)).filter((key) => !lineKeys.includes(key))).toEqual([]);
  expect(told).toEqual(['first 3', 'second 3', 'first 1', 'second 1']);
  expect(feed.recent(appForTests).map(({ noticeId }) => noticeId)).toEqual([
    opened.noticeId,
    opened.noticeId,
    joined.noticeId,
  ]);
});

test('DELIV1: at info there is none of these lines', () => {
  const { lines, report } = world('info');
  for (const one of reportsForTests(3)) report(one);
  expect(lines).toEqual([]);
});
