import { afterEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noticeTypeNumbers } from '@housecount/protocol';
import { systemClock, systemRandom } from '../../../src/clock.ts';
import { openNodeDisk } from '../../../src/engine/embedded/node-disk.ts';
import { keptFiles } from '../../../src/kept/files/kept-files.ts';
import { startNotify } from '../../../src/notify/notify.ts';
import { retentionCheckMs } from '../../../src/notify/retention/retention.ts';
import { createHttpSender } from '../../../src/notify/send/send-http.ts';
import type { Send } from '../../../src/notify/send/transport.ts';
import { type Behaviour, type Receiver, startReceiver } from '../../../testing/processes/receiver.ts';
import { appForTests, LifeForTests, LogForTests } from '../../../testing/worlds/notify-log.ts';
import { quietLogger, quietMetrics } from '../../../testing/worlds/notify-world.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function receiver(name: string, behaviour: Behaviour): Promise<Receiver> {
  const made = await startReceiver({ secret: `secret of ${name}`, behaviour: () => behaviour });
  ends.push(() => made.close());
  return made;
}

test('HOOK19: six hostile receivers delay no other, and nothing of theirs is lost', async () => {
  const root = await mkdtemp(join(tmpdir(), 'housecount-hostile-'));
  ends.push(() => rm(root, { recursive: true }));
  const disk = await openNodeDisk(root);
  ends.push(() => disk.close());
  const gone = await startReceiver();
  await gone.close();
  const urls = {
    silent: (await receiver('silent', { does: 'hang' })).url,
    dripping: (await receiver('dripping', { does: 'drip', everyMs: 20 })).url,
    failing: (await receiver('failing', { status: 500 })).url,
    breaking: (await receiver('breaking', { does: 'half-head' })).url,
    flooding: (await receiver('flooding', { does: 'flood', bytes: 1024 ** 3 })).url,
    down: gone.url,
  };
  const good = await receiver('good', { status: 200 });
  const clock = systemClock();
  const sender = createHttpSender({ clock });
  ends.push(() => sender.close());
  /** Attempts at the good one whose answer did not come in time: one whole process may be starved, its receivers too. */
  let late = 0;
  const send: Send = async (request) => {
    const outcome = await sender.send(request);
    if (request.url === good.url && !outcome.answered && outcome.stage === 'answer-timeout') late += 1;
    return outcome;
  };
  const log = new LogForTests();
  const notify = await startNotify({
    log,
    kept: keptFiles(disk),
    clock,
    random: systemRandom(),
    logger: quietLogger(() => undefined),
    metrics: quietMetrics,
    send,
    retention: { ms: Number.MAX_SAFE_INTEGER, bytes: 1e9, bytesPerApp: 0, checkMs: retentionCheckMs },
    endpoints: Object.entries({ ...urls, good: good.url }).map(([id, url]) => ({
      id,
      app: appForTests,
      url,
      description: '',
      secrets: [{ secret: `secret of ${id}` }],
      channels: [],
      format: 'agora' as const,
      retry: 'agora' as const,
      redeliverGivenUp: false,
      headers: {},
      events: noticeTypeNumbers,
      allowPrivateNetwork: true,
    })),
    communicationEventsOf: () => '107/108',
    inspectorSecretOf: () => 'inspector',
  });
  ends.push(() => notify.stop());

  // More than the hostile ones can have outstanding: they are at their limits while the good one is served.
  const events = new LifeForTests().whole(600);
  for (let at = 0; at < events.length; at += 100) log.append(...events.slice(at, at + 100));
  const firsts = (notices: Receiver['notices']) => notices.filter(({ copy }) => copy === 1);
  await good.until((notices) => firsts(notices).length >= events.length, 30_000);

  const { violations, lives } = good.audit();
  expect(violations).toEqual([]);
  expect(lives.get('SID-stage')).toEqual({ channel: 'stage', lastSeq: events.length, closed: true });
  expect(good.notices.every(({ verified }) => verified)).toBe(true);
  // No copy without an answer that came too late.
  expect(good.notices.length - events.length).toBeLessThanOrEqual(late);
  // Whatever became of it, each notice of each hostile receiver is delivered, given up, under way, or still in the log.
  for (const status of notify.status().filter(({ endpointId }) => endpointId !== 'good')) {
    const delivered = new Set(
      notify.feed
        .recent(appForTests)
        .filter((one) => one.endpointId === status.endpointId && one.next === 'delivered')
        .map(({ position }) => position),
    );
    if (status.endpointId === 'flooding') continue;
    expect(delivered.size).toBe(0);
    expect(status.backlog + status.givenUp).toBe(events.length);
  }
}, 240_000);
