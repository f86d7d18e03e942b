import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelEvent } from '@housecount/protocol';
import { systemClock } from '../../../src/clock.ts';
import { openEmbeddedLog } from '../../../src/engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../../../src/engine/embedded/node-disk.ts';
import { keptFiles } from '../../../src/kept/files/kept-files.ts';
import { limits } from '../../../src/limits.ts';
import { EntryFeed } from '../../../src/log/feed/entry-feed.ts';
import { encodeRecord } from '../../../src/log/record/codec.ts';
import type { NoticeFormat } from '../../../src/notify/endpoint/endpoint.ts';
import { startNotify } from '../../../src/notify/notify.ts';
import { createHttpSender } from '../../../src/notify/send/send-http.ts';
import type { Send } from '../../../src/notify/send/transport.ts';
import { appForTests, LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { endpointForTests, quietLogger, quietMetrics } from '../../../testing/worlds/notify-world.ts';
import { asRecord } from '../../../testing/worlds/records.ts';
import { SimClock, settle } from '../../simulation/sim-clock.ts';
import { SimRandom } from '../../simulation/sim-random.ts';

// A hang ends the test; a slow machine does not.
setDefaultTimeout(30 * 60_000);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const hourMs = 3_600_000;
const outageHours = 72;
const channels = 50;
const mebibyte = 1024 ** 2;
/** Memory that garbage and buffers may add, bytes. The backlog itself would be a gigabyte. */
const slackBytes = 96 * mebibyte;

test('HOOK8: after 72 h of outage a million notices are drained in order, in batches, and memory stays flat', () =>
  outage('batch', 1_000_000));
test('HOOK8: after 72 h of outage notices are drained one by one, each member in order', () =>
  outage('standard', 20_000));

/** Real log on a real disk, simulated time while the receiver is away; then a real receiver over real HTTP. */
async function outage(format: NoticeFormat, backlog: number): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'housecount-outage-'));
  ends.push(() => rm(root, { recursive: true }));
  const disk = await openNodeDisk(root);
  ends.push(() => disk.close());
  const sim = new SimClock();
  const clock = sim.process();
  const logger = quietLogger(() => undefined);
  const store = await openEmbeddedLog({ disk, logger, clock });
  ends.push(() => store.close());
  const feed = new EntryFeed({ store, partition: 'main', lastPosition: 0 });
  const receiver = await startOrderedReceiver(format);
  const sender = createHttpSender({ clock: systemClock() });
  ends.push(() => sender.close());
  const line = brokenLine((request) => sender.send(request));
  const notify = await startNotify({
    log: {
      follow: (after, signal) => feed.follow(after, signal),
      get lastPosition() {
        return feed.lastPosition;
      },
      firstPosition: async () => 1,
      beyond: (bytes) => store.beyond('main', bytes),
      hold: () => () => undefined,
    },
    kept: keptFiles(disk),
    clock,
    random: new SimRandom(1),
    logger,
    metrics: quietMetrics,
    send: line.send,
    retention: {
      ms: limits.retentionHours * hourMs,
      bytes: limits.retentionBytes,
      bytesPerApp: limits.retentionBytesPerApp,
      checkMs: hourMs,
    },
    endpoints: [
      endpointForTests('good', { url: receiver.url, format, retry: 'standard', allowPrivateNetwork: true }),
    ],
    communicationEventsOf: () => '107/108',
    inspectorSecretOf: () => 'inspector',
  });
  ends.push(() => notify.stop());

  const append = appender(store, feed, () => sim.nowMs());
  const heaps: number[] = [];
  for (let hour = 0; hour < outageHours; hour += 1) {
    const until = Math.round((backlog * (hour + 1)) / outageHours);
    while (feed.lastPosition < until) await append(until);
    await sim.advance(hourMs);
    if (hour % 12 === 11) heaps.push(heap());
  }
  const [status] = notify.status();
  expect(status).toMatchObject({ state: 'suspended', givenUp: 0, lost: 0 });
  expect(status?.backlog).toBe(backlog);
  expect(status?.outstanding).toBeLessThanOrEqual(limits.batchOutstandingMax);
  // It was asked once a minute or so, at first every few seconds, not a million times.
  expect(line.failures).toBeLessThan(outageHours * 60 + 1_000 + 12 * limits.endpointOutstandingMax);
  // The newest entries are kept for readers that keep up; by half of the outage there are as many as there will be.
  expect(Math.max(...heaps.slice(3)) - (heaps[2] ?? 0)).toBeLessThan(slackBytes);

  line.isUp = true;
  const before = heap();
  let most = before;
  let sampled = 0;
  // Simulated time must not outrun what is real, or the backlog grows older than it may: it stands still while the endpoint
  // is being asked whether it is back, and then runs as real time does.
  while (notify.status()[0]?.state !== 'running') {
    if (line.underWay > 0) await settle();
    else await sim.advance(1_000);
  }
  let movedMs = performance.now();
  while ((notify.status()[0]?.backlog ?? 0) > 0) {
    const passedMs = Math.floor(performance.now() - movedMs);
    movedMs += passedMs;
    await sim.advance(passedMs);
    if (receiver.count() - sampled < backlog / 10) continue;
    sampled = receiver.count();
    most = Math.max(most, heap());
  }
  expect(receiver.wrong).toEqual([]);
  expect(receiver.count()).toBe(backlog);
  expect(most - before).toBeLessThan(slackBytes);
  expect(notify.status()[0]).toMatchObject({ state: 'running', outstanding: 0, givenUp: 0 });
}

/** The way to the receiver: nothing answers until it is up. */
function brokenLine(sendOn: Send) {
  const line = { isUp: false, failures: 0, underWay: 0, send };
  return line;

  async function send(...asked: Parameters<Send>): ReturnType<Send> {
    if (line.isUp) {
      line.underWay += 1;
      return sendOn(...asked).finally(() => {
        line.underWay -= 1;
      });
    }
    line.failures += 1;
    return { answered: false, stage: 'connect', detail: 'refused' };
  }
}

/** Appends events of many channels to a log, up to a position. */
function appender(
  store: Awaited<ReturnType<typeof openEmbeddedLog>>,
  feed: EntryFeed,
  nowMs: () => number,
): (until: number) => Promise<void> {
  const lives = Array.from({ length: channels }, (_, at) => new LifeForTests(`c${at}`));
  return append;

  async function append(until: number): Promise<void> {
    const last = feed.lastPosition;
    const length = Math.min(1_000, until - last);
    const records = Array.from({ length }, (_, at) => eventAt(last + at));
    const outcome = await store.append(
      'main',
      { atMs: nowMs(), transactions: [records.map((record) => encodeRecord(asRecord(record)))] },
      await store.end('main'),
    );
    if (!outcome.ok) throw new Error(`the log cannot be written: ${outcome.reason}`);
    feed.push(records.map((record, at) => ({ position: last + at + 1, record: asRecord(record) })));
  }

  /** Members come and go: each second event of a channel is the leave of who joined before. */
  function eventAt(position: number): ChannelEvent {
    const life = lives[position % channels];
    if (!life) throw new Error('no such channel');
    const round = Math.floor(position / channels);
    const uid = 1 + (Math.floor(round / 2) % 500);
    const event = round === 0 ? life.open() : round % 2 === 0 ? life.leave(uid) : life.join(uid);
    return { ...event, app: appForTests, atMs: nowMs() };
  }
}

function heap(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

interface Notice {
  readonly sid: string;
  readonly seq: number;
  readonly data: { readonly uid?: number };
}

/** A receiver that checks every signature, and that what it may rely on comes in order and once. */
async function startOrderedReceiver(format: NoticeFormat) {
  let count = 0;
  const wrong: string[] = [];
  const lastOf = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    void read(request).then((body) => {
      const {
        'webhook-id': id,
        'webhook-timestamp': seconds,
        'webhook-signature': signature,
      } = request.headers;
      const mac = createHmac('sha256', 'secret of good').update(`${id}.${seconds}.`).update(body);
      if (signature !== `v1,${mac.digest('base64')}`) wrong.push('a signature does not fit');
      const notices: Notice[] = [JSON.parse(body.toString())].flat();
      for (const notice of notices) take(notice);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, wrong, count: () => count };

  function take({ sid, seq, data }: Notice): void {
    count += 1;
    // In batches the whole channel is in order, without a hole; else each member is.
    const lane = format === 'batch' ? sid : `${sid} ${data.uid}`;
    const last = lastOf.get(lane) ?? 0;
    const isNext = format === 'batch' ? seq === last + 1 : seq > last;
    if (!isNext && wrong.length < 10) wrong.push(`${lane}: ${seq} after ${last}`);
    lastOf.set(lane, seq);
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
