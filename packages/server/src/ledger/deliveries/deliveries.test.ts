import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { appForTests, reportsForTests } from '../../../testing/worlds/delivery-report.ts';
import { LifeForTests } from '../../../testing/worlds/notify-log.ts';
import { endpointForTests, quietLogger, quietMetrics } from '../../../testing/worlds/notify-world.ts';
import { fixed } from '../../fixed-limits.ts';
import { openTables } from '../../kept/tables/sqlite.ts';
import { limits } from '../../limits.ts';
import { noticeText } from '../../notify/notice/notice-text.ts';
import type { Metrics } from '../../observe/contract.ts';
import { type Deliveries, openDeliveries } from './deliveries.ts';
import { type DeliveryFilter, deliveryStatuses, type KeptAttempt, type KeptRequest } from './delivery.ts';
import { searchOf } from './delivery-search.ts';
import { DeliveryTables, deliveryFormat } from './delivery-tables.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (let end = ends.pop(); end; end = ends.pop()) end();
});

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-deliveries-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'deliveries.db');
}

const openRaw = (path: string) =>
  openTables({ ...deliveryFormat, path, onOpening: () => {} }, (database) => database);

const atMs = 1_700_000_000_000;
const ids = (deliveries: Deliveries, filter: Partial<DeliveryFilter> = {}, limit = 100) =>
  deliveries
    .search({ filter: { app: appForTests, ...filter }, limit })
    .deliveries.map(({ noticeId }) => noticeId);

/** Opens deliveries on a clock of their own; what was counted as dropped can be looked at. */
async function open(path = newPath()) {
  const clock = new SimClock();
  await clock.advance(Math.max(0, atMs - clock.nowMs()));
  const dropped: Record<string, number> = {};
  const complaints: string[] = [];
  const metrics: Metrics = {
    ...quietMetrics,
    counter: () => ({
      add: (n = 1, labels = {}) => {
        const what = labels.what ?? '';
        dropped[what] = (dropped[what] ?? 0) + n;
      },
    }),
  };
  const deliveries = openDeliveries({
    path,
    clock: clock.process(),
    logger: quietLogger((message) => complaints.push(message)),
    metrics,
  });
  let stopped = false;
  const stop = () => {
    if (!stopped) deliveries.stop();
    stopped = true;
  };
  ends.push(stop);
  return { deliveries, clock, dropped, complaints, stop };
}

/** A request with the notices of these seqs, made at the time of the first. */
function requestForTests(seqs: readonly number[], changes: Partial<KeptAttempt> = {}): KeptRequest {
  return {
    app: appForTests,
    endpoint: 'good',
    made: {
      attempt: 1,
      atMs: atMs + (seqs[0] ?? 0),
      durationMs: 1,
      answered: 200,
      next: 'delivered',
      ...changes,
    },
    subjects: seqs.map((seq) => ({
      noticeId: `n${seq}`,
      position: seq,
      type: 105,
      channel: 'stage',
      sid: 's',
      seq,
      uid: seq,
      eventMs: atMs,
    })),
  };
}

describe('search', () => {
  test('HOOK100: notices of a batch are found one by one, and their request and answer are kept once', async () => {
    const path = newPath();
    const { deliveries, stop, clock } = await open(path);
    // More than one transaction holds.
    const singles = reportsForTests(1_000);
    const [first] = singles;
    if (!first) throw new Error('a thousand reports');
    const body = `[${singles.map((report) => report.body).join(',')}]`;
    const notices = singles.flatMap((report) => report.notices);
    deliveries.record({
      ...first,
      notices,
      body,
      next: 'retry',
      outcome: { answered: true, status: 503, excerpt: 'busy' },
    });
    deliveries.record({ ...first, notices, body, attempt: 2, atMs: atMs + 5_000 });
    await clock.advance(1_000);
    for (const index of [0, 1, 499, 500, 999]) {
      const found = deliveries.read(appForTests, 'good', singles[index]?.noticeId ?? '');
      expect(found).toMatchObject({ status: 'delivered', attempts: 2, seq: index + 1 });
      expect(found?.made.map(({ exchange }) => exchange?.answer)).toEqual(['busy', 'thanks']);
      for (const { exchange } of found?.made ?? []) expect(exchange?.body).toBe(body);
    }
    expect(deliveries.search({ filter: { app: appForTests, uid: 7 }, limit: 10 }).deliveries).toHaveLength(1);
    stop();
    expect(statSync(path).size).toBeLessThan(body.length * 6);
  });

  test('HOOK112: word of lost events is found by its type and channel', async () => {
    const { deliveries } = await open();
    const [report] = reportsForTests(1);
    if (!report) throw new Error('one report');
    const range = { channel: 'stage', sid: 'S', fromSeq: 3, toSeq: 9 };
    const about = [
      { type: 'events-lost', app: appForTests, range, atMs } as const,
      { type: 'events-lost', app: appForTests, atMs } as const,
    ];
    const notices = about.map((event) => ({
      position: 0,
      event,
      text: noticeText(event, '107/108', 'agora'),
    }));
    deliveries.record({ ...report, notices });
    expect(ids(deliveries, { type: 190 })).toHaveLength(2);
    expect(ids(deliveries, { channel: 'stage' })).toEqual(['S:3-9:190']);
    expect(deliveries.read(appForTests, 'good', 'S:3-9:190')).toMatchObject({ sid: 'S', seq: 9, type: 190 });
  });

  test('HOOK100: an attempt is kept with request, answer and what followed', async () => {
    const { deliveries } = await open();
    const [first] = reportsForTests(1, {
      outcome: { answered: false, stage: 'connect', detail: 'refused' },
      next: 'retry',
    });
    if (!first) throw new Error('one report');
    deliveries.record(first);
    const again = { ...first, attempt: 2, atMs: first.atMs + 10, next: 'delivered' as const };
    deliveries.record({ ...again, outcome: { answered: true, status: 200, excerpt: 'ok' }, body: 'later' });
    expect(deliveries.read(appForTests, 'good', first.noticeId)).toEqual({
      endpoint: 'good',
      noticeId: first.noticeId,
      position: 1,
      type: 101,
      channel: 'stage',
      sid: 'SID-stage',
      seq: 1,
      eventMs: first.event.atMs,
      firstMs: first.atMs,
      lastMs: first.atMs + 10,
      attempts: 2,
      redelivered: 0,
      status: 'delivered',
      made: [
        {
          attempt: 1,
          atMs: first.atMs,
          durationMs: 7,
          stage: 'connect',
          detail: 'refused',
          next: 'retry',
          exchange: { headers: first.headers, body: first.body, answer: '' },
        },
        {
          attempt: 2,
          atMs: first.atMs + 10,
          durationMs: 7,
          answered: 200,
          next: 'delivered',
          exchange: { headers: first.headers, body: 'later', answer: 'ok' },
        },
      ],
    });
    expect(deliveries.read('f'.repeat(32), 'good', first.noticeId)).toBeUndefined();
    expect(deliveries.read(appForTests, 'other', first.noticeId)).toBeUndefined();
  });

  test('HOOK100: values of an endpoint\u2019s own headers are not kept', async () => {
    const { deliveries } = await open();
    const [report] = reportsForTests(1, {
      headers: {
        'Agora-Signature-V2': 'ff',
        'webhook-id': 'x',
        Authorization: 'Bearer secret',
        Cookie: 'secret',
      },
    });
    if (!report) throw new Error('one report');
    deliveries.record(report);
    const kept = deliveries.read(appForTests, 'good', report.noticeId)?.made[0]?.exchange?.headers;
    expect(kept).toMatchObject({ 'Agora-Signature-V2': 'ff', 'webhook-id': 'x' });
    expect(JSON.stringify(kept)).not.toContain('secret');
    expect(Object.keys(kept ?? {})).toContain('Authorization');
  });

  test('HOOK101: every filter counts, and all of them together', async () => {
    const { deliveries } = await open();
    const one = reportsForTests(4);
    const two = reportsForTests(
      4,
      {
        endpoint: endpointForTests('bad'),
        next: 'give-up',
        outcome: { answered: true, status: 500, excerpt: '' },
      },
      new LifeForTests('other'),
    );
    for (const report of [...one, ...two]) deliveries.record(report);
    const stage = one.map(({ noticeId }) => noticeId).reverse();
    const other = two.map(({ noticeId }) => noticeId).reverse();
    const sorted = (list: string[]) => [...list].sort();
    expect(sorted(ids(deliveries))).toEqual(sorted([...stage, ...other]));
    expect(ids(deliveries, { channel: 'stage' })).toEqual(stage);
    expect(ids(deliveries, { endpoint: 'bad' })).toEqual(other);
    expect(ids(deliveries, { status: 'given-up' })).toEqual(other);
    expect(ids(deliveries, { status: 'retrying' })).toEqual([]);
    expect(ids(deliveries, { type: 101, channel: 'other' })).toEqual(other.slice(-1));
    expect(ids(deliveries, { uid: 2, endpoint: 'good' })).toEqual(stage.slice(1, 2));
    expect(ids(deliveries, { uid: 2, channel: 'stage', status: 'given-up' })).toEqual([]);
    expect(ids(deliveries, { account: 'nobody' })).toEqual([]);
    expect(ids(deliveries, { channel: 'stage', from: atMs + 1, to: atMs + 2 })).toEqual(stage.slice(1, 3));
    expect(ids(deliveries, { app: 'f'.repeat(32) })).toEqual([]);
  });

  test('HOOK101: pages go to the end without a hole and without a double', async () => {
    const { deliveries, clock } = await open();
    // All in one millisecond: more than its places.
    for (const report of reportsForTests(1_500, { atMs })) deliveries.record(report);
    await clock.advance(100);
    const seen: string[] = [];
    let cursor: number | undefined;
    do {
      const page = deliveries.search({
        filter: { app: appForTests },
        limit: 97,
        ...(cursor !== undefined && { cursor }),
      });
      seen.push(...page.deliveries.map(({ noticeId }) => noticeId));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(1_500);
    expect(seen).toHaveLength(1_500);
    expect(seen[0]).toContain(':1500:');
  });

  test('HOOK101: what is too wide is looked at in bounded parts, each with a cursor', async () => {
    const tables = DeliveryTables.open(newPath(), () => {});
    ends.push(() => tables.close());
    const many = fixed.deliveryScanMax + 10;
    tables.append(Array.from({ length: many }, (_, index) => requestForTests([index + 1])));
    const shared = { channel: 'stage', status: 'delivered' } as const;
    for (const more of [{}, { channel: shared.channel }, { status: shared.status }, shared]) {
      const filter = { app: appForTests, uid: 3, ...more };
      const first = tables.search(filter, undefined, 10);
      expect(first.deliveries).toEqual([]);
      const second = tables.search(filter, first.next, 10);
      expect(second.deliveries.map(({ uid }) => uid)).toEqual([3]);
      expect(second.next).toBeUndefined();
    }
    // Nor is the search longer for deliveries that do not exist at all.
    for (const more of [{}, { channel: 'stage' }]) {
      const page = tables.search({ app: appForTests, status: 'given-up', ...more }, undefined, 10);
      expect(page.deliveries).toEqual([]);
      expect(page.next !== undefined).toBe('channel' in more);
    }
  });

  test('HOOK170: no search, and no reading of the metrics, walks or sorts all deliveries', async () => {
    const path = newPath();
    const { deliveries } = await open(path);
    for (const report of reportsForTests(3)) deliveries.record(report);
    deliveries.search({ filter: { app: appForTests }, limit: 1 });
    const database = new Database(path, { readonly: true });
    ends.push(() => database.close());
    const values = {
      channel: 'stage',
      uid: 2,
      endpoint: 'good',
      account: 'ann',
      type: 105,
      from: 1,
      to: 2,
    } as const;
    const names = Object.keys(values) as (keyof typeof values)[];
    const filters: DeliveryFilter[] = [{ app: appForTests }, { app: appForTests, ...values }];
    for (const name of names) filters.push({ app: appForTests, [name]: values[name] });
    for (const status of deliveryStatuses)
      filters.push(...filters.slice(0, names.length + 2).map((filter) => ({ ...filter, status })));
    for (const filter of filters) {
      const { looked, lookedValues } = searchOf(filter, undefined);
      const plan = database.query(`EXPLAIN QUERY PLAN ${looked}`).all(...lookedValues);
      // The plan uses an index down to the ids, which then need no sorting.
      expect(plan).toHaveLength(1);
      expect(plan).toEqual([
        expect.objectContaining({
          detail: expect.stringMatching(/^SEARCH .*\(.*app=\?.* AND id>\? AND id<\?\)$/),
        }),
      ]);
    }
    const { givenUpCount } = DeliveryTables;
    expect(database.query(`EXPLAIN QUERY PLAN ${givenUpCount}`).all()).toEqual([
      expect.objectContaining({ detail: expect.stringContaining('SEARCH deliveries USING COVERING INDEX') }),
    ]);
  });

  test('HOOK184: a batch that is tried for days is kept once, and not each of its attempts', async () => {
    const path = newPath();
    const { deliveries, stop, clock } = await open(path);
    const [report] = reportsForTests(1, { body: `["${'x'.repeat(100_000)}"]`, next: 'retry' });
    if (!report) throw new Error('one report');
    const tried = fixed.deliveryAttemptsMax + 50;
    for (let attempt = 1; attempt <= tried; attempt++) {
      deliveries.record({ ...report, attempt, atMs: atMs + attempt });
      if (attempt % 50 === 0) await clock.advance(100);
    }
    deliveries.record({ ...report, attempt: tried + 1, atMs: atMs + tried + 1, next: 'delivered' });
    const shown = deliveries.read(appForTests, 'good', report.noticeId);
    expect(shown).toMatchObject({ attempts: tried + 1, status: 'delivered' });
    expect(shown?.made).toHaveLength(fixed.deliveryAttemptsMax + 1);
    expect(shown?.made.at(-1)).toMatchObject({ attempt: tried + 1, exchange: { body: report.body } });
    expect(shown?.made[1]).toMatchObject({ attempt: 2, exchange: { body: report.body } });
    const chars = shown?.made.reduce((sum, { exchange }) => sum + (exchange?.body.length ?? 0), 0);
    expect(chars).toBeLessThanOrEqual(limits.deliveryExchangeCharsMax + report.body.length);
    expect(shown?.made.at(-2)?.exchange).toBeUndefined();
    stop();
    const database = new Database(path, { readonly: true });
    ends.push(() => database.close());
    expect(database.query('SELECT count(*) AS n FROM attempts WHERE body IS NOT NULL').get()).toEqual({
      n: 1,
    });
  });

  test('HOOK102: once delivered stays delivered, and a failed redelivery does not give up for the delivery', async () => {
    const { deliveries } = await open();
    const [report] = reportsForTests(1, { next: 'retry' });
    if (!report) throw new Error('one report');
    const status = () => deliveries.read(appForTests, 'good', report.noticeId)?.status;
    const record = (changes: object) => deliveries.record({ ...report, ...changes });
    record({});
    record({ next: 'give-up', redelivery: 'r1' });
    expect(status()).toBe('retrying');
    record({ next: 'give-up' });
    expect(status()).toBe('given-up');
    record({ next: 'delivered', redelivery: 'r2' });
    expect(status()).toBe('delivered');
    record({ next: 'give-up', redelivery: 'r3' });
    expect(status()).toBe('delivered');
    expect(deliveries.delivery('good', report.noticeId)).toMatchObject({ attempts: 5, redelivered: 3 });
  });
});

describe('limits', () => {
  test('HOOK103: behind, the oldest lose request and answer, are counted, and keep their outcome', async () => {
    const { deliveries, dropped, stop } = await open();
    const extra = 3;
    const whole = 1024 * 1024;
    // Each weighs as much as a sixteenth of what may wait, its answer included.
    const reports = reportsForTests(limits.deliveryDetailQueueCharsMax / whole + extra).map((report) => ({
      ...report,
      body: report.body.padEnd(whole - 'thanks'.length),
    }));
    for (const report of reports) deliveries.record(report);
    expect(dropped).toEqual({ detail: extra });
    const made = (index: number) =>
      deliveries.read(appForTests, 'good', reports[index]?.noticeId ?? '')?.made[0];
    expect(made(extra - 1)).toMatchObject({ answered: 200 });
    expect(made(extra - 1)?.exchange).toBeUndefined();
    expect(made(extra)?.exchange?.body).toBe(reports[extra]?.body);
    stop();
  });

  test('HOOK103: a file that cannot be written is tried again, and costs neither delivery nor outcome', async () => {
    const path = newPath();
    const { deliveries, clock, complaints } = await open(path);
    const other = openRaw(path);
    ends.push(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const reports = reportsForTests(3);
    for (const report of reports) deliveries.record(report);
    await clock.advance(5_000);
    expect(deliveries.trouble).toBeDefined();
    expect(complaints).toHaveLength(1);
    other.exec('ROLLBACK');
    await clock.advance(5_000);
    expect(deliveries.trouble).toBeUndefined();
    expect(ids(deliveries)).toHaveLength(3);
  });

  test('HOOK104: old deliveries go by the clock, also while nothing is delivered', async () => {
    const { deliveries, clock } = await open();
    for (const report of reportsForTests(5)) deliveries.record(report);
    expect(ids(deliveries)).toHaveLength(5);
    await clock.advance(limits.deliveryDaysMax * 24 * 3_600_000 - 60_000);
    expect(ids(deliveries)).toHaveLength(5);
    await clock.advance(180_000);
    expect(ids(deliveries)).toEqual([]);
    expect(deliveries.read(appForTests, 'good', 'SID-stage:1:101')).toBeUndefined();
  });

  test('HOOK104: beyond the number of rows the oldest go, with their attempts', () => {
    const path = newPath();
    const tables = DeliveryTables.open(path, () => {});
    ends.push(() => tables.close());
    for (let seq = 1; seq <= 30; seq += 1) tables.append([requestForTests([seq])]);
    tables.retain(0, 10);
    expect(tables.rows).toBe(10);
    const left = tables.search({ app: appForTests }, undefined, 100).deliveries;
    expect(left.map(({ seq }) => seq)).toEqual([30, 29, 28, 27, 26, 25, 24, 23, 22, 21]);
    expect(tables.withAttempts(appForTests, 'good', 'n21', 10)?.made).toHaveLength(1);
    expect(tables.withAttempts(appForTests, 'good', 'n20', 10)).toBeUndefined();
  });

  test('HOOK104: an attempt stays as long as one of its notices does, and then goes', () => {
    const path = newPath();
    const tables = DeliveryTables.open(path, () => {});
    ends.push(() => tables.close());
    const exchange = (body: string) => ({ headers: {}, body, answer: '' });
    const failed = { next: 'retry', answered: 503 } as const;
    tables.append([requestForTests([1, 2, 3], { ...failed, exchange: exchange('first') })]);
    tables.append([requestForTests([4], { ...failed, exchange: exchange('fourth') })]);
    tables.append([requestForTests([1, 2, 3], { attempt: 2, exchange: exchange('again') })]);
    tables.append([requestForTests([4], { attempt: 2, exchange: exchange('fourth again') })]);
    const other = openRaw(path);
    ends.push(() => other.close());
    const count = (table: string) => Number(other.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
    const bodies = (seq: number) =>
      tables.withAttempts(appForTests, 'good', `n${seq}`, 10)?.made.map((made) => made.exchange?.body);
    expect([count('attempts'), count('further_attempts')]).toEqual([4, 4]);
    tables.retain(0, 2);
    expect([bodies(1), bodies(2), bodies(3)]).toEqual([undefined, undefined, ['first', 'again']]);
    expect([count('attempts'), count('further_attempts')]).toEqual([4, 2]);
    tables.retain(0, 1);
    expect(bodies(4)).toEqual(['fourth', 'fourth again']);
    expect([count('attempts'), count('further_attempts')]).toEqual([3, 1]);
    tables.retain(0, 0);
    expect([count('attempts'), count('further_attempts'), tables.rows]).toEqual([0, 0, 0]);
    tables.append([requestForTests([5])]);
    expect(tables.withAttempts(appForTests, 'good', 'n5', 10)?.made).toHaveLength(1);
  });

  test('HOOK140: what retention costs does not grow with what is kept', () => {
    const path = newPath();
    const tables = DeliveryTables.open(path, () => {});
    ends.push(() => tables.close());
    tables.append([requestForTests([1, 2]), requestForTests([1])]);
    const database = new Database(path, { readonly: true });
    ends.push(() => database.close());
    for (const sql of Object.values(DeliveryTables.retention)) {
      const plan = database.query(`EXPLAIN QUERY PLAN ${sql}`).all(...(sql.includes('?2') ? [9, 9] : []));
      const steps = plan.map((step) => String((step as { detail: unknown }).detail));
      // The oldest row is found by walking the table from its beginning, which is not sorting it.
      const isFromOneEnd = sql === DeliveryTables.retention.firstKept ? /^SCAN deliveries$/ : /^SEARCH /;
      const walks = steps.filter((step) => !/SUBQUERY|ROUTINE|\(subquery/.test(step));
      expect(walks.length).toBeGreaterThan(0);
      for (const step of walks) expect(step).toMatch(isFromOneEnd);
    }
  });

  test('HOOK104: what is deleted at one go is bounded', () => {
    const tables = DeliveryTables.open(newPath(), () => {});
    ends.push(() => tables.close());
    tables.append(Array.from({ length: 2_500 }, (_, index) => requestForTests([index + 1])));
    expect([tables.retain(0, 0), tables.rows]).toEqual([true, 1_500]);
    expect([tables.retain(0, 0), tables.rows]).toEqual([true, 500]);
    expect([tables.retain(0, 0), tables.rows]).toEqual([false, 0]);
  });
});

describe('restarts', () => {
  test('HOOK105: after a stop everything is there', async () => {
    const path = newPath();
    const first = await open(path);
    for (const report of reportsForTests(700)) first.deliveries.record(report);
    first.stop();
    const second = await open(path);
    expect(ids(second.deliveries, {}, 1_000)).toHaveLength(700);
  });

  test('HOOK105: a process killed at once loses its last moment at most, and what is left is whole', async () => {
    const path = newPath();
    const script = `${path}.ts`;
    const from = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
    writeFileSync(
      script,
      `import { openDeliveries } from ${from('./deliveries.ts')};
       import { appForTests, reportsForTests } from ${from('../../../testing/worlds/delivery-report.ts')};
       import { quietLogger, quietMetrics } from ${from('../../../testing/worlds/notify-world.ts')};
       import { systemClock } from ${from('../../clock.ts')};
       const deliveries = openDeliveries({ path: ${JSON.stringify(path)}, clock: systemClock(),
         logger: quietLogger(() => {}), metrics: quietMetrics });
       const reports = reportsForTests(1000, { atMs: Date.now() });
       for (const report of reports.slice(0, 400)) deliveries.record(report);
       deliveries.search({ filter: { app: appForTests }, limit: 1 });
       for (const report of reports.slice(400)) deliveries.record(report);
       process.kill(process.pid, 'SIGKILL');`,
    );
    const signal = await new Promise((resolve) =>
      spawn(process.execPath, [script], { stdio: 'inherit' }).on('exit', (_, name) => resolve(name)),
    );
    expect(signal).toBe('SIGKILL');
    const { deliveries } = await open(path);
    const left = ids(deliveries, {}, 1_000);
    expect(left).toHaveLength(400);
    for (const noticeId of left)
      expect(deliveries.read(appForTests, 'good', noticeId)?.made[0]?.exchange?.body).toContain(noticeId);
    for (const report of reportsForTests(1000)) deliveries.record(report);
    expect(deliveries.read(appForTests, 'good', left[0] ?? '')).toMatchObject({ attempts: 2 });
  });

  test('DATA4: damage that is met while the server runs costs what the file held, and nothing that comes', async () => {
    const path = newPath();
    const first = await open(path);
    for (const report of reportsForTests(300)) first.deliveries.record(report);
    expect(ids(first.deliveries)).toHaveLength(100);
    first.stop();
    const bytes = readFileSync(path);
    const { deliveries, complaints, stop } = await open(path);
    writeFileSync(path, bytes.fill(0x5a, bytes.length / 2));
    const [known] = reportsForTests(300);
    for (const report of reportsForTests(300)) {
      deliveries.record(report);
      deliveries.delivery('good', report.notices[0]?.text.noticeId ?? '');
    }
    expect(ids(deliveries)).toHaveLength(100);
    expect(deliveries.delivery('good', known?.notices[0]?.text.noticeId ?? '')).toMatchObject({
      attempts: 1,
    });
    expect(complaints).toEqual([expect.stringContaining('DAMAGED')]);
    expect(deliveries.trouble).toBeUndefined();
    stop();
    expect(readdirSync(join(path, '..')).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  });

  test('HOOK105: a damaged file is begun anew', async () => {
    const path = newPath();
    writeFileSync(path, 'this is not a database, and is long enough to be seen as one that is damaged');
    const { deliveries, complaints } = await open(path);
    expect(complaints).toHaveLength(1);
    for (const report of reportsForTests(2)) deliveries.record(report);
    expect(ids(deliveries)).toHaveLength(2);
  });
});
