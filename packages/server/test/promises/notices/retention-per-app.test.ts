import { afterEach, describe, expect, test } from 'bun:test';
import { liveKey } from '../../../src/channel/channel.ts';
import { openEmbeddedLog } from '../../../src/engine/embedded/embedded-log.ts';
import { keptFiles } from '../../../src/kept/files/kept-files.ts';
import { limits } from '../../../src/limits.ts';
import type { Log } from '../../../src/log/contract/log.ts';
import { openLog } from '../../../src/log/open-log.ts';
import type { LogEntry } from '../../../src/log/record/record.ts';
import type { Notify } from '../../../src/notify/contract.ts';
import type { Endpoint } from '../../../src/notify/endpoint/endpoint.ts';
import { eventOf } from '../../../src/notify/notice/channel-events.ts';
import { noticeText } from '../../../src/notify/notice/notice-text.ts';
import { startNotify } from '../../../src/notify/notify.ts';
import { setAsideFolder } from '../../../src/notify/set-aside/set-aside.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';
import { answered, endpointForTests, quietLogger } from '../../../testing/worlds/notify-world.ts';
import { SimClock, type SimProcessClock } from '../../simulation/sim-clock.ts';
import { type CrashKind, SimDisk } from '../../simulation/sim-disk.ts';
import { SimRandom } from '../../simulation/sim-random.ts';

const hour = 3_600_000;
const loud = 'a'.repeat(32);
const quiet = 'b'.repeat(32);
const small = { ms: 24 * hour, bytes: 16_384, bytesPerApp: 32_768, checkMs: hour / 6 };
const endpoint = (name: string, app: string, more: Partial<Endpoint> = {}) =>
  endpointForTests(name, { app, format: 'standard', retry: 'standard', ...more });

interface Told {
  readonly id: string;
  readonly type: string;
  readonly sid?: string;
  readonly seq?: number;
  readonly data: { readonly uid?: number; readonly events?: number; readonly toSeq?: number };
}

/** One machine with the real log and the real notices, both of which keep little; two apps, and a receiver of each. */
class Machine {
  readonly clock = new SimClock();
  readonly disk: SimDisk;
  readonly random: SimRandom;
  readonly complaints: string[] = [];
  /** Names of the endpoints whose receivers are down. */
  readonly down = new Set<string>();
  /** The notices that each receiver took, copies left out. */
  readonly taken = new Map<string, Told[]>();
  /** Every event that there ever was, by position. */
  readonly events = new Map<number, LogEntry>();
  log!: Log;
  notify!: Notify;
  metrics!: ReturnType<typeof createMetrics>;
  /** The process of the present life. */
  #process: SimProcessClock | undefined;
  #store: { close(): Promise<void> } | undefined;
  #connections = 0;

  constructor(
    seed = 1,
    readonly retention = small,
  ) {
    this.random = new SimRandom(seed);
    this.disk = new SimDisk(this.random.fork());
  }

  async start(endpoints = [endpoint('loud', loud), endpoint('quiet', quiet)]): Promise<void> {
    const process = this.clock.process();
    this.#process = process;
    const disk = this.disk.mount(process);
    const logger = quietLogger((message) => this.complaints.push(message));
    this.metrics = createMetrics();
    const common = { clock: process, random: this.random.fork(), logger, metrics: this.metrics };
    const store = await openEmbeddedLog({ disk, logger, clock: process, segmentBytesMax: 4_096 });
    this.#store = store;
    const log = await openLog({
      ...common,
      store,
      partition: 'main',
      recoveryMs: 15_000,
      retentionMs: this.retention.ms,
      retentionBytes: this.retention.bytes,
      snapshotEvery: 40,
      onFenced: (cause) => this.complaints.push(cause.message),
    });
    this.log = log;
    this.notify = await startNotify({
      ...common,
      log,
      kept: keptFiles(disk),
      send: ({ url, body }) => (process.alive ? this.#receive(url, body) : new Promise(() => undefined)),
      endpoints,
      retention: this.retention,
      communicationEventsOf: () => '107/108',
      inspectorSecretOf: () => 'inspector',
    });
  }

  async stop(): Promise<void> {
    await this.notify.stop();
    await this.log.stop();
    await this.#store?.close();
    this.#process?.kill();
  }

  crash(kind: CrashKind): void {
    this.#process?.kill();
    this.disk.crash(kind);
  }

  /** `count` people come to a channel of an app, and go: two events each, and two more for the channel. */
  async visit(app: string, channel: string, count: number): Promise<void> {
    const { log } = this;
    const from = log.lastPosition;
    const ids = Array.from({ length: count }, () => `c${this.#connections++}`);
    const joins = ids.map((connectionId, at) =>
      log.join({
        key: liveKey(app, channel),
        identity: { uid: at + 1 },
        connectionId,
        connectionKind: 'rtc',
        role: 'audience',
        platform: 7,
        leaseMs: 10_000,
        ip: '127.0.0.1',
      }),
    );
    await Promise.all(joins);
    const leaves = ids.map((connectionId) =>
      log.submit(liveKey(app, channel), { type: 'leave', connectionId, evidence: 'bye' }),
    );
    await Promise.all(leaves);
    const end = new AbortController();
    for await (const batch of log.follow(from, end.signal)) {
      for (const entry of batch) if (eventOf(entry.record)) this.events.set(entry.position, entry);
      if ((batch.at(-1)?.position ?? 0) >= log.lastPosition) end.abort();
    }
  }

  /** The loud app turns the log over some times; notices have time to look at what that means. */
  async flood(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      await this.visit(loud, `flood${round}`, 60);
      await this.clock.advance(this.retention.checkMs);
    }
  }

  status(name: string) {
    return this.notify.status().find(({ endpointId }) => endpointId === name);
  }

  /** Ids of the notices that an app's receiver should get, in the order of the log. */
  noticeIds(app: string): string[] {
    return [...this.events.values()]
      .sort((a, b) => a.position - b.position)
      .flatMap(({ record }) => {
        const event = eventOf(record);
        return event?.app === app ? [noticeText(event, '107/108', 'standard').noticeId] : [];
      });
  }

  told(name: string): Told[] {
    return (this.taken.get(name) ?? []).filter(({ type }) => type !== 'events.lost');
  }

  lost(name: string): Told[] {
    return (this.taken.get(name) ?? []).filter(({ type }) => type === 'events.lost');
  }

  /** The position of the first event of an app. */
  firstOf(app: string): number {
    return Math.min(
      ...[...this.events.values()].flatMap(({ position, record }) =>
        eventOf(record)?.app === app ? [position] : [],
      ),
    );
  }

  asides(app: string): readonly string[] {
    return this.disk.paths().filter((path) => path.startsWith(`${setAsideFolder}/${app}/`));
  }

  async #receive(url: string, body: string) {
    const name = new URL(url).host.split('.')[0] ?? '';
    if (this.down.has(name)) return answered(503);
    const notices = [JSON.parse(body) as Told | Told[]].flat();
    const taken = this.taken.get(name) ?? [];
    const ids = new Set(taken.map(({ id }) => id));
    this.taken.set(name, [...taken, ...notices.filter(({ id }) => !ids.has(id))]);
    return answered(200);
  }
}

/** Every one of these, and no other. */
function expectSame(told: readonly Told[], noticeIds: readonly string[]): void {
  expect(told.map(({ id }) => id).sort()).toEqual([...noticeIds].sort());
}

/** Each member's notices, in the order in which they came. */
function expectInOrder(told: readonly Told[]): void {
  const last = new Map<string, number>();
  for (const { sid, seq = 0, data } of told) {
    if (data.uid === undefined) continue;
    const key = `${sid} ${data.uid}`;
    expect(seq).toBeGreaterThan(last.get(key) ?? 0);
    last.set(key, seq);
  }
}

const machines: Machine[] = [];
async function machine(...given: ConstructorParameters<typeof Machine>): Promise<Machine> {
  const made = new Machine(...given);
  machines.push(made);
  await made.start();
  return made;
}
afterEach(() => {
  for (const one of machines.splice(0)) one.crash('process');
});

describe('a receiver that is down while another app floods the log', () => {
  test('SHARE10, SHARE11: gets everything when it is back, in order, under the same noticeIds', async () => {
    const m = await machine();
    m.down.add('quiet');
    for (let show = 0; show < 5; show += 1) {
      await m.visit(quiet, `show${show}`, 3);
      await m.flood();
    }
    // The log has long given all of it away.
    await m.visit(quiet, 'last', 3);
    expect(await m.log.firstPosition()).toBeGreaterThan(m.firstOf(quiet) + 1_000);
    expect(m.status('quiet')).toMatchObject({ lost: 0 });
    m.down.clear();
    await m.clock.advance(hour);
    expectSame(m.told('quiet'), m.noticeIds(quiet));
    expectInOrder(m.told('quiet'));
    expect(m.lost('quiet')).toEqual([]);
    expect(m.status('quiet')).toMatchObject({ state: 'running', outstanding: 0, lost: 0 });
    // A receiver that kept up has the notices that it would have had anyhow.
    expectSame(m.told('loud'), m.noticeIds(loud));
    await m.stop();
    expect(m.complaints.filter((line) => !/has failed for long/.test(line))).toEqual([]);
  });

  test('SHARE10: so does a batch endpoint, and one that was paused', async () => {
    const m = new Machine();
    machines.push(m);
    await m.start([
      endpoint('quiet', quiet, { format: 'batch' }),
      endpoint('other', quiet, { events: [101, 102] }),
    ]);
    m.down.add('quiet');
    await m.notify.pause('other');
    await m.visit(quiet, 'show', 5);
    await m.flood();
    // Copied once, for both.
    expect(bytesOf(m, quiet)).toBeLessThan(12 * 600);
    m.down.clear();
    await m.notify.resume('other');
    await m.clock.advance(hour);
    expectSame(m.told('quiet'), m.noticeIds(quiet));
    expect(m.told('quiet').map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
    expect(m.told('other').map(({ seq }) => seq)).toEqual([1, 12]);
    // And deleted when both have it.
    await m.visit(quiet, 'next', 1);
    await m.clock.advance(2 * small.checkMs);
    expect(m.asides(quiet)).toEqual([]);
    await m.stop();
  });

  test('SHARE11: so does one whose reader stands in the middle of what the log gives away', async () => {
    const m = new Machine(1, { ...small, bytesPerApp: 2_000_000 });
    machines.push(m);
    await m.start();
    m.down.add('quiet');
    await m.visit(quiet, 'show', 1_200);
    // From here on the reader has nothing of it in memory.
    m.crash('process');
    await m.start();
    await m.flood();
    expect(m.status('quiet')?.outstanding).toBe(limits.endpointOutstandingMax);
    expect(await m.log.firstPosition()).toBeGreaterThan(2_402);
    m.down.clear();
    await m.clock.advance(hour);
    expectSame(m.told('quiet'), m.noticeIds(quiet));
    expectInOrder(m.told('quiet'));
    await m.stop();
    expect(m.complaints.filter((line) => /follow|aside/.test(line))).toEqual([]);
  });

  test('SHARE11: also over restarts and crashes, whenever they come', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const m = await machine(seed);
      m.down.add('quiet');
      for (let show = 0; show < 3; show += 1) {
        await m.visit(quiet, `show${show}`, 2);
        if (m.random.chance(0.3)) {
          await m.stop();
          await m.start();
        }
        // In the middle of whatever is written of the next flood.
        await m.visit(loud, `flood${show}`, 60);
        let left = m.random.between(1, 120);
        const kind = m.random.pick(['process', 'power'] as const);
        const crashed = new Promise<void>((resolve) => {
          m.disk.onOperation = () => {
            left -= 1;
            if (left > 0) return;
            m.disk.onOperation = () => undefined;
            m.crash(kind);
            resolve();
          };
        });
        await Promise.race([crashed, m.clock.advance(2 * small.checkMs)]);
        if (left > 0) {
          m.disk.onOperation = () => undefined;
          m.crash(kind);
        }
        await m.start();
        await m.visit(loud, `after${show}`, 30);
        await m.clock.advance(small.checkMs);
      }
      await m.visit(loud, 'more', 60);
      await m.clock.advance(small.checkMs);
      expect(await m.log.firstPosition()).toBeGreaterThan(m.firstOf(quiet));
      m.down.clear();
      await m.clock.advance(hour);
      expect([
        seed,
        m
          .told('quiet')
          .map(({ id }) => id)
          .sort(),
      ]).toEqual([seed, m.noticeIds(quiet).sort()]);
      expectInOrder(m.told('quiet'));
      expect([seed, m.lost('quiet')]).toEqual([seed, []]);
      m.crash('process');
    }
  });

  test('SHARE12: the app that floods loses its own oldest, and is told which', async () => {
    const m = await machine();
    m.down.add('quiet').add('loud');
    await m.visit(quiet, 'show', 10);
    await m.flood();
    await m.flood();
    expect(m.status('quiet')).toMatchObject({ lost: 0 });
    const lost = m.status('loud')?.lost ?? 0;
    expect(lost).toBeGreaterThan(0);
    expect(bytesOf(m, loud)).toBeLessThanOrEqual(small.bytesPerApp);
    // Most of its share is used.
    expect(bytesOf(m, loud)).toBeGreaterThan(small.bytesPerApp / 2);
    m.down.clear();
    await m.clock.advance(hour);
    expectSame(m.told('quiet'), m.noticeIds(quiet));
    const all = m.noticeIds(loud);
    expectSame(m.told('loud'), all.slice(lost));
    expect(m.lost('loud').reduce((sum, { data }) => sum + (data.events ?? 0), 0)).toBe(lost);
    await m.stop();
  });

  test('SHARE12: without room beside the log it loses what the log gives away', async () => {
    const m = await machine(1, { ...small, bytesPerApp: 0 });
    m.down.add('quiet');
    await m.visit(quiet, 'show', 3);
    await m.flood();
    expect(m.status('quiet')).toMatchObject({ lost: 8 });
    expect(m.asides(quiet)).toEqual([]);
    await m.stop();
  });

  test('SHARE12: a share that was made smaller holds from the next start', async () => {
    const m = await machine();
    m.down.add('quiet');
    for (let show = 0; show < 4; show += 1) await m.visit(quiet, `show${show}`, 5);
    await m.flood();
    expect(m.status('quiet')).toMatchObject({ lost: 0 });
    await m.stop();
    Object.assign(m, { retention: { ...small, bytesPerApp: 8_192 } });
    await m.start();
    await m.clock.advance(0);
    expect(bytesOf(m, quiet)).toBeLessThanOrEqual(8_192);
    const lost = m.status('quiet')?.lost ?? 0;
    expect(lost).toBeGreaterThan(0);
    m.down.clear();
    await m.clock.advance(hour);
    expectSame(m.told('quiet'), m.noticeIds(quiet).slice(lost));
    await m.stop();
  });

  test('SHARE13: what has waited too long is let go, and told', async () => {
    const m = await machine();
    m.down.add('quiet');
    await m.visit(quiet, 'show', 3);
    await m.flood();
    await m.clock.advance(12 * hour);
    await m.visit(quiet, 'later', 3);
    await m.flood();
    await m.clock.advance(12 * hour);
    expect(m.status('quiet')).toMatchObject({ lost: 8 });
    m.down.clear();
    await m.clock.advance(hour);
    expect(m.lost('quiet')).toMatchObject([{ data: { toSeq: 8, events: 8 } }]);
    expectSame(m.told('quiet'), m.noticeIds(quiet).slice(8));
    await m.clock.advance(2 * small.checkMs);
    expect(m.asides(quiet)).toEqual([]);
    await m.stop();
  });

  test('SHARE13: while it cannot be set aside the log keeps it', async () => {
    const m = await machine();
    m.down.add('quiet');
    await m.visit(quiet, 'show', 3);
    await m.visit(loud, 'flood', 60);
    const { spaceBytesLeft } = m.disk.faults;
    m.disk.faults.spaceBytesLeft = 0;
    await m.clock.advance(small.checkMs);
    expect(m.complaints.some((line) => /cannot be set aside/.test(line))).toBeTrue();
    expect(m.asides(quiet)).toEqual([]);
    m.disk.faults.spaceBytesLeft = spaceBytesLeft;
    await m.visit(loud, 'more', 60);
    expect(await m.log.firstPosition()).toBeLessThanOrEqual(m.firstOf(quiet));
    await m.flood();
    expect(await m.log.firstPosition()).toBeGreaterThan(m.firstOf(quiet));
    m.down.clear();
    await m.clock.advance(hour);
    expectSame(m.told('quiet'), m.noticeIds(quiet));
    expect(m.lost('quiet')).toEqual([]);
    await m.stop();
  });

  test('SHARE13: of a file that is damaged the receiver is told that it is lost', async () => {
    const m = await machine();
    m.down.add('quiet');
    for (let show = 0; show < 6; show += 1) await m.visit(quiet, `show${show}`, 5);
    await m.flood();
    await m.stop();
    const files = m.asides(quiet);
    expect(files.length).toBeGreaterThan(2);
    const [, damaged = ''] = files;
    const bytes = m.disk.bytes(damaged) ?? new Uint8Array();
    bytes.fill(0x20, bytes.length - 100, bytes.length - 50);
    m.disk.put(damaged, bytes);
    await m.start();
    expect(m.complaints.some((line) => /cannot be used/.test(line))).toBeTrue();
    expect(m.asides(quiet)).toEqual(files.slice(2));
    m.down.clear();
    await m.clock.advance(hour);
    expect(m.lost('quiet')).toHaveLength(1);
    const told = m.told('quiet').map(({ id }) => id);
    expect(told.length).toBeGreaterThan(20);
    expect(told.sort()).toEqual(m.noticeIds(quiet).slice(-told.length).sort());
    await m.stop();
  });

  test('SHARE13: what belongs to another log is deleted at the start', async () => {
    const m = await machine();
    m.down.add('quiet');
    await m.visit(quiet, 'show', 3);
    await m.flood();
    await m.stop();
    const other = new Machine(2);
    machines.push(other);
    for (const path of m.asides(quiet)) other.disk.put(path, m.disk.bytes(path) ?? new Uint8Array());
    await other.start();
    expect(other.asides(quiet)).toEqual([]);
    await other.visit(quiet, 'new', 2);
    await other.clock.advance(0);
    expectSame(other.told('quiet'), other.noticeIds(quiet));
    await other.stop();
  });

  test('SHARE11: an endpoint that was away, and is further behind than others of its app, misses nothing', async () => {
    const m = new Machine();
    machines.push(m);
    const [first, second] = [endpoint('quiet', quiet), endpoint('second', quiet)];
    await m.start([first, second]);
    m.down.add('second');
    await m.visit(quiet, 'show', 2);
    await m.clock.advance(0);
    await m.stop();
    await m.start([first]);
    await m.clock.advance(0);
    m.down.add('quiet');
    await m.visit(quiet, 'next', 2);
    await m.visit(loud, 'flood', 60);
    await m.clock.advance(small.checkMs);
    const [file] = m.asides(quiet);
    expect(file).not.toEndWith('/0000000000000000');
    m.crash('process');
    await m.start([first, second]);
    expect(await m.log.firstPosition()).toBe(1);
    await m.clock.advance(0);
    await m.visit(quiet, 'last', 2);
    await m.flood();
    // All but the first record, which is of no app.
    expect(m.asides(quiet)[0]).toEndWith('/0000000000000001');
    expect(await m.log.firstPosition()).toBeGreaterThan(100);
    m.down.clear();
    await m.clock.advance(hour);
    for (const name of ['quiet', 'second']) {
      expectSame(m.told(name), m.noticeIds(quiet));
      expectInOrder(m.told(name));
      expect(m.lost(name)).toEqual([]);
    }
    await m.stop();
  });

  test('SHARE14: the metrics say how much is set aside of each app', async () => {
    const m = await machine();
    m.down.add('quiet');
    await m.visit(quiet, 'show', 3);
    await m.flood();
    const shown = m.metrics.text().match(/housecount_notify_set_aside_bytes\{app="b+"\} (\d+)/);
    expect(Number(shown?.[1])).toBe(bytesOf(m, quiet));
    expect(bytesOf(m, quiet)).toBeGreaterThan(1_000);
    await m.stop();
  });
});

const bytesOf = (m: Machine, app: string) =>
  m.asides(app).reduce((sum, path) => sum + (m.disk.bytes(path)?.length ?? 0), 0);
