import { afterEach, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerFrame } from '@housecount/protocol';
import { systemClock } from '../../../src/clock.ts';
import { openEmbeddedLog } from '../../../src/engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../../../src/engine/embedded/node-disk.ts';
import { fixed } from '../../../src/fixed-limits.ts';
import { decodeRecord } from '../../../src/log/record/codec.ts';
import type { LogRecord } from '../../../src/log/record/record.ts';
import { makeResumeKey } from '../../../src/token/resume-key.ts';
import { Client } from '../../../testing/clients/client.ts';
import {
  type ServerProcess,
  startServerProcess,
  testApp,
  until,
} from '../../../testing/processes/server-process.ts';
import { quietLogger } from '../../../testing/worlds/notify-world.ts';

const members = 200_000;
const channels = 1_000;
/** Members whose clients come back after the first restart; the others are gone for good. */
const back = 40;
const filler = fileURLToPath(new URL('../../../testing/processes/fill-log.ts', import.meta.url));

let server: ServerProcess | undefined;
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await server?.close();
});

test(
  'LOG46, LOG41, LOG44: a server with 200,000 members in a channel, and 1,000 channels, is killed twice: one record each, nobody is shown who is back in time, and everybody leaves once with the true time',
  async () => {
    const running = await startServerProcess({
      leases: { rtcMs: 60_000, signalingMs: 60_000, recoveryMs: 20_000 },
    });
    server = running;
    await running.kill();
    const filled = await fill(running.dataDir);

    await running.restart();
    const startMs = cpuMs(running.pid);
    // It folds what the joins decided, recorded and folded, which takes less than half as much; with a record for each member it took as much.
    expect(startMs).toBeLessThan(filled.cpuMs * 0.7);
    expect(await metricOf(running.url, 'housecount_log_position')).toBe(filled.position + 1);

    const secret = readFileSync(join(running.dataDir, 'resume-secret'));
    const resume = async (uid: number) => {
      const claim = { app: testApp.id, channel: 'large', uid, connectionId: `large-${uid}` };
      const client = await Client.join({
        url: running.url,
        channel: 'large',
        uid,
        resume: makeResumeKey(secret, claim),
      });
      expect(client.welcome).toMatchObject({ resumed: true });
      clients.push(client);
      return client;
    };
    const [counting, watcher] = await Promise.all(Array.from({ length: back }, (_, at) => resume(at + 1)));
    if (!counting || !watcher) throw new Error('nobody is back');
    counting.send({ type: 'subscribe-roster', id: 1, view: { count: true } });
    watcher.send({ type: 'subscribe-roster', id: 1 });
    await counting.until('those who are not back', () =>
      counting.all('roster-count').some(({ interrupted }) => interrupted > 0),
    );
    const shown = new Shown(watcher);
    await watcher.until(
      'all who are not back are shown',
      () => shown.read().size >= members - back || watcher.closed,
      10 * 60_000,
    );
    expect(watcher.closed).toBeUndefined();
    await running.kill();
    for (const { silent } of watcher.all('roster-interrupted'))
      expect(silent.length).toBeLessThanOrEqual(fixed.rosterFrameChangesMax);
    const killedMs = Date.now();

    await running.restart();
    await until('everybody has left', async () => (await metricOf(running.url, 'housecount_members')) === 0);
    await running.terminate();
    const records = await recordsAfter(running.dataDir, filled.position);
    check(records, { filled, killedMs, shown: shown.read(), everShown: shown.ever });
  },
  15 * 60_000,
);

interface Filled {
  readonly position: number;
  /** The CPU time of all joins, milliseconds. */
  readonly cpuMs: number;
  /** Between these, epoch milliseconds, the process that had all of them was killed. */
  readonly fullMs: number;
  readonly killedMs: number;
}

/** Has the members joined by a process that is then killed. */
async function fill(folder: string): Promise<Filled> {
  const child = spawn(process.execPath, [filler, folder, String(members), String(channels)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await until('all of them are in', () => said.endsWith('\n') || child.exitCode !== null, 10 * 60_000);
  const [, position, cpu] = said.split(' ');
  const fullMs = Date.now();
  child.kill('SIGKILL');
  await ended;
  return { position: Number(position), cpuMs: Number(cpu), fullMs, killedMs: Date.now() };
}

/** CPU time that the process has used, milliseconds: what else runs on the machine does not count. */
function cpuMs(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  // A hundred ticks a second, whatever the kernel's own are.
  return (user + system) * 10;
}

/** The sum of a metric over all that it is told of. */
async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Whom one who follows the roster is shown as interrupted. Each frame is gone through once: there is much in them, and the client has to answer meanwhile. */
class Shown {
  /** Everybody who ever was. */
  readonly ever = new Set<number>();
  readonly #client: Client;
  readonly #sinceMs = new Map<number, number>();
  #read = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Who is, by all frames so far, and since when. */
  read(): ReadonlyMap<number, number> {
    const { frames } = this.#client;
    for (const frame of frames.slice(this.#read)) this.#fold(frame);
    this.#read = frames.length;
    return this.#sinceMs;
  }

  #fold(frame: ServerFrame): void {
    if (frame.type === 'roster-snapshot')
      for (const { uid, interruptedSinceMs } of frame.members)
        if (interruptedSinceMs !== undefined) this.#show(uid, interruptedSinceMs);
    if (frame.type !== 'roster-interrupted') return;
    for (const { uid, sinceMs } of frame.silent) this.#show(uid, sinceMs);
    for (const uid of frame.back) this.#sinceMs.delete(uid);
  }

  #show(uid: number, sinceMs: number): void {
    this.#sinceMs.set(uid, sinceMs);
    this.ever.add(uid);
  }
}

/** What the log has after a position, once nobody writes it. */
async function recordsAfter(folder: string, position: number): Promise<LogRecord[]> {
  const disk = await openNodeDisk(folder);
  const store = await openEmbeddedLog({ disk, logger: quietLogger(() => undefined), clock: systemClock() });
  const records: LogRecord[] = [];
  for (;;) {
    const more = await store.read('main', position + records.length, 5_000);
    for (const { payload } of more) records.push(decodeRecord(payload));
    if (more.length < 5_000) break;
  }
  await store.close();
  disk.close();
  return records;
}

interface Story {
  readonly filled: Filled;
  /** When the server died to which some had come back, epoch milliseconds. */
  readonly killedMs: number;
  /** Since when each was shown as interrupted, in the end, to one who followed the roster; and who ever was. */
  readonly shown: ReadonlyMap<number, number>;
  readonly everShown: ReadonlySet<number>;
}

function check(records: readonly LogRecord[], { filled, killedMs, shown, everShown }: Story): void {
  const changes = records.flatMap((record) => (record.type === 'channel' ? [record.change] : []));
  const count = (type: LogRecord['type']) => records.filter((record) => record.type === type).length;
  expect(count('node-lost')).toBe(2);
  // Those who came back may fall silent again, for the machine is busy. Nobody else does.
  const silences = changes.flatMap((change) => (change.type === 'link-silent' ? [change] : []));
  expect(silences.filter(({ evidence }) => evidence === 'server-crash')).toEqual([]);
  const fell = new Set(silences.map(({ uid }) => uid));
  // Whoever came back before the others were shown never was.
  const shownAt = records.findIndex(({ type }) => type === 'absent-shown');
  const cameBack = (some: readonly LogRecord[]) =>
    some.flatMap((record) =>
      record.type === 'channel' && record.change.type === 'link-live' ? [record.change] : [],
    );
  const backInTime = cameBack(records.slice(0, shownAt));
  expect(backInTime.filter(({ unbroken }) => !unbroken)).toEqual([]);
  const stayed = backInTime.filter(({ uid }) => !fell.has(uid));
  expect(stayed.filter(({ uid }) => everShown.has(uid))).toEqual([]);
  const everBack = new Set(cameBack(records).map(({ uid }) => uid));
  const left = changes.flatMap((change) => (change.type === 'member-left' ? [change] : []));
  expect(left.length).toBe(members + 3 * channels);
  expect(new Set(left.map(({ channel, uid }) => `${channel} ${uid}`)).size).toBe(left.length);
  const wrong = left.filter(({ channel, uid, reason, evidence, lastHeardMs, silentSinceMs }) => {
    const isBack = channel === 'large' && everBack.has(uid);
    // The mark of life is a second old at most, and a busy machine may be late with it.
    const [fromMs, untilMs] = isBack ? [filled.killedMs, killedMs] : [filled.fullMs - 5_000, filled.killedMs];
    const isTrue = lastHeardMs >= fromMs && lastHeardMs <= untilMs && silentSinceMs === lastHeardMs;
    const isAsShown = channel !== 'large' || isBack || shown.get(uid) === lastHeardMs;
    const isCrash = evidence === 'server-crash' || (isBack && fell.has(uid));
    return reason !== 'timeout' || !isCrash || !isTrue || !isAsShown;
  });
  expect(wrong.slice(0, 3)).toEqual([]);
}
