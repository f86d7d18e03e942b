import type { AttemptReport } from '../notify/endpoint-runner.ts';
import { appForTests, LifeForTests } from '../notify/log-for-tests.ts';
import { noticeText } from '../notify/notice-text.ts';
import { endpointForTests } from '../notify/notify-for-tests.ts';

export { appForTests };

/** Reports of attempts at notices of one life: opened, then as many joins as there are further ones. */
export function reportsForTests(
  count: number,
  changes: Partial<AttemptReport> = {},
  life = new LifeForTests(),
): AttemptReport[] {
  return Array.from({ length: count }, (_, index) => {
    const event = index === 0 ? life.open() : life.join(index);
    const text = noticeText(event, '107/108');
    const atMs = changes.atMs ?? 1_700_000_000_000 + index;
    return {
      endpoint: endpointForTests('good'),
      position: index + 1,
      event,
      noticeId: text.noticeId,
      eventType: text.eventType,
      attempt: 1,
      atMs,
      durationMs: 7,
      outcome: { answered: true, status: 200, excerpt: 'thanks' },
      next: 'delivered',
      body: text.at(atMs),
      headers: { 'Content-Type': 'application/json', 'Agora-Signature': 'abc' },
      ...changes,
    };
  });
}
