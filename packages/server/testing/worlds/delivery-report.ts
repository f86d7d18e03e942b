import type { ChannelEvent } from '@housecount/protocol';
import type { AttemptReport } from '../../src/notify/delivery/attempt.ts';
import { noticeText } from '../../src/notify/notice/notice-text.ts';
import { appForTests, LifeForTests } from './notify-log.ts';
import { endpointForTests } from './notify-world.ts';

export { appForTests };

/** A report with its one notice at hand. */
export interface ReportForTests extends AttemptReport {
  readonly noticeId: string;
  readonly event: ChannelEvent;
}

/** Reports of attempts at notices of one life: opened, then as many joins as there are further ones. */
export function reportsForTests(
  count: number,
  changes: Partial<AttemptReport> = {},
  life = new LifeForTests(),
): ReportForTests[] {
  return Array.from({ length: count }, (_, index) => {
    const event = index === 0 ? life.open() : life.join(index);
    const text = noticeText(event, '107/108', 'agora');
    const atMs = changes.atMs ?? 1_700_000_000_000 + index;
    return {
      endpoint: endpointForTests('good'),
      noticeId: text.noticeId,
      event,
      notices: [{ position: index + 1, event, text }],
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
